/** A round as a person reads it, in the terminal and in the playground. */
import type { RoundRecord } from '../simulation/result.js';
import { bitRateText, bytesText, durationText } from './quantity-text.js';

/** In the order of the tables' columns; `startedText`: when it began. */
export function roundCells(round: RoundRecord, startedText: string): readonly string[] {
  return [
    String(round.round),
    startedText,
    durationText(round.endedUs - round.startedUs),
    bytesText(round.remainingEndBytes),
    bytesText(round.dirtiedBytes),
    bytesText(round.sentBytes),
    bitRateText(round.bandwidthBytesPerSecond),
    bytesText(round.thresholdBytes),
    `${round.downtimeLimitMs} ms`,
    `${round.throttlePercent} %`,
    round.decision,
  ];
}

/** The answer in one line. */
import { countText, durationText } from './quantity-text.js';

export interface DrainEnd {
  readonly drainTimeUs: number;
  readonly timedOut: boolean;
  readonly nodes: number;
  readonly nodesEmpty: number;
  /** Nodes that were rebooted and are in use again: 0 where none was to be. */
  readonly nodesBack: number;
  readonly guests: number;
  readonly guestsMoved: number;
}

export function verdictText(end: DrainEnd): string {
  const time = durationText(end.drainTimeUs);
  const nodes = countText(end.nodes, 'node');
  if (end.nodes === 0 && end.guests === 0 && !end.timedOut) return 'Nothing was drained';
  if (end.nodes === 0 && !end.timedOut) {
    return `No node was drained; ${end.guestsMoved} of ${countText(end.guests, 'guest')} moved in ${time}`;
  }
  if (end.timedOut) return `Drain timed out after ${time}: ${end.nodesEmpty} of ${nodes} empty`;
  if (end.nodesBack > 0) {
    return end.nodesBack === end.nodes
      ? `Rolled ${nodes} in ${time}`
      : `Roll over after ${time}, but only ${end.nodesBack} of ${nodes} rebooted`;
  }
  return end.nodesEmpty === end.nodes
    ? `Drained ${nodes} in ${time}`
    : `Drain over after ${time}, but only ${end.nodesEmpty} of ${nodes} empty`;
}

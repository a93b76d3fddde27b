/**
 * Shares of the network that QEMU's machine has not been told of yet. Far from a round's end a new
 * share decides nothing: it is noted, and told in order before anything else reaches the machine.
 * So results are what they would be, and a change costs a few nanoseconds.
 */
import type { MonitorState } from '../kubevirt/monitor-model.js';
import type { MigrationState } from '../qemu/migration-state.js';
import { hasSeenProgress } from './monitor-driver.js';

/** Of one migration's RAM flow: triples of (time, bytes a second, link that holds it back or -1). */
export interface UntoldRates {
  readonly qemu: MigrationState;
  readonly monitor: MonitorState;
  /** Before its sync's result is known: what may be noted; null where the machine knows all. */
  ahead: { readonly untilUs: number; readonly mostBytesPerSecond: number } | null;
  count: number;
  /** Oldest first; made when the first is noted. */
  entries: Float64Array | null;
}

export interface RateChange {
  readonly atUs: number;
  readonly bytesPerSecond: number;
  readonly bottleneck: number | null;
}

const CHANGES_MAX = 64;
const NUMBERS = 3;
const NO_LINK = -1;

export function createUntoldRates(qemu: MigrationState, monitor: MonitorState): UntoldRates {
  return { qemu, monitor, ahead: null, count: 0, entries: null };
}

/**
 * Notes a share; false when the machine must be told at once: the share may bring its next decision
 * forward, the monitor sees it (the legacy one asks only whether what is left falls, so both shares
 * must be above zero), or there is no room.
 */
export function noteRate(
  untold: UntoldRates,
  atUs: number,
  bytesPerSecond: number,
  bottleneck: number | null,
): boolean {
  const { qemu, monitor, ahead, count } = untold;
  const isQuiet =
    ahead === null
      ? bytesPerSecond <= qemu.quietBytesPerSecond &&
        bytesPerSecond > 0 &&
        qemu.bytesPerSecond > 0 &&
        qemu.wakeUs > atUs &&
        hasSeenProgress(monitor)
      : bytesPerSecond <= ahead.mostBytesPerSecond && ahead.untilUs > atUs;
  if (!isQuiet || count === CHANGES_MAX) return false;
  untold.entries ??= new Float64Array(CHANGES_MAX * NUMBERS);
  const { entries } = untold;
  const at = count * NUMBERS;
  entries[at] = atUs;
  entries[at + 1] = bytesPerSecond;
  entries[at + 2] = bottleneck ?? NO_LINK;
  untold.count = count + 1;
  return true;
}

/** Hands over what has been noted, oldest first. */
export function takeUntold(untold: UntoldRates, tell: (change: RateChange) => void): void {
  const { entries, count } = untold;
  if (entries === null || count === 0) return;
  untold.count = 0;
  for (let at = 0; at < count * NUMBERS; at += NUMBERS) {
    const link = entries[at + 2] as number;
    tell({
      atUs: entries[at] as number,
      bytesPerSecond: entries[at + 1] as number,
      bottleneck: link === NO_LINK ? null : link,
    });
  }
}

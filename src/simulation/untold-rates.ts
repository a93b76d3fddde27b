/**
 * Shares of the network that QEMU's machine has not been told of yet. Far from a round's end a new
 * share decides nothing: it is noted, and told in order before anything else reaches the machine.
 * So results are what they would be, and a change costs a few nanoseconds.
 */
import type { MonitorState } from '../kubevirt/monitor-model.js';
import type { MigrationState } from '../qemu/migration-state.js';
import { isFarFromStuck } from './monitor-driver.js';

/** Of one migration's RAM flow. */
export interface UntoldRates {
  readonly qemu: MigrationState;
  readonly monitor: MonitorState;
  /** Before its sync's result is known: what may be noted; null where the machine knows all. */
  ahead: { readonly untilUs: number; readonly mostBytesPerSecond: number } | null;
  count: number;
  /** Oldest first, UNTOLD_NUMBERS each; made when the first is noted. */
  entries: Float64Array | null;
}

/** A change: when, the share, and the link that holds it back or NO_LINK. */
export const AT_US = 0;
export const BYTES_PER_SECOND = 1;
export const BOTTLENECK = 2;
export const UNTOLD_NUMBERS = 3;
export const NO_LINK = -1;

const CHANGES_MAX = 64;

export function createUntoldRates(qemu: MigrationState, monitor: MonitorState): UntoldRates {
  return { qemu, monitor, ahead: null, count: 0, entries: null };
}

/**
 * Notes a share; false when the machine must be told at once: the share may bring its next decision
 * forward, the monitor may act upon it (the legacy one asks only whether what is left falls, so both
 * shares must be above zero), or there is no room.
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
        isFarFromStuck(monitor)
      : bytesPerSecond <= ahead.mostBytesPerSecond && ahead.untilUs > atUs;
  if (!isQuiet || count === CHANGES_MAX) return false;
  untold.entries ??= new Float64Array(CHANGES_MAX * UNTOLD_NUMBERS);
  const { entries } = untold;
  const at = count * UNTOLD_NUMBERS;
  entries[at + AT_US] = atUs;
  entries[at + BYTES_PER_SECOND] = bytesPerSecond;
  entries[at + BOTTLENECK] = bottleneck ?? NO_LINK;
  untold.count = count + 1;
  return true;
}

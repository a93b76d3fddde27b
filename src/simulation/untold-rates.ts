/**
 * Shares of the network that QEMU's machine has not been told of yet. Far from a round's end a new
 * share decides nothing: it is noted, and told in order before anything else reaches the machine.
 * So results are what they would be, and a change costs a few nanoseconds.
 */
import type { MigrationState } from '../qemu/migration-state.js';
import type { ActiveMigration } from './active-migration.js';

/** Triples of (time, bytes a second, link that holds the flow back or -1), oldest first. */
export interface UntoldRates {
  count: number;
  readonly entries: Float64Array;
}

export interface RateChange {
  readonly atUs: number;
  readonly bytesPerSecond: number;
  readonly bottleneck: number | null;
}

const CHANGES_MAX = 64;
const NUMBERS = 3;
const NO_LINK = -1;

/**
 * Notes a share of a RAM flow on one strand; false when the machine must be told at once: the share
 * may bring its next decision forward, the monitor sees it, or there is no room.
 */
export function noteRate(migration: ActiveMigration, change: RateChange): boolean {
  const { qemu } = migration;
  if (!isQuiet(qemu, change) || migration.monitor.detector !== null) return false;
  migration.untold ??= { count: 0, entries: new Float64Array(CHANGES_MAX * NUMBERS) };
  const { entries, count } = migration.untold;
  if (count === CHANGES_MAX) return false;
  const at = count * NUMBERS;
  entries[at] = change.atUs;
  entries[at + 1] = change.bytesPerSecond;
  entries[at + 2] = change.bottleneck ?? NO_LINK;
  migration.untold.count = count + 1;
  return true;
}

/** The legacy monitor sees only whether what is left falls: both shares must be above zero. */
function isQuiet(qemu: MigrationState, { atUs, bytesPerSecond }: RateChange): boolean {
  return (
    qemu.wakeUs > atUs &&
    bytesPerSecond > 0 &&
    qemu.bytesPerSecond > 0 &&
    bytesPerSecond <= qemu.quietBytesPerSecond
  );
}

/** Hands over what has been noted, oldest first. */
export function takeUntold(migration: ActiveMigration, tell: (change: RateChange) => void): void {
  const { untold } = migration;
  if (untold === null || untold.count === 0) return;
  const { entries, count } = untold;
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

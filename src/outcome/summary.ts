/** One run in numbers: what summary.csv, `--json` and the text at the end of a run tell. */
import { type ExactCount, exactSum } from '../fleet/exact-count.js';
import type {
  FailCause,
  GuestOutcome,
  MigrationOutcome,
  MigrationRecord,
  RunResult,
  SlowCause,
  Waits,
} from '../simulation/result.js';
import { type Balance, balanceOf } from './balance.js';
import { type Bottleneck, bottlenecks } from './bottlenecks.js';
import { type BusyLink, busiestLinks } from './busy-links.js';
import { sumWaits, type WaitedFor, waitedFor } from './waiting.js';

export const GUEST_OUTCOMES: readonly GuestOutcome[] = [
  'moved',
  'failed',
  'lost',
  'restarted',
  'not-movable',
  'unschedulable',
  'left',
  'waiting',
];

export const MIGRATION_OUTCOMES: readonly MigrationOutcome[] = [
  'succeeded',
  'failed',
  'aborted',
  'lost',
  'unfinished',
];

export const FAIL_CAUSES: readonly Exclude<FailCause, ''>[] = [
  'stuck',
  'completion-timeout',
  'network',
  'target',
  'volume',
  'not-migratable',
  'unschedulable',
  'guest-lost',
  'stalled',
  'cancelled',
];

export const SLOW_CAUSES: readonly Exclude<SlowCause, ''>[] = [
  'queue',
  'link-share',
  'bandwidth-cap',
  'dirty-rate',
  'storage',
  'throttled',
  'target',
  'back-off',
];

/** Why guests stayed, and how many share the reason. */
export interface ReasonCount {
  readonly outcome: GuestOutcome;
  readonly reason: string;
  readonly guests: number;
  /** The first of them in the order of guests.csv, as NAMESPACE/NAME. */
  readonly example: string;
}

export interface Downtimes {
  /** Migrations with a switchover. */
  readonly count: number;
  /** Nearest-rank quantiles. */
  readonly medianUs: number;
  readonly p99Us: number;
  readonly worstUs: number;
  /** NAMESPACE/NAME of the longest; the first by creation among equals. */
  readonly worstGuest: string;
}

/** What waiting had one cause: how many migrations, and their time from creation to end. */
export interface CauseTotal {
  readonly migrations: number;
  readonly elapsedUs: number;
}

export interface Summary {
  readonly fleet: string;
  readonly seed: number;
  readonly fidelity: 'page' | 'chunk';
  /** From the drain's begin until its last guest was settled, or its timeout struck. */
  readonly drainTimeUs: number;
  readonly timedOut: boolean;
  readonly nodes: number;
  /** Drained nodes that no guest that was to leave is left on, but for those that died. */
  readonly nodesEmpty: number;
  /** Drained nodes that were rebooted, and are schedulable again. */
  readonly nodesBack: number;
  /** Migrations that succeeded: more than guests moved where some had to move again. */
  readonly guestMoves: number;
  readonly guestsMovedAgain: number;
  readonly guests: number;
  readonly guestOutcomes: Readonly<Record<GuestOutcome, number>>;
  /** Most guests first; of guests that did not move. */
  readonly reasons: readonly ReasonCount[];
  readonly migrations: number;
  readonly migrationOutcomes: Readonly<Record<MigrationOutcome, number>>;
  readonly downtime: Downtimes | null;
  /** Sum over all migrations of the pauses beside the downtime. */
  readonly guestPauseUs: number;
  readonly transferredBytes: ExactCount;
  readonly wireBytes: ExactCount;
  readonly storageBytes: ExactCount;
  /** Busiest first, at most five. */
  readonly busiestLinks: readonly BusyLink[];
  /** Links that migrations waited for, longest first, at most five. */
  readonly bottlenecks: readonly Bottleneck[];
  /** All that migrations waited for, and the longest of it in words. */
  readonly waits: Waits;
  readonly waitedFor: readonly WaitedFor[];
  readonly balance: Balance;
  readonly slow: Readonly<Record<Exclude<SlowCause, ''>, CauseTotal>>;
  readonly failed: Readonly<Record<Exclude<FailCause, ''>, CauseTotal>>;
}

export function summarise(fleetName: string, result: RunResult): Summary {
  const migrations = result.migrations;
  const waits = sumWaits(migrations);
  return {
    fleet: fleetName,
    seed: result.seed,
    fidelity: result.fidelity,
    drainTimeUs: result.endUs - result.startUs,
    timedOut: result.timedOut,
    nodes: result.nodes.length,
    nodesEmpty: result.nodes.filter(({ emptyUs, state }) => emptyUs !== null && state !== 'lost')
      .length,
    nodesBack: result.nodes.filter((node) => node.state === 'back').length,
    guestMoves: sum(result.guests, (guest) => guest.moves),
    guestsMovedAgain: result.guests.filter((guest) => guest.moves > 1).length,
    guests: result.guests.length,
    guestOutcomes: countEach(GUEST_OUTCOMES, result.guests, (guest) => guest.outcome),
    reasons: reasonsOf(result),
    migrations: migrations.length,
    migrationOutcomes: countEach(MIGRATION_OUTCOMES, migrations, (m) => m.outcome),
    downtime: downtimesOf(migrations),
    guestPauseUs: sum(migrations, (m) => m.guestPauseUs),
    transferredBytes: exactSum(migrations.map((m) => m.transferredBytes)),
    wireBytes: exactSum(migrations.map((m) => m.wireBytes)),
    storageBytes: exactSum(migrations.map((m) => m.storageBytes)),
    busiestLinks: busiestLinks(result.links, result.startUs, result.endUs),
    bottlenecks: bottlenecks(result),
    waits,
    waitedFor: waitedFor(waits, result),
    balance: balanceOf(result.receivers),
    slow: totalEach(SLOW_CAUSES, result, (m) => m.slowCause),
    failed: totalEach(FAIL_CAUSES, result, (m) => m.failCause),
  };
}

/** Nearest-rank quantile of ascending values: the smallest with at least that share at or below it. */
export function nearestRank(ascending: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * ascending.length - 1e-9));
  return ascending[rank - 1] ?? Number.NaN;
}

function downtimesOf(migrations: readonly MigrationRecord[]): Downtimes | null {
  const downtimes: number[] = [];
  let worst: MigrationRecord | null = null;
  for (const migration of migrations) {
    if (migration.downtimeUs === null) continue;
    downtimes.push(migration.downtimeUs);
    if (worst === null || migration.downtimeUs > (worst.downtimeUs ?? 0)) worst = migration;
  }
  if (worst === null) return null;
  downtimes.sort((a, b) => a - b);
  return {
    count: downtimes.length,
    medianUs: nearestRank(downtimes, 0.5),
    p99Us: nearestRank(downtimes, 0.99),
    worstUs: worst.downtimeUs ?? 0,
    worstGuest: `${worst.namespace}/${worst.name}`,
  };
}

function reasonsOf(result: RunResult): readonly ReasonCount[] {
  const counts = new Map<string, ReasonCount>();
  for (const guest of result.guests) {
    if (guest.outcome === 'moved') continue;
    const key = `${guest.outcome}\0${guest.reason}`;
    const before = counts.get(key);
    const example = before?.example ?? `${guest.namespace}/${guest.name}`;
    const { outcome, reason } = guest;
    counts.set(key, { outcome, reason, guests: (before?.guests ?? 0) + 1, example });
  }
  // The sort is stable, so equals stay in the order of guests.csv.
  return [...counts.values()].sort((a, b) => b.guests - a.guests);
}

function totalEach<Cause extends string>(
  causes: readonly Cause[],
  result: RunResult,
  causeOf: (migration: MigrationRecord) => Cause | '',
): Readonly<Record<Cause, CauseTotal>> {
  const totals = new Map<Cause | '', CauseTotal>();
  for (const migration of result.migrations) {
    const cause = causeOf(migration);
    const before = totals.get(cause);
    const elapsedUs = (migration.endedUs ?? result.endUs) - migration.createdUs;
    totals.set(cause, {
      migrations: (before?.migrations ?? 0) + 1,
      elapsedUs: (before?.elapsedUs ?? 0) + elapsedUs,
    });
  }
  return recordOf(causes, (cause) => totals.get(cause) ?? { migrations: 0, elapsedUs: 0 });
}

function countEach<Key extends string, Row>(
  keys: readonly Key[],
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
): Readonly<Record<Key, number>> {
  const counts = new Map<Key, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return recordOf(keys, (key) => counts.get(key) ?? 0);
}

function recordOf<Key extends string, Value>(
  keys: readonly Key[],
  of: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<Key, Value>;
}

function sum<Row>(rows: readonly Row[], of: (row: Row) => number): number {
  let total = 0;
  for (const row of rows) total += of(row);
  return total;
}

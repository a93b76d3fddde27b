/** What a replica came to, in numbers: the same names and meanings as in a run's summary.csv. */
import {
  type Column,
  decimalColumn,
  millisecondsColumn,
  secondsColumn,
  shareColumn,
  wholeColumn,
} from '../outcome/column.js';
import { GUEST_OUTCOMES, MIGRATION_OUTCOMES, type Summary, summarise } from '../outcome/summary.js';
import { snake } from '../outcome/summary-table.js';
import type { RunResult } from '../simulation/result.js';

/** Values of seconds and milliseconds are microseconds; of counts and bytes, themselves. */
type Unit = 's' | 'ms' | 'bytes' | 'count' | 'share';

export interface Figure {
  readonly name: string;
  readonly unit: Unit;
  /** Its spread is a part of a sweep's summary.csv. */
  readonly told: boolean;
  readonly of: (summary: Summary, result: RunResult) => number | null;
}

/** By index of FIGURES; null where there is no such value. */
export type FigureValues = readonly (number | null)[];

export const FIGURES: readonly Figure[] = [
  figure('drain_time', 's', true, (s) => s.drainTimeUs),
  figure('downtime_median', 'ms', true, (s) => s.downtime?.medianUs ?? null),
  figure('downtime_p99', 'ms', true, (s) => s.downtime?.p99Us ?? null),
  figure('downtime_worst', 'ms', true, (s) => s.downtime?.worstUs ?? null),
  figure('guest_pause', 'ms', false, (s) => s.guestPauseUs),
  figure('degraded', 's', true, (_, result) => degradedUs(result)),
  figure('failures', 'count', true, failures),
  figure('guests_behind', 'count', true, guestsBehind),
  figure('wire', 'bytes', true, (s) => Number(s.wireBytes)),
  figure('transferred', 'bytes', false, (s) => Number(s.transferredBytes)),
  figure('storage', 'bytes', false, (s) => Number(s.storageBytes)),
  figure('timed_out', 'count', false, (s) => Number(s.timedOut)),
  figure('nodes_empty', 'count', true, (s) => s.nodesEmpty),
  figure('guests', 'count', false, (s) => s.guests),
  ...GUEST_OUTCOMES.map((outcome) =>
    figure(`guests_${snake(outcome)}`, 'count', false, (s) => s.guestOutcomes[outcome]),
  ),
  figure('migrations', 'count', true, (s) => s.migrations),
  ...MIGRATION_OUTCOMES.map((outcome) =>
    figure(`migrations_${snake(outcome)}`, 'count', false, (s) => s.migrationOutcomes[outcome]),
  ),
  figure('busiest_link_peak', 'share', false, (s) => s.busiestLinks[0]?.peakUtilisation ?? null),
];

export function figuresOf(fleetName: string, result: RunResult): FigureValues {
  const summary = summarise(fleetName, result);
  return FIGURES.map(({ of }) => of(summary, result));
}

function figure(name: string, unit: Unit, told: boolean, of: Figure['of']): Figure {
  return { name, unit, told, of };
}

/** Attempts that ended without their guest having moved. */
function failures({ migrationOutcomes: { failed, aborted, lost } }: Summary): number {
  return failed + aborted + lost;
}

/**
 * Guests that were to migrate and could, but did not: what a change of settings may change. Those
 * of a node whose turn never came before the time was over are among them.
 */
function guestsBehind({ guestOutcomes }: Summary, { guests, nodes }: RunResult): number {
  const { failed, lost, waiting, unschedulable } = guestOutcomes;
  const never = new Set(nodes.filter(({ turn }) => turn === null).map(({ node }) => node));
  const forgotten = guests.filter(
    ({ outcome, sourceNode }) => outcome === 'left' && never.has(sourceNode),
  );
  return failed + lost + waiting + unschedulable + forgotten.length;
}

/**
 * Guest-microseconds lost: pauses of every kind, waits for pages in post-copy, and what
 * auto-converge took in each round (its share of the round's time).
 */
function degradedUs({ migrations, rounds }: RunResult): number {
  let us = 0;
  for (const { guestPauseUs, postcopyFaults } of migrations) {
    us += guestPauseUs + (postcopyFaults?.stalledUs ?? 0);
  }
  for (const { startedUs, endedUs, throttlePercent } of rounds) {
    us += ((endedUs - startedUs) * throttlePercent) / 100;
  }
  return Math.round(us);
}

/** `drain_time` and `mean` → `drain_time_mean_s`: the unit is a column's end. */
export function figureColumnName({ name, unit }: Pick<Figure, 'name' | 'unit'>, part = ''): string {
  const stem = part === '' ? name : `${name}_${part}`;
  return unit === 'count' || unit === 'share' ? stem : `${stem}_${unit}`;
}

/** A column of one figure as it is in one replica (`exact`), or of what many make of it. */
export function figureColumn<Row>(
  { name, unit }: Pick<Figure, 'name' | 'unit'>,
  part: string,
  of: (row: Row) => number | null,
): Column<Row> {
  const column = figureColumnName({ name, unit }, part);
  const rounded = (row: Row): number | null => {
    const value = of(row);
    return value === null ? null : Math.round(value);
  };
  switch (unit) {
    case 's':
      return secondsColumn(column, rounded);
    case 'ms':
      return millisecondsColumn(column, rounded);
    case 'bytes':
      return wholeColumn(column, of);
    case 'count':
      return part === '' ? wholeColumn(column, of) : decimalColumn(column, of, 3);
    case 'share':
      return shareColumn(column, of);
  }
}

/**
 * The dirty rate that a guest had before a migration of the past, as far as metrics know it: a
 * dump has rates of its last hour only, so the same hour of another day stands in for the past.
 */
import type { DirtyRateSamples } from '../fleet/dump/observed-workloads.js';
import type { Guest } from '../fleet/model.js';

/** How good a rate is, best first. */
export type RateSource =
  /** Measured in the quarter of an hour before the migration. */
  | 'before'
  /** Measured at that hour of another day. */
  | 'same-hour'
  /** Measured at another hour. */
  | 'other-hour'
  /** Not measured: what the importer took for it (median of its kind, or the default). */
  | 'typical';

export interface PastRates {
  readonly source: RateSource;
  /** Bytes a second in one second, ascending; one of them is drawn for each replica. */
  readonly ascending: readonly number[];
}

const BEFORE_S = 15 * 60;
const SAME_HOUR_S = 30 * 60;
const DAY_S = 24 * 3600;

/** @param startS when the migration began, seconds since 1970 */
export function pastRates(
  samples: DirtyRateSamples | undefined,
  startS: number,
  guest: Guest,
): PastRates {
  if (samples === undefined || samples.values.length === 0) {
    const { workload } = guest;
    const rates = workload.kind === 'observed' ? workload.dirtyRates : [];
    return { source: 'typical', ascending: rates.map((one) => one.bytesPerSecond) };
  }
  const within = (isNear: (timeS: number) => boolean): readonly number[] =>
    samples.values.filter((_, i) => isNear(samples.times[i] ?? Number.NaN)).sort((a, b) => a - b);
  const before = within((timeS) => timeS <= startS && timeS > startS - BEFORE_S);
  if (before.length > 0) return { source: 'before', ascending: before };
  const sameHour = within((timeS) => hoursApart(timeS, startS) <= SAME_HOUR_S);
  if (sameHour.length > 0) return { source: 'same-hour', ascending: sameHour };
  return { source: 'other-hour', ascending: within(() => true) };
}

/** Seconds between two times of day, round the clock. */
function hoursApart(aS: number, bS: number): number {
  const apart = (((aS - bS) % DAY_S) + DAY_S) % DAY_S;
  return Math.min(apart, DAY_S - apart);
}

/**
 * The rate of one replica: quantiles at even distances, so that few replicas see the quiet and the
 * busy times of a guest in their proportion; `turn` sets each guest off against the others.
 */
export function rateOfReplica(
  rates: PastRates,
  replica: number,
  replicas: number,
  turn: number,
): number {
  const share = (((replica + turn) % replicas) + 0.5) / replicas;
  return rates.ascending[Math.floor(share * rates.ascending.length)] ?? 0;
}

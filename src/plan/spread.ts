/** What the replicas of one scenario say of one figure, and two scenarios of each other. */
import { nearestRank } from '../outcome/summary.js';
import { studentCdf, studentQuantile } from './student-t.js';

/** Of the confidence intervals that are told. */
const CONFIDENCE = 0.95;

export interface Spread {
  readonly count: number;
  readonly mean: number;
  /** Nearest rank. */
  readonly p50: number;
  readonly p95: number;
  /** Confidence interval of the mean (Student's t, 95 %); null with fewer than two replicas. */
  readonly interval: { readonly low: number; readonly high: number } | null;
}

/** null when no replica has a value. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const ascending = [...values].sort((a, b) => a - b);
  const mean = meanOf(ascending);
  const half = halfWidth(ascending, mean);
  return {
    count: values.length,
    mean,
    p50: nearestRank(ascending, 0.5),
    p95: nearestRank(ascending, 0.95),
    interval: half === null ? null : { low: mean - half, high: mean + half },
  };
}

function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function halfWidth(values: readonly number[], mean: number): number | null {
  const freedom = values.length - 1;
  if (freedom < 1) return null;
  return studentQuantile((1 + CONFIDENCE) / 2, freedom) * standardError(values, mean);
}

/** Of the mean. */
function standardError(values: readonly number[], mean: number): number {
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

export interface Difference {
  /** Mean of second − first. */
  readonly mean: number;
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** That chance alone gives a difference this large, both signs; null with fewer than two replicas. */
  readonly pValue: number | null;
}

/**
 * Replica by replica of the same seeds: common random numbers cancel what both share, so that a
 * small difference shows with few replicas.
 */
export function pairedDifference(first: readonly number[], second: readonly number[]): Difference {
  const differences = second.map((value, index) => value - (first[index] ?? Number.NaN));
  const mean = meanOf(differences);
  const freedom = differences.length - 1;
  if (freedom < 1) return { mean, interval: null, pValue: null };
  return differenceOf(mean, standardError(differences, mean), freedom);
}

/** Of replicas that share no seeds: Welch's test, the spreads may differ. */
export function unpairedDifference(
  first: readonly number[],
  second: readonly number[],
): Difference {
  const means = { first: meanOf(first), second: meanOf(second) };
  const mean = means.second - means.first;
  if (first.length < 2 || second.length < 2) return { mean, interval: null, pValue: null };
  const a = standardError(first, means.first) ** 2;
  const b = standardError(second, means.second) ** 2;
  const freedom =
    a + b === 0
      ? first.length + second.length - 2
      : (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  return differenceOf(mean, Math.sqrt(a + b), freedom);
}

function differenceOf(mean: number, error: number, freedom: number): Difference {
  const half = studentQuantile((1 + CONFIDENCE) / 2, freedom) * error;
  const pValue =
    error === 0 ? (mean === 0 ? 1 : 0) : 2 * (1 - studentCdf(Math.abs(mean) / error, freedom));
  return { mean, interval: { low: mean - half, high: mean + half }, pValue };
}

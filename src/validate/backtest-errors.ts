/** Predicted against actual: errors, outcomes, and why a prediction is off. */
import { nearestRank } from '../outcome/summary.js';
import type { BacktestRow, PredictedRow } from './backtest.js';

/** Whether a row's inputs tell of the time before its migration, of another, or of neither. */
export type InputQuality = 'good' | 'fair' | 'poor';

export function inputQuality({ rates, memory }: PredictedRow): InputQuality {
  if (rates.source === 'typical' || memory === 'assumed') return 'poor';
  return rates.source === 'other-hour' ? 'fair' : 'good';
}

export function actualDurationUs({ past }: BacktestRow): number | null {
  const { startedUs, endedUs } = past;
  return startedUs === null || endedUs === null ? null : endedUs - startedUs;
}

/** Predicted over actual, less 1; null where either is not known or they ended differently. */
export function relativeError(row: BacktestRow): number | null {
  const actualUs = actualDurationUs(row);
  if (row.kind !== 'predicted' || actualUs === null || actualUs <= 0) return null;
  const { outcome, durationUs } = row.prediction;
  return outcome !== row.past.outcome || durationUs === null ? null : durationUs / actualUs - 1;
}

/** `succeeded PostCopy`, `aborted`: what is told apart in the table of outcomes. */
function outcomeText(outcome: string, mode: string): string {
  return outcome === 'succeeded' && mode !== 'PreCopy' ? `${outcome} ${mode}` : outcome;
}

export interface OutcomeCount {
  readonly actual: string;
  readonly predicted: string;
  readonly migrations: number;
}

export interface ErrorDistribution {
  readonly migrations: number;
  /** Of the sizes of the relative errors. */
  readonly median: number | null;
  readonly p90: number | null;
  /** Of predicted over actual, less 1: which way they lean. */
  readonly medianSigned: number | null;
  readonly medianSeconds: number | null;
}

export interface BacktestReport {
  readonly migrations: number;
  readonly leftOut: readonly { readonly reason: string; readonly migrations: number }[];
  readonly outcomes: readonly OutcomeCount[];
  readonly outcomesRight: number;
  readonly durations: ErrorDistribution;
  readonly byInputs: Readonly<Record<InputQuality, ErrorDistribution>>;
}

export function reportOf(rows: readonly BacktestRow[]): BacktestReport {
  const predicted = rows.filter((row) => row.kind === 'predicted');
  const reasons = counted(rows.flatMap((row) => (row.kind === 'left-out' ? [row.reason] : [])));
  const pairs = counted(
    predicted.map(({ past, prediction }) => {
      const actual = outcomeText(past.outcome, past.mode);
      return `${actual}\0${outcomeText(prediction.outcome, prediction.mode)}`;
    }),
  );
  const outcomes = pairs.map(([pair, migrations]) => {
    const [actual = '', prediction = ''] = pair.split('\0');
    return { actual, predicted: prediction, migrations };
  });
  const of = (quality: InputQuality) =>
    errorsOf(predicted.filter((row) => inputQuality(row) === quality));
  return {
    migrations: rows.length,
    leftOut: reasons.map(([reason, migrations]) => ({ reason, migrations })),
    outcomes,
    outcomesRight: outcomes.reduce(
      (sum, one) => sum + (one.actual === one.predicted ? one.migrations : 0),
      0,
    ),
    durations: errorsOf(predicted),
    byInputs: { good: of('good'), fair: of('fair'), poor: of('poor') },
  };
}

function counted(texts: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
}

export function errorsOf(rows: readonly BacktestRow[]): ErrorDistribution {
  const scored = rows.flatMap((row) => {
    const relative = relativeError(row);
    const actualUs = actualDurationUs(row);
    return relative === null || actualUs === null ? [] : [{ relative, actualUs }];
  });
  const quantile = (values: readonly number[], share: number): number | null =>
    values.length === 0
      ? null
      : nearestRank(
          [...values].sort((a, b) => a - b),
          share,
        );
  const sizes = scored.map(({ relative }) => Math.abs(relative));
  const seconds = scored.map(({ relative, actualUs }) => Math.abs(relative * actualUs) / 1e6);
  return {
    migrations: scored.length,
    median: quantile(sizes, 0.5),
    p90: quantile(sizes, 0.9),
    medianSigned: quantile(
      scored.map(({ relative }) => relative),
      0.5,
    ),
    medianSeconds: quantile(seconds, 0.5),
  };
}

/** A word for filters, a sentence for people. */
export interface ProbableCause {
  readonly cause:
    | 'fault'
    | 'dirty-rate'
    | 'no-rate'
    | 'memory'
    | 'storage'
    | 'fixed-times'
    | 'throughput';
  readonly text: string;
}

/** Where so much of what is sent is disks, they decide how long it takes. */
const MUCH_STORAGE = 0.3;

/** Under so little, seconds that stamps and set-up take are much of it. */
const SHORT_US = 10_000_000;

/** What most probably made the prediction wrong; null when it is not (within a tenth). */
export function probableCause(row: PredictedRow): ProbableCause | null {
  const { past, prediction, rates, memory } = row;
  const relative = relativeError(row);
  if (relative !== null && Math.abs(relative) <= 0.1 && past.mode === prediction.mode) return null;
  if (past.outcome === 'failed' && prediction.outcome !== 'failed') {
    const reason = past.failReason === '' ? 'it never got a target' : past.failReason.slice(0, 120);
    return { cause: 'fault', text: `a fault that nothing before it tells: ${reason}` };
  }
  const least = (rates.ascending[0] ?? 0) / MIB;
  const most = (rates.ascending.at(-1) ?? 0) / MIB;
  if (prediction.outcomeShare < 1 || past.mode !== prediction.mode || relative === null) {
    const text = `its dirty rate of then is not known: ${least.toFixed(0)} to ${most.toFixed(0)} MiB/s are`;
    return { cause: 'dirty-rate', text };
  }
  // The queue may have taken longer; how long the migration itself took is what is compared.
  if (prediction.slowCause === 'storage' || prediction.storageShare > MUCH_STORAGE) {
    return { cause: 'storage', text: 'how much of its disks is written is not known' };
  }
  if (memory === 'assumed') {
    return { cause: 'memory', text: 'how much of its memory is filled is not known' };
  }
  const actualUs = actualDurationUs(row) ?? 0;
  if (relative < 0 && actualUs < SHORT_US) {
    return { cause: 'fixed-times', text: 'seconds of set-up, and stamps of whole seconds' };
  }
  if (rates.source === 'typical') return { cause: 'no-rate', text: 'it has no dirty rate' };
  if (relative > 0) {
    return {
      cause: 'dirty-rate',
      text: 'it wrote less than the rates known, with their growth, say',
    };
  }
  return { cause: 'throughput', text: 'its path carried less than the limit and the links allow' };
}

const MIB = 2 ** 20;

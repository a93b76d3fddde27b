/** backtest.csv: one row a migration of the history (docs/outputs.md). */
import {
  type Column,
  millisecondsColumn,
  secondsColumn,
  shareColumn,
  textColumn,
  wholeColumn,
} from '../outcome/column.js';
import type { BacktestRow, PredictedRow } from './backtest.js';
import { actualDurationUs, inputQuality, probableCause, relativeError } from './backtest-errors.js';

function of<T>(take: (row: PredictedRow) => T): (row: BacktestRow) => T | null {
  return (row) => (row.kind === 'predicted' ? take(row) : null);
}

function textOf(take: (row: PredictedRow) => string): (row: BacktestRow) => string {
  return (row) => (row.kind === 'predicted' ? take(row) : '');
}

export const backtestColumns: readonly Column<BacktestRow>[] = [
  textColumn('namespace', ({ past }) => past.namespace),
  textColumn('name', ({ past }) => past.name),
  textColumn('migration', ({ past }) => past.object),
  textColumn('created', ({ past }) => timeText(past.createdUs)),
  textColumn('source_node', ({ past }) => past.sourceNode ?? past.evacuatedNode ?? ''),
  textColumn('target_node', ({ past }) => past.targetNode ?? ''),
  textColumn('policy', ({ past }) => past.policy),
  wholeColumn(
    'memory_bytes',
    of(({ guest }) => guest.memoryBytes),
  ),
  textColumn('inputs', textOf(inputQuality)),
  textColumn(
    'rate_source',
    textOf(({ rates }) => rates.source),
  ),
  wholeColumn(
    'rate_least_bytes_per_s',
    of(({ rates }) => rates.ascending[0] ?? null),
  ),
  wholeColumn(
    'rate_most_bytes_per_s',
    of(({ rates }) => rates.ascending.at(-1) ?? null),
  ),
  textColumn(
    'memory_source',
    textOf(({ memory }) => memory),
  ),
  textColumn('actual_outcome', ({ past }) => past.outcome),
  textColumn(
    'predicted_outcome',
    textOf(({ prediction }) => prediction.outcome),
  ),
  shareColumn(
    'predicted_outcome_share',
    of(({ prediction }) => prediction.outcomeShare),
  ),
  textColumn('actual_mode', ({ past }) => (past.startedUs === null ? '' : past.mode)),
  textColumn(
    'predicted_mode',
    textOf(({ prediction }) => prediction.mode),
  ),
  secondsColumn('actual_duration_s', actualDurationUs),
  secondsColumn(
    'predicted_duration_s',
    of(({ prediction }) => prediction.durationUs),
  ),
  secondsColumn(
    'predicted_least_s',
    of(({ prediction }) => prediction.leastUs),
  ),
  secondsColumn(
    'predicted_most_s',
    of(({ prediction }) => prediction.mostUs),
  ),
  shareColumn('duration_error', relativeError),
  secondsColumn('actual_wait_s', ({ past }) =>
    past.startedUs === null ? null : past.startedUs - past.createdUs,
  ),
  secondsColumn(
    'predicted_wait_s',
    of(({ prediction }) => prediction.waitUs),
  ),
  millisecondsColumn(
    'predicted_downtime_ms',
    of(({ prediction }) => prediction.downtimeUs),
  ),
  textColumn(
    'predicted_slow_cause',
    textOf(({ prediction }) => prediction.slowCause),
  ),
  textColumn(
    'cause',
    textOf((row) => probableCause(row)?.cause ?? ''),
  ),
  textColumn('note', (row) =>
    row.kind === 'predicted' ? (probableCause(row)?.text ?? '') : `left out: ${row.reason}`,
  ),
  textColumn('fail_reason', ({ past }) => past.failReason),
];

/** `2026-09-08T02:14:00Z`, as kubectl shows it. */
function timeText(us: number): string {
  return new Date(us / 1000).toISOString().replace(/\.000Z$/, 'Z');
}

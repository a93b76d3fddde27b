/** `sluice backtest --json`: the report, the worst rows, the fit; seconds and shares. */
import type { BacktestRow } from './backtest.js';
import {
  actualDurationUs,
  type BacktestReport,
  probableCause,
  relativeError,
} from './backtest-errors.js';
import type { Fit } from './backtest-fit.js';
import { worstRows } from './backtest-text.js';

export function backtestJson(
  report: BacktestReport,
  rows: readonly BacktestRow[],
  fit: Fit | null,
): object {
  const worst = worstRows(rows).map((row) => ({
    namespace: row.past.namespace,
    name: row.past.name,
    migration: row.past.object,
    actual_outcome: row.past.outcome,
    predicted_outcome: row.prediction.outcome,
    actual_duration_s: seconds(actualDurationUs(row)),
    predicted_duration_s: seconds(row.prediction.durationUs),
    duration_error: relativeError(row),
    ...probableCause(row),
  }));
  return { ...report, worst, ...(fit === null ? {} : { fit: fitJson(fit) }) };
}

function fitJson({ corrections, trained, tested }: Fit): object {
  const { dirtyRateFactor, perMigrationUs, throughput } = corrections;
  return {
    dirty_rate_factor: dirtyRateFactor,
    per_migration_s: perMigrationUs / 1e6,
    throughput_factors: Object.fromEntries(throughput),
    trained,
    tested,
  };
}

function seconds(us: number | null): number | null {
  return us === null ? null : us / 1e6;
}

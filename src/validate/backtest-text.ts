/** What `sluice backtest` prints for people. */
import { escapeControls } from '../fleet/input-error.js';
import { countText, durationText, percentText } from '../outcome/quantity-text.js';
import { tableLines } from '../outcome/text-table.js';
import type { BacktestRow, PredictedRow } from './backtest.js';
import {
  actualDurationUs,
  type BacktestReport,
  type ErrorDistribution,
  probableCause,
  relativeError,
} from './backtest-errors.js';
import type { Fit } from './backtest-fit.js';

export function backtestLines(
  report: BacktestReport,
  rows: readonly BacktestRow[],
  fit: Fit | null,
): readonly string[] {
  return [
    `${countText(report.migrations, 'migration')} of the history: ${accounts(report)}`,
    '',
    ...outcomeLines(report),
    '',
    ...errorLines(report),
    '',
    ...worstLines(rows),
    ...(fit === null ? [] : ['', ...fitLines(fit)]),
  ];
}

function accounts(report: BacktestReport): string {
  const predicted = report.outcomes.reduce((sum, one) => sum + one.migrations, 0);
  const out = report.leftOut.map(
    ({ reason, migrations }) => `${migrations} left out (${escapeControls(reason)})`,
  );
  return [`${predicted} predicted`, ...out].join(', ');
}

function outcomeLines({ outcomes, outcomesRight }: BacktestReport): readonly string[] {
  const actual = [...new Set(outcomes.map((one) => one.actual))].sort();
  const predicted = [...new Set(outcomes.map((one) => one.predicted))].sort();
  const all = outcomes.reduce((sum, one) => sum + one.migrations, 0);
  const columns = [
    { title: 'actual \\ predicted', align: 'left' } as const,
    ...predicted.map((title) => ({ title, align: 'right' }) as const),
  ];
  const cell = (row: string, column: string): string =>
    String(
      outcomes.find((one) => one.actual === row && one.predicted === column)?.migrations ?? '-',
    );
  return [
    `Outcomes: ${outcomesRight} of ${all} as predicted`,
    ...tableLines(
      columns,
      actual.map((row) => [row, ...predicted.map((column) => cell(row, column))]),
    ),
  ];
}

function errorLines({ durations, byInputs }: BacktestReport): readonly string[] {
  const columns = ['inputs', 'migrations', 'median error', '90 % within', 'leaning', 'median'].map(
    (title, i) => ({ title, align: i === 0 ? 'left' : 'right' }) as const,
  );
  return [
    'Duration, where the outcome is as predicted',
    ...tableLines(columns, [
      ['all', ...errorCells(durations)],
      ...Object.entries(byInputs).map(([name, one]) => [name, ...errorCells(one)]),
    ]),
  ];
}

function errorCells(one: ErrorDistribution): readonly string[] {
  return [
    String(one.migrations),
    share(one.median),
    share(one.p90),
    one.medianSigned === null ? '-' : signed(one.medianSigned),
    one.medianSeconds === null ? '-' : durationText(one.medianSeconds * 1e6),
  ];
}

function share(value: number | null): string {
  return value === null ? '-' : percentText(value);
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${percentText(Math.abs(value))}`;
}

const WORST = 12;

/** Wrong outcomes first, then the largest errors by factor. */
export function worstRows(rows: readonly BacktestRow[]): readonly PredictedRow[] {
  const wrongBy = (row: PredictedRow): number => {
    const relative = relativeError(row);
    return relative === null ? Number.POSITIVE_INFINITY : Math.abs(Math.log1p(relative));
  };
  return rows
    .filter((row) => row.kind === 'predicted')
    .filter((row) => probableCause(row) !== null)
    .sort((a, b) => compare(wrongBy(b), wrongBy(a)))
    .slice(0, WORST);
}

/** Two infinities are equal; their difference is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function worstLines(rows: readonly BacktestRow[]): readonly string[] {
  const columns = ['guest', 'actual', 'predicted', 'from', 'to', 'probable cause'].map(
    (title, i) => ({ title, align: i === 0 || i === 5 ? 'left' : 'right' }) as const,
  );
  const time = (us: number | null): string => (us === null ? '-' : durationText(us));
  return [
    'The worst',
    ...tableLines(
      columns,
      worstRows(rows).map((row) => {
        const { past, prediction } = row;
        return [
          `${past.namespace}/${past.name}`,
          `${past.outcome} ${time(actualDurationUs(row))}`,
          `${prediction.outcome} ${time(prediction.durationUs)}`,
          time(prediction.leastUs),
          time(prediction.mostUs),
          escapeControls(probableCause(row)?.text ?? ''),
        ];
      }),
    ),
  ];
}

function fitLines({ corrections, trained, tested }: Fit): readonly string[] {
  const { dirtyRateFactor, perMigrationUs, throughput } = corrections;
  const columns = ['guests', 'migrations', 'median error', 'then', 'outcomes right', 'then'].map(
    (title, i) => ({ title, align: i === 0 ? 'left' : 'right' }) as const,
  );
  const line = (name: string, one: Fit['tested']): readonly string[] => [
    name,
    String(one.after.migrations),
    share(one.before.median),
    share(one.after.median),
    String(one.outcomesRightBefore),
    String(one.outcomesRightAfter),
  ];
  const factors = [...throughput].map(([node, factor]) => `${node} ${factor.toFixed(2)}`);
  return [
    'Proposed corrections, fitted on the migrations of every other guest',
    `  dirty rates: × ${dirtyRateFactor}`,
    `  each migration: ${durationText(perMigrationUs)} more beside its transfer`,
    `  throughput of a migration, by node: ${factors.length === 0 ? 'as it is' : factors.join(', ')}`,
    ...tableLines(columns, [line('fitted on', trained), line('not seen', tested)]),
  ];
}

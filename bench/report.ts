/** Results as people and programs read them: a table, results.csv, results.json. */
import { type Column, decimalColumn, textColumn, wholeColumn } from '../src/outcome/column.js';
import { csvStream } from '../src/outcome/csv.js';
import { type TextColumn, tableLines } from '../src/outcome/text-table.js';
import { textFile, type WholeFile } from '../src/outcome/whole-files.js';
import type { Comparison } from './compare.js';
import type { BenchFile, BenchResult, WholeRun } from './result-file.js';

const left = (title: string): TextColumn => ({ title, align: 'left' });
const right = (title: string): TextColumn => ({ title, align: 'right' });

/** All results; of whole runs also wall, CPU and memory. */
export function resultLines(results: readonly BenchResult[]): readonly string[] {
  const columns = [
    ...[left('suite'), left('bench'), right('value'), left('unit'), right('ratio'), right('±')],
    ...[right('/ C v2'), right('/ C v3')],
    ...[right('wall s'), right('cpu s'), right('cpu ms/migration'), right('Gpages/s')],
    ...[right('peak MiB'), right('said MiB'), left('hash')],
  ];
  const rows = results.map((result) => [
    result.suite,
    result.bench,
    threeDigits(result.value),
    result.unit,
    threeDigits(result.ratio),
    percent(result.ratioSpread / 2),
    result.native?.v2?.toFixed(2) ?? '',
    result.native?.v3?.toFixed(2) ?? '',
    result.run === null ? '' : result.run.wallSeconds.toFixed(2),
    result.run === null ? '' : result.run.cpuSeconds.toFixed(2),
    ofRun(result, cpuMsPerMigration),
    ofRun(result, (run) => (run.pages === null ? null : pagesPerSecond(run) / 1e9)),
    result.run === null ? '' : (result.run.peakMemoryBytes / 2 ** 20).toFixed(0),
    ofRun(result, (run) => run.neededMemoryBytes && Math.round(run.neededMemoryBytes / 2 ** 20)),
    result.hash,
  ]);
  return tableLines(columns, rows);
}

function ofRun({ run }: BenchResult, figure: (run: WholeRun) => number | null): string {
  const value = run === null ? null : figure(run);
  return value === null ? '' : threeDigits(value);
}

/** What a migration costs; null where there was none. */
function cpuMsPerMigration(run: WholeRun): number | null {
  return run.migrations === 0 ? null : (run.cpuSeconds * 1e3) / run.migrations;
}

/** Pages that had their chance to be dirtied: all of a guest's, once a round. */
function pagesPerSecond(run: WholeRun): number {
  return (run.pages ?? 0) / run.wallSeconds;
}

/** Each bench beside its reference. */
export function comparisonLines(comparisons: readonly Comparison[]): readonly string[] {
  const columns = [
    ...[left('suite'), left('bench'), right('ratio'), right('reference'), right('change')],
    left('remark'),
  ];
  const rows = comparisons.map(({ result, reference, change, fell, computesOther }) => [
    result.suite,
    result.bench,
    threeDigits(result.ratio),
    reference === null ? '' : threeDigits(reference.ratio),
    change === null ? '' : `${change < 0 ? '' : '+'}${percent(change)}`,
    [
      ...(reference === null ? ['new'] : []),
      ...(fell ? ['FELL'] : []),
      ...(computesOther ? [`computes other: ${result.hash}, was ${reference?.hash}`] : []),
    ].join('; '),
  ]);
  return tableLines(columns, rows);
}

/** results.csv and results.json. */
export function resultFiles(file: BenchFile): readonly WholeFile[] {
  return [
    { name: 'results.csv', content: () => csvStream(CSV_COLUMNS, file.results) },
    textFile('results.json', `${JSON.stringify(file, null, 2)}\n`),
  ];
}

/** Figures here lie between a millionth and a billion. */
const FIGURE_PLACES = 9;

const CSV_COLUMNS: readonly Column<BenchResult>[] = [
  textColumn('suite', (result) => result.suite),
  textColumn('bench', (result) => result.bench),
  decimalColumn('value', (result) => result.value, FIGURE_PLACES),
  textColumn('unit', (result) => result.unit),
  decimalColumn('ratio', (result) => result.ratio, FIGURE_PLACES),
  decimalColumn('ratio_c_v2', (result) => result.native?.v2 ?? null, FIGURE_PLACES),
  decimalColumn('ratio_c_v3', (result) => result.native?.v3 ?? null, FIGURE_PLACES),
  decimalColumn('ratio_spread', (result) => result.ratioSpread, FIGURE_PLACES),
  wholeColumn('repeats', (result) => result.repeats),
  decimalColumn('wall_s', (result) => result.run?.wallSeconds ?? null, FIGURE_PLACES),
  decimalColumn('cpu_s', (result) => result.run?.cpuSeconds ?? null, FIGURE_PLACES),
  wholeColumn('peak_memory_bytes', (result) => result.run?.peakMemoryBytes ?? null),
  wholeColumn('needed_memory_bytes', (result) => result.run?.neededMemoryBytes ?? null),
  wholeColumn('migrations', (result) => result.run?.migrations ?? null),
  wholeColumn('rounds', (result) => result.run?.rounds ?? null),
  decimalColumn('cpu_ms_per_migration', ({ run }) => run && cpuMsPerMigration(run), FIGURE_PLACES),
  decimalColumn(
    'pages_per_s',
    ({ run }) => (run?.pages == null ? null : pagesPerSecond(run)),
    FIGURE_PLACES,
  ),
  textColumn('hash', (result) => result.hash),
];

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 0.001 ? Number(value.toPrecision(3)).toString() : value.toExponential(2);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

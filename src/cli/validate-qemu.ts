/** `sluice validate qemu FILE|DIR…`: recorded QEMU migrations against the model. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { escapeControls, InputError } from '../fleet/input-error.js';
import { loadKernels } from '../memory/load-node.js';
import { type Column, textColumn } from '../outcome/column.js';
import { csvStream } from '../outcome/csv.js';
import { tableLines } from '../outcome/text-table.js';
import { writeWholeFiles } from '../outcome/whole-files.js';
import { type QemuReport, type ScenarioReport, validateQemu } from '../validate/qemu.js';
import { EXIT_CODES, exitWith } from './exit.js';
import { readRecordedFiles } from './recorded-files.js';

interface ValidateQemuArguments {
  readonly path: readonly string[];
  readonly json: boolean;
  readonly csv: string | undefined;
}

export const validateQemuCommand: CommandModule<object, ValidateQemuArguments> = {
  command: 'qemu <path..>',
  describe: 'Replay recorded QEMU migrations and compare',
  builder: (yargs) =>
    yargs
      .positional('path', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Run files (JSON), or folders of them; - for standard input',
      })
      .options({
        json: { type: 'boolean', default: false, describe: 'Print the report as JSON' },
        csv: { type: 'string', describe: 'Write one row a scenario to this file' },
      }) as unknown as Argv<ValidateQemuArguments>,
  handler: runValidateQemu,
};

async function runValidateQemu(args: ValidateQemuArguments): Promise<void> {
  const names = (await Promise.all(args.path.map(runFiles))).flat();
  const files = await readRecordedFiles('validate qemu', names);
  const report = validateQemu(loadKernels(), files);
  if (args.csv !== undefined) await writeCsv(args.csv, report.scenarios);
  process.stdout.write(args.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  exitWith(report.withinBounds ? EXIT_CODES.done : EXIT_CODES.failed);
}

/** A folder stands for its .json files, by name. */
async function runFiles(path: string): Promise<readonly string[]> {
  const status = path === '-' ? null : await stat(path).catch(() => null);
  if (status === null || !status.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
  if (names.length === 0) throw new InputError(path, '', 'holds no .json file');
  return names.map((name) => join(path, name));
}

function reportText(report: QemuReport): string {
  const lines = [...scenarioLines(report.scenarios), '', ...barLines(report), ''];
  for (const name of report.differentEnds) {
    lines.push(`ended in another way: ${escapeControls(name)}`);
  }
  for (const bar of report.bars) {
    for (const one of bar.deviations.filter(({ within }) => !within)) {
      const error = `${one.error.toFixed(2)} ${bar.unit}`;
      lines.push(`out of bounds: ${bar.name}: ${escapeControls(one.scenario)} (${error})`);
    }
  }
  lines.push(report.withinBounds ? 'all within the bounds' : 'not within the bounds');
  return `${lines.join('\n')}\n`;
}

const COLUMNS: readonly Column<ScenarioReport>[] = [
  textColumn('name', (one) => one.name),
  textColumn('group', (one) => one.group),
  textColumn('repeats', (one) => String(one.repeats)),
  ...figureColumns('status', 'status'),
  ...figureColumns('total_time_ms', 'totalTimeMs'),
  ...figureColumns('transferred_bytes', 'transferredBytes'),
  ...figureColumns('dirty_sync_count', 'dirtySyncCount'),
  ...figureColumns('downtime_ms', 'downtimeMs'),
  ...figureColumns('stop_to_resume_ms', 'stopToResumeMs'),
  ...figureColumns('throttle_max_percent', 'throttlePercentageMax'),
  ...figureColumns('postcopy_requests', 'postcopyRequests'),
];

/** Measured values of all repeats in one cell, `/` between them; then the simulated one. */
function figureColumns(
  name: string,
  figure: Exclude<keyof ScenarioReport['simulated'], 'throttleStepTimesMs' | 'postcopy'>,
): readonly Column<ScenarioReport>[] {
  return [
    textColumn(`measured_${name}`, (one) => (one.measured[figure] ?? []).map(cellText).join('/')),
    textColumn(`simulated_${name}`, (one) => cellText(one.simulated[figure])),
  ];
}

function cellText(value: number | string | null): string {
  if (value === null) return '';
  return typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : value;
}

async function writeCsv(path: string, rows: readonly ScenarioReport[]): Promise<void> {
  const file = { name: basename(path), content: () => csvStream(COLUMNS, rows) };
  await writeWholeFiles(dirname(path), [file]);
}

function scenarioLines(scenarios: readonly ScenarioReport[]): readonly string[] {
  const cells = (one: ScenarioReport): readonly string[] => [
    escapeControls(one.name),
    escapeControls(one.simulated.status),
    ...(['totalTimeMs', 'transferredBytes', 'dirtySyncCount', 'stopToResumeMs'] as const).flatMap(
      (figure) => [
        (one.measured[figure] ?? []).map(wholeText).join('/'),
        wholeText(one.simulated[figure]),
      ],
    ),
  ];
  const titles = [
    'scenario',
    'simulated',
    'ms',
    '',
    'bytes',
    '',
    'syncs',
    '',
    'STOP-RESUME ms',
    '',
  ];
  const columns = titles.map((title, i) => ({ title, align: i < 2 ? 'left' : 'right' }) as const);
  return tableLines(columns, scenarios.map(cells));
}

function wholeText(value: number | null): string {
  return value === null ? '-' : String(Math.round(value));
}

function barLines({ bars }: QemuReport): readonly string[] {
  const columns = ['bar', 'scenarios', 'median', 'bound', 'worst', 'bound', ''].map(
    (title, i) => ({ title, align: i === 0 ? 'left' : 'right' }) as const,
  );
  return tableLines(
    columns,
    bars.map((bar) => [
      `${bar.name} (${bar.unit})`,
      String(bar.deviations.length),
      (bar.medianError ?? 0).toFixed(2),
      bar.medianBound === null ? '-' : String(bar.medianBound),
      (bar.worstError ?? 0).toFixed(2),
      String(bar.worstBound),
      bar.within ? 'within' : 'OUT',
    ]),
  );
}

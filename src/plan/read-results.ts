/** What an earlier run or sweep wrote, read back replica by replica. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../fleet/input-error.js';
import { decodeUtf8 } from '../fleet/load/decode-text.js';
import { readInputBytes } from '../fleet/load/read-bytes.js';
import { parseRows } from '../outcome/csv-rows.js';

/** One scenario's replicas, of a run or a sweep. */
export interface ScenarioResults {
  /** `PATH=VALUE` of the sweep's settings, joined; '' for a run. */
  readonly settings: string;
  /** By seed: column name to value, cells that are numbers only. */
  readonly replicas: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export interface Results {
  /** As the user named it. */
  readonly name: string;
  readonly fidelity: string;
  /** By `settings`. */
  readonly scenarios: ReadonlyMap<string, ScenarioResults>;
}

type Row = Readonly<Record<string, string>>;

/**
 * @param name an output folder, or a CSV file of one
 * @throws InputError when there is nothing to compare
 */
export async function readResults(name: string): Promise<Results> {
  const path = await resultsFile(name);
  const rows = await readRows(path);
  const [first] = rows;
  if (first === undefined) throw new InputError(path, '', 'has no row; the run was cut off');
  if (!Object.hasOwn(first, 'seed')) {
    const problem = Object.hasOwn(first, 'drain_time_mean_s')
      ? 'holds means only, and replicas.csv is not beside it'
      : 'has no column "seed"; expected the summary.csv of a run or the replicas.csv of a sweep';
    throw new InputError(path, '', problem);
  }
  const scenarios = new Map<
    string,
    { settings: string; replicas: Map<string, Map<string, number>> }
  >();
  for (const [index, row] of rows.entries()) {
    const settings = settingsOf(row);
    const scenario = scenarios.get(settings) ?? { settings, replicas: new Map() };
    scenarios.set(settings, scenario);
    const seed = row.seed ?? '';
    if (scenario.replicas.has(seed)) {
      const problem = `there are two rows with seed ${seed} of one scenario`;
      throw new InputError(path, '', problem, { line: index + 2, column: 1 });
    }
    scenario.replicas.set(seed, numbersOf(row));
  }
  return { name, fidelity: first.fidelity ?? '', scenarios };
}

/** Replicas where they belong to the summary: a sweep's own summary.csv has but means. */
async function resultsFile(name: string): Promise<string> {
  if (!existsSync(name)) throw new InputError(name, '', 'there is no such file or folder');
  const isFolder = statSync(name).isDirectory();
  if (!isFolder && basename(name) !== 'summary.csv') return name;
  const summary = isFolder ? join(name, 'summary.csv') : name;
  const replicas = join(dirname(summary), 'replicas.csv');
  if (!existsSync(summary)) {
    if (existsSync(replicas)) return replicas;
    throw new InputError(name, '', 'holds no summary.csv: not the output of sluice run or sweep');
  }
  // Beside a run's summary they are of a sweep before it.
  const [first] = await readRows(summary);
  const isRun = first !== undefined && Object.hasOwn(first, 'seed');
  return !isRun && existsSync(replicas) ? replicas : summary;
}

/** By column name. */
async function readRows(path: string): Promise<readonly Row[]> {
  const [header, ...rows] = await parseRows(path, decodeUtf8(path, await readInputBytes(path)));
  if (header === undefined) return [];
  return rows.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])));
}

/** The settings' columns stand between `scenario` and `seed`. */
function settingsOf(row: Row): string {
  const names = Object.keys(row);
  const from = names.indexOf('scenario');
  if (from < 0) return '';
  const settings = names.slice(from + 1, names.indexOf('seed'));
  return settings.map((path) => `${path}=${row[path]}`).join(' ');
}

function numbersOf(row: Row): Map<string, number> {
  const from = Object.keys(row).indexOf('seed') + 1;
  const figures = Object.entries(row).slice(from);
  return new Map(
    figures.flatMap(([name, cell]) =>
      /^-?\d+(\.\d+)?$/.test(cell) ? [[name, Number(cell)] as const] : [],
    ),
  );
}

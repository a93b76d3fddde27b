/** `virsh domjobinfo`, once or again and again in one file. */
import { InputError } from '../fleet/input-error.js';
import {
  addSample,
  type CounterSeries,
  type Counters,
  checkedCounters,
  seriesList,
} from './counters.js';

const TITLE = /^[ \t]*Job type:/m;
const ROW = /^\s*([A-Za-z][A-Za-z -]*?):\s+(\S+)(?:\s+(\S+))?\s*$/;

export function isDomjobinfo(text: string): boolean {
  return TITLE.test(text);
}

/** @param guest whose counters they are: virsh does not say. @throws InputError with the line */
export function readDomjobinfo(
  file: string,
  text: string,
  guest: string,
): readonly CounterSeries[] {
  const blocks: Block[] = [];
  text.split('\n').forEach((line, i) => {
    const [, title, value, unit = ''] = ROW.exec(line) ?? [];
    if (title === undefined || value === undefined) return;
    const row = { line: i + 1, value, unit };
    if (title === 'Job type') blocks.push({ job: value, line: i + 1, rows: new Map() });
    else blocks.at(-1)?.rows.set(title, row);
  });
  const series = new Map<string, Counters[]>();
  for (const block of blocks) {
    // "Job type: None" is what virsh says before and after a migration.
    if (block.job !== 'None') addSample(series, guest, countersOf(file, block));
  }
  const list = seriesList(series);
  if (list.length === 0) throw new InputError(file, '', 'no job is under way (Job type: None)');
  return list;
}

/** What virsh says of a job at one time, by title. */
interface Block {
  readonly job: string;
  readonly line: number;
  readonly rows: Map<string, Row>;
}

interface Row {
  readonly line: number;
  readonly value: string;
  readonly unit: string;
}

/** By unit, what a figure is multiplied by; bytes a second are bytes. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['ms', 1],
  ['%', 1],
  ['pages', 1],
  ['B', 1],
  ['bytes', 1],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
  ['TiB', 2 ** 40],
  ['PiB', 2 ** 50],
]);

/** @throws InputError for what is no figure: a decimal comma of another language, a cut line */
function figureOf(file: string, title: string, { line, value, unit }: Row): number {
  const factor = UNITS.get(unit.replace(/\/s$/, ''));
  const figure = Number(value);
  if (Number.isFinite(figure) && figure >= 0 && factor !== undefined) return figure * factor;
  const text = `${value} ${unit}`.trim();
  const problem = `${title} is "${text}", not a number of 0 or more as virsh prints it with LC_ALL=C`;
  throw new InputError(file, '', problem, { line, column: 1 });
}

function countersOf(file: string, { job, line, rows }: Block): Counters {
  const optional = (title: string): number | null => {
    const row = rows.get(title);
    return row === undefined ? null : figureOf(file, title, row);
  };
  const required = (title: string): number => {
    const value = optional(title);
    if (value !== null) return value;
    throw new InputError(file, '', `job without "${title}"`, { line, column: 1 });
  };
  const pageSize = optional('Page size') ?? 4096;
  return checkedCounters(file, line, {
    elapsedMs: required('Time elapsed'),
    memTotal: required('Memory total'),
    memProcessed: required('Memory processed'),
    memRemaining: required('Memory remaining'),
    diskRemaining: optional('File remaining') ?? 0,
    memBps: optional('Memory bandwidth') ?? 0,
    diskBps: optional('File bandwidth') ?? 0,
    dirtyBytesPerSecond: (optional('Dirty rate') ?? 0) * pageSize,
    iteration: optional('Iteration'),
    postcopyRequests: optional('Postcopy requests') ?? 0,
    constantPages: optional('Constant pages'),
    normalPages: optional('Normal pages'),
    expectedDowntimeMs: optional('Expected downtime'),
    throttlePercent: optional('Auto converge throttle') ?? 0,
    isDone: job === 'Completed',
  });
}

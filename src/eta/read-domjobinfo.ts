/** `virsh domjobinfo`, once or again and again in one file. */
import { InputError } from '../fleet/input-error.js';
import type { CounterSeries, Counters } from './counters.js';

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
  const blocks: { line: number; rows: Map<string, number> }[] = [];
  text.split('\n').forEach((line, i) => {
    const [, title, value, unit] = ROW.exec(line) ?? [];
    if (title === undefined || value === undefined) return;
    if (title === 'Job type') blocks.push({ line: i + 1, rows: new Map([[value, 1]]) });
    else blocks.at(-1)?.rows.set(title, scaled(value, unit ?? ''));
  });
  const samples = blocks.flatMap(({ line, rows }) =>
    // "Job type: None" is what virsh says before and after a migration.
    rows.has('None') ? [] : [countersOf(file, line, rows)],
  );
  const [first, ...others] = samples;
  if (first === undefined) throw new InputError(file, '', 'no job is under way (Job type: None)');
  return [{ guest, samples: [first, ...others] }];
}

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  bytes: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
};

function scaled(value: string, unit: string): number {
  return Number(value) * (UNITS[unit.replace(/\/s$/, '')] ?? 1);
}

function countersOf(file: string, line: number, rows: ReadonlyMap<string, number>): Counters {
  const optional = (title: string): number | null => {
    const value = rows.get(title);
    return value !== undefined && Number.isFinite(value) && value >= 0 ? value : null;
  };
  const required = (title: string): number => {
    const value = optional(title);
    if (value !== null) return value;
    const problem = `job without "${title}" (a number of 0 or more)`;
    throw new InputError(file, '', problem, { line, column: 1 });
  };
  const pageSize = optional('Page size') ?? 4096;
  return {
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
    isDone: rows.has('Completed'),
  };
}

/** virt-launcher's lines of migration info (LogMigrationInfo, spec/kubevirt.md 3.8), plain or in JSON. */
import { InputError } from '../fleet/input-error.js';
import {
  addSample,
  type CounterSeries,
  type Counters,
  checkedCounters,
  seriesList,
} from './counters.js';

const LINE = /Migration info for ([^\s:"]{1,400}): ([^"\r\n]*)/;
const FIELD = /([A-Za-z]+):(-?[\d.]+)([A-Za-z]*)/g;
const MIB = 2 ** 20;

export function isKubevirtLog(text: string): boolean {
  return LINE.test(text);
}

/** @throws InputError with the line of a field that is missing or no number */
export function readKubevirtLog(file: string, text: string): readonly CounterSeries[] {
  const series = new Map<string, Counters[]>();
  text.split('\n').forEach((line, i) => {
    const [, guest, fields] = LINE.exec(line) ?? [];
    if (guest === undefined || fields === undefined) return;
    addSample(series, guest, countersOf(file, i + 1, fields));
  });
  return seriesList(series);
}

function countersOf(file: string, line: number, text: string): Counters {
  const values = new Map<string, number>();
  for (const [, name = '', value] of text.matchAll(FIELD)) values.set(name, Number(value));
  const optional = (name: string): number | null => {
    const value = values.get(name);
    return value !== undefined && Number.isFinite(value) && value >= 0 ? value : null;
  };
  const required = (name: string): number => {
    const value = optional(name);
    if (value !== null) return value;
    const problem = `migration info without ${name} (a number of 0 or more)`;
    throw new InputError(file, '', problem, { line, column: 1 });
  };
  const mib = (name: string): number => required(name) * MIB;
  const mbps = (name: string): number => (required(name) * 1e6) / 8;
  const memRemaining = mib('MemoryRemaining');
  return checkedCounters(file, line, {
    elapsedMs: required('TimeElapsed'),
    memTotal: mib('MemoryTotal'),
    memProcessed: mib('MemoryProcessed'),
    memRemaining,
    diskRemaining: Math.max(0, mib('DataRemaining') - memRemaining),
    memBps: mbps('MemoryBandwidth'),
    diskBps: ((optional('DiskMbps') ?? 0) * 1e6) / 8,
    dirtyBytesPerSecond: mbps('DirtyRate'),
    iteration: required('Iteration'),
    postcopyRequests: optional('PostcopyRequests') ?? 0,
    constantPages: optional('ConstantPages'),
    normalPages: optional('NormalPages'),
    expectedDowntimeMs: optional('ExpectedDowntime'),
    throttlePercent: 0,
    isDone: !values.has('ExpectedDowntime') && values.has('Downtime'),
  });
}

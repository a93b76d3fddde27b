/** What a migration under way tells of itself, from whichever source, in one form. */
import { InputError } from '../fleet/input-error.js';

/** Bytes, bytes a second, milliseconds; null: the source does not tell. */
export interface Counters {
  /** Since the launcher's call. */
  readonly elapsedMs: number | null;
  readonly memTotal: number;
  readonly memProcessed: number;
  readonly memRemaining: number;
  readonly diskRemaining: number;
  readonly memBps: number;
  readonly diskBps: number;
  /** Distinct bytes dirtied a second, over QEMU's last period; 0: no period has ended. */
  readonly dirtyBytesPerSecond: number;
  /** QEMU's dirty-sync-count. */
  readonly iteration: number | null;
  readonly postcopyRequests: number;
  readonly constantPages: number | null;
  readonly normalPages: number | null;
  /** Bytes dirty at the last sync over the bandwidth (spec/qemu.md 1.4). */
  readonly expectedDowntimeMs: number | null;
  /** 0: not throttled. */
  readonly throttlePercent: number;
  /** The migration is over: what follows is what it took. */
  readonly isDone: boolean;
}

export type Phase = 'storage' | 'first-pass' | 'rounds' | 'post-copy' | 'done';

export function phaseOf(last: Counters): Phase {
  if (last.isDone) return 'done';
  if (last.postcopyRequests > 0) return 'post-copy';
  if (last.diskRemaining > 0 && last.memProcessed === 0) return 'storage';
  const inRounds = last.iteration === null ? last.dirtyBytesPerSecond > 0 : last.iteration > 1;
  return inRounds ? 'rounds' : 'first-pass';
}

/** One migration's counters, oldest first. */
export interface CounterSeries {
  /** NAMESPACE/NAME, a migration's UID, or '' where the source names nobody. */
  readonly guest: string;
  readonly samples: readonly [Counters, ...Counters[]];
}

const MIB = 2 ** 20;

/** The counters as they are. @throws InputError, at a line of the file, where they cannot be */
export function checkedCounters(file: string, line: number, counters: Counters): Counters {
  const { memTotal, memRemaining } = counters;
  // Sources round to MiB.
  if (memRemaining <= memTotal + MIB) return counters;
  const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
  const problem = `${mib(memRemaining)} of memory remain of ${mib(memTotal)} in all: one of them is wrong`;
  throw new InputError(file, '', problem, { line, column: 1 });
}

/** Appends a sample to the series of its guest; a clock that goes back begins another attempt. */
export function addSample(series: Map<string, Counters[]>, guest: string, sample: Counters): void {
  const known = series.get(guest) ?? [];
  const before = known.at(-1)?.elapsedMs ?? null;
  const isNew = before !== null && sample.elapsedMs !== null && sample.elapsedMs < before;
  series.set(guest, isNew ? [sample] : [...known, sample]);
}

export function seriesList(series: ReadonlyMap<string, readonly Counters[]>): CounterSeries[] {
  return [...series].flatMap(([guest, [first, ...others]]) =>
    first === undefined ? [] : [{ guest, samples: [first, ...others] as const }],
  );
}

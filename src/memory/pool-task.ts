/**
 * A task as numbers in memory that threads share, so that handing it over costs a microsecond and
 * not a structured clone.
 *
 * ┌───────────┬──────────┬──────────────────────────────────┬────────────────────────────────────┐
 * │ header 14 │ points n │ progress: times n, bytes n,      │ intensity: from m, cpu m, clock m  │
 * │           │ steps m  │ periods n, active parts n        │                                    │
 * └───────────┴──────────┴──────────────────────────────────┴────────────────────────────────────┘
 */
import type { GuestMemory } from './guest-memory.js';
import { pointsOf } from './round-clock.js';
import type { RoundTask } from './round-task.js';

const SEED = 0;
const GUEST_KEY = 1;
const BY_PAGE = 2;
const SYNC_NUMBER = 3;
const PREVIOUS_SYNC_US = 4;
const SYNC_US = 5;
const SENT_PAGES = 6;
/** NaN: not asked for. */
const PAGES_PER_HOST_PAGE = 7;
const ZERO_PAGE_BYTES = 8;
const PAGE_BYTES = 9;
const PAGE_HEADER_BYTES = 10;
/** NaN: not compressed. */
const COMPRESSED_FACTOR = 11;
const POINTS = 12;
const STEPS = 13;
const HEADER = 14;

const PROGRESS_ARRAYS = 4;
const INTENSITY_ARRAYS = 3;

/** Writes the task but for its memory; false where there is no room. */
export function writeTask(into: Float64Array, task: RoundTask): boolean {
  const { progress, intensity, wire } = task;
  const points = pointsOf(progress);
  const steps = intensity.fromUs.length;
  if (HEADER + points * PROGRESS_ARRAYS + steps * INTENSITY_ARRAYS > into.length) return false;
  into[SEED] = task.seed;
  into[GUEST_KEY] = task.guestKey;
  into[BY_PAGE] = task.fidelity === 'page' ? 1 : 0;
  into[SYNC_NUMBER] = task.syncNumber;
  into[PREVIOUS_SYNC_US] = task.previousSyncUs;
  into[SYNC_US] = task.syncUs;
  into[SENT_PAGES] = task.sentPages;
  into[PAGES_PER_HOST_PAGE] = task.pagesPerHostPage ?? Number.NaN;
  into[ZERO_PAGE_BYTES] = wire.zeroPageBytes;
  into[PAGE_BYTES] = wire.pageBytes;
  into[PAGE_HEADER_BYTES] = wire.pageHeaderBytes;
  into[COMPRESSED_FACTOR] = wire.compressedFactor ?? Number.NaN;
  into[POINTS] = points;
  into[STEPS] = steps;
  let at = HEADER;
  at = writeNumbers(into, at, progress.timesUs, points);
  at = writeNumbers(into, at, progress.bytes, points);
  at = writeNumbers(into, at, progress.periodUs, points);
  at = writeNumbers(into, at, progress.activeUs, points);
  at = writeNumbers(into, at, intensity.fromUs, steps);
  at = writeNumbers(into, at, intensity.cpuFactor, steps);
  writeNumbers(into, at, intensity.clockFactor, steps);
  return true;
}

function writeNumbers(
  into: Float64Array,
  at: number,
  numbers: ArrayLike<number> | undefined,
  count: number,
): number {
  for (let i = 0; i < count; i += 1) into[at + i] = numbers?.[i] ?? 0;
  return at + count;
}

/** The task; its arrays are views on `from`. */
export function readTask(from: Float64Array, memory: GuestMemory): RoundTask {
  const number = (index: number): number => from[index] as number;
  const points = number(POINTS);
  const steps = number(STEPS);
  const progressAt = (i: number) => from.subarray(HEADER + i * points, HEADER + (i + 1) * points);
  const intensityAt = (i: number) => {
    const at = HEADER + PROGRESS_ARRAYS * points + i * steps;
    return Array.from(from.subarray(at, at + steps));
  };
  const compressed = number(COMPRESSED_FACTOR);
  const hostPage = number(PAGES_PER_HOST_PAGE);
  return {
    memory,
    seed: number(SEED),
    guestKey: number(GUEST_KEY),
    fidelity: number(BY_PAGE) === 1 ? 'page' : 'chunk',
    syncNumber: number(SYNC_NUMBER),
    previousSyncUs: number(PREVIOUS_SYNC_US),
    syncUs: number(SYNC_US),
    sentPages: number(SENT_PAGES),
    progress: {
      timesUs: progressAt(0),
      bytes: progressAt(1),
      periodUs: progressAt(2),
      activeUs: progressAt(3),
    },
    wire: {
      zeroPageBytes: number(ZERO_PAGE_BYTES),
      pageBytes: number(PAGE_BYTES),
      pageHeaderBytes: number(PAGE_HEADER_BYTES),
      compressedFactor: Number.isNaN(compressed) ? null : compressed,
    },
    intensity: { fromUs: intensityAt(0), cpuFactor: intensityAt(1), clockFactor: intensityAt(2) },
    ...(Number.isNaN(hostPage) ? {} : { pagesPerHostPage: hostPage }),
  };
}

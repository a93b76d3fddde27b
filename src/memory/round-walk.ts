/**
 * A round's scan, unit by unit in cursor order: what was sent, when each chunk was cleared, and how
 * likely pages are to be dirty at the sync. What is done with that (drawing, forecasting) is the
 * sink's. The law (spec/qemu.md 2.2; exposures E, page's rate r):
 *
 *   sent pages             dirty again with 1 - exp(-r (E(sync) - E(clear)))
 *   pages that were clean  dirty with       1 - exp(-r (E(sync) - E(previous sync)))
 *   dirty pages not sent   stay dirty
 *
 * Pages of a segment are exchangeable, so its dirty ones may be taken as its first ones: the draw
 * for pages [0, sent) and the one for [dirty, pages) need no bitmap of the round before. Clean pages
 * of a class are exchangeable over all its segments: one draw serves them all.
 */
import type { ClassRound } from './class-round.js';
import { type Exposure, exposureAt } from './exposure.js';
import { createRoundClock, pointsOf, type RoundClock, timeAtBytes } from './round-clock.js';
import type { RoundTask } from './round-task.js';
import type { Units } from './units.js';

/** Takes what the scan finds. Units are named by their index. */
export interface RoundSink {
  /** `pages` sent pages from guest page `first` on are each hit with 1 - exp(-exponent). */
  sent(unit: number, first: number, pages: number, exponent: number): void;
  /**
   * `pages` pages that were clean at the previous sync are each hit with
   * 1 - exp(-kind.cleanExponent): all such pages of a class are exchangeable.
   */
  clean(unit: number, pages: number, kind: ClassRound): void;
  /** A unit of a swept class that is written; `clearedExposure` holds for its sent pages. */
  sweep(unit: number, kind: ClassRound, clearedExposure: number): void;
}

export interface RoundWalk {
  readonly unsentPages: number;
  readonly unsentZeroPages: number;
  readonly sentZeroPages: number;
  readonly sentBytes: number;
}

/** Throws RangeError when the task contradicts itself. */
export function checkTask(task: RoundTask): void {
  const { sentPages, progress } = task;
  if (!(Number.isInteger(sentPages) && sentPages >= 0)) {
    throw new RangeError(`sentPages ${sentPages}: expected a whole number, 0 or more`);
  }
  const points = pointsOf(progress);
  if (points === 0 || progress.timesUs.length !== progress.bytes.length) {
    throw new RangeError(
      `progress has ${progress.timesUs.length} times and ${progress.bytes.length} bytes`,
    );
  }
  if (!(task.syncUs >= task.previousSyncUs)) {
    throw new RangeError(`syncUs ${task.syncUs} is before previousSyncUs ${task.previousSyncUs}`);
  }
}

/**
 * Shares out the task's sent pages over the units in scan order. Returns the last unit that got
 * any, or -1. Throws RangeError when more were sent than are dirty.
 */
export function shareSent(task: RoundTask, units: Units, sent: Uint32Array): number {
  let left = task.sentPages;
  let last = -1;
  for (let i = 0; i < units.count; i += 1) {
    const pages = Math.min(left, units.dirty[i] as number);
    sent[i] = pages;
    if (pages > 0) last = i;
    left -= pages;
  }
  if (left > 0) throw new RangeError(`sentPages ${task.sentPages}: ${left} more than are dirty`);
  return last;
}

/** When the sender first touched a dirty page of the chunk that the scan is in. */
interface ChunkTouch {
  /** The chunk's pages. */
  fromPage: number;
  endPage: number;
  clearUs: number;
  /** The same of the scan's first chunk, which comes again at the end. */
  readonly firstPage: number;
  firstClearUs: number;
  /** The exposure asked for last, and what it was at the clear: a region's classes share it. */
  exposure: Exposure | null;
  exposed: number;
}

const UNTOUCHED = -1;

export function walkRound(
  task: RoundTask,
  classes: readonly ClassRound[],
  units: Units,
  sent: Uint32Array,
  sink: RoundSink,
): RoundWalk {
  const { layout, tracking } = task.memory;
  const { startPage, classIndex } = layout.segments;
  const clock = createRoundClock(task.progress);
  const { chunkPages } = layout;
  const touch = untouched(startPage[units.segment[0] as number] as number, chunkPages);
  let sentBytes = 0;
  let sentZeroPages = 0;
  let unsentPages = 0;
  let unsentZeroPages = 0;
  for (let i = 0; i < units.count; i += 1) {
    const segment = units.segment[i] as number;
    const kind = classes[classIndex[segment] as number] as ClassRound;
    const sentHere = sent[i] as number;
    const dirty = units.dirty[i] as number;
    unsentPages += dirty - sentHere;
    if (kind.isZero) unsentZeroPages += dirty - sentHere;
    if (sentHere > 0) {
      touchChunk(touch, startPage[segment] as number, chunkPages, clock, sentBytes);
      sentBytes += sentHere * kind.costBytes;
      if (kind.isZero) sentZeroPages += sentHere;
    }
    if (kind.exposure === null) continue;
    let cleared = kind.exposedBefore;
    if (sentHere > 0 && tracking === 'chunk-clear') {
      cleared = exposedAtClear(touch, kind.exposure);
    }
    if (kind.sweep !== null) {
      sink.sweep(i, kind, cleared);
      continue;
    }
    // rounding must not make an exposure negative
    if (sentHere > 0) {
      const first = (startPage[segment] as number) + (units.offset[i] as number);
      sink.sent(i, first, sentHere, kind.rate * Math.max(0, kind.exposedAfter - cleared));
    }
    const clean = (units.pages[i] as number) - dirty;
    if (clean > 0) sink.clean(i, clean, kind);
  }
  return { unsentPages, unsentZeroPages, sentZeroPages, sentBytes };
}

function untouched(page: number, chunkPages: number): ChunkTouch {
  const fromPage = page - (page % chunkPages);
  return {
    fromPage,
    endPage: fromPage + chunkPages,
    clearUs: UNTOUCHED,
    firstPage: fromPage,
    firstClearUs: UNTOUCHED,
    exposure: null,
    exposed: 0,
  };
}

/** Notes the clear of the page's chunk where it is touched for the first time in the round. */
function touchChunk(
  touch: ChunkTouch,
  page: number,
  chunkPages: number,
  clock: RoundClock,
  bytes: number,
): void {
  if (page < touch.fromPage || page >= touch.endPage) {
    touch.fromPage = page - (page % chunkPages);
    touch.endPage = touch.fromPage + chunkPages;
    touch.clearUs = touch.fromPage === touch.firstPage ? touch.firstClearUs : UNTOUCHED;
    touch.exposure = null;
  }
  if (touch.clearUs !== UNTOUCHED) return;
  touch.clearUs = timeAtBytes(clock, bytes);
  touch.exposure = null;
  if (touch.fromPage === touch.firstPage) touch.firstClearUs = touch.clearUs;
}

function exposedAtClear(touch: ChunkTouch, exposure: Exposure): number {
  if (touch.exposure !== exposure) {
    touch.exposure = exposure;
    touch.exposed = exposureAt(exposure, touch.clearUs);
  }
  return touch.exposed;
}

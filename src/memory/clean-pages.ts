/**
 * The pages that were clean at the previous sync. All of a class have been exposed alike, so they
 * are exchangeable over all segments, and are drawn together: hits that are rare by their number and
 * their places, others by masks of all pages one behind the other. Chunk fidelity counts: a binomial
 * a unit where hits are not rare.
 */
import type { ClassRound } from './class-round.js';
import { addJob, type JobBatch, runJobs, runTogether } from './job-batch.js';
import type { RoundScratch } from './kernels.js';
import { seedHigh, seedLow } from './keys.js';
import type { GuestLayout } from './layout.js';
import { type CleanSegments, EACH, JOINED, LEFT_OUT, type Units } from './units.js';

/** A class's clean pages, by unit in scan order. */
interface CleanClass {
  readonly kind: ClassRound;
  pages: number;
  readonly units: number[];
}

/** By class index; null until pages are added. */
export type CleanPages = (CleanClass | null)[];

/** Mean hits up to which a class's are drawn by their places (the kernels' list holds 2,048). */
const PLACED_HITS_MAX = 256;

export function createCleanPages(classes: number): CleanPages {
  return new Array<CleanClass | null>(classes).fill(null);
}

/**
 * Wholly clean segments that are never written are left out; those whose hits are drawn by place are
 * listed as runs. Elsewhere each segment has a draw of its own.
 */
export function cleanSegments(layout: GuestLayout, rounds: readonly ClassRound[]): CleanSegments {
  return Uint8Array.from(layout.classes, ({ kind, pages }, i) => {
    const { exposure, cleanExponent } = rounds[i] as ClassRound;
    if (exposure === null) return LEFT_OUT;
    return kind !== 'sweep' && pages * cleanExponent <= PLACED_HITS_MAX ? JOINED : EACH;
  });
}

export function addClean(clean: CleanPages, unit: number, pages: number, kind: ClassRound): void {
  const own = clean[kind.index];
  if (own === null || own === undefined) {
    clean[kind.index] = { kind, pages, units: [unit] };
    return;
  }
  own.pages += pages;
  own.units.push(unit);
}

/** Adds what is hit to scratch.after, at once or by jobs that are left waiting in the batch. */
export function drawClean(batch: JobBatch, scratch: RoundScratch, clean: CleanPages): void {
  for (const own of clean) {
    if (own === null) continue;
    const { kind, pages } = own;
    if (pages * kind.cleanExponent <= PLACED_HITS_MAX) placeHits(batch, scratch, own);
    else if (batch.task.fidelity === 'page') maskTogether(batch, scratch, own);
    else countByUnit(batch, scratch, own);
  }
}

/** One draw over all pages, then the places of what it hit. */
function placeHits(batch: JobBatch, scratch: RoundScratch, own: CleanClass): void {
  const { kernels, task } = batch;
  const hits = kernels.exports.drawPlaces(
    own.pages,
    own.kind.cleanExponent,
    seedLow(task.seed),
    seedHigh(task.seed),
    task.guestKey,
    task.syncNumber,
    own.kind.index,
  );
  let before = 0;
  let next = 0;
  for (let i = 0; next < hits; i += 1) {
    const unit = own.units[i] as number;
    const end = before + cleanPagesOf(scratch, unit);
    for (; next < hits && (kernels.hitPlaces[next] as number) < end; next += 1) {
      scratch.after[unit] = (scratch.after[unit] as number) + 1;
      if (scratch.units.segments[unit] === 1) continue;
      const place = (kernels.hitPlaces[next] as number) - before;
      scratch.runHits.push(segmentInRun(task.memory.layout, scratch.units, unit, place));
    }
    before = end;
  }
}

/** The segment of a run's page `place`: a run's segments lie one behind the other. */
function segmentInRun(
  { segments }: GuestLayout,
  units: Units,
  unit: number,
  place: number,
): number {
  const first = units.segment[unit] as number;
  const page = (segments.startPage[first] as number) + place;
  let low = first;
  let high = first + (units.segments[unit] as number);
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((segments.startPage[middle] as number) <= page) low = middle;
    else high = middle;
  }
  return low;
}

function maskTogether(batch: JobBatch, scratch: RoundScratch, own: CleanClass): void {
  // what waits is of other exponents
  runJobs(batch);
  const { layout } = batch.task.memory;
  let key = 0;
  for (const unit of own.units) {
    if (batch.jobs === batch.kernels.jobUnits.length) {
      runTogether(batch, own.kind.cleanExponent, keyOf(own, key, layout.classes.length));
      key += 1;
    }
    addJob(batch, unit, 0, cleanPagesOf(scratch, unit), own.kind.cleanExponent);
  }
  runTogether(batch, own.kind.cleanExponent, keyOf(own, key, layout.classes.length));
}

/** Of a class's batches: the first one's is the class, as where hits are placed. */
function keyOf(own: CleanClass, batchNumber: number, classes: number): number {
  return own.kind.index + batchNumber * classes;
}

function countByUnit(batch: JobBatch, scratch: RoundScratch, own: CleanClass): void {
  const { units } = scratch;
  const { startPage } = batch.task.memory.layout.segments;
  for (const unit of own.units) {
    const first = startPage[units.segment[unit] as number] as number;
    const page = first + (units.offset[unit] as number) + (units.dirty[unit] as number);
    addJob(batch, unit, page, cleanPagesOf(scratch, unit), own.kind.cleanExponent);
  }
}

function cleanPagesOf({ units }: RoundScratch, unit: number): number {
  return (units.pages[unit] as number) - (units.dirty[unit] as number);
}

/**
 * One round of pre-copy, seen from the pages: from a dirty-log sync to the next. Given how many
 * pages went out and when their bytes left, decides how many pages of each segment the next sync
 * finds dirty (the law: round-walk.ts). A part's draw is keyed by the page number of its first page,
 * hence unique in its sync, and independent of all else.
 */
import { type ClassRound, classRounds } from './class-round.js';
import { addClean, cleanSegments, createCleanPages, drawClean } from './clean-pages.js';
import { dirtyHostPages, dirtyRuns } from './dirty-places.js';
import { dirtyPages } from './guest-memory.js';
import { addJob, createBatch, runJobs } from './job-batch.js';
import { type Kernels, type RoundScratch, scratchFor } from './kernels.js';
import { seedHigh, seedLow } from './keys.js';
import type { SweepClass } from './layout.js';
import { type Cursor, cursorOf, storeState } from './round-state.js';
import type { DirtyPlaces, RoundResult, RoundTask } from './round-task.js';
import { checkTask, shareSent, walkRound } from './round-walk.js';
import {
  isHit,
  type SweptPart,
  sweepOf,
  sweptIndex,
  sweptStop,
  syncSweptPart,
  writesBy,
} from './sweep.js';
import { listUnits, splitUnit, unitsMax } from './units.js';

export type {
  Fidelity,
  IntensityTimeline,
  RoundProgress,
  RoundResult,
  RoundTask,
} from './round-task.js';

/**
 * The pure step: same task and state, same result, on whatever thread. Updates task.memory.
 * Throws RangeError when the task contradicts the memory's state.
 */
export function stepRound(kernels: Kernels, task: RoundTask): RoundResult {
  checkTask(task);
  const scratch = scratchFor(kernels, unitsMax(task.memory));
  const classes = classRounds(task);
  listUnits(task.memory, scratch.units, cleanSegments(task.memory.layout, classes));
  scratch.runHits.length = 0;
  const cursor = markSent(kernels, task, scratch);
  const totals = syncUnits(kernels, task, scratch, classes);
  storeState(task.memory, scratch, cursor);
  return { ...totals, places: placesOf(kernels, task) };
}

function placesOf(kernels: Kernels, task: RoundTask): DirtyPlaces | null {
  const { memory, pagesPerHostPage } = task;
  if (pagesPerHostPage === undefined) return null;
  return {
    runs: dirtyRuns(kernels, memory, task),
    hostPages:
      pagesPerHostPage === 1
        ? dirtyPages(memory)
        : dirtyHostPages(kernels, memory, pagesPerHostPage, task),
  };
}

/** Fills scratch.sent, cuts the unit in which the round ended, and returns the new cursor. */
function markSent(kernels: Kernels, task: RoundTask, scratch: RoundScratch): Cursor {
  const { units, sent } = scratch;
  const last = shareSent(task, units, sent);
  if (last < 0) return cursorOf(task.memory);
  const segment = units.segment[last] as number;
  const stop = stopInUnit(kernels, task, scratch, last);
  const offset = (units.offset[last] as number) + stop;
  cutAtStop(scratch, last, stop);
  const { segments } = task.memory.layout;
  if (offset < (segments.pages[segment] as number)) return { segment, offset };
  return { segment: (segment + 1) % segments.count, offset: 0 };
}

/**
 * Cuts unit `at` behind its first `stop` pages, and again before the last of them: that page is
 * known to be one that was sent, all others of its part are as likely to be.
 */
function cutAtStop(scratch: RoundScratch, at: number, stop: number): void {
  const { units, sent } = scratch;
  const rank = sent[at] as number;
  if (stop < (units.pages[at] as number)) {
    splitUnit(units, at, stop, rank);
    sent[at + 1] = 0;
    sent[units.count - 1] = 0;
  }
  if (stop === rank) return;
  splitUnit(units, at, stop - 1, rank - 1);
  sent.copyWithin(at + 1, at, units.count - 1);
  sent[at] = rank - 1;
  sent[at + 1] = 1;
}

/** Pages of the unit that the cursor has passed when its last sent page is out. */
function stopInUnit(kernels: Kernels, task: RoundTask, scratch: RoundScratch, at: number): number {
  const { units, sent } = scratch;
  const pages = units.pages[at] as number;
  const dirty = units.dirty[at] as number;
  const rank = sent[at] as number;
  if (dirty === pages) return rank;
  const segment = units.segment[at] as number;
  const offset = units.offset[at] as number;
  const sweep = sweepOf(task.memory, segment);
  if (sweep !== null) {
    const index = sweptIndex(sweep, segment);
    return sweptStop(kernels, task.memory, { sweep, index, offset, pages }, rank);
  }
  return kernels.exports.drawStop(
    pages,
    dirty,
    rank,
    seedLow(task.seed),
    seedHigh(task.seed),
    task.guestKey,
    task.syncNumber,
    (task.memory.layout.segments.startPage[segment] as number) + offset,
  );
}

type Totals = Omit<RoundResult, 'places'>;

/** Draws what the sync finds, into scratch.after. */
function syncUnits(
  kernels: Kernels,
  task: RoundTask,
  scratch: RoundScratch,
  classes: readonly ClassRound[],
): Totals {
  const { units, sent, after } = scratch;
  for (let i = 0; i < units.count; i += 1)
    after[i] = (units.dirty[i] as number) - (sent[i] as number);
  const batch = createBatch(kernels, task);
  const clean = createCleanPages(task.memory.layout.classes.length);
  const walk = walkRound(task, classes, units, sent, {
    sent: (unit, first, pages, exponent) => addJob(batch, unit, first, pages, exponent),
    clean: (unit, pages, kind) => addClean(clean, unit, pages, kind),
    sweep: (unit, kind, clearedExposure) => {
      after[unit] = syncSweptUnit(kernels, task, scratch, unit, kind, clearedExposure);
    },
  });
  drawClean(batch, scratch, clean);
  runJobs(batch);
  let dirtyPages = 0;
  for (let i = 0; i < units.count; i += 1) dirtyPages += after[i] as number;
  return {
    unsentPages: walk.unsentPages,
    sentZeroPages: walk.sentZeroPages,
    sentBytes: walk.sentBytes,
    dirtyPages,
    newlyDirtyPages: dirtyPages - walk.unsentPages,
    sentNormalPages: task.sentPages - walk.sentZeroPages,
  };
}

/** Dirty pages of a swept unit after the sync; its bits are updated. */
function syncSweptUnit(
  kernels: Kernels,
  task: RoundTask,
  scratch: RoundScratch,
  at: number,
  kind: ClassRound,
  clearedExposure: number,
): number {
  const { units } = scratch;
  const sweep = kind.sweep as SweepClass;
  const dirty = units.dirty[at] as number;
  const part: SweptPart = {
    sweep,
    index: sweptIndex(sweep, units.segment[at] as number),
    offset: units.offset[at] as number,
    pages: units.pages[at] as number,
  };
  const sync = {
    // a unit in which the round ended was cut: it is sent as a whole, or not at all
    sent: (scratch.sent[at] as number) > 0,
    writesAtPreviousSync: writesBy(sweep, kind.exposedBefore),
    writesAtClear: writesBy(sweep, clearedExposure),
    writesAtSync: writesBy(sweep, kind.exposedAfter),
  };
  if (!sync.sent) {
    if (dirty === part.pages) return dirty;
    if (!isHit(task.memory, part, sync.writesAtPreviousSync, sync.writesAtSync)) return dirty;
  }
  return syncSweptPart(kernels, task.memory, part, sync);
}

/**
 * A guest's memory in the order in which the sender will scan it: from the cursor to the end, then
 * from the start up to the cursor (spec/qemu.md 2.3). A unit is a whole segment, a part of one
 * between two splits, or a run of wholly clean segments of one class that are drawn together.
 */
import {
  type GuestMemory,
  HEADER_CURSOR_OFFSET,
  HEADER_CURSOR_SEGMENT,
  HEADER_SPLITS,
  SPLIT_DIRTY_BELOW,
  SPLIT_OFFSET,
  SPLIT_SEGMENT,
  SPLIT_WORDS,
} from './guest-memory.js';

/** Parallel arrays in scan order; entries past `count` are of no meaning. */
export interface Units {
  count: number;
  segment: Uint32Array;
  /** First page, counted from the segment's start. */
  offset: Uint32Array;
  pages: Uint32Array;
  dirty: Uint32Array;
  /** Segments of the unit, from `segment` on: 1 but for runs. */
  segments: Uint32Array;
}

/** What is done with a class's wholly clean segments: each is a unit, or a run of them, or none is. */
export const EACH = 0;
export const JOINED = 1;
export const LEFT_OUT = 2;

/** One of these by class index; null: each is a unit; `dirty`: all clean ones are left out. */
export type CleanSegments = Uint8Array | null | 'dirty';

export function createUnits(capacity: number): Units {
  return {
    count: 0,
    segment: new Uint32Array(capacity),
    offset: new Uint32Array(capacity),
    pages: new Uint32Array(capacity),
    dirty: new Uint32Array(capacity),
    segments: new Uint32Array(capacity),
  };
}

/** Makes room for so many units; what the arrays held is lost where they grow. */
export function fitUnits(units: Units, capacity: number): void {
  if (units.segment.length >= capacity) return;
  Object.assign(units, createUnits(Math.ceil(capacity * 1.25)));
}

/** Units that `memory` can have at most, with room for the split that a round may add. */
export function unitsMax(memory: GuestMemory): number {
  return memory.layout.segments.count + memory.splits.length / SPLIT_WORDS + 2;
}

/**
 * Fills `units` (which must have room for unitsMax) from the memory's state; with `dirty` their
 * segments and dirty pages only.
 */
export function listUnits(memory: GuestMemory, units: Units, clean: CleanSegments = null): void {
  units.count = 0;
  const cursorSegment = memory.header[HEADER_CURSOR_SEGMENT] as number;
  const cursorOffset = memory.header[HEADER_CURSOR_OFFSET] as number;
  const splits = memory.header[HEADER_SPLITS] as number;
  const segments = memory.layout.segments.count;
  if (splits === 0) {
    pushSegments(memory, units, cursorSegment, segments, clean);
    pushSegments(memory, units, 0, cursorSegment, clean);
    return;
  }
  let firstSplit = 0;
  while (firstSplit < splits && splitAt(memory, firstSplit, SPLIT_SEGMENT) < cursorSegment) {
    firstSplit += 1;
  }
  pushParts(memory, units, cursorSegment, cursorOffset, 0xffffffff);
  pushRange(memory, units, cursorSegment + 1, segments, firstSplit, clean);
  pushRange(memory, units, 0, cursorSegment, 0, clean);
  if (cursorOffset > 0) pushParts(memory, units, cursorSegment, 0, cursorOffset);
}

/** Segments [from, to), splitting those that splits from index `split` on name. */
function pushRange(
  memory: GuestMemory,
  units: Units,
  from: number,
  to: number,
  split: number,
  clean: CleanSegments,
): void {
  const splits = memory.header[HEADER_SPLITS] as number;
  let segment = from;
  for (let i = split; i < splits && segment < to; i += 1) {
    const splitSegment = splitAt(memory, i, SPLIT_SEGMENT);
    if (splitSegment < segment) continue;
    if (splitSegment >= to) break;
    pushSegments(memory, units, segment, splitSegment, clean);
    pushParts(memory, units, splitSegment, 0, 0xffffffff);
    segment = splitSegment + 1;
  }
  pushSegments(memory, units, segment, to, clean);
}

function pushSegments(
  memory: GuestMemory,
  units: Units,
  from: number,
  to: number,
  clean: CleanSegments,
): void {
  if (clean === 'dirty') {
    pushDirty(memory, units, from, to);
    return;
  }
  const { pages, classIndex } = memory.layout.segments;
  const { dirty } = memory;
  let at = units.count;
  let segment = from;
  while (segment < to) {
    const kind = classIndex[segment] as number;
    let sum = pages[segment] as number;
    let end = segment + 1;
    if (clean !== null && dirty[segment] === 0 && clean[kind] !== EACH) {
      if (clean[kind] === LEFT_OUT) {
        segment = end;
        continue;
      }
      while (end < to && dirty[end] === 0 && classIndex[end] === kind) {
        sum += pages[end] as number;
        end += 1;
      }
    }
    units.segment[at] = segment;
    units.offset[at] = 0;
    units.pages[at] = sum;
    units.dirty[at] = dirty[segment] as number;
    units.segments[at] = end - segment;
    at += 1;
    segment = end;
  }
  units.count = at;
}

function pushDirty(memory: GuestMemory, units: Units, from: number, to: number): void {
  const { dirty } = memory;
  let at = units.count;
  for (let segment = from; segment < to; segment += 1) {
    const pages = dirty[segment] as number;
    if (pages === 0) continue;
    units.segment[at] = segment;
    units.dirty[at] = pages;
    at += 1;
  }
  units.count = at;
}

/** The parts of one segment whose offsets lie in [fromOffset, toOffset). */
function pushParts(
  memory: GuestMemory,
  units: Units,
  segment: number,
  fromOffset: number,
  toOffset: number,
): void {
  const splits = memory.header[HEADER_SPLITS] as number;
  let start = 0;
  let dirtyLeft = memory.dirty[segment] as number;
  for (let i = 0; i < splits; i += 1) {
    if (splitAt(memory, i, SPLIT_SEGMENT) !== segment) continue;
    const end = splitAt(memory, i, SPLIT_OFFSET);
    const dirty = splitAt(memory, i, SPLIT_DIRTY_BELOW);
    if (start >= fromOffset && start < toOffset) pushUnit(units, segment, start, end, dirty);
    dirtyLeft -= dirty;
    start = end;
  }
  if (start >= fromOffset && start < toOffset) {
    pushUnit(units, segment, start, memory.layout.segments.pages[segment] as number, dirtyLeft);
  }
}

function pushUnit(units: Units, segment: number, start: number, end: number, dirty: number): void {
  const at = units.count;
  units.segment[at] = segment;
  units.offset[at] = start;
  units.pages[at] = end - start;
  units.dirty[at] = dirty;
  units.segments[at] = 1;
  units.count = at + 1;
}

function splitAt(memory: GuestMemory, split: number, word: number): number {
  return memory.splits[split * SPLIT_WORDS + word] as number;
}

/** Cuts unit `at` after `pages` pages, of which `dirty` are dirty. */
export function splitUnit(units: Units, at: number, pages: number, dirty: number): void {
  const { segment, offset, segments } = units;
  for (const array of [segment, offset, units.pages, units.dirty, segments]) {
    array.copyWithin(at + 1, at, units.count);
  }
  units.count += 1;
  units.pages[at] = pages;
  units.dirty[at] = dirty;
  units.offset[at + 1] = (units.offset[at + 1] as number) + pages;
  units.pages[at + 1] = (units.pages[at + 1] as number) - pages;
  units.dirty[at + 1] = (units.dirty[at + 1] as number) - dirty;
}

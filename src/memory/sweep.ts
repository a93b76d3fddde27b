/**
 * Swept regions: a cursor runs over the region's pages in address order and wraps, so which pages
 * are dirty is known exactly, and kept as real bits. The n-th write after time 0 (n = 0, 1, …)
 * hits page (startOffset + n) mod pages; by exposure E there were floor(rate × E) writes.
 */
import type { GuestMemory } from './guest-memory.js';
import type { Kernels } from './kernels.js';
import { type SweepClass, wordsOf } from './layout.js';

/** A part of a swept segment: pages [offset, offset + pages) of segment `segment`. */
export interface SweptPart {
  readonly sweep: SweepClass;
  /** Index into sweep.segments. */
  readonly index: number;
  readonly offset: number;
  readonly pages: number;
}

/** Writes that a sweep has made by an exposure (seconds since time 0). */
export function writesBy(sweep: SweepClass, exposureSeconds: number): number {
  return Math.floor(sweep.pagesPerSecond * exposureSeconds);
}

/** Index of a segment among the sweep's own, which ascend. */
export function sweptIndex(sweep: SweepClass, segment: number): number {
  let low = 0;
  let high = sweep.segments.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((sweep.segments[middle] as number) <= segment) low = middle;
    else high = middle;
  }
  return low;
}

/** The sweep that a segment belongs to; null for exchangeable pages. */
export function sweepOf(memory: GuestMemory, segment: number): SweepClass | null {
  if (memory.layout.sweeps.length === 0) return null;
  const kind = memory.layout.segments.classIndex[segment];
  return memory.layout.sweeps.find((sweep) => sweep.classIndex === kind) ?? null;
}

/** Brings a segment's bits into the kernels' memory, at bitsDirty. */
export function loadSweptSegment(
  kernels: Kernels,
  memory: GuestMemory,
  sweep: SweepClass,
  segment: number,
): void {
  const pages = memory.layout.segments.pages[segment] as number;
  loadBits(kernels, memory, { sweep, index: sweptIndex(sweep, segment), offset: 0, pages });
}

/** Brings the segment's bits into the kernels' memory; returns its pages. */
function loadBits(kernels: Kernels, memory: GuestMemory, part: SweptPart): number {
  const segment = part.sweep.segments[part.index] as number;
  const pages = memory.layout.segments.pages[segment] as number;
  const word = part.sweep.words[part.index] as number;
  kernels.bitsDirty.set(memory.sweepBits.subarray(word, word + wordsOf(pages)));
  return pages;
}

/** Pages of the part up to and including its rank-th (from 1) dirty one. */
export function sweptStop(
  kernels: Kernels,
  memory: GuestMemory,
  part: SweptPart,
  rank: number,
): number {
  const { exports } = kernels;
  const pages = loadBits(kernels, memory, part);
  const below = exports.countRange(exports.bitsDirty(), 0, part.offset);
  return exports.selectSet(exports.bitsDirty(), pages, below + rank) + 1 - part.offset;
}

/** What the sync does to a part: whether its dirty pages were sent, and the writes made by then. */
export interface SweptSync {
  readonly sent: boolean;
  readonly writesAtPreviousSync: number;
  /** When its log bits were cleared; between the two others. */
  readonly writesAtClear: number;
  readonly writesAtSync: number;
}

/** Updates the part's bits and returns its dirty pages after the sync (spec/qemu.md 2.2). */
export function syncSweptPart(
  kernels: Kernels,
  memory: GuestMemory,
  part: SweptPart,
  sync: SweptSync,
): number {
  const { exports } = kernels;
  const pages = loadBits(kernels, memory, part);
  const end = part.offset + part.pages;
  exports.setRange(exports.bitsKeep(), 0, sync.sent ? part.offset : pages);
  if (sync.sent) exports.setRange(exports.bitsKeep(), end, pages);
  const clear = sync.sent ? sync.writesAtClear : sync.writesAtPreviousSync;
  setWritten(kernels, part, exports.bitsBefore(), sync.writesAtPreviousSync, clear, memory);
  setWritten(kernels, part, exports.bitsAfter(), clear, sync.writesAtSync, memory);
  exports.syncSwept(
    exports.bitsDirty(),
    exports.bitsBefore(),
    exports.bitsAfter(),
    exports.bitsKeep(),
    wordsOf(pages) / 2,
  );
  const word = part.sweep.words[part.index] as number;
  memory.sweepBits.set(kernels.bitsDirty.subarray(0, wordsOf(pages)), word);
  return exports.countRange(exports.bitsDirty(), part.offset, end);
}

/** Whether any of the writes [from, to) hits the part. */
export function isHit(
  memory: GuestMemory,
  part: SweptPart,
  fromWrite: number,
  toWrite: number,
): boolean {
  return writtenRanges(memory, part, fromWrite, toWrite).length > 0;
}

function setWritten(
  kernels: Kernels,
  part: SweptPart,
  at: number,
  fromWrite: number,
  toWrite: number,
  memory: GuestMemory,
): void {
  for (const range of writtenRanges(memory, part, fromWrite, toWrite)) {
    kernels.exports.setRange(at, range.from, range.to);
  }
}

interface PageRange {
  readonly from: number;
  readonly to: number;
}

/** Pages of the segment, inside the part, that the writes [from, to) hit. */
function writtenRanges(
  memory: GuestMemory,
  part: SweptPart,
  fromWrite: number,
  toWrite: number,
): readonly PageRange[] {
  const { sweep } = part;
  const all = (memory.layout.classes[sweep.classIndex] as { readonly pages: number }).pages;
  const count = Math.min(all, toWrite - fromWrite);
  if (count <= 0) return [];
  const start = (sweep.startOffset + fromWrite) % all;
  const segmentOffset = sweep.offsets[part.index] as number;
  const ranges: PageRange[] = [];
  for (const shift of [0, all]) {
    const from = Math.max(part.offset, start - shift - segmentOffset);
    const to = Math.min(part.offset + part.pages, start - shift + count - segmentOffset);
    if (from < to) ranges.push({ from, to });
  }
  return ranges;
}

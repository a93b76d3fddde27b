/**
 * How a guest's memory is cut up: segments (pages of one class inside one chunk) in address order.
 * Contiguous regions lie where they are placed; the classes of all others share every chunk's
 * remaining pages proportionally, each in one piece inside the chunk.
 */
import type { Region } from '../fleet/workload.js';
import { classesOfRegion, type PageClass } from './page-class.js';
import { type PlacedRegion, placeContiguous } from './placement.js';
import { shareOut } from './share-out.js';

export const PAGE_BYTES = 4096;
/** QEMU clears KVM's dirty log in pieces of 1 GiB (spec/qemu.md 2.2). */
export const CHUNK_PAGES = 262_144;
/** 16 TiB: page numbers are 32 bits wide. */
const GUEST_PAGES_MAX = 2 ** 32 - 1;

export interface LayoutSpec {
  readonly memoryBytes: number;
  readonly regions: readonly Region[];
  readonly seed: number;
  /** Of guestKey(namespace, name). */
  readonly guestKey: number;
  /** Arrays lie in SharedArrayBuffers, so that worker threads take them without copying. */
  readonly shared?: boolean;
  /** Pages of a chunk, at most 262,144 (the default); smaller ones are for tests. */
  readonly chunkPages?: number;
}

/** Parallel arrays, one entry a segment, in address order. */
export interface Segments {
  readonly count: number;
  readonly startPage: Uint32Array;
  readonly pages: Uint32Array;
  readonly classIndex: Uint16Array;
}

/** A class that is swept: its pages, in address order, are written one after the other. */
export interface SweepClass {
  readonly classIndex: number;
  readonly pagesPerSecond: number;
  /** Page of the class (not of the guest) that the first write after time 0 hits. */
  readonly startOffset: number;
  /** Its segments in address order, the class's pages before each, and each one's first bit word. */
  readonly segments: readonly number[];
  readonly offsets: readonly number[];
  readonly words: readonly number[];
}

export interface GuestLayout {
  readonly pages: number;
  readonly chunkPages: number;
  readonly chunks: number;
  readonly regions: readonly Region[];
  readonly classes: readonly PageClass[];
  readonly segments: Segments;
  readonly sweeps: readonly SweepClass[];
  /** 32-bit words of real bits that the sweep segments need. */
  readonly sweepWords: number;
}

/** Throws RangeError when regions are larger than the memory, or the memory is too large. */
export function layoutGuest(spec: LayoutSpec): GuestLayout {
  const pages = Math.ceil(spec.memoryBytes / PAGE_BYTES);
  if (!(pages >= 1 && pages <= GUEST_PAGES_MAX)) {
    throw new RangeError(`memoryBytes ${spec.memoryBytes}: expected 1 byte to 16 TiB`);
  }
  const chunkPages = spec.chunkPages ?? CHUNK_PAGES;
  if (!(Number.isInteger(chunkPages) && chunkPages >= 1 && chunkPages <= CHUNK_PAGES)) {
    throw new RangeError(`chunkPages ${chunkPages}: expected 1 to ${CHUNK_PAGES}`);
  }
  const regionPages = pagesOfRegions(spec.regions, pages);
  const placed = placeContiguous(spec.regions, regionPages, pages, spec.seed, spec.guestKey);
  const classes = allClasses(spec.regions, regionPages, pages);
  const pieces = cutIntoSegments(classes, placed, pages, chunkPages);
  const segments = packSegments(pieces, spec.shared ?? false);
  const sweeps = findSweeps(spec.regions, classes, segments);
  const lastWords = sweeps.at(-1);
  const lastSegment = lastWords?.segments.at(-1);
  const sweepWords =
    lastWords === undefined || lastSegment === undefined
      ? 0
      : (lastWords.words.at(-1) as number) + wordsOf(segments.pages[lastSegment] as number);
  return {
    pages,
    chunkPages,
    chunks: Math.ceil(pages / chunkPages),
    regions: spec.regions,
    classes,
    segments,
    sweeps,
    sweepWords,
  };
}

/** Whole pages; a rounding difference of less than a page a region goes to the last region. */
function pagesOfRegions(regions: readonly Region[], pages: number): readonly number[] {
  const sizes = regions.map((region) => Math.round(region.bytes / PAGE_BYTES));
  const sum = sizes.reduce((total, size) => total + size, 0);
  const excess = sum - pages;
  const last = sizes.length - 1;
  if (Math.abs(excess) <= sizes.length && last >= 0 && (sizes[last] as number) >= excess) {
    sizes[last] = (sizes[last] as number) - excess;
  } else if (excess > 0) {
    throw new RangeError(`regions have ${sum} pages, more than the guest's ${pages}`);
  }
  return sizes;
}

function allClasses(
  regions: readonly Region[],
  regionPages: readonly number[],
  pages: number,
): readonly PageClass[] {
  const classes = regions.flatMap((region, i) =>
    classesOfRegion(region, i, regionPages[i] as number),
  );
  const rest = pages - regionPages.reduce((total, size) => total + size, 0);
  if (rest > 0) {
    classes.push({
      regionIndex: -1,
      kind: 'exchangeable',
      content: 'zero',
      pages: rest,
      writesPerPagePerSecond: 0,
      compressedShare: 1,
    });
  }
  return classes;
}

/** Segments as they are cut; the first `count` entries. */
interface Pieces {
  count: number;
  readonly startPage: Uint32Array;
  readonly pages: Uint32Array;
  readonly classIndex: Uint16Array;
}

function createPieces(most: number): Pieces {
  return {
    count: 0,
    startPage: new Uint32Array(most),
    pages: new Uint32Array(most),
    classIndex: new Uint16Array(most),
  };
}

/** Walks the memory once: contiguous pieces where they lie, shares of spread classes between. */
function cutIntoSegments(
  classes: readonly PageClass[],
  placed: readonly PlacedRegion[],
  pages: number,
  chunkPages: number,
): Pieces {
  const isPlaced = new Set(placed.map((each) => each.regionIndex));
  const spread = classes.flatMap((each, i) => (isPlaced.has(each.regionIndex) ? [] : [i]));
  const spreadPages = spread.map((i) => (classes[i] as PageClass).pages);
  const free = freePagesOfChunks(placed, pages, chunkPages);
  const shares = shareOut(spreadPages, free);
  const fixed = contiguousRuns(classes, placed);
  // A chunk has a piece of each spread class, one of each run in it, and one more where that cuts a
  // class in two; runs lie in as many chunks as there are, and begin in one more each.
  const runPieces = free.length + fixed.length;
  const pieces = createPieces(free.length * spread.length + 2 * runPieces);
  let run = 0;
  for (let chunk = 0; chunk * chunkPages < pages; chunk += 1) {
    const end = Math.min(pages, (chunk + 1) * chunkPages);
    let page = chunk * chunkPages;
    let next = 0;
    let left = spread.length === 0 ? 0 : (shares[chunk * spread.length] as number);
    while (page < end) {
      while (run < fixed.length && (fixed[run] as Run).endPage <= page) run += 1;
      const here = fixed[run];
      if (here !== undefined && here.startPage <= page) {
        const to = Math.min(end, here.endPage);
        pushPiece(pieces, page, to - page, here.classIndex);
        page = to;
        continue;
      }
      while (left === 0) {
        next += 1;
        left = shares[chunk * spread.length + next] as number;
      }
      const to = Math.min(end, here?.startPage ?? end, page + left);
      pushPiece(pieces, page, to - page, spread[next] as number);
      left -= to - page;
      page = to;
    }
  }
  return pieces;
}

function pushPiece(pieces: Pieces, startPage: number, pages: number, classIndex: number): void {
  const at = pieces.count;
  if (at === pieces.pages.length) throw new Error(`more than ${at} segments were cut`);
  pieces.startPage[at] = startPage;
  pieces.pages[at] = pages;
  pieces.classIndex[at] = classIndex;
  pieces.count = at + 1;
}

interface Run {
  readonly startPage: number;
  readonly endPage: number;
  readonly classIndex: number;
}

/** The classes of contiguous regions, laid one after the other at their region's place. */
function contiguousRuns(
  classes: readonly PageClass[],
  placed: readonly PlacedRegion[],
): readonly Run[] {
  const runs: Run[] = [];
  for (const region of placed) {
    let startPage = region.startPage;
    classes.forEach((each, classIndex) => {
      if (each.regionIndex !== region.regionIndex) return;
      runs.push({ startPage, endPage: startPage + each.pages, classIndex });
      startPage += each.pages;
    });
  }
  return runs;
}

function freePagesOfChunks(
  placed: readonly PlacedRegion[],
  pages: number,
  chunkPages: number,
): readonly number[] {
  const free: number[] = [];
  for (let start = 0; start < pages; start += chunkPages) {
    free.push(Math.min(chunkPages, pages - start));
  }
  for (const region of placed) {
    let page = region.startPage;
    const end = region.startPage + region.pages;
    while (page < end) {
      const chunk = Math.floor(page / chunkPages);
      const to = Math.min(end, (chunk + 1) * chunkPages);
      free[chunk] = (free[chunk] as number) - (to - page);
      page = to;
    }
  }
  return free;
}

function packSegments(pieces: Pieces, shared: boolean): Segments {
  const { count } = pieces;
  const bytes = count * 10;
  const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  const startPage = new Uint32Array(buffer, 0, count);
  const pages = new Uint32Array(buffer, count * 4, count);
  const classIndex = new Uint16Array(buffer, count * 8, count);
  startPage.set(pieces.startPage.subarray(0, count));
  pages.set(pieces.pages.subarray(0, count));
  classIndex.set(pieces.classIndex.subarray(0, count));
  return { count, startPage, pages, classIndex };
}

function findSweeps(
  regions: readonly Region[],
  classes: readonly PageClass[],
  segments: Segments,
): readonly SweepClass[] {
  const sweeps: SweepClass[] = [];
  let word = 0;
  classes.forEach((each, classIndex) => {
    const writes = regions[each.regionIndex]?.writes;
    if (each.kind !== 'sweep' || writes?.kind !== 'sweep') return;
    const own: number[] = [];
    const offsets: number[] = [];
    const words: number[] = [];
    let offset = 0;
    for (let segment = 0; segment < segments.count; segment += 1) {
      if (segments.classIndex[segment] !== classIndex) continue;
      const pages = segments.pages[segment] as number;
      own.push(segment);
      offsets.push(offset);
      words.push(word);
      offset += pages;
      word += wordsOf(pages);
    }
    sweeps.push({
      classIndex,
      pagesPerSecond: writes.pagesPerSecond,
      startOffset: Math.floor(writes.startShare * each.pages) % each.pages,
      segments: own,
      offsets,
      words,
    });
  });
  return sweeps;
}

/** 32-bit words for so many bits, in whole 64-bit words, as the kernels want them. */
export function wordsOf(pages: number): number {
  return Math.ceil(pages / 64) * 2;
}

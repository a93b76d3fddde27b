/**
 * What a round has to send, in cursor order: stretches of pages with their wire bytes, so that the
 * sender can go from bytes to pages without touching pages.
 */
import type { GuestMemory } from './guest-memory.js';
import type { PageClass } from './page-class.js';
import { createUnits, fitUnits, listUnits, type Units, unitsMax } from './units.js';

/** What a page costs on the wire (spec/qemu.md 2.4). */
export interface WireCosts {
  readonly zeroPageBytes: number;
  /** A normal page sent as it is: header and 4,096. */
  readonly pageBytes: number;
  readonly pageHeaderBytes: number;
  /**
   * null: normal pages go as they are. Else they cost their header and 4,096 × the class's
   * compressedShare × this: what the compressor makes of it.
   */
  readonly compressedFactor: number | null;
}

/** A stretch of the scan in which dirty pages of every cost are evenly mixed. */
export interface RoundSpan {
  readonly pages: number;
  readonly bytes: number;
  readonly zeroPages: number;
  /** Chunks whose dirty log is cleared on the way: those not met before in the round (spec 2.2). */
  readonly clearedChunks: number;
}

export interface RoundPlan {
  /** Stretches that hold dirty pages, in cursor order. */
  readonly spans: readonly RoundSpan[];
  /** Totals. */
  readonly pages: number;
  readonly bytes: number;
  readonly zeroPages: number;
}

/** Guests with more segments than this get one span a chunk instead of one a segment. */
const SEGMENT_SPANS_MAX = 256;

/** `units`: room to work in, for callers that plan often. */
export function planRound(
  memory: GuestMemory,
  wire: WireCosts,
  units: Units = createUnits(0),
): RoundPlan {
  const isZero = memory.layout.classes.map((each) => each.content === 'zero');
  const alike = spanOfAlike(memory, wire, isZero);
  if (alike !== null) return totalled(alike);
  fitUnits(units, unitsMax(memory));
  listUnits(memory, units, 'dirty');
  const { startPage, classIndex, count } = memory.layout.segments;
  const costs = pageCosts(memory.layout.classes, wire);
  const byChunk = count > SEGMENT_SPANS_MAX;
  const spans: OpenSpan[] = [];
  const clears = countClears(memory);
  const { chunkPages } = memory.layout;
  let chunk = -1;
  let chunkFrom = 0;
  let chunkEnd = 0;
  let key = -1;
  let pages = 0;
  let bytes = 0;
  let zeroPages = 0;
  let clearedChunks = 0;
  for (let i = 0; i < units.count; i += 1) {
    const dirty = units.dirty[i] as number;
    if (dirty === 0) continue;
    const segment = units.segment[i] as number;
    const kind = classIndex[segment] as number;
    const page = startPage[segment] as number;
    if (page < chunkFrom || page >= chunkEnd) {
      chunk = Math.floor(page / chunkPages);
      chunkFrom = chunk * chunkPages;
      chunkEnd = chunkFrom + chunkPages;
    }
    const unitKey = byChunk ? chunk : i;
    if (unitKey !== key) {
      addSpan(spans, pages, bytes, zeroPages, clearedChunks);
      key = unitKey;
      pages = 0;
      bytes = 0;
      zeroPages = 0;
      clearedChunks = 0;
    }
    pages += dirty;
    bytes += dirty * (costs[kind] as number);
    if (isZero[kind] === true) zeroPages += dirty;
    clearedChunks += clears(chunk);
  }
  addSpan(spans, pages, bytes, zeroPages, clearedChunks);
  return totalled(spans);
}

type OpenSpan = { -readonly [Key in keyof RoundSpan]: RoundSpan[Key] };

/** Tells, chunk after chunk in cursor order, whether this one is cleared now (1) or was (0). */
function countClears(memory: GuestMemory): (chunk: number) => 0 | 1 {
  let first = -1;
  let last = -1;
  return (chunk) => {
    // The scan's first chunk comes again at its end, behind the place where the cursor stood.
    const isNew = chunk !== last && chunk !== first;
    if (first < 0) first = chunk;
    last = chunk;
    return isNew && memory.tracking === 'chunk-clear' ? 1 : 0;
  };
}

/**
 * The one span of pages that cost all the same, none being zero or compressed: wherever the cursor
 * stands, its chunks are those that hold any. Null: others are dirty too.
 */
function spanOfAlike(
  memory: GuestMemory,
  wire: WireCosts,
  isZero: readonly boolean[],
): OpenSpan[] | null {
  if (wire.compressedFactor !== null) return null;
  const { segments, chunkPages } = memory.layout;
  const { startPage, classIndex } = segments;
  let pages = 0;
  let chunks = 0;
  let chunkEnd = 0;
  for (let segment = 0; segment < segments.count; segment += 1) {
    const dirty = memory.dirty[segment] as number;
    if (dirty === 0) continue;
    if (isZero[classIndex[segment] as number] === true) return null;
    pages += dirty;
    const page = startPage[segment] as number;
    if (page < chunkEnd) continue;
    chunks += 1;
    chunkEnd = page - (page % chunkPages) + chunkPages;
  }
  if (pages === 0) return [];
  const clearedChunks = memory.tracking === 'chunk-clear' ? chunks : 0;
  return [{ pages, bytes: pages * wire.pageBytes, zeroPages: 0, clearedChunks }];
}

/** Adds a span; to the last one where its pages cost the same and are zero in the same share. */
function addSpan(
  spans: OpenSpan[],
  pages: number,
  bytes: number,
  zeroPages: number,
  clearedChunks: number,
): void {
  if (pages === 0) return;
  const last = spans.at(-1);
  const isAlike =
    last !== undefined &&
    bytes * last.pages === last.bytes * pages &&
    zeroPages * last.pages === last.zeroPages * pages;
  if (!isAlike) {
    spans.push({ pages, bytes, zeroPages, clearedChunks });
    return;
  }
  last.pages += pages;
  last.bytes += bytes;
  last.zeroPages += zeroPages;
  last.clearedChunks += clearedChunks;
}

function totalled(spans: readonly RoundSpan[]): RoundPlan {
  let pages = 0;
  let bytes = 0;
  let zeroPages = 0;
  for (const span of spans) {
    pages += span.pages;
    bytes += span.bytes;
    zeroPages += span.zeroPages;
  }
  return { spans, pages, bytes, zeroPages };
}

/** Wire bytes of one page of each class. */
export function pageCosts(classes: readonly PageClass[], wire: WireCosts): readonly number[] {
  return classes.map((each) => {
    if (each.content === 'zero') return wire.zeroPageBytes;
    if (wire.compressedFactor === null) return wire.pageBytes;
    return wire.pageHeaderBytes + 4096 * Math.min(1, each.compressedShare * wire.compressedFactor);
  });
}

/** Writes a round's outcome back into the guest's memory: counts, cursor, and splits. */
import {
  type GuestMemory,
  HEADER_CURSOR_OFFSET,
  HEADER_CURSOR_SEGMENT,
  HEADER_SPLITS,
  SPLIT_DIRTY_BELOW,
  SPLIT_OFFSET,
  SPLIT_PASSES,
  SPLIT_SEGMENT,
  SPLIT_WORDS,
  SPLITS_MAX,
} from './guest-memory.js';
import type { RoundScratch } from './kernels.js';

export interface Cursor {
  readonly segment: number;
  /** Pages from the segment's start, less than its pages. */
  readonly offset: number;
}

export function cursorOf(memory: GuestMemory): Cursor {
  return {
    segment: memory.header[HEADER_CURSOR_SEGMENT] as number,
    offset: memory.header[HEADER_CURSOR_OFFSET] as number,
  };
}

/**
 * Rounds in which both sides of a split are sent in full before it is dropped. Each such round
 * leaves the sides' shares of dirty pages apart by (their difference before) × (p12 - p2), the
 * chances of pages that were clean and that were sent: after three, nothing that can be measured.
 */
const PASSES_MAX = 3;

interface Split {
  readonly segment: number;
  readonly offset: number;
  /** Dirty pages of the unit just below. */
  readonly dirty: number;
  readonly passes: number;
}

export function storeState(memory: GuestMemory, scratch: RoundScratch, cursor: Cursor): void {
  const { units, after } = scratch;
  const { dirty } = memory;
  // Units that begin inside a segment: few, and their segment's first part is among the others.
  const inner: number[] = [];
  for (let i = 0; i < units.count; i += 1) {
    if ((units.offset[i] as number) > 0) inner.push(i);
    // Segments of runs were clean, and are but for the hits that are listed.
    else dirty[units.segment[i] as number] = units.segments[i] === 1 ? (after[i] as number) : 0;
  }
  for (const i of inner) {
    const segment = units.segment[i] as number;
    dirty[segment] = (dirty[segment] as number) + (after[i] as number);
  }
  for (const segment of scratch.runHits) dirty[segment] = (dirty[segment] as number) + 1;
  storeSplits(memory, findSplits(memory, scratch, inner, cursor), cursor);
  memory.header[HEADER_CURSOR_SEGMENT] = cursor.segment;
  memory.header[HEADER_CURSOR_OFFSET] = cursor.offset;
}

/** Every boundary between units inside a segment, by address, with its passes counted up. */
function findSplits(
  memory: GuestMemory,
  { units, sent, after }: RoundScratch,
  inner: readonly number[],
  cursor: Cursor,
): Split[] {
  const splits = inner.map((i): Split => {
    // the scan begins at a split when the cursor stood in mid-segment: its lower side comes last
    const below = i === 0 ? units.count - 1 : i - 1;
    const segment = units.segment[i] as number;
    const offset = units.offset[i] as number;
    const isPassed = sent[i] === units.dirty[i] && sent[below] === units.dirty[below];
    const passes = passesOf(memory, segment, offset) + (isPassed ? 1 : 0);
    return { segment, offset, dirty: after[below] as number, passes };
  });
  splits.sort((a, b) => a.segment - b.segment || a.offset - b.offset);
  return splits.length > SPLITS_MAX ? withoutOldest(splits, cursor) : splits;
}

/** Times that a split was passed before; 0 for a new one, whose own round counts as any other. */
function passesOf(memory: GuestMemory, segment: number, offset: number): number {
  for (let i = 0; i < (memory.header[HEADER_SPLITS] as number); i += 1) {
    const at = i * SPLIT_WORDS;
    const isSame =
      memory.splits[at + SPLIT_SEGMENT] === segment && memory.splits[at + SPLIT_OFFSET] === offset;
    if (isSame) return memory.splits[at + SPLIT_PASSES] as number;
  }
  return 0;
}

/** Gives up the splits that were passed most often, down to what there is room for. */
function withoutOldest(splits: readonly Split[], cursor: Cursor): Split[] {
  const kept = [...splits];
  while (kept.length > SPLITS_MAX) {
    let oldest = -1;
    kept.forEach((split, i) => {
      if (isAt(split, cursor)) return;
      if (oldest < 0 || split.passes > (kept[oldest] as Split).passes) oldest = i;
    });
    const [gone] = kept.splice(oldest, 1);
    const next = kept[oldest];
    if (gone !== undefined && next !== undefined && next.segment === gone.segment) {
      kept[oldest] = { ...next, dirty: next.dirty + gone.dirty };
    }
  }
  return kept;
}

function isAt(split: Split, cursor: Cursor): boolean {
  return split.segment === cursor.segment && split.offset === cursor.offset;
}

function storeSplits(memory: GuestMemory, splits: readonly Split[], cursor: Cursor): void {
  const { layout } = memory;
  let count = 0;
  let carried = 0;
  let carriedSegment = -1;
  for (const split of splits) {
    const pageClass = layout.classes[layout.segments.classIndex[split.segment] as number];
    const isBits = pageClass?.kind === 'sweep';
    if (carriedSegment !== split.segment) carried = 0;
    carriedSegment = split.segment;
    if (!isAt(split, cursor) && (isBits || split.passes >= PASSES_MAX)) {
      carried += split.dirty;
      continue;
    }
    const at = count * SPLIT_WORDS;
    memory.splits[at + SPLIT_SEGMENT] = split.segment;
    memory.splits[at + SPLIT_OFFSET] = split.offset;
    memory.splits[at + SPLIT_DIRTY_BELOW] = split.dirty + carried;
    memory.splits[at + SPLIT_PASSES] = split.passes;
    carried = 0;
    count += 1;
  }
  memory.header[HEADER_SPLITS] = count;
}

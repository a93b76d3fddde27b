/**
 * The state of a guest's memory in a migration: how many pages of each segment are dirty in QEMU's
 * bitmap, and where the sender's cursor stands. All of it lies in one buffer, so that a worker's
 * update of a shared one is seen by every thread.
 *
 * buffer (32-bit words):
 * ┌──────────┬────────────────────────────┬───────────────────┬────────────────┐
 * │ header 8 │ splits SPLITS_MAX × 4      │ dirty, 1 a segment│ sweep bits     │
 * └──────────┴────────────────────────────┴───────────────────┴────────────────┘
 * A split cuts a segment where a round's cursor stopped inside it: the parts on its two sides have
 * different histories, so each keeps its own count until the difference has died away.
 */
import type { GuestLayout } from './layout.js';

/** KVM's manual protect clears a chunk's log bits when the sender first touches it; all else at the sync. */
export type DirtyTracking = 'chunk-clear' | 'sync-clear';

export interface GuestMemory {
  readonly layout: GuestLayout;
  readonly tracking: DirtyTracking;
  /** Indices: HEADER_…. */
  readonly header: Uint32Array;
  /** Sorted by segment, then offset; SPLIT_WORDS each. */
  readonly splits: Uint32Array;
  /** Dirty pages of each segment. */
  readonly dirty: Uint32Array;
  /** One bit a page of the sweep segments, at the words that layout.sweeps names. */
  readonly sweepBits: Uint32Array;
}

export const HEADER_CURSOR_SEGMENT = 0;
export const HEADER_CURSOR_OFFSET = 1;
export const HEADER_SPLITS = 2;
const HEADER_WORDS = 8;

export const SPLITS_MAX = 32;
export const SPLIT_WORDS = 4;
/** Words of a split: segment, offset in pages from its start, dirty pages from the split below (or the start), times passed on both sides. */
export const SPLIT_SEGMENT = 0;
export const SPLIT_OFFSET = 1;
export const SPLIT_DIRTY_BELOW = 2;
export const SPLIT_PASSES = 3;

export interface GuestMemoryOptions {
  readonly tracking: DirtyTracking;
  /** The state lies in a SharedArrayBuffer. */
  readonly shared: boolean;
}

/** Memory after the setup sync: every page dirty, cursor at page 0 (spec/qemu.md 1.2). */
export function createGuestMemory(layout: GuestLayout, options: GuestMemoryOptions): GuestMemory {
  const segments = layout.segments.count;
  const splitWords = SPLITS_MAX * SPLIT_WORDS;
  const bytes = (HEADER_WORDS + splitWords + segments + layout.sweepWords) * 4;
  const buffer = options.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  const splitsAt = HEADER_WORDS * 4;
  const dirtyAt = splitsAt + splitWords * 4;
  const memory: GuestMemory = {
    layout,
    tracking: options.tracking,
    header: new Uint32Array(buffer, 0, HEADER_WORDS),
    splits: new Uint32Array(buffer, splitsAt, splitWords),
    dirty: new Uint32Array(buffer, dirtyAt, segments),
    sweepBits: new Uint32Array(buffer, dirtyAt + segments * 4, layout.sweepWords),
  };
  markAllDirty(memory);
  return memory;
}

/** Every page is dirty in QEMU's bitmap; the cursor stays where it is. */
export function markAllDirty(memory: GuestMemory): void {
  const { layout } = memory;
  markSplitsDirty(memory);
  memory.dirty.set(layout.segments.pages);
  for (const sweep of layout.sweeps) {
    sweep.segments.forEach((segment, i) => {
      fillBits(
        memory.sweepBits,
        sweep.words[i] as number,
        layout.segments.pages[segment] as number,
      );
    });
  }
}

function markSplitsDirty({ header, splits }: GuestMemory): void {
  let segment = -1;
  let below = 0;
  for (let i = 0; i < (header[HEADER_SPLITS] as number); i += 1) {
    const at = i * SPLIT_WORDS;
    if (splits[at + SPLIT_SEGMENT] !== segment) below = 0;
    segment = splits[at + SPLIT_SEGMENT] as number;
    const offset = splits[at + SPLIT_OFFSET] as number;
    splits[at + SPLIT_DIRTY_BELOW] = offset - below;
    below = offset;
  }
}

/** Pages that are dirty in QEMU's bitmap, as of the last sync. */
export function dirtyPages(memory: GuestMemory): number {
  let sum = 0;
  for (const count of memory.dirty) sum += count;
  return sum;
}

function fillBits(words: Uint32Array, firstWord: number, bits: number): void {
  const whole = bits >>> 5;
  words.fill(0xffffffff, firstWord, firstWord + whole);
  if ((bits & 31) !== 0) words[firstWord + whole] = (1 << (bits & 31)) - 1;
}

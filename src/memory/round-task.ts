/** What a round's page work is given, and what it gives: plain data that threads can pass on. */
import type { GuestMemory } from './guest-memory.js';
import type { WireCosts } from './plan.js';

export type Fidelity = 'page' | 'chunk';

/**
 * How fast the guest writes, as a factor on its regions' intensity: throttling, pauses, factors of
 * the model. Entry i holds from fromUs[i] (ascending) to the next one, the last one goes on; before
 * the first both are 1.
 */
export interface IntensityTimeline {
  readonly fromUs: readonly number[];
  /** For regions paced by the CPU. */
  readonly cpuFactor: readonly number[];
  /** For regions paced by a clock: not slowed by throttling, 0 while the guest is paused. */
  readonly clockFactor: readonly number[];
}

/**
 * Cumulative wire bytes of the round at instants; nondecreasing, and in between linear, or in equal
 * periods in whose first activeUs they go out (the bursts of a bandwidth limit).
 */
export interface RoundProgress {
  /** Points, where the arrays are longer. */
  readonly count?: number;
  readonly timesUs: ArrayLike<number>;
  readonly bytes: ArrayLike<number>;
  /** Of the stretch that begins at the instant: a period's length, 0 for linear. None: all linear. */
  readonly periodUs?: ArrayLike<number>;
  readonly activeUs?: ArrayLike<number>;
}

export interface RoundTask {
  /** Updated in place by stepRound. */
  readonly memory: GuestMemory;
  readonly seed: number;
  readonly guestKey: number;
  readonly fidelity: Fidelity;
  /** Number of the sync that ends the round: with seed and guest, what its draws depend on. */
  readonly syncNumber: number;
  /** The sync that began the round, and the one that ends it; the clock of regions' phases. */
  readonly previousSyncUs: number;
  readonly syncUs: number;
  /** Pages sent in the round, in cursor order; whole. */
  readonly sentPages: number;
  readonly progress: RoundProgress;
  readonly wire: WireCosts;
  readonly intensity: IntensityTimeline;
  /** Ask for the places of what the sync finds: pages of a host page, a power of two. */
  readonly pagesPerHostPage?: number;
}

/** Where dirty pages lie, as post-copy's discard asks (dirty-places.ts). */
export interface DirtyPlaces {
  readonly runs: number;
  readonly hostPages: number;
}

export interface RoundResult {
  /** Dirty after the sync, all: unsent ones and newly dirty ones. */
  readonly dirtyPages: number;
  readonly unsentPages: number;
  /** Bits that went from 0 to 1 at the sync: what QEMU's dirty rate counts (spec/qemu.md 2.1). */
  readonly newlyDirtyPages: number;
  readonly sentNormalPages: number;
  readonly sentZeroPages: number;
  readonly sentBytes: number;
  /** Null when the task did not ask. */
  readonly places: DirtyPlaces | null;
}

/**
 * A guest whose every page keeps its identity: which pages are dirty, when each is written. What
 * src/memory does with counts and relabelled pages is held against this.
 */

import { createExposure, exposureAt } from '../../src/memory/exposure.js';
import type { DirtyTracking } from '../../src/memory/guest-memory.js';
import type { GuestLayout, SweepClass } from '../../src/memory/layout.js';
import type { IntensityTimeline, RoundProgress } from '../../src/memory/round.js';

export interface NaiveRound {
  readonly fromUs: number;
  readonly toUs: number;
  readonly sentPages: number;
  readonly progress: RoundProgress;
  readonly pageBytes: number;
  readonly zeroPageBytes: number;
  readonly intensity: IntensityTimeline;
}

interface ClassRound {
  readonly rate: number;
  readonly pages: number;
  /** Exposure at the round's two syncs. */
  readonly from: number;
  readonly to: number;
  readonly sweep: SweepClass | null;
  readonly exposureAt: (timeUs: number) => number;
}

export class NaiveGuest {
  readonly dirty: boolean[];
  readonly classOf: number[] = [];
  /** Page of its sweep, or -1. */
  readonly sweepPage: number[];
  cursor = 0;

  constructor(
    readonly layout: GuestLayout,
    readonly tracking: DirtyTracking,
    /** Uniform in [0, 1). */
    readonly random: () => number,
  ) {
    this.dirty = new Array<boolean>(layout.pages).fill(true);
    const { segments } = layout;
    for (let s = 0; s < segments.count; s += 1) {
      for (let i = 0; i < (segments.pages[s] as number); i += 1) {
        this.classOf.push(segments.classIndex[s] as number);
      }
    }
    const seen = new Map<number, number>();
    this.sweepPage = this.classOf.map((kind) => {
      if (layout.classes[kind]?.kind !== 'sweep') return -1;
      seen.set(kind, (seen.get(kind) ?? -1) + 1);
      return seen.get(kind) as number;
    });
  }

  count(where: (page: number) => boolean = () => true): number {
    return this.dirty.filter((bit, page) => bit && where(page)).length;
  }

  step(round: NaiveRound): void {
    const clears = new Map<number, number>();
    const sent = new Set<number>();
    let bytes = 0;
    const start = this.cursor;
    for (let i = 0; i < this.layout.pages && sent.size < round.sentPages; i += 1) {
      const page = (start + i) % this.layout.pages;
      if (!this.dirty[page]) continue;
      const chunk = Math.floor(page / this.layout.chunkPages);
      if (!clears.has(chunk)) clears.set(chunk, timeOf(round.progress, bytes));
      const isZero = this.layout.classes[this.classOf[page] as number]?.content === 'zero';
      bytes += isZero ? round.zeroPageBytes : round.pageBytes;
      sent.add(page);
      this.cursor = (page + 1) % this.layout.pages;
    }
    const classes = this.classRounds(round);
    for (let page = 0; page < this.layout.pages; page += 1) {
      const chunk = Math.floor(page / this.layout.chunkPages);
      const clear = this.tracking === 'chunk-clear' ? clears.get(chunk) : undefined;
      const sinceUs = sent.has(page) ? (clear ?? round.fromUs) : round.fromUs;
      const own = classes[this.classOf[page] as number] as ClassRound;
      const written = own.rate > 0 && this.isWritten(page, own, own.exposureAt(sinceUs));
      this.dirty[page] = (this.dirty[page] === true && !sent.has(page)) || written;
    }
  }

  private classRounds(round: NaiveRound): ClassRound[] {
    return this.layout.classes.map((each, kind) => {
      const region = this.layout.regions[each.regionIndex];
      const sweep = this.layout.sweeps.find((candidate) => candidate.classIndex === kind) ?? null;
      if (region === undefined) {
        return { rate: 0, pages: 0, from: 0, to: 0, sweep, exposureAt: () => 0 };
      }
      const exposure = createExposure(region, round.intensity, 0, round.toUs);
      const at = (timeUs: number): number => exposureAt(exposure, timeUs);
      return {
        rate: each.writesPerPagePerSecond,
        pages: each.pages,
        from: at(round.fromUs),
        to: at(round.toUs),
        sweep,
        exposureAt: at,
      };
    });
  }

  /** Whether the page is written in the round, after an exposure of `since`. */
  private isWritten(page: number, own: ClassRound, since: number): boolean {
    if (own.sweep !== null) {
      const end = Math.floor(own.sweep.pagesPerSecond * own.to);
      for (let write = Math.floor(own.sweep.pagesPerSecond * since); write < end; write += 1) {
        if ((own.sweep.startOffset + write) % own.pages === this.sweepPage[page]) return true;
      }
      return false;
    }
    // writes of a page one after the other, from the round's start, as a Poisson process
    let at = own.from;
    for (;;) {
      at -= Math.log(1 - this.random()) / own.rate;
      if (at > own.to) return false;
      if (at > since) return true;
    }
  }
}

/** The instant at which byte `bytes` begins to leave. */
function timeOf(progress: RoundProgress, bytes: number): number {
  const { timesUs, bytes: sent } = progress;
  for (let i = 0; i + 1 < timesUs.length; i += 1) {
    const low = sent[i] as number;
    const high = sent[i + 1] as number;
    if (bytes < high) {
      const from = timesUs[i] as number;
      return from + ((bytes - low) / (high - low)) * ((timesUs[i + 1] as number) - from);
    }
  }
  return timesUs[timesUs.length - 1] as number;
}

/** mulberry32: a small generator that has nothing in common with the kernels'. */
export function smallRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

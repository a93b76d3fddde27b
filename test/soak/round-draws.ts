/**
 * Two rounds of a small guest, drawn page by page and counted chunk by chunk: the mean of the dirty
 * pages is the same. Whole runs seldom tell: mostly few pages are hit, or all.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WriteProcess } from '../../src/fleet/workload.js';
import { createGuestMemory } from '../../src/memory/guest-memory.js';
import { layoutGuest } from '../../src/memory/layout.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { planRound } from '../../src/memory/plan.js';
import { type Fidelity, stepRound } from '../../src/memory/round.js';
import { firstPages } from '../memory/first-pages.js';
import { regionOf, STEADY, WIRE } from '../memory/regions.js';

const kernels = loadKernels();
/** Of each fidelity; and the distance of the means, in its standard errors, of no false alarm. */
const SEEDS = 24;
const APART = 9;

interface DrawCase {
  readonly pages: number;
  readonly writes: WriteProcess;
  readonly tracking: 'chunk-clear' | 'sync-clear';
  readonly roundUs: number;
  /** Of what is dirty, how much the second round sends. */
  readonly sentShare: number;
}

const writes = (pages: number): fc.Arbitrary<WriteProcess> =>
  fc
    .record({
      kind: fc.constantFrom('random', 'hotcold', 'zipf'),
      perPage: fc.double({ min: 0.02, max: 2, noNaN: true }),
      share: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    })
    .map(({ kind, perPage, share }): WriteProcess => {
      const pagesPerSecond = perPage * pages;
      if (kind === 'zipf') return { kind: 'zipf', pagesPerSecond, exponent: share };
      if (kind === 'random') return { kind: 'random', pagesPerSecond };
      return { kind: 'hotcold', pagesPerSecond, hotShare: share, hotWritesShare: 0.9 };
    });

const cases: fc.Arbitrary<DrawCase> = fc.integer({ min: 5000, max: 300_000 }).chain((pages) =>
  fc.record({
    pages: fc.constant(pages),
    writes: writes(pages),
    tracking: fc.constantFrom('chunk-clear', 'sync-clear'),
    roundUs: fc.integer({ min: 200_000, max: 1_500_000 }),
    sentShare: fc.double({ min: 0.2, max: 1, noNaN: true }),
  }),
);

export const draws = fc.property(cases, (one) => {
  const sample = (fidelity: Fidelity, first: number) =>
    Array.from({ length: SEEDS }, (_, i) => dirtyAfterTwo(one, fidelity, first + 2 * i));
  const [page, chunk] = [sample('page', 1), sample('chunk', 2)];
  const apart = Math.abs(mean(page) - mean(chunk));
  const error = Math.sqrt((variance(page) + variance(chunk)) / SEEDS) + 1;
  assert.ok(apart <= APART * error, `${apart} pages apart, by chance ${error}`);
});

function dirtyAfterTwo(one: DrawCase, fidelity: Fidelity, seed: number): number {
  const { pages, tracking, roundUs } = one;
  const regions = [regionOf(pages, { writes: one.writes })];
  const layout = layoutGuest({ memoryBytes: pages * 4096, regions, seed: 1, guestKey: 1 });
  const memory = createGuestMemory(layout, { tracking, shared: false });
  let dirty = pages;
  for (const [index, share] of [1, one.sentShare].entries()) {
    const sentPages = Math.floor(dirty * share);
    const { bytes } = firstPages(planRound(memory, WIRE), sentPages);
    const [fromUs, syncUs] = [index * roundUs, (index + 1) * roundUs];
    dirty = stepRound(kernels, {
      ...{ memory, seed, guestKey: 1, fidelity, syncNumber: index + 1, sentPages },
      ...{ previousSyncUs: fromUs, syncUs, wire: WIRE, intensity: STEADY },
      progress: { timesUs: Float64Array.of(fromUs, syncUs), bytes: Float64Array.of(0, bytes) },
    }).dirtyPages;
  }
  return dirty;
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}

function variance(list: readonly number[]): number {
  const middle = mean(list);
  return list.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (list.length - 1);
}

/** Whole pre-copies at full chunk size: both fidelities give the same law of rounds, bytes, time. */
import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/fleet/workload.js';
import { createGuestMemory, type DirtyTracking } from '../../src/memory/guest-memory.js';
import { layoutGuest } from '../../src/memory/layout.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { planRound } from '../../src/memory/plan.js';
import { type Fidelity, stepRound } from '../../src/memory/round.js';
import { meanDifference, twoSampleDistance, varianceDifference } from '../reference/statistics.js';
import { firstPages } from './first-pages.js';
import { regionOf, STEADY, WIRE } from './regions.js';

const kernels = loadKernels();
const GIB_PAGES = 262_144;

interface Scenario {
  readonly name: string;
  readonly pages: number;
  readonly regions: readonly Region[];
  readonly bytesPerSecond: number;
  readonly thresholdPages: number;
  /** A round ends when so many pages less than the threshold are left. */
  readonly belowPages: number;
  readonly tracking: DirtyTracking;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'converges near the threshold, working set across chunks',
    pages: 3.5 * GIB_PAGES,
    regions: [
      regionOf(150_000, {
        placement: { kind: 'contiguous', at: 0.3 },
        writes: { kind: 'hotcold', pagesPerSecond: 60_000, hotShare: 0.1, hotWritesShare: 0.75 },
      }),
      regionOf(3.5 * GIB_PAGES - 150_000, { filledShare: 0.4 }),
    ],
    bytesPerSecond: 1.2e9,
    thresholdPages: 18_500,
    belowPages: 200,
    tracking: 'chunk-clear',
  },
  {
    name: 'does not converge, spread over all chunks',
    pages: 2 * GIB_PAGES,
    regions: [
      regionOf(2 * GIB_PAGES, {
        writes: { kind: 'zipf', pagesPerSecond: 200_000, exponent: 0.9 },
      }),
    ],
    bytesPerSecond: 0.8e9,
    thresholdPages: 2000,
    belowPages: 1,
    tracking: 'chunk-clear',
  },
  {
    name: 'cleared at the sync, rounds end in mid-chunk',
    pages: 2 * GIB_PAGES,
    regions: [
      regionOf(100_000, {
        placement: { kind: 'contiguous', at: 0.9 },
        writes: { kind: 'random', pagesPerSecond: 40_000 },
      }),
      regionOf(2 * GIB_PAGES - 100_000, {
        writes: { kind: 'random', pagesPerSecond: 300 },
      }),
    ],
    bytesPerSecond: 1e9,
    thresholdPages: 12_000,
    belowPages: 1,
    tracking: 'sync-clear',
  },
];

const ROUNDS_MAX = 14;

/** Rounds, bytes, seconds, and dirty pages at the end, of a pre-copy that leaves the threshold over. */
function precopy(scenario: Scenario, fidelity: Fidelity, seed: number): readonly number[] {
  const layout = layoutGuest({
    memoryBytes: scenario.pages * 4096,
    regions: scenario.regions,
    seed: 1,
    guestKey: 1,
  });
  const memory = createGuestMemory(layout, { tracking: scenario.tracking, shared: false });
  let nowUs = 0;
  let sentBytes = 0;
  let dirty = scenario.pages;
  let round = 0;
  while (dirty >= scenario.thresholdPages && round < ROUNDS_MAX) {
    round += 1;
    const plan = planRound(memory, WIRE);
    const sentPages = dirty - scenario.thresholdPages + scenario.belowPages;
    const { bytes } = firstPages(plan, sentPages);
    const syncUs = nowUs + 2000 + Math.ceil((bytes / scenario.bytesPerSecond) * 1e6);
    const result = stepRound(kernels, {
      memory,
      seed,
      guestKey: 1,
      fidelity,
      syncNumber: round + 1,
      previousSyncUs: nowUs,
      syncUs,
      sentPages,
      progress: {
        timesUs: Float64Array.of(nowUs, nowUs + 2000, syncUs),
        bytes: Float64Array.of(0, 0, bytes),
      },
      wire: WIRE,
      intensity: STEADY,
    });
    dirty = result.dirtyPages;
    sentBytes += result.sentBytes;
    nowUs = syncUs;
  }
  return [round, sentBytes, nowUs, dirty];
}

describe('page and chunk fidelity', () => {
  for (const scenario of SCENARIOS) {
    it(`have one law: ${scenario.name}`, () => {
      const seeds = Array.from({ length: 250 }, (_, i) => i + 1);
      const page = seeds.map((seed) => precopy(scenario, 'page', seed));
      const chunk = seeds.map((seed) => precopy(scenario, 'chunk', seed + 1_000_000));
      ['rounds', 'bytes', 'time', 'dirty pages'].forEach((what, i) => {
        const left = page.map((each) => each[i] as number);
        const right = chunk.map((each) => each[i] as number);
        expect(twoSampleDistance(left, right), `${what}: distribution`).toBeLessThan(2);
        expect(meanDifference(left, right), `${what}: mean`).toBeLessThan(3.8);
        expect(varianceDifference(left, right), `${what}: variance`).toBeLessThan(3.8);
      });
      if (scenario === SCENARIOS[0]) {
        // the threshold is where chance decides how many rounds there are
        expect(new Set(page.map((each) => each[0])).size).toBeGreaterThan(1);
      }
    });
  }
});

describe('small parts that are seldom written', () => {
  it('are found dirty as often as the writes say, in both fidelities', () => {
    // Classes of a few dozen pages, each hit once in some hundred: 2.2 writes before the sync.
    const pages = 2816;
    const layout = layoutGuest({
      memoryBytes: pages * 4096,
      regions: [regionOf(pages, { writes: { kind: 'zipf', pagesPerSecond: 11, exponent: 0.5 } })],
      seed: 1,
      guestKey: 7,
    });
    const dirtied = (fidelity: Fidelity, seed: number): number => {
      const memory = createGuestMemory(layout, { tracking: 'chunk-clear', shared: false });
      const progress = { timesUs: [0, 200_000], bytes: [0, pages * 4104] };
      const task = {
        memory,
        seed,
        guestKey: 7,
        fidelity,
        syncNumber: 1,
        sentPages: pages,
        progress,
      };
      const clock = { previousSyncUs: 0, syncUs: 200_000 };
      return stepRound(kernels, { ...task, ...clock, wire: WIRE, intensity: STEADY }).dirtyPages;
    };
    for (const fidelity of ['page', 'chunk'] as const) {
      let sum = 0;
      for (let seed = 1; seed <= 4000; seed += 1) sum += dirtied(fidelity, seed);
      // Poisson, but for the few pages that are hit twice: the mean's deviation is 0.023.
      expect(Math.abs(sum / 4000 - 2.2)).toBeLessThan(0.12);
    }
  });
});

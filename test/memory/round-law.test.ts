/** The relabelling argument, proven by experiment: counts against pages that keep their identity. */
import { describe, expect, it } from 'vitest';
import {
  createGuestMemory,
  type DirtyTracking,
  type GuestMemory,
} from '../../src/memory/guest-memory.js';
import { layoutGuest } from '../../src/memory/layout.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { type Fidelity, type RoundProgress, stepRound } from '../../src/memory/round.js';
import { createUnits, listUnits, unitsMax } from '../../src/memory/units.js';
import { NaiveGuest, smallRandom } from '../reference/naive-guest.js';
import { meanDifference, twoSampleDistance, varianceDifference } from '../reference/statistics.js';
import { regionOf, STEADY, WIRE } from './regions.js';

const kernels = loadKernels();
const CHUNK_PAGES = 64;
const ROUNDS = 6;
const REPLICAS = 300;

const layout = layoutGuest({
  memoryBytes: 400 * 4096,
  seed: 1,
  guestKey: 1,
  chunkPages: CHUNK_PAGES,
  regions: [
    regionOf(150, {
      placement: { kind: 'contiguous', at: 0.4 },
      writes: { kind: 'hotcold', pagesPerSecond: 100, hotShare: 0.3, hotWritesShare: 0.8 },
    }),
    regionOf(200, { writes: { kind: 'random', pagesPerSecond: 60 } }),
    regionOf(50, { filledShare: 0.2 }),
  ],
});

interface Scenario {
  readonly name: string;
  readonly tracking: DirtyTracking;
  /** Pages to send of so many dirty ones. */
  readonly sent: (dirty: number, round: number) => number;
  /** The sender pauses for this share of the round in its middle. */
  readonly pause: number;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a threshold is left over',
    tracking: 'chunk-clear',
    sent: (dirty) => Math.max(0, dirty - 40),
    pause: 0,
  },
  {
    name: 'rounds end inside segments, far from a full lap',
    tracking: 'chunk-clear',
    sent: (dirty) => Math.floor(dirty * 0.4),
    pause: 0.3,
  },
  {
    name: 'a few pages a round: several stops in one segment',
    tracking: 'chunk-clear',
    sent: (dirty, round) => (round === 1 ? 230 : Math.min(dirty, 9)),
    pause: 0,
  },
  { name: 'full laps', tracking: 'chunk-clear', sent: (dirty) => dirty, pause: 0.5 },
  {
    name: 'cleared at the sync',
    tracking: 'sync-clear',
    sent: (dirty) => Math.max(0, dirty - 60),
    pause: 0.3,
  },
];

const ROUND_US = 1_500_000;

function progressOf(scenario: Scenario, fromUs: number, bytes: number): RoundProgress {
  const sending = (ROUND_US * (1 - scenario.pause)) / 2;
  return {
    timesUs: Float64Array.of(
      fromUs,
      fromUs + sending,
      fromUs + ROUND_US - sending,
      fromUs + ROUND_US,
    ),
    bytes: Float64Array.of(0, bytes / 2, bytes / 2, bytes),
  };
}

/** Figures after each round: dirty pages of all, of parts of memory, of each class; the cursor. */
type Figures = number[][];

const PARTS = 8;

function naiveFigures(scenario: Scenario, seed: number): number[] {
  const guest = new NaiveGuest(layout, scenario.tracking, smallRandom(seed * 2_654_435 + 23));
  const figures: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const fromUs = (round - 1) * ROUND_US;
    const sentPages = scenario.sent(guest.count(), round);
    const bytes = sentPages * WIRE.pageBytes;
    guest.step({
      fromUs,
      toUs: fromUs + ROUND_US,
      sentPages,
      progress: progressOf(scenario, fromUs, bytes),
      pageBytes: WIRE.pageBytes,
      zeroPageBytes: WIRE.zeroPageBytes,
      intensity: STEADY,
    });
    figures.push(...figuresOf(guest.dirty, guest.classOf, guest.cursor));
  }
  return figures;
}

function steppedFigures(scenario: Scenario, fidelity: Fidelity, seed: number): number[] {
  const memory = createGuestMemory(layout, { tracking: scenario.tracking, shared: false });
  const figures: number[] = [];
  let dirty = layout.pages;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const fromUs = (round - 1) * ROUND_US;
    const sentPages = scenario.sent(dirty, round);
    const result = stepRound(kernels, {
      memory,
      seed,
      guestKey: 99,
      fidelity,
      syncNumber: round + 1,
      previousSyncUs: fromUs,
      syncUs: fromUs + ROUND_US,
      sentPages,
      progress: progressOf(scenario, fromUs, sentPages * WIRE.pageBytes),
      wire: WIRE,
      intensity: STEADY,
    });
    dirty = result.dirtyPages;
    expect(result.newlyDirtyPages + result.unsentPages).toBe(result.dirtyPages);
    expect(result.sentNormalPages + result.sentZeroPages).toBe(sentPages);
    figures.push(...placesOf(memory, seed * 100 + round));
  }
  return figures;
}

/** The same figures from counts: each unit's dirty pages are laid out at random inside it. */
function placesOf(memory: GuestMemory, seed: number): number[] {
  const units = createUnits(unitsMax(memory));
  listUnits(memory, units);
  const random = smallRandom(seed);
  const dirty = new Array<boolean>(layout.pages).fill(false);
  const kinds = new Array<number>(layout.pages).fill(0);
  const { segments } = layout;
  for (let i = 0; i < units.count; i += 1) {
    const segment = units.segment[i] as number;
    const first = (segments.startPage[segment] as number) + (units.offset[i] as number);
    let left = units.dirty[i] as number;
    const pages = units.pages[i] as number;
    for (let page = 0; page < pages; page += 1) {
      kinds[first + page] = segments.classIndex[segment] as number;
      if (random() * (pages - page) < left) {
        dirty[first + page] = true;
        left -= 1;
      }
    }
  }
  const first = units.segment[0] as number;
  const cursor = (segments.startPage[first] as number) + (units.offset[0] as number);
  return figuresOf(dirty, kinds, cursor);
}

/** All dirty pages; the cursor; dirty pages of each class, below the cursor, of parts above it. */
function figuresOf(dirty: readonly boolean[], kinds: readonly number[], cursor: number): number[] {
  const classes = layout.classes.length;
  const figures = new Array<number>(3 + classes + PARTS).fill(0);
  const add = (figure: number): void => {
    figures[figure] = (figures[figure] as number) + 1;
  };
  figures[1] = cursor;
  dirty.forEach((bit, page) => {
    if (!bit) return;
    add(0);
    add(2 + (kinds[page] as number));
    add(page < cursor ? 2 + classes : 3 + classes + Math.floor((page * PARTS) / layout.pages));
  });
  return figures;
}

function expectSameLaw(a: Figures, b: Figures, what: string): void {
  const worst = { ks: 0, mean: 0, variance: 0 };
  for (let figure = 0; figure < (a[0] as number[]).length; figure += 1) {
    const left = a.map((each) => each[figure] as number);
    const right = b.map((each) => each[figure] as number);
    worst.ks = Math.max(worst.ks, twoSampleDistance(left, right));
    worst.mean = Math.max(worst.mean, meanDifference(left, right));
    worst.variance = Math.max(worst.variance, varianceDifference(left, right));
  }
  // ~90 figures: chance of a KS distance above 2.1 is 3e-4 each, of 4 standard deviations 6e-5
  expect(worst.ks, `${what}: distribution`).toBeLessThan(2.1);
  expect(worst.mean, `${what}: mean`).toBeLessThan(4);
  expect(worst.variance, `${what}: variance`).toBeLessThan(4.3);
}

describe('the dirty law', () => {
  for (const scenario of SCENARIOS) {
    it(`is that of pages that keep their identity: ${scenario.name}`, () => {
      const replicas = Array.from({ length: REPLICAS }, (_, i) => i + 1);
      const naive = replicas.map((seed) => naiveFigures(scenario, seed));
      const page = replicas.map((seed) => steppedFigures(scenario, 'page', seed));
      const chunk = replicas.map((seed) => steppedFigures(scenario, 'chunk', seed + REPLICAS));
      expectSameLaw(naive, page, `${scenario.name}: page fidelity`);
      expectSameLaw(naive, chunk, `${scenario.name}: chunk fidelity`);
      expectSameLaw(page, chunk, `${scenario.name}: page and chunk`);
    });
  }
});

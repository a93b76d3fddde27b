import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/fleet/workload.js';
import { createGuestMemory } from '../../src/memory/guest-memory.js';
import { layoutGuest } from '../../src/memory/layout.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { stepRound } from '../../src/memory/round.js';
import { createUnits, listUnits, unitsMax } from '../../src/memory/units.js';
import { NaiveGuest } from '../reference/naive-guest.js';
import { regionOf, WIRE } from './regions.js';

const kernels = loadKernels();

const placement: fc.Arbitrary<Region['placement']> = fc.oneof(
  fc.constant({ kind: 'spread' as const }),
  fc.double({ min: 0, max: 1, noNaN: true }).map((at) => ({ kind: 'contiguous' as const, at })),
);

const sweep = fc
  .record({
    pages: fc.integer({ min: 1, max: 300 }),
    placement,
    filledShare: fc.constantFrom(1, 0.6, 0.01),
    pagesPerSecond: fc.constantFrom(3, 50, 170, 1000),
    startShare: fc.double({ min: 0, max: 0.999, noNaN: true }),
    periodic: fc.boolean(),
  })
  .map((each) =>
    regionOf(each.pages, {
      placement: each.placement,
      filledShare: each.filledShare,
      writes: { kind: 'sweep', pagesPerSecond: each.pagesPerSecond, startShare: each.startShare },
      phases: each.periodic
        ? [
            {
              kind: 'periodic',
              periodUs: 700_000,
              startUs: 100_000,
              lengthUs: 350_000,
              factor: 0.25,
            },
          ]
        : [],
    }),
  );

const scenario = fc.record({
  regions: fc.array(sweep, { minLength: 1, maxLength: 3 }),
  idlePages: fc.integer({ min: 0, max: 100 }),
  chunkPages: fc.constantFrom(33, 64, 100, 1000),
  tracking: fc.constantFrom('chunk-clear' as const, 'sync-clear' as const),
  shares: fc.array(fc.constantFrom(0, 0.1, 0.5, 0.9, 1), { minLength: 1, maxLength: 6 }),
  throttle: fc.constantFrom(1, 0.2, 0),
});

describe('swept regions', () => {
  it('are page by page those of a naive simulation, cursor and all', () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const regions = [...given.regions, regionOf(given.idlePages)];
        const pages = regions.reduce((sum, region) => sum + region.bytes / 4096, 0);
        const layout = layoutGuest({
          memoryBytes: pages * 4096,
          regions,
          seed: 1,
          guestKey: 1,
          chunkPages: given.chunkPages,
        });
        const memory = createGuestMemory(layout, { tracking: given.tracking, shared: false });
        const naive = new NaiveGuest(layout, given.tracking, () => 0.5);
        // idle pages are exchangeable: their places inside a segment are drawn, so all are sent first
        let dirty = pages;
        given.shares.forEach((share, i) => {
          const fromUs = i * 900_000;
          const toUs = fromUs + 900_000;
          const sentPages = i === 0 ? dirty : Math.floor(dirty * share);
          const bytes = Math.max(1, sentPages * WIRE.pageBytes);
          const progress = {
            timesUs: Float64Array.of(fromUs, fromUs + 200_000, toUs),
            bytes: Float64Array.of(0, 0, bytes),
          };
          const intensity = { fromUs: [1_000_000], cpuFactor: [given.throttle], clockFactor: [1] };
          const round = { sentPages, progress, intensity };
          naive.step({ ...round, fromUs, toUs, pageBytes: 4104, zeroPageBytes: 9 });
          const result = stepRound(kernels, {
            ...round,
            memory,
            seed: 1,
            guestKey: 1,
            fidelity: i % 2 === 0 ? 'page' : 'chunk',
            syncNumber: i + 2,
            previousSyncUs: fromUs,
            syncUs: toUs,
            wire: WIRE,
          });
          dirty = result.dirtyPages;
          expect(sweptBits(memory)).toEqual(
            naive.dirty.map((bit, p) => bit && naive.sweepPage[p] !== -1),
          );
          const units = createUnits(unitsMax(memory));
          listUnits(memory, units);
          const first = layout.segments.startPage[units.segment[0] as number] as number;
          expect(first + (units.offset[0] as number)).toBe(naive.cursor);
          expect(dirty).toBe(naive.count());
        });
      }),
      { seed: 77, numRuns: 250 },
    );
  });
});

function sweptBits(memory: ReturnType<typeof createGuestMemory>): boolean[] {
  const { layout } = memory;
  const bits = new Array<boolean>(layout.pages).fill(false);
  for (const each of layout.sweeps) {
    each.segments.forEach((segment, i) => {
      const start = layout.segments.startPage[segment] as number;
      const word = each.words[i] as number;
      for (let page = 0; page < (layout.segments.pages[segment] as number); page += 1) {
        const bit = (memory.sweepBits[word + (page >>> 5)] as number) >>> (page & 31);
        bits[start + page] = (bit & 1) === 1;
      }
    });
  }
  return bits;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedDistinctPages, resolveWorkload } from '../../src/fleet/observed.js';
import { seededUnit } from '../../src/fleet/seeded.js';
import type { Region } from '../../src/fleet/workload.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const host = { dirtyRateFactorDuringMigration: 2.5 };
const rate = (windowSeconds: number, bytesPerSecond: number) => ({ windowSeconds, bytesPerSecond });

function guest(
  name: string,
  memoryBytes: number,
  filledBytes: number,
  dirtyRates: readonly ReturnType<typeof rate>[],
) {
  const workload = { kind: 'observed' as const, filledBytes, dirtyRates, compressedShare: 0.5 };
  return { namespace: 'shop', name, memoryBytes, workload };
}

function distinctPages(regions: readonly Region[], seconds: number): number {
  const region = regions.find(({ name }) => name === 'working-set');
  return region?.writes.kind === 'hotcold'
    ? expectedDistinctPages(
        { workingSetPages: region.bytes / 4096, writesPerSecond: region.writes.pagesPerSecond },
        seconds,
      )
    : 0;
}

function workingSet(regions: readonly Region[]): number {
  return regions.find(({ name }) => name === 'working-set')?.bytes ?? 0;
}

describe('seeded draws', () => {
  it('are uniform over guests and over seeds, and differ by every key', () => {
    for (const draw of [
      (n: number) => seededUnit(1, 'ns', `guest-${n}`),
      (n: number) => seededUnit(n, 'ns', 'guest'),
      (n: number) => seededUnit(1, n, 'x'),
    ]) {
      const bins = new Array<number>(16).fill(0);
      for (let n = 0; n < 16_000; n += 1) {
        const bin = Math.floor(draw(n) * 16);
        bins[bin] = (bins[bin] ?? 0) + 1;
      }
      const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      // 15 degrees of freedom: 37.7 is exceeded once in a thousand.
      expect(chiSquare).toBeLessThan(37.7);
    }
    const draws = [
      seededUnit(1, 'ab', 'c'),
      seededUnit(1, 'a', 'bc'),
      seededUnit(1, 'abc'),
      seededUnit(2, 'abc'),
      seededUnit(1, 1),
      seededUnit(1, '1'),
      seededUnit(1, 2 ** 32 + 1),
      seededUnit(1),
    ];
    expect(new Set(draws).size).toBe(draws.length);
    expect(() => seededUnit(0.5)).toThrow('whole number');
  });
});

describe('an observed dirty rate', () => {
  it('declared regions pass as they are', () => {
    const regions: readonly Region[] = [];
    const declared = {
      ...guest('a', GIB, GIB, []),
      workload: { kind: 'regions' as const, regions },
    };
    expect(resolveWorkload(declared, host, 1)).toBe(regions);
  });

  it('one window: the observation, times the factor, is what the drawn workload dirties in it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 512 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer(),
        (gib, filledShare, mibPerSecond, seed) => {
          const memory = gib * GIB;
          const filled = memory * filledShare;
          const it = guest('a', memory, filled, [rate(1, mibPerSecond * MIB)]);
          const regions = resolveWorkload(it, host, seed);
          expect(regions.reduce((sum, region) => sum + region.bytes, 0)).toBe(memory);
          expect(regions.every((region) => Number.isInteger(region.bytes / 4096))).toBe(true);
          const filledPages = Math.round(filled / 4096);
          const regionsFilled = regions.reduce(
            (sum, region) => sum + (region.bytes / 4096) * region.filledShare,
            0,
          );
          expect(regionsFilled).toBeCloseTo(filledPages, 3);
          const expected = Math.min((mibPerSecond * MIB * 2.5) / 4096, filledPages / 1.25);
          // A working set is whole pages: a page is the error allowed.
          expect(Math.abs(distinctPages(regions, 1) - expected)).toBeLessThan(1 + expected * 1e-5);
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });

  it('one window: the working set is drawn log-uniformly, per seed and guest', () => {
    const ratios = [];
    for (let seed = 0; seed < 2000; seed += 1) {
      const it = guest('a', 64 * GIB, 64 * GIB, [rate(1, 10 * MIB)]);
      ratios.push(workingSet(resolveWorkload(it, host, seed)) / (25 * MIB));
    }
    ratios.sort((a, b) => a - b);
    expect(ratios[0]).toBeGreaterThan(1.24);
    expect(ratios.at(-1)).toBeLessThan(32.1);
    // The median of a log-uniform draw is the geometric mean of its ends.
    expect((ratios[1000] ?? 0) / Math.sqrt(1.25 * 32)).toBeCloseTo(1, 1);
  });

  it('several windows: size and rate are found again', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 0.8, noNaN: true }),
        fc.double({ min: 0.3, max: 30, noNaN: true }),
        (share, passSeconds) => {
          const pages = Math.round((16 * GIB * share) / 4096);
          const curve = { workingSetPages: pages, writesPerSecond: pages / passSeconds };
          const seen = [1, 5, 30].map((seconds) =>
            rate(seconds, (expectedDistinctPages(curve, seconds) * 4096) / seconds),
          );
          const steady = { dirtyRateFactorDuringMigration: 1 };
          const found = resolveWorkload(guest('a', 16 * GIB, 16 * GIB, seen), steady, 1);
          expect(workingSet(found) / 4096 / pages).toBeCloseTo(1, 1);
          for (const seconds of [0.5, 2, 10, 60]) {
            const expected = expectedDistinctPages(curve, seconds);
            expect(distinctPages(found, seconds) / expected).toBeCloseTo(1, 1);
          }
          expect(resolveWorkload(guest('b', 16 * GIB, 16 * GIB, seen), steady, 9)).toEqual(found);
        },
      ),
      { seed: 4, numRuns: 30 },
    );
  });

  it('no rate, no writes; an empty guest is one region of zero pages', () => {
    expect(resolveWorkload(guest('a', GIB, GIB / 2, []), host, 1)).toEqual([
      {
        name: 'rest',
        bytes: GIB,
        filledShare: 0.5,
        compressedShare: 0.5,
        placement: { kind: 'spread' },
        writes: { kind: 'none' },
        phases: [],
        pacedBy: 'cpu',
      },
    ]);
    expect(resolveWorkload(guest('a', GIB, 0, [rate(1, MIB)]), host, 1)).toMatchObject([
      { filledShare: 0 },
    ]);
  });
});

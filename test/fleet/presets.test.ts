import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRESET_NAMES, type PresetName, presetRegions } from '../../src/fleet/presets.js';
import type { Region } from '../../src/fleet/workload.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const AS_IS = { rates: 1, workingSet: 1, filled: null, compressed: null };

/** Expected distinct MiB written within a window of regions whose phases are all on. */
function distinctMib(regions: readonly Region[], seconds: number): number {
  let sum = 0;
  for (const { bytes, writes } of regions) {
    const pages = bytes / 4096;
    if (writes.kind === 'random') {
      sum += pages * -Math.expm1((-writes.pagesPerSecond * seconds) / pages);
    } else if (writes.kind === 'hotcold') {
      const hot = pages * writes.hotShare;
      const hotRate = (writes.pagesPerSecond * writes.hotWritesShare) / hot;
      const coldRate = (writes.pagesPerSecond * (1 - writes.hotWritesShare)) / (pages - hot);
      sum +=
        hot * -Math.expm1(-hotRate * seconds) + (pages - hot) * -Math.expm1(-coldRate * seconds);
    }
  }
  return (sum * 4096) / MIB;
}

const named = (regions: readonly Region[], name: string) =>
  regions.filter((region) => region.name === name);

describe('presets', () => {
  it('add up to the memory, in whole pages, with shares that are shares', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PRESET_NAMES),
        fc.integer({ min: 1, max: 2 ** 43 }),
        fc.record({
          rates: fc.double({ min: 0, max: 100, noNaN: true }),
          workingSet: fc.double({ min: 0, max: 100, noNaN: true }),
          filled: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }),
          compressed: fc.constantFrom(null, 0.3),
        }),
        (name: PresetName, memory, scale) => {
          const regions = presetRegions(name, memory, scale);
          const sum = regions.reduce((total, { bytes }) => total + bytes, 0);
          expect(sum).toBe(Math.ceil(memory / 4096) * 4096);
          for (const { bytes, filledShare } of regions) {
            expect(Number.isInteger(bytes / 4096) && bytes > 0).toBe(true);
            expect(filledShare >= 0 && filledShare <= 1).toBe(true);
          }
        },
      ),
      { seed: 6, numRuns: 300 },
    );
  });

  // Figures of shared/data/published, which the presets name as their sources.
  it('idle: 78 MiB/s in 8 GiB, and no more in a larger guest', () => {
    expect(distinctMib(presetRegions('idle', 8 * GIB, AS_IS), 1)).toBeCloseTo(78, -0.5);
    expect(distinctMib(presetRegions('idle', 256 * GIB, AS_IS), 1)).toBeCloseTo(78, -0.5);
  });

  it('in-memory database: Redis in 10 GiB, a plateau of 780 to 840 MiB, bursts of 2 to 2.5 GiB', () => {
    const regions = presetRegions('in-memory-database', 10 * GIB, AS_IS);
    const plateau = distinctMib(named(regions, 'hot-keys'), 7.2);
    expect(plateau).toBeGreaterThan(780);
    expect(plateau).toBeLessThan(840);
    const burst = distinctMib(regions, 12);
    expect(burst).toBeGreaterThan(2048);
    expect(burst).toBeLessThan(2560);
  });

  it('build: 1.25 to 1.69 GiB in 4 GiB', () => {
    const regions = presetRegions('build', 4 * GIB, AS_IS);
    expect(distinctMib(named(regions, 'compilers'), 11) / 1024).toBeCloseTo(1.2, 1);
    expect(distinctMib(regions, 14) / 1024).toBeCloseTo(1.6, 1);
  });

  it('jvm: 67,551 pages/s in 256 GiB', () => {
    const rates = presetRegions('jvm', 256 * GIB, AS_IS).map(({ writes }) =>
      writes.kind === 'none' ? 0 : writes.pagesPerSecond,
    );
    expect(rates.reduce((sum, rate) => sum + rate, 0) / 67_551).toBeCloseTo(1, 1);
  });

  it('scale: rates and sizes', () => {
    const twice = presetRegions('web', 8 * GIB, { ...AS_IS, rates: 2, workingSet: 0.5 });
    const [usual] = presetRegions('web', 8 * GIB, AS_IS);
    const [scaled] = twice;
    expect((scaled?.bytes ?? 0) / (usual?.bytes ?? 1)).toBeCloseTo(0.5, 3);
    expect(
      (scaled?.writes.kind === 'hotcold' ? scaled.writes.pagesPerSecond : 0) /
        (usual?.writes.kind === 'hotcold' ? usual.writes.pagesPerSecond : 1),
    ).toBeCloseTo(1, 3);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/fleet/workload.js';
import { guestKey } from '../../src/memory/keys.js';
import { type GuestLayout, layoutGuest } from '../../src/memory/layout.js';
import { regionOf } from './regions.js';

const placement: fc.Arbitrary<Region['placement']> = fc.oneof(
  fc.constant({ kind: 'spread' as const }),
  fc.constant({ kind: 'contiguous-seeded' as const }),
  fc.double({ min: 0, max: 1, noNaN: true }).map((at) => ({ kind: 'contiguous' as const, at })),
);

const writes: fc.Arbitrary<Region['writes']> = fc.oneof(
  fc.constant({ kind: 'none' as const }),
  fc.constant({ kind: 'random' as const, pagesPerSecond: 120 }),
  fc.record({
    kind: fc.constant('hotcold' as const),
    pagesPerSecond: fc.constant(500),
    hotShare: fc.constantFrom(0, 0.001, 0.2, 1),
    hotWritesShare: fc.constantFrom(0, 0.5, 1),
  }),
  fc.record({
    kind: fc.constant('zipf' as const),
    pagesPerSecond: fc.constant(300),
    exponent: fc.constantFrom(0.5, 0.99, 1, 1.4),
  }),
  fc.constant({ kind: 'sweep' as const, pagesPerSecond: 40, startShare: 0.5 }),
);

const region = fc
  .tuple(fc.integer({ min: 1, max: 5000 }), placement, writes, fc.constantFrom(0, 0.3, 1))
  .map(([pages, where, process, filledShare]) =>
    regionOf(pages, { placement: where, writes: process, filledShare }),
  );

function totalRate(layout: GuestLayout, regionIndex: number): number {
  return layout.classes.reduce(
    (sum, each) =>
      each.regionIndex === regionIndex ? sum + each.pages * each.writesPerPagePerSecond : sum,
    0,
  );
}

describe('layout', () => {
  it('covers all memory once, and each class and chunk exactly', () => {
    fc.assert(
      fc.property(
        fc.array(region, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 3000 }),
        fc.constantFrom(64, 1000, 4096),
        (regions, unnamed, chunkPages) => {
          const pages = regions.reduce((sum, each) => sum + each.bytes / 4096, 0) + unnamed;
          const layout = layoutGuest({
            memoryBytes: pages * 4096,
            regions,
            seed: 5,
            guestKey: 9,
            chunkPages,
          });
          const perClass = new Array<number>(layout.classes.length).fill(0);
          let page = 0;
          for (let s = 0; s < layout.segments.count; s += 1) {
            const size = layout.segments.pages[s] as number;
            expect(layout.segments.startPage[s]).toBe(page);
            expect(Math.floor(page / chunkPages)).toBe(Math.floor((page + size - 1) / chunkPages));
            const kind = layout.segments.classIndex[s] as number;
            perClass[kind] = (perClass[kind] as number) + size;
            page += size;
          }
          expect(page).toBe(pages);
          expect(perClass).toEqual(layout.classes.map((each) => each.pages));
          regions.forEach((each, i) => {
            const rate = each.writes.kind === 'none' ? 0 : each.writes.pagesPerSecond;
            expect(totalRate(layout, i)).toBeCloseTo(rate, 6);
          });
        },
      ),
      { seed: 4, numRuns: 150 },
    );
  });

  it('gives every chunk its share of a spread class', () => {
    const layout = layoutGuest({
      memoryBytes: 100 * 262_144 * 4096,
      regions: [
        regionOf(262_144, { writes: { kind: 'random', pagesPerSecond: 1 } }),
        regionOf(99 * 262_144),
      ],
      seed: 1,
      guestKey: 1,
    });
    for (let s = 0; s < layout.segments.count; s += 1) {
      const size = layout.segments.pages[s] as number;
      const expected = layout.segments.classIndex[s] === 0 ? 2621.44 : 259_522.56;
      expect(Math.abs(size - expected)).toBeLessThan(1);
    }
    expect(layout.segments.count).toBe(200);
  });

  it('places contiguous regions where asked, and shifts what overlaps to the next free place', () => {
    const layout = layoutGuest({
      memoryBytes: 1000 * 4096,
      regions: [
        regionOf(200, { placement: { kind: 'contiguous', at: 0.5 } }),
        regionOf(100, { placement: { kind: 'contiguous', at: 0.5 } }),
        regionOf(700),
      ],
      seed: 1,
      guestKey: 1,
      chunkPages: 10_000,
    });
    const starts = [...layout.segments.startPage];
    expect(starts).toEqual([0, 400, 600, 700]);
    expect([...layout.segments.classIndex]).toEqual([2, 0, 1, 2]);
  });

  it('draws a seeded place from seed, guest and region only', () => {
    const place = (seed: number, key: number): number => {
      const layout = layoutGuest({
        memoryBytes: 100_000 * 4096,
        regions: [regionOf(1000, { placement: { kind: 'contiguous-seeded' } }), regionOf(99_000)],
        seed,
        guestKey: key,
      });
      return layout.segments.startPage[layout.segments.classIndex.indexOf(0)] as number;
    };
    expect(place(1, 2)).toBe(place(1, 2));
    const places = [place(1, 2), place(2, 2), place(1, 3), place(2 ** 40, 2)];
    expect(new Set(places).size).toBe(4);
  });

  it('takes 12 TiB, and Zipf classes that add up', () => {
    const pages = 12 * 2 ** 28;
    const layout = layoutGuest({
      memoryBytes: pages * 4096,
      regions: [regionOf(pages, { writes: { kind: 'zipf', pagesPerSecond: 1e6, exponent: 1 } })],
      seed: 1,
      guestKey: 1,
    });
    expect(layout.chunks).toBe(12 * 1024);
    expect(totalRate(layout, 0)).toBeCloseTo(1e6, 3);
    const rates = layout.classes.map((each) => each.writesPerPagePerSecond);
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    // H(n) = ln n + 0.5772…: the hottest class's share
    const first = layout.classes[0]?.pages as number;
    const harmonic = (n: number): number => Math.log(n) + 0.5772156649015329 + 1 / (2 * n);
    const share = ((rates[0] as number) * first) / 1e6;
    expect(share).toBeCloseTo(harmonic(first) / harmonic(pages), 9);
  });

  it('refuses regions that do not fit, and sizes that cannot be', () => {
    const spec = { memoryBytes: 4096 * 10, regions: [regionOf(100)], seed: 1, guestKey: 1 };
    expect(() => layoutGuest(spec)).toThrow("regions have 100 pages, more than the guest's 10");
    expect(() => layoutGuest({ ...spec, memoryBytes: 0 })).toThrow('memoryBytes 0');
    expect(() => layoutGuest({ ...spec, chunkPages: 0.5 })).toThrow('chunkPages 0.5');
  });

  it('keys guests by namespace and name', () => {
    const keys = [guestKey('a', 'b'), guestKey('ab', ''), guestKey('', 'a/b'), guestKey('b', 'a')];
    expect(new Set(keys).size).toBe(4);
    expect(guestKey('a', 'b')).toBe(guestKey('a', 'b'));
  });
});

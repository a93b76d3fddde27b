import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutGuest } from '../../src/memory/layout.js';
import { sizeOfLayout } from '../../src/memory/layout-size.js';
import {
  createSharedLayouts,
  releaseLayout,
  sharedLayout,
} from '../../src/memory/shared-layouts.js';
import { regionOf } from './regions.js';

const MIB_PAGES = 256;

const regions = fc.array(
  fc
    .record({
      mib: fc.integer({ min: 1, max: 40_000 }),
      filledShare: fc.constantFrom(0, 0.4, 1),
      kind: fc.constantFrom('spread' as const, 'contiguous-seeded' as const),
      exponent: fc.constantFrom(null, 0.9),
      sweep: fc.boolean(),
    })
    .map(({ mib, filledShare, kind, exponent, sweep }) =>
      regionOf(mib * MIB_PAGES, {
        filledShare,
        placement: { kind },
        writes:
          exponent !== null
            ? { kind: 'zipf', pagesPerSecond: 1000, exponent }
            : sweep
              ? { kind: 'sweep', pagesPerSecond: 1000, startShare: 0 }
              : { kind: 'random', pagesPerSecond: 1000 },
      }),
    ),
  { minLength: 1, maxLength: 4 },
);

describe('shared layouts', () => {
  const spread = regionOf(5 * MIB_PAGES, { name: 'a' });
  const specOf = (guestKey: number, part: Parameters<typeof regionOf>[1] = {}) => ({
    memoryBytes: 5 * 2 ** 20,
    regions: [{ ...spread, ...part }],
    seed: 1,
    guestKey,
  });

  it('are those of guests alike, and what each would have had', () => {
    const layouts = createSharedLayouts();
    const first = sharedLayout(layouts, specOf(1));
    expect(sharedLayout(layouts, specOf(2))).toBe(first);
    expect(first).toEqual(layoutGuest(specOf(2)));
    expect(sharedLayout(layouts, specOf(3, { filledShare: 0.5 }))).not.toBe(first);
    expect(sharedLayout(layouts, { ...specOf(3), memoryBytes: 6 * 2 ** 20 })).not.toBe(first);
  });

  it('stay as long as a guest has them, and a few after that: no more', () => {
    const layouts = createSharedLayouts();
    const kept = sharedLayout(layouts, specOf(1));
    const first = sharedLayout(layouts, specOf(2, { filledShare: 0.5 }));
    releaseLayout(layouts, first);
    expect(sharedLayout(layouts, specOf(3, { filledShare: 0.5 }))).toBe(first);
    releaseLayout(layouts, first);
    for (let i = 1; i <= 1000; i += 1) {
      releaseLayout(layouts, sharedLayout(layouts, specOf(4, { filledShare: i / 2000 })));
    }
    expect(layouts.byKey.size).toBe(layouts.byLayout.size);
    expect(layouts.byKey.size).toBeLessThan(12);
    expect(sharedLayout(layouts, specOf(5))).toBe(kept);
    // A guest's own layout is nobody's to release.
    releaseLayout(layouts, layoutGuest(specOf(6)));
  });

  it('are none where a place is drawn for each guest', () => {
    const layouts = createSharedLayouts();
    const placement = { kind: 'contiguous-seeded' } as const;
    const first = sharedLayout(layouts, specOf(1, { placement }));
    expect(sharedLayout(layouts, specOf(2, { placement }))).not.toBe(first);
  });
});

describe('the size of a layout', () => {
  it('is known before it is laid out', () => {
    fc.assert(
      fc.property(regions, fc.integer({ min: 0, max: 2000 }), (drawn, restMib) => {
        // A second region in one piece may find no room, and is spread.
        const all = drawn.map((region, i) =>
          i === 0 ? region : { ...region, placement: { kind: 'spread' as const } },
        );
        const memoryBytes = all.reduce((sum, { bytes }) => sum + bytes, 0) + restMib * 2 ** 20;
        const layout = layoutGuest({ memoryBytes, regions: all, seed: 3, guestKey: 4 });
        const { count } = layout.segments;
        const guess = sizeOfLayout(memoryBytes, all).segments;
        // The region in one piece may begin and end in mid-chunk, among pages of all others.
        expect(Math.abs(guess - count)).toBeLessThanOrEqual(2 * layout.classes.length + 1);
      }),
      { seed: 6, numRuns: 200 },
    );
  });
});

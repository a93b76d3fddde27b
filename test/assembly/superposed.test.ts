/** One draw over many parts' pages: each page is hit on its own, wherever it lies. */
import { describe, expect, it } from 'vitest';
import { logFactorial } from '../reference/masks.js';
import { chiSquareDeviation, meanDifference, varianceDifference } from '../reference/statistics.js';
import { keyHalves, testKernels } from './test-kernels.js';

const { kernels, exports } = testKernels();

function placesOf(pages: number, exponent: number, sync: number): number[] {
  const hits = exports.drawPlaces(pages, exponent, 1, 0, 2, sync, 3);
  return [...kernels.hitPlaces.subarray(0, hits)];
}

describe('hits by their places', () => {
  it('are as many as the binomial law says, few pages or many', () => {
    for (const [pages, exponent] of [
      [40, 0.05],
      [40, 1.5],
      [7, 30],
      [1000, 0.02],
      [100_000, 5e-4],
    ] as const) {
      const p = -Math.expm1(-exponent);
      const law = Array.from({ length: Math.min(pages, 150) + 1 }, (_, k) => {
        const logChoose = logFactorial(pages) - logFactorial(k) - logFactorial(pages - k);
        return Math.exp(logChoose + k * Math.log(p) - (pages - k) * exponent);
      });
      const counts = Array.from({ length: 8000 }, (_, i) => placesOf(pages, exponent, i).length);
      expect(chiSquareDeviation(counts, law), `${pages} × ${exponent}`).toBeLessThan(4.5);
    }
  });

  it('lie anywhere, ascending, each once', () => {
    const pages = 3_000_000_000;
    const cells: number[] = [];
    for (let sync = 0; sync < 200; sync += 1) {
      const places = placesOf(pages, 1.2e2 / pages, sync);
      expect(places.every((place, i) => i === 0 || place > (places[i - 1] as number))).toBe(true);
      for (const place of places) cells.push(Math.floor((place / pages) * 100));
    }
    expect(cells.length).toBeGreaterThan(20_000);
    expect(chiSquareDeviation(cells, new Array<number>(100).fill(0.01))).toBeLessThan(4.5);
  });

  it('are exactly uniform where 32 bits do not divide: no residue is favoured', () => {
    const residues = Array.from(
      { length: 30_000 },
      (_, i) => (exports.testBelow(3 * 2 ** 30, ...keyHalves(i)) >>> 0) % 3,
    );
    expect(chiSquareDeviation(residues, [1 / 3, 1 / 3, 1 / 3])).toBeLessThan(4.5);
  });
});

describe('masks of many parts together', () => {
  // odd sizes, empty ones, ends of blocks (32,768) inside parts and between them
  const parts = [1, 63, 0, 64, 700, 31_940, 5000, 0, 70_000, 100];

  function countsOf(exponent: number, sync: number): number[] {
    kernels.jobPages.set(parts);
    exports.drawTogether(parts.length, exponent, 1, 0, 2, sync, 3);
    return [...kernels.jobCounts.subarray(0, parts.length)];
  }

  it.each([0.0004, 0.003, 0.03, 0.2, 0.7, 2.5, 9])('count each part’s hits, exponent %d', (x) => {
    const p = -Math.expm1(-x);
    const samples = Array.from({ length: 400 }, (_, i) => countsOf(x, i));
    parts.forEach((pages, part) => {
      const alone = Array.from({ length: 400 }, (_, i) =>
        exports.testPart(pages, x, ...keyHalves(part * 1000 + i)),
      );
      const together = samples.map((counts) => counts[part] as number);
      const mean = together.reduce((sum, count) => sum + count, 0) / together.length;
      const spread = Math.sqrt((pages * p * (1 - p)) / together.length);
      expect(Math.abs(mean - pages * p), `part ${part}`).toBeLessThanOrEqual(5 * spread + 1e-9);
      // rare hits are far from normal
      if (pages * p * (1 - p) < 5) return;
      expect(meanDifference(together, alone), `part ${part}`).toBeLessThan(5);
      expect(varianceDifference(together, alone), `part ${part}`).toBeLessThan(5);
    });
  });

  it('count the bits that the blocks hold', () => {
    const exponent = 0.3;
    const counts = countsOf(exponent, 5);
    // all in one part: the same blocks
    kernels.jobPages[0] = parts.reduce((sum, pages) => sum + pages, 0);
    exports.drawTogether(1, exponent, 1, 0, 2, 5, 3);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(kernels.jobCounts[0]);
  });
});

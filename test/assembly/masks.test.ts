import { describe, expect, it } from 'vitest';
import { maskOf, recipeOf } from '../reference/masks.js';
import { keyHalves, keyOfHalves, testKernels } from './test-kernels.js';

const { kernels, exports } = testKernels();

function kernelMask(n: number, x: number, i: number): { count: number; bits: boolean[] } {
  const count = exports.testMask(n, x, ...keyHalves(i));
  const bits = Array.from({ length: n }, (_, bit) => {
    return (((kernels.bitsDirty[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1;
  });
  return { count, bits };
}

const EXPONENTS = [
  0,
  1e-9,
  1e-5,
  1e-3,
  0.0079,
  0.0081,
  0.02,
  0.044,
  0.05,
  0.1,
  0.13353,
  0.2,
  0.2877,
  0.35,
  0.5,
  Math.LN2,
  0.7,
  0.9,
  1.1,
  1.4,
  2,
  2.5,
  3,
  3.1,
  3.5,
  4,
  5,
  5.4,
  5.6,
  7,
  10,
  20,
  40,
  800,
];

describe('masks', () => {
  it('are the reference bit for bit, at every probability and odd sizes', () => {
    EXPONENTS.forEach((x, i) => {
      for (const n of [32768, 1000, 63, 1]) {
        const { count, bits } = kernelMask(n, x, i);
        const expected = maskOf(n, recipeOf(x), keyOfHalves(keyHalves(i)));
        expect(bits, `n ${n}, exponent ${x}`).toEqual(expected);
        expect(count).toBe(expected.filter(Boolean).length);
      }
    });
  });

  it('have the right mean and variance at every probability, whole blocks', () => {
    EXPONENTS.forEach((x, i) => {
      const samples = 1500;
      const n = 32768;
      const counts = Array.from({ length: samples }, (_, j) =>
        exports.testPart(n, x, ...keyHalves(i * 100_000 + j)),
      );
      expectBinomialMoments(counts, n, -Math.expm1(-x), `exponent ${x}`);
    });
  });

  it('have the right mean and variance for parts of odd sizes', () => {
    for (const n of [1, 7, 64, 100, 5000, 33000, 100_001, 262_144]) {
      for (const x of [1e-6, 1e-4, 0.003, 0.03, 0.3, 1, 4]) {
        const counts = Array.from({ length: 600 }, (_, j) =>
          exports.testPart(n, x, ...keyHalves(n * 1000 + j)),
        );
        expectBinomialMoments(counts, n, -Math.expm1(-x), `n ${n}, exponent ${x}`);
      }
    }
  });
});

function expectBinomialMoments(
  counts: readonly number[],
  n: number,
  p: number,
  what: string,
): void {
  const samples = counts.length;
  const mean = counts.reduce((sum, count) => sum + count, 0) / samples;
  const variance = n * p * (1 - p);
  const meanSpread = Math.sqrt(variance / samples);
  expect(Math.abs(mean - n * p), `mean, ${what}`).toBeLessThanOrEqual(5 * meanSpread + 1e-9);
  const square = counts.reduce((sum, count) => sum + (count - n * p) ** 2, 0) / samples;
  // fourth moment of a binomial: variance of the sample variance
  const kurtosis = variance > 0 ? 3 + (1 - 6 * p * (1 - p)) / variance : 3;
  const squareSpread = variance * Math.sqrt(Math.max(0, kurtosis - 1) / samples);
  // rare hits: the sample variance is far from normal, so the bound is wide there
  const factor = variance * samples < 200 ? 12 : 5;
  expect(Math.abs(square - variance), `variance, ${what}`).toBeLessThanOrEqual(
    factor * squareSpread + 1e-9,
  );
}

import { describe, expect, it } from 'vitest';
import { logFactorial } from '../reference/masks.js';
import { chiSquareDeviation } from '../reference/statistics.js';
import { keyHalves, testKernels } from './test-kernels.js';

const { exports } = testKernels();
const SAMPLES = 20_000;

function sample(draw: (i: number) => number): number[] {
  return Array.from({ length: SAMPLES }, (_, i) => draw(i));
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

function probabilities(most: number, logP: (k: number) => number): number[] {
  return Array.from({ length: most + 1 }, (_, k) => Math.exp(logP(k)));
}

describe('samplers', () => {
  it('Poisson: chi square from small means to large ones', () => {
    for (const mean of [0.01, 0.3, 1, 5, 9.9, 10, 12, 40, 300]) {
      const expected = probabilities(
        Math.ceil(mean + 12 * Math.sqrt(mean) + 5),
        (k) => k * Math.log(mean) - mean - logFactorial(k),
      );
      const drawn = sample((i) => exports.testPoisson(mean, ...keyHalves(i + mean * 1e6)));
      expect(chiSquareDeviation(drawn, expected), `mean ${mean}`).toBeLessThan(4.5);
    }
  });

  it('Poisson: one mean in a million, and none', () => {
    expect(exports.testPoisson(0, ...keyHalves(3))).toBe(0);
    const hits = sample((i) => exports.testPoisson(1e-3, ...keyHalves(i))).filter((k) => k > 0);
    expect(Math.abs(hits.length - 20)).toBeLessThan(20);
  });

  it('binomial: chi square for both halves, by inversion and by rejection', () => {
    for (const [n, p] of [
      [1, 0.3],
      [10, 0.5],
      [10, 0.9],
      [50, 0.02],
      [100, 0.3],
      [100, 0.97],
      [500, 0.5],
      [2000, 0.01],
      [1000, 0.8],
    ] as const) {
      const expected = probabilities(
        n,
        (k) => logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p),
      );
      const x = -Math.log1p(-p);
      const drawn = sample((i) => exports.testBinomial(n, x, ...keyHalves(i + n * 77_777)));
      expect(chiSquareDeviation(drawn, expected), `n ${n}, p ${p}`).toBeLessThan(4.5);
    }
  });

  it('binomial: extremes', () => {
    expect(exports.testBinomial(1000, 0, ...keyHalves(1))).toBe(0);
    expect(exports.testBinomial(1000, 1e9, ...keyHalves(1))).toBe(1000);
    expect(exports.testBinomial(262_144, 40, ...keyHalves(1))).toBe(262_144);
  });

  it('hypergeometric: chi square', () => {
    for (const [n, k, d] of [
      [10, 4, 5],
      [100, 3, 50],
      [1000, 500, 500],
      [262, 260, 131],
      [5000, 100, 2500],
      [300, 290, 20],
    ] as const) {
      const expected = probabilities(Math.min(k, d), (h) =>
        d - h > n - k ? -1e9 : logChoose(k, h) + logChoose(n - k, d - h) - logChoose(n, d),
      );
      const drawn = sample((i) => exports.testHypergeometric(n, k, d, ...keyHalves(i + n)));
      expect(chiSquareDeviation(drawn, expected), `${n} ${k} ${d}`).toBeLessThan(4.5);
    }
  });

  it('the stop at the j-th dirty page: chi square against the negative hypergeometric law', () => {
    for (const [n, d, j] of [
      [20, 5, 2],
      [100, 10, 10],
      [100, 60, 30],
      [37, 36, 20],
      [64, 1, 1],
    ] as const) {
      // P(position is s): j - 1 dirty among s - 1, one at s, the others among the n - s above
      const expected = probabilities(n, (s) =>
        s < j || n - s < d - j
          ? -1e9
          : logChoose(s - 1, j - 1) + logChoose(n - s, d - j) - logChoose(n, d),
      );
      const drawn = sample((i) => exports.drawStop(n, d, j, 1, 0, i, 3, 4));
      expect(chiSquareDeviation(drawn, expected), `${n} ${d} ${j}`).toBeLessThan(4.5);
    }
  });

  it('runs of d dirty pages among n: chi square against placing them', () => {
    const counts = new Float64Array(51);
    const placings = 30_000;
    for (let i = 0; i < placings; i += 1) {
      exports.placeDirty(100, 40, 1, 0, i, 1, 1);
      const runs = exports.countRuns(exports.bitsDirty(), 100, 0);
      counts[runs] = (counts[runs] as number) + 1 / placings;
    }
    const law = probabilities(40, (r) =>
      r < 1 ? -1e9 : logChoose(39, r - 1) + logChoose(61, r) - logChoose(100, 40),
    );
    const drawn = sample((i) => exports.drawRuns(100, 40, 1, 0, i, 1, 1));
    expect(chiSquareDeviation(drawn, law)).toBeLessThan(4.5);
    law.forEach((p, r) => {
      expect(Math.abs((counts[r] as number) - p)).toBeLessThan(0.001 + 6 * Math.sqrt(p / placings));
    });
  });

  it('draws depend on every part of their key', () => {
    const keys: readonly (readonly [number, number, number, number, number])[] = [
      [1, 0, 2, 3, 4],
      [2, 0, 2, 3, 4],
      [1, 1, 2, 3, 4],
      [1, 0, 3, 3, 4],
      [1, 0, 2, 4, 4],
      [1, 0, 2, 3, 5],
    ];
    const stops = keys.map((key) => exports.drawStop(262_144, 1000, 500, ...key));
    expect(new Set(stops).size).toBe(keys.length);
  });
});

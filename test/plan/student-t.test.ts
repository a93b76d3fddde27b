import { describe, expect, it } from 'vitest';
import { pairedDifference, spreadOf, unpairedDifference } from '../../src/plan/spread.js';
import { studentCdf, studentQuantile } from '../../src/plan/student-t.js';

describe("Student's t", () => {
  // Two-sided 95 % and 99 % points as every table has them.
  const table = [
    [1, 12.7062, 63.6567],
    [2, 4.3027, 9.9248],
    [4, 2.7764, 4.6041],
    [9, 2.2622, 3.2498],
    [30, 2.0423, 2.75],
    [1000, 1.9623, 2.5808],
  ] as const;
  it.each(table)('with %i degrees of freedom', (freedom, at95, at99) => {
    expect(studentQuantile(0.975, freedom)).toBeCloseTo(at95, 3);
    expect(studentQuantile(0.995, freedom)).toBeCloseTo(at99, 3);
    expect(studentCdf(at95, freedom)).toBeCloseTo(0.975, 5);
    expect(studentCdf(-at95, freedom)).toBeCloseTo(0.025, 5);
    expect(studentQuantile(0.025, freedom)).toBeCloseTo(-at95, 3);
  });
});

describe('replicas', () => {
  it('give a mean with its interval, and none of one alone', () => {
    const spread = spreadOf([4, 2, 6]);
    // Mean 4, standard error 2/√3, t = 4.3027.
    expect(spread).toMatchObject({ mean: 4, p50: 4, p95: 6 });
    expect(spread?.interval?.high).toBeCloseTo(4 + (4.3027 * 2) / Math.sqrt(3), 3);
    expect(spreadOf([4])).toMatchObject({ mean: 4, interval: null });
    expect(spreadOf([])).toBeNull();
  });

  it('of the same seeds tell a small difference that others could not', () => {
    const first = [100, 200, 300, 400];
    const second = [101, 202, 301, 402];
    expect(pairedDifference(first, second).pValue).toBeLessThan(0.05);
    expect(unpairedDifference(first, second).pValue).toBeGreaterThan(0.9);
    expect(pairedDifference([5, 5], [5, 5])).toMatchObject({ mean: 0, pValue: 1 });
    expect(pairedDifference([5, 5], [6, 6])).toMatchObject({ mean: 1, pValue: 0 });
  });
});

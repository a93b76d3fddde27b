import { expect, it } from 'vitest';
import { benchKernels } from '../../bench/kernels.js';

it('the bench of the kernels runs, and computes the same every time', () => {
  const rows = benchKernels(true);
  expect(rows.every((row) => row.value > 0 && Number.isFinite(row.value))).toBe(true);
  const hashes = (each: typeof rows): (string | number)[] =>
    each.flatMap((row) => [row.name, row.hash]);
  expect(hashes(benchKernels(true))).toEqual(hashes(rows));
});

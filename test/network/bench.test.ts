import { expect, it } from 'vitest';
import { benchNetwork } from '../../bench/network.js';

it('the bench of link sharing runs, and reaches what it means to measure', () => {
  let now = 0;
  const rows = benchNetwork(() => ++now, 0.005);
  const affected = rows.map((row) => row.affectedFlows);
  expect(rows.map((row) => row.flows)).toEqual([120, 1000, 10_000, 10_000, 10_000]);
  // A pause reaches the flows of its own rack and no others, where only the uplinks are full.
  for (const count of affected.slice(0, 3)) expect(count).toBeGreaterThan(38);
  for (const count of affected.slice(0, 3)) expect(count).toBeLessThanOrEqual(40);
  expect(affected[3]).toBeGreaterThan(390);
  expect(affected[3]).toBeLessThanOrEqual(400);
});

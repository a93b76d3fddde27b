import { expect, test } from 'vitest';
import { SECOND_US } from '../fleet-builder.js';
import { randomFleet } from './random-fleet.js';
import { runFleet } from './run-fleet.js';

/** FLEETS=FROM-TO runs others. Every run checks itself (src/simulation/checks.ts) and throws. */
const [FROM = 1, TO = 60] = (process.env.FLEETS ?? '1-60').split('-').map(Number);

test(`fleets ${FROM} to ${TO} end, with every guest accounted for`, async () => {
  const outcomes = new Set<string>();
  for (let seed = FROM; seed <= TO; seed += 1) {
    const fleet = randomFleet(seed);
    const fidelity = seed % 4 === 0 ? 'page' : 'chunk';
    const result = await runFleet(fleet, { seed, fidelity }).catch((error: unknown) => {
      throw new Error(`fleet ${seed}`, { cause: error });
    });
    for (const migration of result.migrations) {
      outcomes.add(migration.outcome);
      const { startedUs, endedUs, downtimeUs } = migration;
      if (startedUs !== null && endedUs !== null) expect(endedUs).toBeGreaterThanOrEqual(startedUs);
      if (migration.outcome === 'succeeded') {
        expect(downtimeUs).toBeGreaterThan(0);
        expect(migration.guestPauseUs).toBeGreaterThanOrEqual(downtimeUs ?? 0);
        expect(downtimeUs).toBeLessThan(600 * SECOND_US);
      }
    }
  }
  expect([...outcomes].sort()).toEqual(expect.arrayContaining(['aborted', 'failed', 'succeeded']));
});

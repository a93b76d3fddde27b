import { describe, expect, it } from 'vitest';
import type { Placement } from '../../src/fleet/workload.js';
import { memoryNeed } from '../../src/simulation/memory-need.js';
import { buildFleet, GIB } from '../fleet-builder.js';
import { regionOf } from '../memory/regions.js';

const NO_ROWS = { rounds: false, decisions: false };

function fleetOf(placement: Placement, limits: { cluster: number; node: number }) {
  return buildFleet({
    nodes: 3,
    drain: { nodes: ['node-01', 'node-02'] },
    guests: ['node-01', 'node-02', 'node-03'].flatMap((node) =>
      Array.from({ length: 20 }, (_, i) => ({
        name: `${node}-${i}`,
        node,
        memoryBytes: 1024 * GIB,
        workload: {
          kind: 'regions' as const,
          regions: [
            regionOf(2 ** 24, { placement }),
            regionOf(2 ** 28 - 2 ** 24, { filledShare: 0.5 }),
          ],
        },
      })),
    ),
    kubevirt: {
      migrations: {
        parallelOutboundMigrationsPerNode: limits.node,
        parallelMigrationsPerCluster: limits.cluster,
      },
    },
  });
}

describe('memory need', () => {
  it('counts the guests that the limits let migrate at once, of drained nodes only', () => {
    const atOnce = (cluster: number, node: number) =>
      memoryNeed(fleetOf({ kind: 'spread' }, { cluster, node }), NO_ROWS).guestsAtOnce;
    expect(atOnce(100, 100)).toBe(40);
    expect(atOnce(100, 3)).toBe(6);
    expect(atOnce(5, 3)).toBe(5);
  });

  it('counts a layout that guests share once', () => {
    const limits = { cluster: 40, node: 20 };
    const bytes = (placement: Placement) =>
      memoryNeed(fleetOf(placement, limits), NO_ROWS).migrationBytes;
    const own = bytes({ kind: 'contiguous-seeded' });
    const shared = bytes({ kind: 'contiguous', at: 0.5 });
    // Two segments a chunk but where the working set lies, ten bytes each.
    expect((own - shared) / 39).toBeGreaterThan(2 * 960 * 10);
    expect((own - shared) / 39).toBeLessThan(2 * 1100 * 10);
  });

  it('is more where rows are wanted', () => {
    const fleet = fleetOf({ kind: 'spread' }, { cluster: 5, node: 2 });
    const plain = memoryNeed(fleet, NO_ROWS).guestBytes;
    const rounds = memoryNeed(fleet, { rounds: true, decisions: false }).guestBytes;
    const both = memoryNeed(fleet, { rounds: true, decisions: true }).guestBytes;
    expect(rounds).toBeGreaterThan(plain);
    expect(both).toBeGreaterThan(rounds);
  });
});

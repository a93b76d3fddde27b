import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Region, Workload } from '../../src/fleet/workload.js';
import { createPoolPageWork } from '../../src/memory/pool.js';
import type { RunResult } from '../../src/simulation/result.js';
import { buildFleet, GIB, type GuestInput, SECOND_US } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const MIB = 2 ** 20;

function region(bytes: number, over: Partial<Region> = {}): Region {
  return {
    name: 'memory',
    bytes,
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    writes: { kind: 'none' },
    phases: [],
    pacedBy: 'cpu',
    ...over,
  };
}

function workload(memoryBytes: number, workingSetBytes: number, pagesPerSecond: number): Workload {
  return {
    kind: 'regions',
    regions: [
      region(workingSetBytes, { name: 'hot', writes: { kind: 'random', pagesPerSecond } }),
      region(memoryBytes - workingSetBytes, { name: 'rest' }),
    ],
  };
}

function guest(name: string, over: Partial<GuestInput> = {}): GuestInput {
  return {
    name,
    node: 'node-01',
    memoryBytes: 4 * GIB,
    evictionStrategy: 'LiveMigrate',
    workload: workload(4 * GIB, 64 * MIB, 1000),
    ...over,
  };
}

describe('a drain', () => {
  test('moves a quiet guest in about memory over link, and pauses it for far less than a second', async () => {
    const fleet = buildFleet({
      guests: [guest('quiet', { workload: { kind: 'regions', regions: [region(4 * GIB)] } })],
    });
    const { migrations, guests, nodes } = await runFleet(fleet);
    const [migration] = migrations;
    expect(guests.map((one) => one.outcome)).toEqual(['moved']);
    expect(nodes[0]?.emptyUs).not.toBeNull();
    const link = fleet.network.nics[0]?.bytesPerSecond ?? 0;
    const channels = Math.min(link, fleet.network.proxyBytesPerSecond);
    const seconds = ((migration?.endedUs ?? 0) - (migration?.startedUs ?? 0)) / SECOND_US;
    expect(seconds).toBeGreaterThan((4 * GIB) / channels);
    expect(seconds).toBeLessThan((4 * GIB * 1.02) / channels + 1);
    expect(migration?.rounds).toBe(3);
    expect(migration?.downtimeUs).toBeGreaterThan(50_000);
    expect(migration?.downtimeUs).toBeLessThan(700_000);
    expect(migration?.transferredBytes).toBeGreaterThanOrEqual(4 * GIB);
  });

  test('a guest that dirties faster than the link sends is aborted at its completion timeout', async () => {
    const fleet = buildFleet({
      guests: [guest('busy', { workload: workload(4 * GIB, 3 * GIB, 5_000_000) })],
      kubevirt: {
        migrations: { bandwidthPerMigrationBytesPerSecond: 256 * MIB, completionTimeoutPerGiB: 10 },
      },
      drain: { timeoutUs: 120 * SECOND_US },
    });
    const { migrations } = await runFleet(fleet);
    expect(migrations[0]?.outcome).toBe('aborted');
    expect(migrations[0]?.failCause).toBe('completion-timeout');
    // 5 decimal GB × 10 s, whole seconds compared strictly, at a poll.
    const seconds = ((migrations[0]?.endedUs ?? 0) - (migrations[0]?.startedUs ?? 0)) / SECOND_US;
    expect(seconds).toBeGreaterThanOrEqual(51);
    expect(seconds).toBeLessThan(51.41);
    expect(migrations[0]?.slowCause).toBe('dirty-rate');
  });

  test('post-copy ends what pre-copy cannot', async () => {
    const fleet = buildFleet({
      guests: [guest('busy', { workload: workload(4 * GIB, 3 * GIB, 5_000_000) })],
      kubevirt: {
        migrations: {
          bandwidthPerMigrationBytesPerSecond: 256 * MIB,
          completionTimeoutPerGiB: 10,
          allowPostCopy: true,
          allowWorkloadDisruption: true,
        },
      },
    });
    const { migrations, guests } = await runFleet(fleet);
    expect(guests[0]?.outcome).toBe('moved');
    expect(migrations[0]?.mode).toBe('PostCopy');
    expect(migrations[0]?.downtimeUs).toBeLessThan(500_000);
  });

  test('with disruption allowed and no post-copy the guest is suspended until it has moved', async () => {
    const fleet = buildFleet({
      guests: [guest('busy', { workload: workload(4 * GIB, 3 * GIB, 5_000_000) })],
      kubevirt: {
        migrations: {
          bandwidthPerMigrationBytesPerSecond: 256 * MIB,
          completionTimeoutPerGiB: 10,
          allowWorkloadDisruption: true,
        },
      },
    });
    const { migrations } = await runFleet(fleet);
    expect(migrations[0]?.outcome).toBe('succeeded');
    expect(migrations[0]?.mode).toBe('Paused');
    expect(migrations[0]?.guestPauseUs).toBeGreaterThan(5 * SECOND_US);
  });

  test('auto-converge throttles a CPU-bound writer until it converges', async () => {
    const fleet = buildFleet({
      guests: [guest('busy', { workload: workload(4 * GIB, 2 * GIB, 90_000) })],
      kubevirt: {
        migrations: { bandwidthPerMigrationBytesPerSecond: 256 * MIB, allowAutoConverge: true },
      },
    });
    const { migrations } = await runFleet(fleet);
    expect(migrations[0]?.outcome).toBe('succeeded');
    expect(migrations[0]?.throttleMaxPercent).toBeGreaterThanOrEqual(20);
  });

  test('zero pages between filled ones leave nothing behind for the switchover', async () => {
    // Bursts at the limit alternate with zero pages that need hardly any bandwidth.
    const bytes = 16 * GIB;
    const fleet = buildFleet({
      guests: [
        guest('half', {
          memoryBytes: bytes,
          workload: { kind: 'regions', regions: [region(bytes, { filledShare: 0.6 })] },
        }),
      ],
      kubevirt: { migrations: { bandwidthPerMigrationBytesPerSecond: 512 * MIB } },
    });
    const { migrations } = await runFleet(fleet);
    const threshold = 0.3 * 512 * MIB * 1.1;
    const atMost = threshold / 2e9 + 0.2;
    expect((migrations[0]?.downtimeUs ?? 0) / SECOND_US).toBeLessThan(atMost);
  });

  test('limits hold: never more than two out of a node and five in the cluster', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `g${i}`);
    const fleet = buildFleet({ nodes: 4, guests: names.map((name) => guest(name)) });
    const { migrations } = await runFleet(fleet);
    expect(migrations).toHaveLength(8);
    expect(mostAtOnce(migrations)).toBe(2);
  });
});

describe('determinism', () => {
  // Syncs that take long let the page work of several guests wait for one batch, and their working
  // sets are large enough for a batch to be worth a worker.
  const fleet = buildFleet({
    nodes: 4,
    guests: Array.from({ length: 6 }, (_, i) =>
      guest(`g${i}`, {
        memoryBytes: 16 * GIB,
        workload: workload(16 * GIB, 12 * GIB, 100_000 * (i + 1)),
      }),
    ),
    kubevirt: { migrations: { parallelOutboundMigrationsPerNode: 4, completionTimeoutPerGiB: 2 } },
    host: { syncFixedUs: 1_500_000 },
    drain: { timeoutUs: 120 * SECOND_US },
  });

  test('one thread and two give the same result', async () => {
    let byWorker = 0;
    const pool = createPoolPageWork({
      threads: 2,
      leavesMs: 10_000,
      onTaskDone: () => {
        byWorker += 1;
      },
    });
    const one = await runFleet(fleet, { fidelity: 'page' });
    const two = await runFleet(fleet, { fidelity: 'page', pageWork: pool });
    await pool.close();
    expect(byWorker).toBeGreaterThan(1);
    expect(two).toEqual(one);
  });

  test('another seed gives another run', async () => {
    const one = await runFleet(fleet, { seed: 1 });
    const two = await runFleet(fleet, { seed: 2 });
    expect(two.migrations).not.toEqual(one.migrations);
  });
});

describe('conservation over random fleets', () => {
  test('no guest is lost, no link above capacity, bytes add up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          guests: fc.array(
            fc.record({
              gib: fc.integer({ min: 1, max: 24 }),
              hotShare: fc.double({ min: 0.001, max: 0.9, noNaN: true }),
              pagesPerSecond: fc.integer({ min: 0, max: 400_000 }),
            }),
            { minLength: 1, maxLength: 8 },
          ),
          bandwidthMiB: fc.constantFrom(0, 64, 1024),
          parallel: fc.integer({ min: 1, max: 8 }),
          outbound: fc.integer({ min: 1, max: 4 }),
          autoConverge: fc.boolean(),
          postCopy: fc.boolean(),
          seed: fc.integer({ min: 1, max: 1000 }),
        }),
        async (draw) => {
          const fleet = buildFleet({
            nodes: 3,
            guests: draw.guests.map((one, i) => {
              const bytes = one.gib * GIB;
              const hot = Math.max(1, Math.floor((bytes * one.hotShare) / 4096)) * 4096;
              return guest(`g${i}`, {
                memoryBytes: bytes,
                workload: workload(bytes, hot, one.pagesPerSecond),
              });
            }),
            kubevirt: {
              migrations: {
                bandwidthPerMigrationBytesPerSecond: draw.bandwidthMiB * MIB,
                parallelMigrationsPerCluster: draw.parallel,
                parallelOutboundMigrationsPerNode: draw.outbound,
                allowAutoConverge: draw.autoConverge,
                allowPostCopy: draw.postCopy,
                allowWorkloadDisruption: draw.postCopy,
                completionTimeoutPerGiB: 20,
              },
            },
            drain: { timeoutUs: 3600 * SECOND_US },
          });
          // The run checks itself (checks.ts) and throws; here, what it cannot see from inside.
          const result = await runFleet(fleet, { seed: draw.seed });
          expect(result.guests).toHaveLength(draw.guests.length);
          expect(mostAtOnce(result.migrations)).toBeLessThanOrEqual(
            Math.min(draw.parallel, draw.outbound),
          );
          for (const one of result.migrations) {
            if (one.outcome !== 'succeeded') continue;
            const memory = result.guests.find((each) => each.name === one.name)?.memoryBytes ?? 0;
            expect(one.transferredBytes).toBeGreaterThanOrEqual(memory);
            expect(one.downtimeUs).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 25, seed: 20261122 },
    );
  }, 60_000);
});

/** Largest number of migrations that held a slot at one time. */
function mostAtOnce(migrations: RunResult['migrations']): number {
  const edges = migrations.flatMap((one) =>
    one.slotUs === null
      ? []
      : [
          { at: one.slotUs, step: 1 },
          { at: one.endedUs ?? Number.POSITIVE_INFINITY, step: -1 },
        ],
  );
  edges.sort((a, b) => a.at - b.at || a.step - b.step);
  let now = 0;
  let most = 0;
  for (const edge of edges) {
    now += edge.step;
    most = Math.max(most, now);
  }
  return most;
}

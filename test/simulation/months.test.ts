/** Simulated months, and byte counts at the end of what a double counts exactly. */
import { describe, expect, it } from 'vitest';
import type { Fleet, GuestVolume } from '../../src/fleet/model.js';
import { buildFleet, buildNic, buildVolume, GIB, SECOND_US } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const DAY_US = 86_400 * SECOND_US;
const MOST = BigInt(Number.MAX_SAFE_INTEGER);
const LIMIT = 64 * 2 ** 20;

/** One guest that writes faster than it is sent, and that nobody gives up. */
function endless(input: {
  readonly memoryBytes: number;
  readonly days: number;
  readonly bandwidth: number;
  readonly nicBytesPerSecond?: number;
  readonly backgroundBytesPerSecond?: number;
  readonly volumes?: readonly GuestVolume[];
}): Fleet {
  const { nicBytesPerSecond = 3.125e9, backgroundBytesPerSecond = 0 } = input;
  const nodes = ['node-01', 'node-02', 'node-03'];
  return buildFleet({
    nodes: nodes.map((name) => ({ name, allocatable: { cpu: 64, memory: 2 ** 45, pods: 250 } })),
    guests: [
      {
        name: 'busy',
        memoryBytes: input.memoryBytes,
        migrationMethod: input.volumes === undefined ? 'LiveMigration' : 'BlockMigration',
        volumes: input.volumes ?? [],
        workload: {
          kind: 'regions',
          regions: [
            {
              name: 'all',
              bytes: input.memoryBytes,
              filledShare: 1,
              compressedShare: 1,
              placement: { kind: 'spread' },
              writes: { kind: 'random', pagesPerSecond: 1e9 },
              phases: [],
              pacedBy: 'clock',
            },
          ],
        },
      },
    ],
    kubevirt: {
      migrations: {
        bandwidthPerMigrationBytesPerSecond: input.bandwidth,
        completionTimeoutPerGiB: 0,
        disableTLS: true,
      },
    },
    network: {
      nics: nodes.map((node) => buildNic({ node, bytesPerSecond: nicBytesPerSecond })),
      proxyBytesPerSecond: 1e13,
      background:
        backgroundBytesPerSecond === 0
          ? []
          : [
              {
                link: 'nic/node-03/up',
                profile: { kind: 'constant', bytesPerSecond: backgroundBytesPerSecond },
                connections: 1,
                priority: 'first',
                reservedShare: 0,
              },
            ],
    },
    drain: { timeoutUs: input.days * DAY_US },
  });
}

describe('a migration that goes on for 90 days', () => {
  it('ends with the drain, at the microsecond, every byte and round accounted for', async () => {
    const fleet = endless({ memoryBytes: 256 * GIB, days: 90, bandwidth: LIMIT });
    const run = await runFleet(fleet, { linkStepUs: DAY_US });
    expect(run.timedOut).toBe(true);
    expect(run.endUs).toBe(90 * DAY_US);
    const [migration] = run.migrations;
    expect(migration).toMatchObject({ outcome: 'unfinished', endedUs: null });
    // Each window of 100 ms overshoots its budget by packets under way (spec/qemu.md 1.5).
    const seconds = (run.endUs - (migration?.startedUs ?? 0)) / 1e6;
    const bytesPerSecond = (migration?.wireBytes ?? 0) / seconds;
    expect(bytesPerSecond).toBeGreaterThan(LIMIT);
    expect(bytesPerSecond).toBeLessThan(1.3 * LIMIT);
    expect(run.rounds.length).toBeGreaterThan(1800);
    const last = run.rounds.at(-1);
    expect((last?.endedUs ?? 0) / DAY_US).toBeGreaterThan(89.8);
  });
});

describe('bytes beyond 2^53', () => {
  it('of other traffic on a link are the exact sum of its steps', async () => {
    const rate = 12_500_000_001;
    const fleet = endless({
      ...{ memoryBytes: 256 * GIB, days: 30, bandwidth: LIMIT },
      ...{ nicBytesPerSecond: 2e10, backgroundBytesPerSecond: rate },
    });
    const run = await runFleet(fleet, { linkStepUs: DAY_US });
    const rows = [...run.links].filter(({ link }) => link === 'nic/node-03/up');
    const sum = rows.reduce((bytes, row) => bytes + BigInt(row.backgroundBytes), 0n);
    expect(sum).toBeGreaterThan(3n * MOST);
    expect(sum).toBe((BigInt(rate) * BigInt(run.endUs)) / 1_000_000n);
  });

  it('of one migration, whose disk has 10 PiB, are refused in one line', async () => {
    const disk = {
      ...{ name: 'data', bytes: 10 * 2 ** 50, device: 'disk' as const, claim: null },
      migration: { sourceCapacityBytes: 0, sourceRequestBytes: 0, destinationCapacityBytes: null },
    };
    const fleet = endless({
      ...{ memoryBytes: GIB, days: 300, bandwidth: 0, nicBytesPerSecond: 1e13 },
      volumes: [buildVolume(disk)],
    });
    await expect(runFleet(fleet, { linkStepUs: DAY_US })).rejects.toThrow(
      /^fleet: drain\.timeout: a migration from node-01 to node-0\d has sent more than 2\^53 bytes/,
    );
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import type { FleetEvent, Guest, HostProfile } from '../../src/fleet/model.js';
import type { WriteProcess } from '../../src/fleet/workload.js';
import type { MigrationRecord } from '../../src/simulation/result.js';
import { buildFleet, GIB } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const MIB = 2 ** 20;

/** 4 GiB of which 1 GiB is written at random; post-copy at the completion timeout. */
async function postcopied(
  pagesPerSecond: number,
  guest: Partial<Guest> = {},
  host: Partial<HostProfile> = {},
  events: readonly FleetEvent[] = [],
): Promise<MigrationRecord> {
  const region = (name: string, bytes: number, writes: WriteProcess) => ({
    name,
    bytes,
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' as const },
    writes,
    phases: [],
    pacedBy: 'cpu' as const,
  });
  const allocatable = { cpu: 64, memory: 64 * GIB, pods: 250 };
  const pages = { 'hugepages-2Mi': 64 * GIB, 'hugepages-1Gi': 64 * GIB };
  const fleet = buildFleet({
    nodes: ['node-01', 'node-02'].map((name) => ({
      name,
      allocatable: { ...allocatable, ...pages },
    })),
    guests: [
      {
        name: 'busy',
        memoryBytes: 4 * GIB,
        workload: {
          kind: 'regions',
          regions: [
            region('written', GIB, { kind: 'random', pagesPerSecond }),
            region('rest', 3 * GIB, { kind: 'none' }),
          ],
        },
        ...guest,
      },
    ],
    kubevirt: {
      migrations: {
        bandwidthPerMigrationBytesPerSecond: 128 * MIB,
        completionTimeoutPerGiB: 10,
        allowPostCopy: true,
        allowWorkloadDisruption: true,
      },
    },
    host,
    events,
  });
  const { migrations } = await runFleet(fleet);
  const [migration] = migrations;
  if (migration === undefined) throw new Error('no migration');
  expect(migration.mode).toBe('PostCopy');
  return migration;
}

describe('faults of a fleet’s guests in post-copy (spec/qemu.md 6)', () => {
  let preempt: MigrationRecord;
  let vanilla: MigrationRecord;
  beforeAll(async () => {
    preempt = await postcopied(50_000);
    vanilla = await postcopied(50_000, {}, { postcopyPreempt: false });
    expect([preempt.outcome, vanilla.outcome]).toEqual(['succeeded', 'succeeded']);
  });

  it('are counted, and cost the guest time', () => {
    const faults = preempt.postcopyFaults;
    expect(preempt.postcopyRequests).toBeGreaterThan(100);
    // Notification 100 µs, round trip 200 µs, a page at some hundred MB/s.
    expect(faults?.latencyP50Us).toBeGreaterThan(300);
    expect(faults?.latencyP99Us).toBeLessThan(1_000);
    expect(faults?.stalledUs).toBeGreaterThan(50_000);
    expect(faults?.blockedUs).toBeLessThanOrEqual(faults?.stalledUs ?? 0);
  });

  it('wait behind the buffers without preempt', () => {
    expect(vanilla.postcopyFaults?.latencyP50Us).toBeGreaterThan(1_000);
    expect(vanilla.postcopyRequests).toBeLessThan(preempt.postcopyRequests / 2);
    expect(vanilla.postcopyFaults?.stalledUs).toBeGreaterThan(
      preempt.postcopyFaults?.stalledUs ?? 0,
    );
  });

  it('last longer behind a limit of the background stream, which requested pages pass by', async () => {
    const limit = 16 * MIB;
    const limited = await postcopied(50_000, {}, { maxPostcopyBytesPerSecond: limit });
    expect(limited.outcome).toBe('succeeded');
    // Some of the gibibyte that is written is left when post-copy begins, at 128 MiB/s until then.
    const longerUs = (limited.endedUs ?? 0) - (preempt.endedUs ?? 0);
    expect(longerUs).toBeGreaterThan(1_000_000);
    expect(limited.postcopyRequests).toBeGreaterThan(preempt.postcopyRequests);
  });

  it('a link that stands still makes the guest stand still; a lost source loses it', async () => {
    const atUs = (preempt.endedUs ?? 0) - 100_000;
    const down = { kind: 'link-down', atUs, link: 'nic/node-01/up', forUs: 2_000_000 } as const;
    const slow = await postcopied(50_000, {}, {}, [down]);
    expect(slow.outcome).toBe('succeeded');
    // The link's 2 s, and until TCP tries again.
    const laterUs = (slow.endedUs ?? 0) - (preempt.endedUs ?? 0);
    expect(laterUs).toBeGreaterThanOrEqual(2_000_000);
    expect(laterUs).toBeLessThan(5_000_000);
    const more = (slow.postcopyFaults?.blockedUs ?? 0) - (preempt.postcopyFaults?.blockedUs ?? 0);
    expect(more).toBeGreaterThan(0.95 * laterUs);
    expect(more).toBeLessThan(1.05 * laterUs);
    const lost = await postcopied(50_000, {}, {}, [{ kind: 'node-lost', atUs, node: 'node-01' }]);
    expect(lost.outcome).toBe('lost');
    expect(lost.postcopyRequests).toBeGreaterThan(0);
    expect(lost.postcopyRequests).toBeLessThan(preempt.postcopyRequests);
  });

  it('a connection that breaks loses the guest, unless somebody recovers it', async () => {
    const atUs = (preempt.endedUs ?? 0) - 100_000;
    const down = { kind: 'link-down', atUs, link: 'nic/node-01/up', forUs: 1_000_000_000 } as const;
    // TCP gives up after 924.6 s; KubeVirt never recovers a post-copy.
    const lost = await postcopied(50_000, {}, {}, [down]);
    expect(lost).toMatchObject({ outcome: 'lost', failCause: 'guest-lost' });
    expect(lost.failReason).toMatch(/Connection timed out/);
    expect(((lost.endedUs ?? 0) - atUs) / 1e6).toBeCloseTo(924.6, 0);
    const recovered = await postcopied(50_000, {}, { postcopyRecoveryUs: 10_000_000 }, [down]);
    expect(recovered.outcome).toBe('succeeded');
    // The way is back after 1,000 s, when the recovery has been waiting for it.
    expect((recovered.endedUs ?? 0) - (preempt.endedUs ?? 0)).toBeGreaterThan(1_000_000_000);
    expect((recovered.endedUs ?? 0) - (preempt.endedUs ?? 0)).toBeLessThan(1_001_000_000);
    expect(recovered.wireBytes).toBeCloseTo(preempt.wireBytes, -5);
    const late = await postcopied(50_000, {}, { postcopyRecoveryUs: 200_000_000 }, [down]);
    expect(((late.endedUs ?? 0) - (recovered.endedUs ?? 0)) / 1e6).toBeCloseTo(124.6, 0);
    const host = { kind: 'node-lost', atUs: atUs + 950_000_000, node: 'node-01' } as const;
    const gone = await postcopied(50_000, {}, { postcopyRecoveryUs: 10_000_000 }, [down, host]);
    expect(gone).toMatchObject({ outcome: 'lost', failReason: 'node node-01 was lost' });
  });

  it('a migration without post-copy has none', async () => {
    const { migrations } = await runFleet(buildFleet({ guests: [{ name: 'quiet' }] }));
    expect(migrations[0]).toMatchObject({ mode: 'PreCopy', postcopyFaults: null });
  });
});

describe('huge pages in post-copy (spec/qemu.md 6)', () => {
  it('dirty pages are rounded out to whole ones and sent again', async () => {
    // Dirty pages lie at random in the written gigabyte: each of its 2-MiB pages has some of them,
    // and each 1-GiB page has a quarter of it.
    const small = await postcopied(50_000);
    const huge = await postcopied(50_000, { hugepageBytes: 2 * MIB });
    const giant = await postcopied(50_000, { hugepageBytes: GIB });
    expect(huge.transferredBytes - small.transferredBytes).toBeGreaterThan(0.5 * GIB);
    expect(huge.transferredBytes - small.transferredBytes).toBeLessThan(GIB);
    expect((giant.transferredBytes - huge.transferredBytes) / GIB).toBeCloseTo(3, 1);
    expect(huge.rounds).toBe(small.rounds);
    expect(giant.postcopyRequests).toBeLessThanOrEqual(4);
    expect(huge.postcopyRequests).toBeLessThanOrEqual(2048);
    // A 1-GiB page takes half a second at 2.4 GB/s.
    expect(giant.postcopyFaults?.latencyP50Us).toBeGreaterThan(400_000);
  });
});

import { describe, expect, it } from 'vitest';
import type { HostProfile, VfioState } from '../../src/fleet/model.js';
import type { RunResult } from '../../src/simulation/result.js';
import { buildFleet, GIB } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const MIB = 2 ** 20;

/** A guest of 4 GiB with a vGPU, quiet unless told otherwise, over 8 channels of 0.7 GB/s and a proxy of 3 GB/s. */
function migrated(
  vfio: VfioState | null,
  disruption = false,
  pagesPerSecond = 0,
  host: Partial<HostProfile> = {},
): Promise<RunResult> {
  return runFleet(
    buildFleet({
      guests: [
        {
          name: 'gpu',
          memoryBytes: 4 * GIB,
          vfio,
          workload: {
            kind: 'regions',
            regions: [
              {
                name: 'all',
                bytes: 4 * GIB,
                filledShare: 1,
                compressedShare: 1,
                placement: { kind: 'spread' },
                writes: { kind: 'random', pagesPerSecond },
                phases: [],
                pacedBy: 'cpu',
              },
            ],
          },
        },
      ],
      kubevirt: {
        migrations: {
          completionTimeoutPerGiB: 5,
          allowPostCopy: true,
          allowWorkloadDisruption: disruption,
        },
      },
      host,
    }),
  );
}

const storyOf = ({ decisions }: RunResult) =>
  decisions.map(({ actor, action, reason }) => `${actor} ${action}: ${reason}`).join('\n');

describe('VFIO (spec/qemu.md 5.3)', () => {
  it('state that fits the limit goes in the pause', async () => {
    const plain = (await migrated(null)).migrations[0];
    const small = (
      await migrated({ stateBytes: 100 * MIB, precopy: null, dirtyTracking: 'device' })
    ).migrations[0];
    expect(small).toMatchObject({ outcome: 'succeeded', mode: 'PreCopy' });
    expect((small?.transferredBytes ?? 0) - (plain?.transferredBytes ?? 0)).toBeGreaterThan(
      99 * MIB,
    );
    expect((small?.downtimeUs ?? 0) - (plain?.downtimeUs ?? 0)).toBeGreaterThan(30_000);
  });

  it('state beyond the limit never ends, however idle the guest; QEMU tells why', async () => {
    const run = await migrated({ stateBytes: 4 * GIB, precopy: null, dirtyTracking: 'iommu' });
    expect(run.migrations[0]).toMatchObject({
      outcome: 'aborted',
      failCause: 'completion-timeout',
    });
    expect(storyOf(run)).toMatch(/qemu held by device state: 4294967296 bytes of device state/);
  });

  it('with disruption allowed KubeVirt’s big downtime limit lets it go, never post-copy', async () => {
    const state = { stateBytes: 4 * GIB, precopy: null, dirtyTracking: 'device' } as const;
    const busy = (await migrated(state, true, 200_000)).migrations[0];
    expect(busy).toMatchObject({ outcome: 'succeeded', mode: 'Paused', postcopyFaults: null });
    // 4 GiB at 3 GB/s at most.
    expect(busy?.downtimeUs).toBeGreaterThan(1_400_000);
    // A guest that writes nothing leaves nothing to send: the measured bandwidth falls to 0, and
    // the threshold with it, whatever the limit (what avail-switchover-bandwidth was made for).
    const idle = (await migrated(state, true)).migrations[0];
    expect(idle).toMatchObject({ outcome: 'aborted', mode: 'Paused' });
    const told = { availSwitchoverBytesPerSecond: 2e9 };
    const known = (await migrated(state, true, 0, told)).migrations[0];
    expect(known).toMatchObject({ outcome: 'succeeded', mode: 'Paused' });
  });

  it('without dirty tracking all memory is dirty at each sync: an idle guest does not converge', async () => {
    const state = { stateBytes: 10 * MIB, precopy: null };
    const tracked = await migrated({ ...state, dirtyTracking: 'device' });
    const untracked = await migrated({ ...state, dirtyTracking: 'none' });
    expect(tracked.migrations[0]).toMatchObject({ outcome: 'succeeded', rounds: 3 });
    expect(untracked.migrations[0]).toMatchObject({
      outcome: 'aborted',
      failCause: 'completion-timeout',
    });
    for (const round of untracked.rounds) {
      expect(round.remainingStartBytes).toBe(4 * GIB);
    }
    expect(untracked.rounds.length).toBeGreaterThan(5);
  });

  it('pre-copy data go while the guest runs, from QEMU 8.1 on', async () => {
    const precopy = { initialBytes: GIB, dirtyBytesPerSecond: 10 * MIB };
    const state = { stateBytes: 50 * MIB, precopy: null, dirtyTracking: 'device' } as const;
    const without = (await migrated(state)).migrations[0];
    const run = await migrated({ ...state, precopy });
    const sent = (run.migrations[0]?.transferredBytes ?? 0) - (without?.transferredBytes ?? 0);
    expect(sent / GIB).toBeCloseTo(1, 1);
    // While the ack is waited for RAM goes on: less of it is left for the pause.
    expect(run.migrations[0]?.downtimeUs).toBeLessThan(without?.downtimeUs ?? 0);
    expect(storyOf(run)).toMatch(
      /qemu waits for switchover-ack: \d+ bytes of initial device data are not at the target/,
    );
  });

  it('tracking off until the stop: rounds as with tracking, and all memory in the pause', async () => {
    const state = { stateBytes: 10 * MIB, precopy: null };
    const tracked = (await migrated({ ...state, dirtyTracking: 'device' })).migrations[0];
    const late = (await migrated({ ...state, dirtyTracking: 'at-stop' })).migrations[0];
    expect(late).toMatchObject({ outcome: 'succeeded', rounds: tracked?.rounds });
    const again = (late?.transferredBytes ?? 0) - (tracked?.transferredBytes ?? 0);
    // What was below the threshold had not been sent before.
    expect(again / GIB).toBeGreaterThan(3);
    expect(again / GIB).toBeLessThan(4);
    expect((late?.downtimeUs ?? 0) - (tracked?.downtimeUs ?? 0)).toBeGreaterThan(1_000_000);
  });
});

describe('SR-IOV interfaces (spec/kubevirt.md 3.7)', () => {
  const unplugging = (seconds: number, binding: 'sriov' | 'masquerade' = 'sriov') =>
    runFleet(
      buildFleet({
        guests: [
          {
            name: 'fast-net',
            memoryBytes: GIB,
            interfaces: [{ name: 'net', binding, plugin: '', podNetwork: false }],
            sriovUnplugUs: seconds * 1e6,
          },
        ],
      }),
    );
  const durationUs = (run: RunResult) =>
    (run.migrations[0]?.endedUs ?? 0) - (run.migrations[0]?.startedUs ?? 0);

  it('are unplugged before anything moves', async () => {
    const none = await unplugging(4, 'masquerade');
    const quick = await unplugging(1);
    const slow = await unplugging(4);
    expect([none, quick, slow].map((run) => run.migrations[0]?.outcome)).toEqual(
      Array(3).fill('succeeded'),
    );
    expect(durationUs(quick) - durationUs(none)).toBe(1_000_000);
    expect(durationUs(slow) - durationUs(none)).toBe(4_000_000);
    expect(storyOf(slow)).toMatch(/kubevirt unplugged: SR-IOV/);
  });

  it('that the guest keeps fail the migration after 30 s, and nothing has been sent', async () => {
    const run = await unplugging(31);
    expect(run.migrations[0]).toMatchObject({
      outcome: 'failed',
      failCause: 'not-migratable',
      wireBytes: 0,
    });
    expect(run.migrations[0]?.failReason).toMatch(/still attached after 30 s/);
    expect(durationUs(run)).toBe(30_000_000);
  });
});

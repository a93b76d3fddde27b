import { describe, expect, it } from 'vitest';
import type { HostProfile } from '../../src/fleet/model.js';
import type { RunResult } from '../../src/simulation/result.js';
import { buildFleet, buildVolume, GIB } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const MIB = 2 ** 20;

/** 8 GiB of local disk that the guest writes at 200 MB/s; each disk and RAM may have 100 MiB/s. */
function copied(
  host: Partial<HostProfile>,
  disk: { writes?: number; destination?: number } = {},
): Promise<RunResult> {
  const { writes = 200e6, destination = null } = disk;
  return runFleet(
    buildFleet({
      guests: [
        {
          name: 'disk',
          memoryBytes: GIB,
          migrationMethod: 'BlockMigration',
          volumes: [
            buildVolume({
              claim: null,
              name: 'data',
              bytes: 8 * GIB,
              device: 'disk',
              writeBytesPerSecond: writes,
              migration: {
                sourceCapacityBytes: 8 * GIB,
                sourceRequestBytes: 8 * GIB,
                destinationCapacityBytes: destination,
              },
            }),
          ],
        },
      ],
      kubevirt: {
        migrations: {
          bandwidthPerMigrationBytesPerSecond: 100 * MIB,
          completionTimeoutPerGiB: 30,
        },
      },
      host,
    }),
  );
}

const storyOf = ({ decisions }: RunResult) =>
  decisions.map(({ actor, action, reason }) => `${actor} ${action}: ${reason}`).join('\n');

describe('mirrored disks (spec/qemu.md 7.5)', () => {
  it('written faster than they are copied never get ready: RAM does not start', async () => {
    const run = await copied({});
    expect(run.migrations[0]).toMatchObject({ outcome: 'aborted', rounds: 0 });
    expect(storyOf(run)).not.toMatch(/mirrors ready/);
  });

  it('written faster than they are copied are no progress: given up after progressTimeout', async () => {
    const [migration] = (await copied({})).migrations;
    expect(migration).toMatchObject({ outcome: 'aborted', failCause: 'stuck' });
    // The first poll is the last progress; the limit is whole seconds, exceeded (spec/kubevirt.md 3.1).
    const us = (migration?.endedUs ?? 0) - (migration?.startedUs ?? 0);
    expect(us / 1e6).toBeGreaterThan(151);
    expect(us / 1e6).toBeLessThan(153);
  });

  it('get ready with write-blocking, where the guest’s writes go beside the limit', async () => {
    const run = await copied({ storageCopyMode: 'write-blocking' });
    const [migration] = run.migrations;
    expect(migration?.outcome).toBe('succeeded');
    expect(storyOf(run)).toMatch(/libvirt mirrors ready: \d+ bytes copied$/m);
    // 82 s of copying at the limit, and 200 MB/s of writes until the end.
    const seconds = ((migration?.endedUs ?? 0) - (migration?.startedUs ?? 0)) / 1e6;
    expect(seconds).toBeGreaterThan(82);
    expect((migration?.storageBytes ?? 0) / (8 * GIB + seconds * 200e6)).toBeCloseTo(1, 1);
  });

  it('write-blocking on a link that is too small makes the guest wait, and leaves nothing to drain', async () => {
    const slow = { storageCopyMode: 'write-blocking' } as const;
    const run = await copied(slow, { writes: 2e9 });
    expect(storyOf(run)).toMatch(/bytes copied, \d+ bytes of the guest's writes had to wait/);
    const drained = (await copied({}, { writes: 50e6 })).migrations[0];
    const blocking = (await copied(slow, { writes: 50e6 })).migrations[0];
    // 100 ms of writes at the limit: 48 ms.
    expect((drained?.downtimeUs ?? 0) - (blocking?.downtimeUs ?? 0)).toBeGreaterThan(30_000);
  });

  it('a destination that is too small ends it at once, in libvirt’s words', async () => {
    const run = await copied({}, { destination: 4 * GIB });
    expect(run.migrations[0]).toMatchObject({ outcome: 'failed', failCause: 'volume' });
    expect(run.migrations[0]?.failReason).toMatch(/sum of offset and size of volume data/);
  });
});

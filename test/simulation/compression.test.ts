import { describe, expect, it } from 'vitest';
import type { HostProfile } from '../../src/fleet/model.js';
import type { MigrationRecord } from '../../src/simulation/result.js';
import { buildFleet, GIB } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const MIB = 2 ** 20;
/** Compressing threads of the builder's hosts, 8 of them: plain bytes a second. */
const RATES = { zstd: 8 * 350e6, zlib: 8 * 80e6, qatzip: 8 * 500e6 };

/** An idle guest of 4 GiB over 8 channels; half of it packs to a fifth, the other half not at all. */
async function migrated(
  compression: 'zstd' | null,
  host: Partial<HostProfile> = {},
  bandwidthMiBps = 0,
): Promise<MigrationRecord> {
  const region = (name: string, compressedShare: number) => ({
    name,
    bytes: 2 * GIB,
    filledShare: 1,
    compressedShare,
    placement: { kind: 'spread' as const },
    writes: { kind: 'none' as const },
    phases: [],
    pacedBy: 'cpu' as const,
  });
  const { migrations } = await runFleet(
    buildFleet({
      guests: [
        {
          name: 'idle',
          memoryBytes: 4 * GIB,
          labels: { packs: 'yes' },
          workload: { kind: 'regions', regions: [region('text', 0.2), region('noise', 1)] },
        },
      ],
      policies: [
        {
          name: 'packing',
          selectors: { namespace: null, virtualMachineInstance: { packs: 'yes' } },
          compression,
        },
      ],
      kubevirt: {
        migrations: { bandwidthPerMigrationBytesPerSecond: bandwidthMiBps * MIB },
      },
      host,
    }),
  );
  const [migration] = migrations;
  if (migration === undefined) throw new Error('no migration');
  expect(migration).toMatchObject({ outcome: 'succeeded', policy: 'packing' });
  return migration;
}

const seconds = ({ startedUs, endedUs }: MigrationRecord) =>
  ((endedUs ?? 0) - (startedUs ?? 0)) / 1e6;

describe('multifd compression in fleets (spec/qemu.md 4)', () => {
  it('puts on the wire what the content packs to', async () => {
    const plain = await migrated(null);
    const zstd = await migrated('zstd');
    const zlib = await migrated('zstd', { compressor: 'zlib' });
    expect(plain.wireBytes / GIB).toBeCloseTo(4.01, 1);
    expect(zstd.wireBytes / GIB).toBeCloseTo(2 * 0.2 + 2, 1);
    // 5 % more of what packs, none of what does not.
    expect((zlib.wireBytes - zstd.wireBytes) / GIB).toBeCloseTo(0.02, 3);
  });

  it('is bound by the threads that compress, whatever the ratio', async () => {
    for (const compressor of ['zlib', 'zstd', 'qatzip'] as const) {
      const took = seconds(await migrated('zstd', { compressor }));
      const least = (4 * GIB) / RATES[compressor];
      expect(took).toBeGreaterThan(least);
      // Besides: writing 2.4 GiB over 8 channels of 0.7 GB/s, and a switchover.
      expect(took).toBeLessThan(least + 0.9);
    }
  });

  it('7.2 charges plain bytes to the limit and calls them transferred', async () => {
    const old = await migrated('zstd', { qemuVersion: '7.2' }, 256);
    const now = await migrated('zstd', { qemuVersion: '10.1' }, 256);
    expect(old.transferredBytes / GIB).toBeCloseTo(4.01, 1);
    expect(now.transferredBytes).toBeCloseTo(now.wireBytes, -5);
    // So the limit holds plain bytes: 4 GiB at 256 MiB/s, against 2.4.
    expect(seconds(old) / seconds(now)).toBeGreaterThan(1.4);
    expect(old.wireBytes / now.wireBytes).toBeCloseTo(1, 2);
  });
});

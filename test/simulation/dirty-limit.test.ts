import { describe, expect, it } from 'vitest';
import { fleetFromFile } from '../../src/fleet/file/fleet-file.js';
import { InputError } from '../../src/fleet/input-error.js';
import { parseDocument } from '../../src/fleet/load/document.js';
import type { HostProfile } from '../../src/fleet/model.js';
import type { RunResult } from '../../src/simulation/result.js';
import { buildFleet, GIB } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const MIB = 2 ** 20;

/** 4 GiB, a quarter of it written by two vCPUs faster than it can be sent. */
function busy(host: Partial<HostProfile>): Promise<RunResult> {
  return runFleet(
    buildFleet({
      guests: [
        {
          name: 'busy',
          memoryBytes: 4 * GIB,
          vcpus: 2,
          workload: {
            kind: 'regions',
            regions: [
              {
                name: 'written',
                bytes: GIB,
                filledShare: 1,
                compressedShare: 1,
                placement: { kind: 'spread' },
                writes: { kind: 'random', pagesPerSecond: 200_000 },
                phases: [],
                pacedBy: 'clock',
              },
            ],
          },
        },
      ],
      kubevirt: {
        migrations: {
          bandwidthPerMigrationBytesPerSecond: 256 * MIB,
          completionTimeoutPerGiB: 60,
          allowAutoConverge: true,
        },
      },
      host: { dirtyTracking: 'dirty-ring', ...host },
    }),
  );
}

describe('dirty-limit of a fleet (spec/qemu.md 3.5)', () => {
  it('takes auto-converge’s place, and holds writers that the clock paces as well', async () => {
    const throttled = (await busy({})).migrations[0];
    expect(throttled).toMatchObject({ outcome: 'aborted', throttleMaxPercent: 99 });
    const run = await busy({ dirtyLimit: { vcpuMBps: 20, periodUs: 1_000_000 } });
    expect(run.migrations[0]).toMatchObject({
      outcome: 'succeeded',
      mode: 'PreCopy',
      throttleMaxPercent: 0,
    });
    const story = run.decisions.map(({ actor, action }) => `${actor} ${action}`);
    expect(story).toContain('qemu dirty limit 20 MB/s a vCPU');
  });

  it('is refused where QEMU would refuse it', () => {
    const wrong = (host: string): string => {
      const text = `sluice: 1\nhost:\n${host}`;
      try {
        fleetFromFile(parseDocument('fleet.yaml', text));
      } catch (error) {
        if (error instanceof InputError) return error.message;
        throw error;
      }
      return 'taken';
    };
    expect(wrong('  dirtyLimit: { vcpuRate: 5 }\n')).toMatch(
      /host\.dirtyLimit.*with host\.dirtyTracking: dirty-ring only/,
    );
    const old = "  qemuVersion: '7.2'\n  dirtyTracking: dirty-ring\n  dirtyLimit: {}\n";
    expect(wrong(old)).toMatch(/QEMU 7\.2 has no dirty-limit/);
    expect(wrong('  dirtyRing: 5000\n')).toMatch(/host\.dirtyRing.*5000 is not a power of two/);
  });
});

/** How much a migration is thought to move, which sets its time limits (spec/kubevirt.md 2). */
import type { Guest } from '../fleet/model.js';

const BYTES_PER_GB = 1_000_000_000;

interface MigrationData {
  /** Guest memory if set, else the memory request, else 0. */
  readonly memoryBytes: number;
  /** Files in the launcher's ephemeral disk folder; counted in a block migration only. */
  readonly ephemeralBytes: number;
  readonly blockMigration: boolean;
  /** One entry for each status.migratedVolumes that has sourcePVCInfo. */
  readonly migratedVolumes: readonly {
    readonly requestBytes: number | null;
    readonly capacityBytes: number | null;
  }[];
}

/** Decimal GB, rounded up: 8 GiB count 9. */
export function migrationDataSizeGB(data: MigrationData): number {
  let bytes = data.memoryBytes + (data.blockMigration ? data.ephemeralBytes : 0);
  for (const { requestBytes, capacityBytes } of data.migratedVolumes) {
    if (requestBytes === null || capacityBytes === null) continue;
    bytes += Math.min(requestBytes, capacityBytes);
  }
  const whole = Math.floor(bytes / BYTES_PER_GB);
  return bytes % BYTES_PER_GB === 0 ? whole : whole + 1;
}

/** Of a guest as the fleet knows it; `ephemeralBytes`: what its launcher's ephemeral disks hold. */
export function guestDataSizeGB(guest: Guest, ephemeralBytes: number): number {
  return migrationDataSizeGB({
    memoryBytes: guest.memoryBytes,
    ephemeralBytes,
    blockMigration: guest.migrationMethod === 'BlockMigration',
    migratedVolumes: guest.volumes.flatMap(({ migration }) =>
      migration === null
        ? []
        : [
            {
              requestBytes: migration.sourceRequestBytes,
              capacityBytes: migration.sourceCapacityBytes,
            },
          ],
    ),
  });
}

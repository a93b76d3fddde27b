/**
 * What does not converge within some passes goes on alike until KubeVirt's limit, for hours
 * perhaps: likenesses get that limit sooner, and the time between is added to what they show.
 */
import type { Fleet, Guest } from '../fleet/model.js';
import { guestDataSizeGB } from '../kubevirt/data-size.js';
import { settingsFor } from '../kubevirt/policy.js';
import { ephemeralBytes } from '../simulation/migration-setup.js';

const PASSES = 3;
/** The steps of a downtime ramp and of a throttle fall within. */
const LEAST_US = 180_000_000;

export interface LookAhead {
  readonly shortened: (likeness: Fleet) => Fleet;
  /** How much sooner the limit comes. */
  readonly skippedUs: number;
}

/** @param elapsedUs at which the likenesses will stand as the migration does now */
export function lookAhead(
  { fleet, guest }: { readonly fleet: Fleet; readonly guest: Guest },
  elapsedUs: number,
  passUs: number,
): LookAhead {
  const sizeGB = Math.max(1, guestDataSizeGB(guest, ephemeralBytes(guest)));
  // Disks count in the real one's limit, and a likeness has none.
  const memoryOnly = { ...guest, volumes: [], migrationMethod: 'LiveMigration' } as const;
  const stretch = sizeGB / Math.max(1, guestDataSizeGB(memoryOnly, 0));
  const perGB = settingsFor(fleet, guest).completionTimeoutPerGiB;
  const aheadUs = elapsedUs + Math.max(LEAST_US, PASSES * passUs);
  const shortPerGB = Math.ceil(aheadUs / 1e6 / sizeGB);
  const isShortened = perGB > shortPerGB;
  const limitUs = Math.min(perGB, shortPerGB) * sizeGB * 1e6;
  // A limit counts twice when the guest was paused; post-copy needs a pass more.
  const timeoutUs = Math.ceil(perGB === 0 ? 2 * aheadUs : 2 * limitUs + PASSES * passUs + LEAST_US);
  const shortened = (likeness: Fleet): Fleet => ({
    ...likeness,
    drain: { ...likeness.drain, timeoutUs },
    kubevirt: {
      ...likeness.kubevirt,
      migrations: {
        ...likeness.kubevirt.migrations,
        completionTimeoutPerGiB: sooner(likeness.kubevirt.migrations.completionTimeoutPerGiB),
      },
    },
    policies: likeness.policies.map((policy) => ({
      ...policy,
      completionTimeoutPerGiB:
        policy.completionTimeoutPerGiB === null ? null : sooner(policy.completionTimeoutPerGiB),
    })),
  });
  // 0 is no limit, and stays none.
  const sooner = (seconds: number): number =>
    Math.round((isShortened ? Math.min(seconds, shortPerGB) : seconds) * stretch);
  return { shortened, skippedUs: isShortened ? (perGB - shortPerGB) * sizeGB * 1e6 : 0 };
}

/**
 * What a wider migration network would buy: the same estimates at twice and four times the NICs
 * and uplinks, and with no limit on a migration's bandwidth.
 */
import type { Fleet } from '../fleet/model.js';
import { sharedNetwork } from './bandwidth-share.js';
import type { CheckScope } from './check-scope.js';
import { checkScope } from './check-scope.js';
import { type GuestOutlook, guestOutlooks } from './guest-outlook.js';
import type { TargetPlaces } from './target-places.js';

export interface NetworkWidth {
  /** Of NICs and rack uplinks, over what they are. */
  readonly width: number;
  /** bandwidthPerMigration as it is, or none. */
  readonly bandwidthLimit: 'as-is' | 'none';
  /** The estimates' sum over the slots that there are: no drain is quicker. */
  readonly leastDrainSeconds: number;
  /** Guests that most draws of their working set do not see converge within their time limit. */
  readonly guestsNotConverging: number;
  /** What bounds most migrations. */
  readonly bound: GuestOutlook['share']['bound'] | null;
}

const WIDTHS = [1, 2, 4] as const;

export function networkWidths(
  scope: CheckScope,
  places: TargetPlaces,
  nodesAtOnce: number,
): readonly NetworkWidth[] {
  const unlimited = checkScope(withoutBandwidthLimit(scope.fleet), scope.seed);
  return [
    ...WIDTHS.map((width) => widthOf(scope, places, nodesAtOnce, width, 'as-is')),
    ...WIDTHS.map((width) => widthOf(unlimited, places, nodesAtOnce, width, 'none')),
  ];
}

function withoutBandwidthLimit(fleet: Fleet): Fleet {
  const migrations = { ...fleet.kubevirt.migrations, bandwidthPerMigrationBytesPerSecond: 0 };
  return {
    ...fleet,
    kubevirt: { ...fleet.kubevirt, migrations },
    policies: fleet.policies.map((policy) => ({
      ...policy,
      bandwidthPerMigrationBytesPerSecond: null,
    })),
  };
}

function widthOf(
  scope: CheckScope,
  places: TargetPlaces,
  nodesAtOnce: number,
  width: number,
  bandwidthLimit: NetworkWidth['bandwidthLimit'],
): NetworkWidth {
  const shared = sharedNetwork(scope, places, nodesAtOnce, width);
  const outlooks = guestOutlooks(scope, shared);
  const { parallelMigrationsPerCluster } = scope.fleet.kubevirt.migrations;
  const slots = Math.min(parallelMigrationsPerCluster, shared.outbound * nodesAtOnce);
  const byNode = new Map<string, number>();
  let total = 0;
  for (const outlook of outlooks) {
    const seconds = timeOf(outlook);
    total += seconds;
    byNode.set(outlook.one.node, (byNode.get(outlook.one.node) ?? 0) + seconds);
  }
  const longest = Math.max(0, ...byNode.values()) / Math.max(1, shared.outbound);
  return {
    width,
    bandwidthLimit,
    leastDrainSeconds: Math.max(longest, total / Math.max(1, slots)),
    guestsNotConverging: outlooks.filter(isUnlikely).length,
    bound: commonBound(outlooks),
  };
}

/** Median over the draws, cut where KubeVirt steps in. */
function timeOf({ estimates, limitSeconds }: GuestOutlook): number {
  const times = estimates.map(({ seconds }) => Math.min(seconds, limitSeconds));
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? 0;
}

function isUnlikely({ estimates, limitSeconds }: GuestOutlook): boolean {
  const failing = estimates.filter((one) => !one.converges || one.seconds > limitSeconds);
  return failing.length * 2 > estimates.length;
}

function commonBound(outlooks: readonly GuestOutlook[]): NetworkWidth['bound'] {
  const counts = new Map<GuestOutlook['share']['bound'], number>();
  for (const { share } of outlooks) counts.set(share.bound, (counts.get(share.bound) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

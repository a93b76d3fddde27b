/** How each guest that leaves would fare: its bandwidth, its rounds, and KubeVirt's limit on them. */
import { guestDataSizeGB } from '../kubevirt/data-size.js';
import { PAGE_BYTES } from '../qemu/wire-format.js';
import { ephemeralBytes, migrationConfig } from '../simulation/migration-setup.js';
import { type BandwidthShare, bandwidthShares, type SharedNetwork } from './bandwidth-share.js';
import { moves } from './check-guests.js';
import type { CheckedGuest, CheckScope } from './check-scope.js';
import { estimateRounds, type RoundEstimate } from './round-estimate.js';
import { slowingOf } from './round-throttle.js';
import { distinctPages, writingClasses } from './writing-classes.js';

/** One window of a dirty rate leaves the working set open: so many draws of it are tried. */
const DRAWS = 9;
/** QEMU's own (spec/qemu.md 1.1). */
const QEMU_DOWNTIME_LIMIT_MS = 300;
const SHOWN_WINDOW_SECONDS = 10;
const GIB = 2 ** 30;

interface Way {
  readonly share: BandwidthShare;
  /** One a draw; a single one where the workload is declared. */
  readonly estimates: readonly RoundEstimate[];
}

/** On the widest way that there is for it: it fares no better on any other. */
export interface GuestOutlook extends Way {
  readonly one: CheckedGuest;
  /** The narrowest one, where it may be sent as well; null: all are alike. */
  readonly narrow: Way | null;
  /** Before KubeVirt does something about it; Infinity: it never does. */
  readonly limitSeconds: number;
  /** Distinct bytes that it writes within ten seconds, median over the draws. */
  readonly writtenInTenSeconds: number;
}

export function guestOutlooks(scope: CheckScope, shared: SharedNetwork): readonly GuestOutlook[] {
  return scope.guests.filter(moves).map((one) => outlook(scope, shared, one));
}

function outlook(
  { fleet, seed }: CheckScope,
  shared: SharedNetwork,
  one: CheckedGuest,
): GuestOutlook {
  const { guest, settings } = one;
  const shares = bandwidthShares(shared, one);
  const [share] = shares;
  const narrowest = shares.at(-1) ?? share;
  const { syncFixedUs, syncUsPerGiB } = fleet.host;
  const config = migrationConfig(guest, settings, fleet.host, Number.POSITIVE_INFINITY, 0);
  const conditions = {
    downtimeSeconds: downtimeLimitMs(one) / 1000,
    syncSeconds: (syncFixedUs + syncUsPerGiB * (guest.memoryBytes / GIB)) / 1e6,
    stateBytes: config.vfioStateBytes,
    unseenPages: guest.vfio?.dirtyTracking === 'none' ? guest.memoryBytes / PAGE_BYTES : 0,
    slowing: slowingOf(config),
  };
  const draws = guest.workload.kind === 'observed' ? DRAWS : 1;
  const classes = Array.from({ length: draws }, (_, draw) =>
    writingClasses(guest, fleet.host, seed + draw),
  );
  const written = classes
    .map((each) => distinctPages(each, SHOWN_WINDOW_SECONDS) * PAGE_BYTES)
    .sort((a, b) => a - b);
  const limit = settings.completionTimeoutPerGiB * guestDataSizeGB(guest, ephemeralBytes(guest));
  const wayAt = (of: BandwidthShare): Way => ({
    share: of,
    estimates: classes.map((each) =>
      estimateRounds(each, { ...conditions, bytesPerSecond: of.bytesPerSecond }),
    ),
  });
  return {
    one,
    ...wayAt(share),
    narrow: narrowest.bytesPerSecond < share.bytesPerSecond ? wayAt(narrowest) : null,
    limitSeconds: limit === 0 ? Number.POSITIVE_INFINITY : limit,
    writtenInTenSeconds: written[Math.floor(written.length / 2)] ?? 0,
  };
}

/** The highest that QEMU is ever given without a stall. */
function downtimeLimitMs({ settings }: CheckedGuest): number {
  const { maxDowntimeMs, stallDetector, downtimeTuning } = settings;
  return stallDetector === null && downtimeTuning === null ? QEMU_DOWNTIME_LIMIT_MS : maxDowntimeMs;
}

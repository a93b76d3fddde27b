/** Which guests risk not converging, and what KubeVirt does with them then (spec/kubevirt.md 3). */
import { guestDataSizeGB } from '../kubevirt/data-size.js';
import { bytesText, durationText, percentText } from '../outcome/quantity-text.js';
import { ephemeralBytes, hasVfio, migrationConfig } from '../simulation/migration-setup.js';
import { type BandwidthShare, bandwidthShare, type SharedNetwork } from './bandwidth-share.js';
import type { Finding } from './check-finding.js';
import { aboutGuest, moves } from './check-guests.js';
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

export interface GuestOutlook {
  readonly one: CheckedGuest;
  readonly share: BandwidthShare;
  /** One a draw; a single one where the workload is declared. */
  readonly estimates: readonly RoundEstimate[];
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
  const share = bandwidthShare(shared, one);
  const { syncFixedUs, syncUsPerGiB } = fleet.host;
  const config = migrationConfig(guest, settings, fleet.host, Number.POSITIVE_INFINITY, 0);
  const conditions = {
    bytesPerSecond: share.bytesPerSecond,
    downtimeSeconds: downtimeLimitMs(one) / 1000,
    syncSeconds: (syncFixedUs + syncUsPerGiB * (guest.memoryBytes / GIB)) / 1e6,
    slowing: slowingOf(config),
  };
  const draws = guest.workload.kind === 'observed' ? DRAWS : 1;
  const classes = Array.from({ length: draws }, (_, draw) =>
    writingClasses(guest, fleet.host, seed + draw),
  );
  const written = classes
    .map((each) => distinctPages(each, SHOWN_WINDOW_SECONDS) * 4096)
    .sort((a, b) => a - b);
  const limit = settings.completionTimeoutPerGiB * guestDataSizeGB(guest, ephemeralBytes(guest));
  return {
    one,
    share,
    estimates: classes.map((each) => estimateRounds(each, conditions)),
    limitSeconds: limit === 0 ? Number.POSITIVE_INFINITY : limit,
    writtenInTenSeconds: written[Math.floor(written.length / 2)] ?? 0,
  };
}

/** The highest that QEMU is ever given without a stall. */
function downtimeLimitMs({ settings }: CheckedGuest): number {
  const { maxDowntimeMs, stallDetector, downtimeTuning } = settings;
  return stallDetector === null && downtimeTuning === null ? QEMU_DOWNTIME_LIMIT_MS : maxDowntimeMs;
}

export function checkConvergence(outlooks: readonly GuestOutlook[]): readonly Finding[] {
  return outlooks.flatMap((each) => {
    const { one, estimates, limitSeconds, share } = each;
    const first = estimates[0];
    if (first === undefined) return [];
    const firstPass = Math.min(...estimates.map(({ firstPassSeconds }) => firstPassSeconds));
    if (firstPass > limitSeconds) {
      const finding = `its first pass alone takes ${seconds(firstPass)} at ${rateText(share)}; the completion timeout is ${seconds(limitSeconds)}`;
      const advice = `raise completionTimeoutPerGiB (${policyText(one.settings)}) or what bounds its bandwidth (${share.bound})`;
      return [
        aboutGuest(one, { severity: 'warning', check: 'first-pass-too-slow', finding, advice }),
      ];
    }
    const failing = estimates.filter(
      (estimate) => !estimate.converges || estimate.seconds > limitSeconds,
    );
    return failing.length === 0 ? slowedFindings(each) : [riskFinding(each, failing)];
  });
}

function riskFinding(outlook: GuestOutlook, failing: readonly RoundEstimate[]): Finding {
  const { one, estimates, share, writtenInTenSeconds } = outlook;
  const isSure = failing.length === estimates.length;
  const odds = isSure
    ? ''
    : ` in ${failing.length} of ${estimates.length} draws of its working set`;
  const typical = failing[Math.floor(failing.length / 2)] as RoundEstimate;
  const why = typical.converges
    ? `would take ${seconds(typical.seconds)}`
    : `rounds stand still with ${bytesText(typical.remainingBytes)} left`;
  const slowed = typical.cpuShare < 1 ? `, with ${slowedText(typical, one)}` : '';
  const curve = `it writes ${bytesText(writtenInTenSeconds)} of distinct pages in 10 s, ${bytesText(10 * share.bytesPerSecond)} can be sent (${share.bound})`;
  return aboutGuest(one, {
    severity: 'warning',
    check: isSure ? 'not-converging' : 'may-not-converge',
    finding: `${why}${slowed}${odds}: ${curve}; ${whatHappens(outlook, typical)}`,
    advice: adviceFor(one),
  });
}

/** It converges, but its users feel what that takes. */
function slowedFindings({ one, estimates }: GuestOutlook): readonly Finding[] {
  const slowed = estimates.filter(({ cpuShare }) => cpuShare < 1);
  if (slowed.length === 0) return [];
  const most = slowed.reduce((a, b) => (b.cpuShare < a.cpuShare ? b : a));
  return [
    aboutGuest(one, {
      severity: 'note',
      check: 'slowed',
      finding: `converges within ${seconds(most.seconds)}, with ${slowedText(most, one)}`,
      advice: 'agree on it, or move it when it is quiet',
    }),
  ];
}

function slowedText({ cpuShare }: RoundEstimate, { settings }: CheckedGuest): string {
  return `auto-converge (${policyText(settings)}) leaving it ${percentText(cpuShare)} of its CPU`;
}

function whatHappens(
  { one, limitSeconds, share }: GuestOutlook,
  { remainingBytes }: RoundEstimate,
): string {
  const { allowWorkloadDisruption, allowPostCopy, stallDetector, progressTimeout } = one.settings;
  const after =
    stallDetector === null
      ? seconds(limitSeconds)
      : seconds(Math.min(limitSeconds, stallDetector.stallProgressTimeout));
  if (!allowWorkloadDisruption) {
    return limitSeconds === Number.POSITIVE_INFINITY
      ? `it is aborted after ${progressTimeout} s without progress`
      : `it is aborted after ${after}, and tried again`;
  }
  if (allowPostCopy && !hasVfio(one.guest)) return `post-copy after ${after}`;
  const pause = remainingBytes / share.bytesPerSecond;
  return `it is paused after ${after}, for about ${seconds(pause)}`;
}

function adviceFor(one: CheckedGuest): string {
  const { allowWorkloadDisruption, allowPostCopy } = one.settings;
  if (!allowWorkloadDisruption) {
    return 'allow post-copy or a pause for it in a policy, move it when it is quiet, or shut it down';
  }
  return allowPostCopy
    ? 'nothing, if post-copy is fit for it'
    : 'agree on the pause, or allow post-copy for it in a policy';
}

function rateText({ bytesPerSecond, bound }: BandwidthShare): string {
  return `${bytesText(bytesPerSecond)}/s (${bound})`;
}

function policyText(settings: CheckedGuest['settings']): string {
  return settings.policyName === '' ? 'cluster' : `policy ${settings.policyName}`;
}

function seconds(value: number): string {
  return Number.isFinite(value) ? durationText(value * 1e6) : 'no time';
}

/** Which guests risk not converging, and what KubeVirt does with them then (spec/kubevirt.md 3). */
import { bytesText, durationText, percentText } from '../outcome/quantity-text.js';
import { hasVfio } from '../simulation/migration-setup.js';
import type { BandwidthShare } from './bandwidth-share.js';
import type { Finding } from './check-finding.js';
import { aboutGuest } from './check-guests.js';
import type { CheckedGuest } from './check-scope.js';
import type { GuestOutlook } from './guest-outlook.js';
import type { RoundEstimate } from './round-estimate.js';

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
    const failing = failingOf(each);
    if (failing.length > 0) return [riskFinding(each, failing)];
    return farFinding(each) ?? slowedFindings(each);
  });
}

function failingOf({
  estimates,
  limitSeconds,
}: Pick<GuestOutlook, 'estimates' | 'limitSeconds'>): readonly RoundEstimate[] {
  return estimates.filter((one) => !one.converges || one.seconds > limitSeconds);
}

/** It would do on its widest way; the scheduler, who asks for no bandwidth, may choose another. */
function farFinding(outlook: GuestOutlook): readonly Finding[] | null {
  if (outlook.narrow === null) return null;
  const far = { ...outlook, ...outlook.narrow };
  const failing = failingOf(far);
  return failing.length === 0 ? null : [riskFinding(far, failing, 'may-not-converge')];
}

function riskFinding(
  outlook: GuestOutlook,
  failing: readonly RoundEstimate[],
  check?: 'may-not-converge',
): Finding {
  const { one, estimates, share, writtenInTenSeconds } = outlook;
  const isSure = failing.length === estimates.length;
  const odds = isSure
    ? ''
    : ` in ${failing.length} of ${estimates.length} draws of its working set`;
  const where = check === undefined ? '' : ` where it is sent to ${share.target} or beside it`;
  const typical = failing[Math.floor(failing.length / 2)] as RoundEstimate;
  const why = typical.converges
    ? `would take ${seconds(typical.seconds)}`
    : `rounds stand still with ${bytesText(typical.remainingBytes)} left`;
  const slowed = typical.cpuShare < 1 ? `, with ${slowedText(typical, one)}` : '';
  const curve = `it writes ${bytesText(writtenInTenSeconds)} of distinct pages in 10 s, ${bytesText(10 * share.bytesPerSecond)} can be sent (${share.bound})`;
  return aboutGuest(one, {
    severity: 'warning',
    check: check ?? (isSure ? 'not-converging' : 'may-not-converge'),
    finding: `${why}${slowed}${odds}${where}: ${deviceText(one)}${curve}; ${whatHappens(outlook, typical)}`,
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

/** What VFIO devices add to the pause, or hide from the rounds (spec/qemu.md 5.3). */
function deviceText({ guest: { vfio } }: CheckedGuest): string {
  if (vfio === null) return '';
  const state = `${bytesText(vfio.stateBytes)} of VFIO state have to fit the downtime limit as well`;
  const unseen =
    vfio.dirtyTracking === 'none'
      ? 'nobody logs what its VFIO devices write, so all memory is dirty at every sync; '
      : '';
  return `${unseen}${vfio.stateBytes > 0 ? `${state}; ` : ''}`;
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
  const stateBytes = one.guest.vfio?.stateBytes ?? 0;
  const pause = (remainingBytes + stateBytes) / share.bytesPerSecond;
  return `it is paused after ${after}, for about ${seconds(pause)}`;
}

function adviceFor(one: CheckedGuest): string {
  const { allowWorkloadDisruption, allowPostCopy } = one.settings;
  if (!allowWorkloadDisruption && hasVfio(one.guest)) {
    return 'allow a pause for it in a policy (VFIO refuses post-copy), or shut it down';
  }
  if (!allowWorkloadDisruption) {
    return 'allow post-copy or a pause for it in a policy, move it when it is quiet, or shut it down';
  }
  return allowPostCopy && !hasVfio(one.guest)
    ? 'nothing, if post-copy is fit for it'
    : `agree on the pause${hasVfio(one.guest) ? '' : ', or allow post-copy for it in a policy'}`;
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

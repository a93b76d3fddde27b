/**
 * Why a migration took as long as it did: the time that each cause cost, added up while it runs.
 * A cause costs the share of an interval by which it slowed the sender below the next ceiling.
 */
import type { SlowCause, Waits } from './result.js';

export interface SlowTimes {
  backOffUs: number;
  queueUs: number;
  /** Of the queue: the cluster's limit was full; the node's was, and the cluster's was not. */
  clusterLimitUs: number;
  nodeLimitUs: number;
  targetUs: number;
  storageUs: number;
  linkShareUs: number;
  bandwidthCapUs: number;
  dirtyRateUs: number;
  throttledUs: number;
}

export function noSlowTimes(): SlowTimes {
  return {
    backOffUs: 0,
    queueUs: 0,
    clusterLimitUs: 0,
    nodeLimitUs: 0,
    targetUs: 0,
    storageUs: 0,
    linkShareUs: 0,
    bandwidthCapUs: 0,
    dirtyRateUs: 0,
    throttledUs: 0,
  };
}

interface SendingInterval {
  readonly us: number;
  readonly bytesPerSecond: number;
  /** The sender's ceiling, limit included, and without the limit. */
  readonly capBytesPerSecond: number;
  readonly unlimitedBytesPerSecond: number;
}

/** Accounts an interval of the first pass: what the link and the limit cost. */
export function accountFirstPass(times: SlowTimes, interval: SendingInterval): void {
  const { us, bytesPerSecond, capBytesPerSecond, unlimitedBytesPerSecond } = interval;
  if (us <= 0 || capBytesPerSecond <= 0) return;
  times.linkShareUs += us * Math.max(0, 1 - bytesPerSecond / capBytesPerSecond);
  if (capBytesPerSecond < unlimitedBytesPerSecond && bytesPerSecond > 0) {
    times.bandwidthCapUs +=
      us * (bytesPerSecond / capBytesPerSecond) * (1 - capBytesPerSecond / unlimitedBytesPerSecond);
  }
}

/** Accounts an interval in which pages are sent again: the dirty rate's, or the throttle's doing. */
export function accountResending(times: SlowTimes, us: number, throttled: boolean): void {
  if (us <= 0) return;
  if (throttled) times.throttledUs += us;
  else times.dirtyRateUs += us;
}

/** Below this no cause is worth naming. */
const WORTH_NAMING_US = 1_000_000;

/** The cause that cost most; '' when none cost a second. */
export function mainSlowCause(times: SlowTimes): SlowCause {
  const ranked: readonly (readonly [SlowCause, number])[] = [
    ['back-off', times.backOffUs],
    ['queue', times.queueUs],
    ['target', times.targetUs],
    ['storage', times.storageUs],
    ['link-share', times.linkShareUs],
    ['bandwidth-cap', times.bandwidthCapUs],
    ['dirty-rate', times.dirtyRateUs],
    ['throttled', times.throttledUs],
  ];
  let cause: SlowCause = '';
  let most = WORTH_NAMING_US;
  for (const [name, us] of ranked) {
    if (us > most) {
      cause = name;
      most = us;
    }
  }
  return cause;
}

/** What is reported of them: whole microseconds. */
export function waitsOf(times: SlowTimes): Waits {
  return {
    backOffUs: times.backOffUs,
    queueUs: times.queueUs,
    clusterLimitUs: Math.round(times.clusterLimitUs),
    nodeLimitUs: Math.round(times.nodeLimitUs),
    targetUs: times.targetUs,
    storageUs: Math.round(times.storageUs),
    linkShareUs: Math.round(times.linkShareUs),
    bandwidthCapUs: Math.round(times.bandwidthCapUs),
    dirtyRateUs: Math.round(times.dirtyRateUs),
    throttledUs: Math.round(times.throttledUs),
  };
}

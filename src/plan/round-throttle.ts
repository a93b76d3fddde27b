/**
 * How far QEMU slows a guest that does not converge, in an estimate of its rounds: auto-converge's
 * steps, or dirty-limit's quota in their place (spec/qemu.md 3.1, 3.5). A throttle slows what the CPU
 * paces; a quota holds every writer, since it is the write itself that waits.
 */
import {
  AUTO_CONVERGE_DEFAULTS,
  type AutoConvergeParameters,
  accountSync,
  countHits,
  type DirtyPeriod,
  openDirtyPeriod,
  throttledCpuShare,
} from '../qemu/auto-converge.js';
import { type DirtyLimitParameters, TOLERANCE_MBPS } from '../qemu/dirty-limit.js';
import type { MigrationConfig } from '../qemu/migration-state.js';
import { BACKGROUND_SYNC_US } from '../qemu/precopy.js';
import { PAGE_BYTES } from '../qemu/wire-format.js';
import { distinctPages, type WritingClass } from './writing-classes.js';

/** What a migration may do to its guest. */
export interface Slowing {
  readonly autoConverge: AutoConvergeParameters | null;
  readonly dirtyLimit: DirtyLimitParameters | null;
  readonly backgroundSync: boolean;
}

export interface Throttle {
  readonly slowing: Slowing;
  readonly period: DirtyPeriod;
  /** It is never slower than this. */
  readonly leastShare: number;
  /** Of its speed, now. */
  cpuShare: number;
}

export interface RoundSpan {
  readonly fromSeconds: number;
  readonly seconds: number;
  readonly bytesPerSecond: number;
}

const PAGES_PER_MIB = 2 ** 20 / PAGE_BYTES;
/** A vCPU sleeps at most 99 times as long as it runs, for the throttle and the quota alike. */
const LEAST_SHARE = throttledCpuShare(AUTO_CONVERGE_DEFAULTS.maxPercent);

export function slowingOf({ autoConverge, dirtyLimit, rules }: MigrationConfig): Slowing | null {
  if (autoConverge === null && dirtyLimit === null) return null;
  const backgroundSync = rules.backgroundSync && autoConverge !== null;
  return { autoConverge, dirtyLimit, backgroundSync };
}

export function openThrottle(slowing: Slowing, classes: readonly WritingClass[]): Throttle {
  const { dirtyLimit } = slowing;
  const leastShare = dirtyLimit === null ? LEAST_SHARE : quotaShare(dirtyLimit, classes);
  return { slowing, period: openDirtyPeriod(0), leastShare, cpuShare: 1 };
}

/** The share at which the guest dirties what its vCPUs' quotas allow within a second. */
function quotaShare(
  { quotaMBps, vcpus }: DirtyLimitParameters,
  classes: readonly WritingClass[],
): number {
  const allowedPages = vcpus * (quotaMBps + TOLERANCE_MBPS) * PAGES_PER_MIB;
  let low = LEAST_SHARE;
  let high = 1;
  if (distinctPages(classes, high) <= allowedPages) return high;
  while (high - low > LEAST_SHARE / 10) {
    const middle = (low + high) / 2;
    if (distinctPages(classes, middle) <= allowedPages) low = middle;
    else high = middle;
  }
  return low;
}

/** Distinct pages that the guest writes in a round; each sync in it and at its end may slow it. */
export function dirtiedPages(
  throttle: Throttle,
  classes: readonly WritingClass[],
  { fromSeconds, seconds, bytesPerSecond }: RoundSpan,
): number {
  const ticks = throttle.slowing.backgroundSync && fromSeconds > 0;
  const step = ticks ? BACKGROUND_SYNC_US / 1e6 : seconds;
  const distinct = (allSeconds: number, ownSeconds: number) =>
    throttle.slowing.dirtyLimit === null
      ? distinctPages(classes, allSeconds, ownSeconds)
      : distinctPages(classes, ownSeconds);
  let cpuSeconds = 0;
  for (let done = 0; done < seconds; ) {
    const slice = Math.min(step, seconds - done);
    const ownSeconds = slice * throttle.cpuShare;
    done += slice;
    cpuSeconds += ownSeconds;
    const untilSeconds = fromSeconds + done;
    const sentBytes = untilSeconds * bytesPerSecond;
    lookAtSync(throttle, untilSeconds, distinct(slice, ownSeconds), sentBytes);
  }
  return distinct(seconds, cpuSeconds);
}

/** QEMU's own rule over what is expected (spec/qemu.md 3.1). */
function lookAtSync(throttle: Throttle, atSeconds: number, pages: number, sentBytes: number): void {
  const { period, slowing, leastShare } = throttle;
  const { autoConverge, dirtyLimit } = slowing;
  const atUs = atSeconds * 1e6;
  if (autoConverge !== null) {
    const raised = accountSync(period, atUs, pages, sentBytes, PAGE_BYTES, autoConverge);
    if (raised !== null) throttle.cpuShare = throttledCpuShare(raised);
    return;
  }
  const trigger = dirtyLimit?.triggerPercent ?? null;
  const hit = countHits(period, atUs, pages, sentBytes, PAGE_BYTES, trigger);
  if (hit !== null) throttle.cpuShare = leastShare;
}

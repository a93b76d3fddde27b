/**
 * dirty-limit (spec/qemu.md 1.7, 3.5): in place of auto-converge's throttle each vCPU gets a quota of
 * dirtied memory. Its dirty ring is measured once a period; a vCPU whose ring is full sleeps, and what
 * waits for vCPUs (a sync of the ring, the measurement itself, vm_stop) waits for its sleep to end.
 * vCPUs are taken as alike: their rings are full, and they sleep, at the same time.
 */
const PAGES_PER_MIB = 256;
/** |quota − rate| that is left as it is, in MB/s (QEMU's: 2^20 bytes). */
export const TOLERANCE_MBPS = 25;
/** Beyond this relative error the sleep is set from the error itself, else by tenths. */
const LINEAR_ADJUSTMENT_PERCENT = 50;
/** A sleep lasts at most so many times as long as a ring takes to fill. */
const SLEEP_OVER_FILL_MAX = 99;
/**
 * Entries that KVM keeps back before a vCPU exits with its ring full: 64, and as many as the
 * processor's page-modification log holds, 512 (kvm_dirty_ring_get_rsvd_entries and
 * cpu_dirty_log_size in Linux; without such a log 64 alone).
 */
const RESERVED_RING_ENTRIES = 576;
/** Cycles of running and sleeping shorter than a window are taken as their mean. */
const SHORT_CYCLE_US = 100_000;

export interface DirtyLimitParameters {
  /** throttle-trigger-threshold: as auto-converge's. */
  readonly triggerPercent: number;
  /** vcpu-dirty-limit: MB/s of each vCPU (QEMU's MB are MiB). */
  readonly quotaMBps: number;
  /** x-vcpu-dirty-limit-period. */
  readonly periodUs: number;
  /** dirty-ring-size of each vCPU. */
  readonly ringEntries: number;
  readonly vcpus: number;
}

/** QEMU's defaults (spec 3.5); 4,096 entries is the usual ring. */
export const DIRTY_LIMIT_DEFAULTS = {
  triggerPercent: 50,
  quotaMBps: 1,
  periodUs: 1_000_000,
  ringEntries: 4096,
} as const;

/** Pages that the guest writes alike while its vCPUs run. */
export interface WrittenPages {
  readonly pages: number;
  readonly writesPerPagePerSecond: number;
  /** One after the other, as a sweep does: no page twice before all the others. */
  readonly inOrder: boolean;
}

export interface DirtyLimit {
  readonly parameters: DirtyLimitParameters;
  written: readonly WrittenPages[];
  /** The trigger has come twice: the quota is in force. */
  serving: boolean;
  /** Since when pages are counted for the next measurement, and how many all rings have held. */
  periodStartUs: number;
  collectedPages: number;
  /** When the rings were last emptied. */
  emptiedUs: number;
  /** Highest rate of a vCPU that was measured, MB/s. */
  rateMaxMBps: number;
  /** Sleep of a vCPU at a full ring: 0 is none. */
  sleepUs: number;
  /** When the rings are full, or the sleep is over; Infinity where no single cycle is followed. */
  turnUs: number;
  asleep: boolean;
  /** Share of its time that a vCPU runs, where cycles are taken as their mean; else 1. */
  share: number;
}

export function openDirtyLimit(parameters: DirtyLimitParameters): DirtyLimit {
  return {
    parameters,
    written: [],
    serving: false,
    periodStartUs: 0,
    collectedPages: 0,
    emptiedUs: 0,
    rateMaxMBps: 0,
    sleepUs: 0,
    turnUs: Number.POSITIVE_INFINITY,
    asleep: false,
    share: 1,
  };
}

/** The trigger's second hit: a thread begins to measure; true when it had not yet begun. */
export function setDirtyLimit(limit: DirtyLimit, nowUs: number): boolean {
  if (limit.serving) return false;
  limit.serving = true;
  limit.periodStartUs = nowUs;
  limit.collectedPages = 0;
  limit.emptiedUs = nowUs;
  return true;
}

/** The guest is stopped, or the migration over: no vCPU is held any more. */
export function liftDirtyLimit(limit: DirtyLimit): void {
  limit.serving = false;
  limit.asleep = false;
  limit.turnUs = Number.POSITIVE_INFINITY;
}

/** When the limit has something to do next. */
export function nextDirtyLimitUs(limit: DirtyLimit): number {
  if (!limit.serving) return Number.POSITIVE_INFINITY;
  // The measurement kicks every vCPU: it waits for those asleep.
  return limit.asleep ? limit.turnUs : Math.min(limit.turnUs, measureUs(limit));
}

/** What waits for every vCPU goes on now, or when the sleep is over. */
export function vcpusHeardUs(limit: DirtyLimit, nowUs: number): number {
  return limit.asleep ? Math.max(nowUs, limit.turnUs) : nowUs;
}

/** A sync has emptied the rings, and has seen what the guest writes. */
export function syncRings(
  limit: DirtyLimit,
  nowUs: number,
  written: readonly WrittenPages[],
): void {
  collect(limit, nowUs);
  limit.written = written;
  scheduleTurn(limit, nowUs);
}

/** Does what is due; the share of their speed that vCPUs have from now on, null when unchanged. */
export function runDirtyLimit(limit: DirtyLimit, nowUs: number): number | null {
  const before = limit.asleep ? 0 : limit.share;
  while (nextDirtyLimitUs(limit) <= nowUs) {
    if (limit.asleep) wakeVcpus(limit);
    else if (limit.turnUs <= measureUs(limit)) fallAsleep(limit);
    else measure(limit, measureUs(limit));
  }
  const after = limit.asleep ? 0 : limit.share;
  return after === before ? null : after;
}

function measureUs(limit: DirtyLimit): number {
  return Math.max(limit.periodStartUs + limit.parameters.periodUs, limit.emptiedUs);
}

/** KVM_EXIT_DIRTY_RING_FULL: the ring is reaped, then the vCPU sleeps. */
function fallAsleep(limit: DirtyLimit): void {
  const fullUs = limit.turnUs;
  collect(limit, fullUs);
  limit.asleep = true;
  limit.turnUs = fullUs + limit.sleepUs;
}

function wakeVcpus(limit: DirtyLimit): void {
  const nowUs = limit.turnUs;
  limit.asleep = false;
  limit.emptiedUs = nowUs;
  scheduleTurn(limit, nowUs);
}

/** A period is over: the sleep follows from the rate of one vCPU against its quota (spec 3.5). */
function measure(limit: DirtyLimit, nowUs: number): void {
  collect(limit, nowUs);
  const { vcpus, quotaMBps } = limit.parameters;
  const mebibytes = Math.floor(limit.collectedPages / vcpus / PAGES_PER_MIB);
  const rate = Math.floor((mebibytes * 1e6) / (nowUs - limit.periodStartUs));
  limit.periodStartUs = nowUs;
  limit.collectedPages = 0;
  if (Math.abs(quotaMBps - rate) > TOLERANCE_MBPS) adjustSleep(limit, rate);
  scheduleTurn(limit, nowUs);
}

function adjustSleep(limit: DirtyLimit, rateMBps: number): void {
  if (rateMBps === 0) {
    limit.sleepUs = 0;
    return;
  }
  const { quotaMBps } = limit.parameters;
  limit.rateMaxMBps = Math.max(limit.rateMaxMBps, rateMBps);
  const fillUs = ringFillUs(limit);
  const least = Math.min(quotaMBps, rateMBps);
  const most = Math.max(quotaMBps, rateMBps);
  const errorPercent = Math.floor(((most - least) * 100) / most);
  const stepUs =
    errorPercent > LINEAR_ADJUSTMENT_PERCENT
      ? Math.floor((fillUs * errorPercent) / Math.max(1, 100 - errorPercent))
      : Math.floor(fillUs / 10);
  const sleepUs = limit.sleepUs + (quotaMBps < rateMBps ? stepUs : -stepUs);
  limit.sleepUs = Math.max(0, Math.min(sleepUs, fillUs * SLEEP_OVER_FILL_MAX));
}

/** `dirty-limit-ring-full-time`: how long a ring takes to fill at the highest rate; 0: not known. */
export function ringFillUs({ parameters, rateMaxMBps }: DirtyLimit): number {
  if (rateMaxMBps === 0) return 0;
  const ringMiB = Math.floor(parameters.ringEntries / PAGES_PER_MIB);
  return Math.floor((ringMiB * 1e6) / rateMaxMBps);
}

/** From an empty ring on: when it is full, or the mean of cycles too short to follow. */
function scheduleTurn(limit: DirtyLimit, nowUs: number): void {
  if (limit.asleep) return;
  limit.share = 1;
  limit.turnUs = Number.POSITIVE_INFINITY;
  if (!limit.serving || limit.sleepUs === 0) return;
  const fillUs = timeToFillUs(limit);
  // A ring that is emptied before it is full holds nobody up.
  if (fillUs === Number.POSITIVE_INFINITY) return;
  if (fillUs + limit.sleepUs < SHORT_CYCLE_US) limit.share = fillUs / (fillUs + limit.sleepUs);
  else limit.turnUs = nowUs + Math.ceil(fillUs);
}

/** Counts what the rings have held since they were last emptied; full ones are emptied at once. */
function collect(limit: DirtyLimit, nowUs: number): void {
  if (limit.asleep) return;
  const us = (nowUs - limit.emptiedUs) * limit.share;
  limit.emptiedUs = nowUs;
  const fillUs = timeToFillUs(limit);
  const fills = fillUs === Number.POSITIVE_INFINITY ? 0 : Math.floor(us / fillUs);
  const restUs = fills === 0 ? us : us - fills * fillUs;
  limit.collectedPages += fills * ringPages(limit) + distinctPages(limit.written, restUs);
}

/** Of all vCPUs together. */
function ringPages({ parameters: { ringEntries, vcpus } }: DirtyLimit): number {
  return Math.max(1, ringEntries - RESERVED_RING_ENTRIES) * vcpus;
}

/** Infinity for a working set that fits into the rings. */
function timeToFillUs(limit: DirtyLimit): number {
  const pages = ringPages(limit);
  const all = limit.written.reduce(
    (sum, one) => sum + (one.writesPerPagePerSecond > 0 ? one.pages : 0),
    0,
  );
  if (all <= pages) return Number.POSITIVE_INFINITY;
  let low = 0;
  let high = 1;
  while (distinctPages(limit.written, high) < pages) high *= 2;
  while (high - low > 0.5) {
    const middle = (low + high) / 2;
    if (distinctPages(limit.written, middle) < pages) low = middle;
    else high = middle;
  }
  return high;
}

/** Pages written at least once in so long: a page stands in a ring once until it is emptied. */
function distinctPages(written: readonly WrittenPages[], us: number): number {
  let sum = 0;
  for (const { pages, writesPerPagePerSecond, inOrder } of written) {
    const writes = (writesPerPagePerSecond * us) / 1e6;
    sum += pages * (inOrder ? Math.min(1, writes) : 1 - Math.exp(-writes));
  }
  return sum;
}

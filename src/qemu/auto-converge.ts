/**
 * Auto-converge (spec/qemu.md 3.1): looked at in a sync only, when more than a second has passed
 * since the last look; two hits, not necessarily in a row, raise the throttle by a step.
 */
export interface AutoConvergeParameters {
  readonly triggerPercent: number;
  readonly initialPercent: number;
  readonly incrementPercent: number;
  readonly maxPercent: number;
  readonly tailslow: boolean;
}

export const AUTO_CONVERGE_DEFAULTS: AutoConvergeParameters = {
  triggerPercent: 50,
  initialPercent: 20,
  incrementPercent: 10,
  maxPercent: 99,
  tailslow: false,
};

/** The period between two looks; it also gives dirty-pages-rate, so it runs without auto-converge too. */
export interface DirtyPeriod {
  startUs: number;
  /** Newly dirty pages of the syncs since startUs. */
  newlyDirtyPages: number;
  /** QEMU's transferred counter at startUs. */
  transferredBytes: number;
  /** Pages per second of the last closed period; 0 until one has closed. */
  dirtyPagesPerSecond: number;
  hits: number;
  throttlePercent: number;
}

export function openDirtyPeriod(nowUs: number): DirtyPeriod {
  return {
    startUs: nowUs,
    newlyDirtyPages: 0,
    transferredBytes: 0,
    dirtyPagesPerSecond: 0,
    hits: 0,
    throttlePercent: 0,
  };
}

/** QEMU looks again only after more than this. */
const PERIOD_US = 1_000_000;

/** Accounts one sync. Returns the new throttle in percent when it was raised, else null. */
export function accountSync(
  period: DirtyPeriod,
  nowUs: number,
  newlyDirtyPages: number,
  transferredBytes: number,
  pageBytes: number,
  parameters: AutoConvergeParameters,
): number | null {
  const { triggerPercent } = parameters;
  const limitOverDirty = countHits(
    period,
    nowUs,
    newlyDirtyPages,
    transferredBytes,
    pageBytes,
    triggerPercent,
  );
  if (limitOverDirty === null) return null;
  const raised = nextThrottle(period.throttlePercent, limitOverDirty, parameters);
  if (raised === period.throttlePercent) return null;
  period.throttlePercent = raised;
  return raised;
}

/**
 * The look itself: at every second hit what was allowed over what was dirtied (below 1), else null.
 * `triggerPercent` null: nothing is throttled and only the dirty rate is kept.
 */
export function countHits(
  period: DirtyPeriod,
  nowUs: number,
  newlyDirtyPages: number,
  transferredBytes: number,
  pageBytes: number,
  triggerPercent: number | null,
): number | null {
  period.newlyDirtyPages += newlyDirtyPages;
  // QEMU's clock is in milliseconds: 1000 ms exactly is not "more than a second".
  const elapsedMs = Math.floor(nowUs / 1000) - Math.floor(period.startUs / 1000);
  if (elapsedMs * 1000 <= PERIOD_US) return null;
  const dirtyBytes = period.newlyDirtyPages * pageBytes;
  const sentBytes = transferredBytes - period.transferredBytes;
  period.dirtyPagesPerSecond = Math.floor((period.newlyDirtyPages * 1000) / elapsedMs);
  period.startUs = nowUs;
  period.newlyDirtyPages = 0;
  period.transferredBytes = transferredBytes;
  if (triggerPercent === null) return null;
  const limitBytes = (sentBytes * triggerPercent) / 100;
  if (dirtyBytes <= limitBytes) return null;
  period.hits += 1;
  if (period.hits < 2) return null;
  period.hits = 0;
  return limitBytes / dirtyBytes;
}

function nextThrottle(
  currentPercent: number,
  limitOverDirty: number,
  parameters: AutoConvergeParameters,
): number {
  if (currentPercent === 0) return parameters.initialPercent;
  const cpuLeft = 100 - currentPercent;
  const step = parameters.tailslow
    ? Math.min(parameters.incrementPercent, Math.floor(cpuLeft - cpuLeft * limitOverDirty))
    : parameters.incrementPercent;
  return Math.min(parameters.maxPercent, currentPercent + step);
}

/** How long a vCPU sleeps in each cycle of a throttle (spec 3.2). */
export function throttleSleepUs(throttlePercent: number): number {
  return (10_000 * throttlePercent) / (100 - throttlePercent);
}

/** Share of CPU time that a guest keeps at a throttle (spec 3.2: 10 ms on, 10·p/(1−p) ms off). */
export function throttledCpuShare(throttlePercent: number): number {
  return 1 - throttlePercent / 100;
}

/**
 * Page faults of a guest whose memory still follows it (spec/qemu.md 6): how many pages it asks
 * for, how long each takes, how long its vCPUs stand still. A closed queueing network: each vCPU
 * runs until it touches a missing page, then waits for a round trip, for what lies before its
 * request in the buffers, and for the page itself in turn with the others' pages.
 */

/** Pages that are still to come and are touched alike. */
export interface TouchedPages {
  readonly hostPages: number;
  readonly touchesPerPagePerSecond: number;
}

/** The guest that waits for pages: its vCPUs, and the size of its host pages. */
export interface FaultingGuest {
  readonly vcpus: number;
  readonly hostPageBytes: number;
}

/** What one fault costs. */
export interface FaultCost {
  /** Besides the page's own transfer: notification, round trip, bytes queued before it. */
  readonly latencyUs: number;
  /** The page on the wire; Infinity while nothing moves. */
  readonly transferUs: number;
}

export interface PostcopyFaults {
  readonly missing: { hostPages: number; readonly touchesPerPagePerSecond: number }[];
  requests: number;
  /** Waiting of a vCPU, mean over all of them. */
  stalledUs: number;
  /** All vCPUs waiting at once: QEMU's postcopy-blocktime. */
  blockedUs: number;
  /** Mean latency of the faults of each step, and how many they were. */
  readonly waits: { readonly latencyUs: number; readonly requests: number }[];
}

export function openFaults(touched: readonly TouchedPages[]): PostcopyFaults {
  return {
    missing: touched.map((pages) => ({ ...pages })),
    requests: 0,
    stalledUs: 0,
    blockedUs: 0,
    waits: [],
  };
}

export function copyOfFaults(faults: PostcopyFaults): PostcopyFaults {
  return {
    ...faults,
    missing: faults.missing.map((pages) => ({ ...pages })),
    waits: [...faults.waits],
  };
}

/** Steps of a whole post-copy: in each of them the demand is taken as even. */
const STEPS = 64;

/**
 * The guest runs for `durationUs` at one rate of the stream, meanwhile the share of the pages that
 * is missing falls from `shareFrom` to `shareTo`.
 */
export function runFaulting(
  faults: PostcopyFaults,
  vcpus: number,
  cost: FaultCost,
  durationUs: number,
  shareFrom: number,
  shareTo: number,
): void {
  if (durationUs <= 0 || shareFrom <= 0) return;
  const steps = Math.max(1, Math.ceil((shareFrom - shareTo) * STEPS));
  for (let step = 0; step < steps; step += 1) {
    const from = shareFrom + ((shareTo - shareFrom) * step) / steps;
    const to = shareFrom + ((shareTo - shareFrom) * (step + 1)) / steps;
    runStep(faults, vcpus, cost, durationUs / steps, to / from);
  }
}

/** `left`: missing pages after the step over those before it. */
function runStep(
  faults: PostcopyFaults,
  vcpus: number,
  cost: FaultCost,
  stepUs: number,
  left: number,
): void {
  const { missing } = faults;
  let pages = 0;
  let touchesPerSecond = 0;
  for (const one of missing) {
    pages += one.hostPages;
    touchesPerSecond += one.hostPages * one.touchesPerPagePerSecond;
  }
  if (pages <= 0 || touchesPerSecond <= 0) return;
  const runUs = (vcpus * 1e6) / touchesPerSecond;
  if (!Number.isFinite(cost.transferUs)) {
    standStill(faults, Math.max(0, stepUs - runUs));
    return;
  }
  const { perUs, responseUs } = closedNetwork(vcpus, runUs + cost.latencyUs, cost.transferUs);
  const latencyUs = cost.latencyUs + responseUs;
  const running = Math.max(0, 1 - (perUs * latencyUs) / vcpus);
  const arrivedPerUs = Math.max(0, (1 - left) / stepUs - perUs / pages);
  let requests = 0;
  let after = 0;
  for (const one of missing) {
    const asked = (one.touchesPerPagePerSecond * running) / 1e6;
    const lossPerUs = asked + arrivedPerUs;
    const kept = one.hostPages * Math.exp(-lossPerUs * stepUs);
    if (lossPerUs > 0) requests += ((one.hostPages - kept) * asked) / lossPerUs;
    one.hostPages = kept;
    after += kept;
  }
  // No vCPU asks for more than it can wait for, and no page goes that the stream has not carried.
  requests = Math.min(requests, (stepUs * vcpus) / latencyUs, pages * (1 - left));
  const scale = after > 0 ? (pages * left) / after : 0;
  for (const one of missing) one.hostPages *= scale;
  const waiting = Math.min(1, (requests * latencyUs) / (stepUs * vcpus));
  faults.requests += requests;
  faults.stalledUs += stepUs * waiting;
  faults.blockedUs += stepUs * waiting ** vcpus;
  if (requests > 0) faults.waits.push({ latencyUs, requests });
}

/** Nothing moves: once every vCPU has touched a missing page the guest stands still. */
function standStill(faults: PostcopyFaults, us: number): void {
  faults.stalledUs += us;
  faults.blockedUs += us;
}

/** Exact mean-value analysis of one queue and a delay (Reiser and Lavenberg 1980). */
function closedNetwork(
  customers: number,
  delayUs: number,
  serviceUs: number,
): { readonly perUs: number; readonly responseUs: number } {
  let queued = 0;
  let perUs = 0;
  let responseUs = serviceUs;
  for (let n = 1; n <= customers; n += 1) {
    responseUs = serviceUs * (1 + queued);
    perUs = n / (delayUs + responseUs);
    queued = perUs * responseUs;
  }
  return { perUs, responseUs };
}

/** The latency that this share (0 to 1) of the faults did not exceed; null: there were none. */
export function faultLatencyUs(faults: PostcopyFaults, share: number): number | null {
  const sorted = [...faults.waits].sort((a, b) => a.latencyUs - b.latencyUs);
  let behind = 0;
  for (const wait of sorted) {
    behind += wait.requests;
    if (behind >= faults.requests * share * (1 - 1e-9)) return wait.latencyUs;
  }
  return sorted.at(-1)?.latencyUs ?? null;
}

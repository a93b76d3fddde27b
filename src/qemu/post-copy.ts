/**
 * Post-copy (spec/qemu.md 6): the target runs, what is still dirty follows in the background, each
 * page once; pages that the guest touches first are asked for and served before the background.
 */
import type { MigrationAction, MigrationState } from './migration-state.js';
import { drainedUs, setFlow, wholePlanCap, writeAll } from './pace.js';
import { runFaulting } from './postcopy-faults.js';
import { pageCost } from './send-plan.js';
import { thresholdBytes, WINDOW_US } from './send-window.js';
import { BUFFER_PAGES, budgetLaw, PAGE_BYTES, pagesInBudget } from './wire-format.js';

/** The target has resumed; the background stream starts at the beginning of RAM. */
export function beginPostcopy(state: MigrationState, actions: MigrationAction[]): void {
  state.downtimeUs = state.asOfUs - (state.stoppedUs ?? state.asOfUs);
  state.phase = 'postcopy';
  state.postcopy = true;
  state.roundStartUs = state.asOfUs;
  state.postcopyStartUs = state.asOfUs;
  writeAll(state, state.plan, 0);
  actions.push({ kind: 'target-resumed' });
  state.sender.pages = state.plan.pages;
  continuePostcopy(state, actions);
}

/** The background stream goes on from where it stands. */
export function continuePostcopy(state: MigrationState, actions: MigrationAction[]): void {
  setThreshold(state);
  setFlow(state, postcopyCap(state), actions);
  schedulePostcopy(state);
}

/** The windows of a limited post-copy measure that limit, and the threshold follows it. */
function setThreshold(state: MigrationState): void {
  const { config, sender } = state;
  const limit = config.maxPostcopyBandwidthBytesPerSecond;
  if (limit === 0) return;
  const requested = requestsPerSecond(state) * PAGE_BYTES;
  sender.thresholdBytes = thresholdBytes(
    (limit + requested) / 1000,
    state.downtimeLimitMs,
    config.availSwitchoverBytesPerSecond,
  );
}

/** The windows measure what the network takes; while nothing moves none is closed. */
function measureWindow({ plan, sender, bytesPerSecond }: MigrationState): void {
  const charged = plan.spans.at(-1)?.endChargedBytes ?? 0;
  if (bytesPerSecond <= 0 || plan.wireBytes === 0) return;
  sender.bandwidthBytesPerMs = (bytesPerSecond / 1000) * (charged / plan.wireBytes);
}

/**
 * The background's own limit, and requested pages beside it with preempt. Once less than the
 * threshold is left QEMU takes the completing path, which no limit holds back (spec 1.7: measured
 * with 10.0 and 7.2).
 */
function postcopyCap(state: MigrationState): number {
  const { config, plan } = state;
  const limit = config.maxPostcopyBandwidthBytesPerSecond;
  const line = lineCap(state);
  if (limit === 0 || isBelowThreshold(state) || plan.spans.length === 0) return line;
  const law = budgetLaw(config.rules, config.format, limit);
  const cost = pageCost(plan, 0);
  const bytes = pagesInBudget(law, cost.chargedBytes) * cost.wireBytes + config.format.turnBytes;
  const rate = (bytes * 1e6) / (WINDOW_US + config.wakeLatencyUs);
  return Math.min(rate + requestsPerSecond(state) * cost.wireBytes, line);
}

/** What sender and target can do with nothing else in the way. */
function lineCap(state: MigrationState): number {
  const { plan, config } = state;
  const rate = wholePlanCap(state, 0);
  if (plan.pages === 0 || config.postcopyUsPerPage === 0) return rate;
  const bytesPerPage = plan.wireBytes / plan.pages;
  return (bytesPerPage * 1e6) / ((bytesPerPage / rate) * 1e6 + config.postcopyUsPerPage);
}

/** With preempt one vCPU after the other waits a fault's round trip (spec 1.7, 6). */
function requestsPerSecond({ config }: MigrationState): number {
  const asks = config.postcopyGuest !== 'idle' && config.postcopyFaultUs > 0;
  return asks && config.postcopyPreempt ? 1e6 / config.postcopyFaultUs : 0;
}

/**
 * Without preempt a requested page leaves when QEMU's own buffer is full, then waits behind what
 * the sockets hold (spec 2.4, 6; vector D: one request for each buffer of a Unix socket).
 */
function bytesBeforeRequested({ config, plan }: MigrationState): number {
  if (config.postcopyPreempt) return 0;
  return config.postcopyQueueBytes + BUFFER_PAGES * (plan.wireBytes / plan.pages);
}

/** The guest's faults up to `nowUs`, at the rate of the stream in force until then. */
export function faultUntil(state: MigrationState, nowUs: number): void {
  const { config, plan, sender } = state;
  const guest = config.postcopyGuest;
  if (typeof guest === 'string' || plan.wireBytes === 0) return;
  const us = nowUs - state.asOfUs;
  const leftBytes = sender.writtenBytes - sender.wireBytes;
  const laterBytes = Math.max(0, leftBytes - (state.bytesPerSecond * us) / 1e6);
  const pageBytes = (plan.wireBytes / plan.pages) * (guest.hostPageBytes / PAGE_BYTES);
  const usPerByte =
    state.bytesPerSecond > 0 ? 1e6 / state.bytesPerSecond : Number.POSITIVE_INFINITY;
  const queuedBytes = Math.min(bytesBeforeRequested(state), leftBytes);
  const cost = {
    latencyUs: config.postcopyFaultUs + (queuedBytes > 0 ? queuedBytes * usPerByte : 0),
    transferUs: pageBytes * usPerByte,
  };
  const share = (bytes: number): number => Math.min(1, bytes / plan.wireBytes);
  runFaulting(state.faults, guest.vcpus, cost, us, share(leftBytes), share(laterBytes));
  state.postcopyRequests = Math.round(state.faults.requests);
}

/** Requests so far: a round trip each with preempt, else one for each fill of the buffers. */
function countRequests(state: MigrationState): void {
  const { config, plan } = state;
  if (config.postcopyGuest !== 'always-asking' || plan.pages === 0) return;
  const sentBytes = plan.wireBytes - (state.sender.writtenBytes - state.sender.wireBytes);
  const seconds = (state.asOfUs - state.postcopyStartUs) / 1e6;
  if (config.postcopyPreempt) {
    state.postcopyRequests = Math.floor(seconds * requestsPerSecond(state));
  } else {
    state.postcopyRequests = Math.floor(sentBytes / bytesBeforeRequested(state));
  }
}

function isBelowThreshold(state: MigrationState): boolean {
  const left = state.sender.writtenBytes - state.sender.wireBytes;
  return left <= tailBytes(state) + 1;
}

/** Threshold as wire bytes: whole pages' pending bytes cost a header each. */
function tailBytes(state: MigrationState): number {
  const { plan, sender } = state;
  if (plan.pages === 0) return 0;
  return (sender.thresholdBytes / PAGE_BYTES) * (plan.wireBytes / plan.pages);
}

/** Wakes when all has left, or where the limit ends. */
export function schedulePostcopy(state: MigrationState): void {
  measureWindow(state);
  const limited = state.config.maxPostcopyBandwidthBytesPerSecond > 0 && !isBelowThreshold(state);
  state.wakeUs = drainedUs(state, limited ? tailBytes(state) : 0, state.bytesPerSecond);
}

/** At that wake: true when everything has left. */
export function postcopyOn(state: MigrationState, actions: MigrationAction[]): boolean {
  countRequests(state);
  if (state.sender.writtenBytes - state.sender.wireBytes > 1) {
    continuePostcopy(state, actions);
    return false;
  }
  setFlow(state, 0, actions);
  return true;
}

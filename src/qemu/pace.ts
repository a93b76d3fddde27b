/** How fast the sender may go, and what it has sent so far: the one place where bytes are counted. */
import type { MigrationAction, MigrationState } from './migration-state.js';
import { pageCost, pagesAtWireBytes, type SendPlan, type SendSpan } from './send-plan.js';
import { WINDOW_US } from './send-window.js';
import { advanceSender } from './sender.js';
import { drain, openSender, type SendLaw } from './sender-state.js';
import { SLICE_NUMBERS } from './slices.js';
import { budgetLaw, PAGE_BYTES, pagesInBudget } from './wire-format.js';

/** Windows with less than this do not change expected-downtime (spec 1.4). */
const EXPECTED_LEAST_BYTES = 10_000;
const WINDOW_MS = WINDOW_US / 1000;

const ON_AND_ON = { stopsAtSpans: false, skips: true };

/** Brings the byte counts to `nowUs` at the rate in force since the last call. */
export function advanceTo(state: MigrationState, nowUs: number): void {
  const { sender } = state;
  if (state.phase === 'sending') {
    advanceSender(sender, sendLaw(state), nowUs, state.progress, ON_AND_ON);
    if (sender.atUs < nowUs) drain(sender, sendLaw(state), nowUs);
  } else {
    drain(sender, { drainBytesPerUs: state.bytesPerSecond / 1e6 }, nowUs);
  }
  state.asOfUs = nowUs;
  state.transferredBytes = sender.chargedBytes - unwrittenBytes(state);
  state.wireBytes = sender.wireBytes;
  noteExpectedDowntime(state);
}

/**
 * Bytes dirty at the last sync over the last window's bandwidth; where that window carried next to
 * nothing, or no dirty rate is known, what was expected before stays (spec 1.4).
 */
function noteExpectedDowntime(state: MigrationState): void {
  const { sender, period, config } = state;
  const windowBytes = sender.bandwidthBytesPerMs * WINDOW_MS;
  if (period.dirtyPagesPerSecond === 0 || windowBytes <= EXPECTED_LEAST_BYTES) return;
  const avail = Math.floor(config.availSwitchoverBytesPerSecond / 1000);
  const bytesPerMs = avail > 0 ? avail : sender.bandwidthBytesPerMs;
  state.expectedDowntimeMs = Math.floor(state.lastSyncBytes / bytesPerMs);
}

/** What the sender obeys at the present rate and limits; made anew when one of them changes. */
export function sendLaw(state: MigrationState): SendLaw {
  state.law ??= lawOf(state);
  return state.law;
}

function lawOf(state: MigrationState): SendLaw {
  const { config } = state;
  const law: SendLaw = {
    plan: state.plan,
    budget: budgetLaw(config.rules, config.format, state.maxBandwidthBytesPerSecond),
    bytesPerUs: 0,
    drainBytesPerUs: 0,
    fillBytesPerUs: config.channelsBytesPerSecond / 1e6,
    backlogBytes: config.backlogBytes,
    overlapped: true,
    downtimeLimitMs: state.downtimeLimitMs,
    availSwitchoverBytesPerSecond: config.availSwitchoverBytesPerSecond,
    completesAtThreshold: config.rules.completesAtThreshold,
    turnBytes: config.format.turnBytes,
    turnCountedBytes: config.format.turnCountedBytes,
    wakeLatencyUs: config.wakeLatencyUs,
    stopsAtTurn: state.postcopyRequested,
    slice: new Float64Array(SLICE_NUMBERS),
  };
  paceLaw(law, state);
  return law;
}

/** What of the law follows from the network's share and the ceiling asked for. */
function paceLaw(law: SendLaw, state: MigrationState): void {
  const hindered = state.bytesPerSecond < state.capBytesPerSecond * (1 - 1e-9);
  const bursts = law.budget.bytes !== Number.POSITIVE_INFINITY && !hindered;
  const { channelsBytesPerSecond } = state.config;
  law.bytesPerUs = (bursts ? channelsBytesPerSecond : state.bytesPerSecond) / 1e6;
  law.drainBytesPerUs = state.bytesPerSecond / 1e6;
  law.overlapped = !bursts;
}

/** The network's share from now on. */
export function setRate(state: MigrationState, bytesPerSecond: number): void {
  state.bytesPerSecond = bytesPerSecond;
  if (state.law !== null) paceLaw(state.law, state);
}

/** Pages of RAM that are wholly sent, without the device's behind them. */
export function sentRamPages(state: MigrationState): number {
  return Math.min(state.plan.pages - state.plan.devicePages, sentPages(state));
}

/** Pages of the round that are wholly sent. */
export function sentPages(state: MigrationState): number {
  return Math.min(state.plan.pages, Math.floor(state.sender.pages + 1e-6));
}

/**
 * RAM that is left at the target's end of the network: QEMU's `remaining`, but without the steps
 * of its bursts, so that it falls evenly with the network's rate.
 */
export function remainingBytes(state: MigrationState): number {
  const { plan } = state;
  if (plan.spans.length === 0) return 0;
  const left = isWrittenWhole(state)
    ? plan.pages - pagesAtWireBytes(plan, plan.wireBytes - behindNetwork(state, 0).ramBytes)
    : pagesBehind(state);
  return Math.max(0, left - plan.devicePages) * PAGE_BYTES;
}

/** While the round is sent: what no turn has taken yet, and what lies in the sockets. */
function pagesBehind({ sender, plan }: MigrationState): number {
  const behind = sender.writtenBytes - sender.wireBytes;
  const pages = behind / pageCost(plan, sender.spanIndex).wireBytes;
  return Math.min(plan.pages, plan.pages - sender.pages + pages);
}

/** The bandwidth limit as an average rate: one budget a window, at the cost of a stretch's pages. */
function budgetRate(state: MigrationState, spanIndex: number): number {
  const { config, plan } = state;
  const law = budgetLaw(config.rules, config.format, state.maxBandwidthBytesPerSecond);
  if (law.bytes === Number.POSITIVE_INFINITY || plan.spans.length === 0) return law.bytes;
  const cost = pageCost(plan, spanIndex);
  const bytes = pagesInBudget(law, cost.chargedBytes) * cost.wireBytes + config.format.turnBytes;
  return (bytes * 1e6) / (WINDOW_US + config.wakeLatencyUs);
}

/** Asks for the flow that the phase may use; nothing when it is what it was. */
export function setFlow(
  state: MigrationState,
  capBytesPerSecond: number,
  actions: MigrationAction[],
): void {
  if (capBytesPerSecond === state.capBytesPerSecond) return;
  state.capBytesPerSecond = capBytesPerSecond;
  if (state.law !== null) paceLaw(state.law, state);
  actions.push({ kind: 'set-flow', capBytesPerSecond });
}

/** The sender's ceiling on a stretch of its plan: budget, channels, the threads' own work. */
export function precopyCap(state: MigrationState, spanIndex: number): number {
  const ceiling = unlimitedCap(state, spanIndex);
  const isEmpty = state.plan.spans[spanIndex] === undefined;
  return isEmpty ? ceiling : Math.min(budgetRate(state, spanIndex), ceiling);
}

/** What it would be without a bandwidth limit. */
export function unlimitedCap({ plan, config }: MigrationState, spanIndex: number): number {
  const span = plan.spans[spanIndex] as SendSpan | undefined;
  if (span === undefined) return config.channelsBytesPerSecond;
  const cost = pageCost(plan, spanIndex).wireBytes;
  const us = (cost / config.channelsBytesPerSecond) * 1e6 + span.cpuUsPerPage;
  return (cost / us) * 1e6;
}

/** Ceiling for a whole plan at once: its bytes over the time of its pages in the sending threads. */
export function wholePlanCap(state: MigrationState, extraBytes: number): number {
  const { plan, config } = state;
  const bytes = plan.wireBytes + extraBytes;
  if (bytes === 0) return config.channelsBytesPerSecond;
  let cpuUs = 0;
  let pages = 0;
  for (const span of plan.spans) {
    cpuUs += (span.endPages - pages) * span.cpuUsPerPage;
    pages = span.endPages;
  }
  const channelsUs = (bytes / config.channelsBytesPerSecond) * 1e6;
  return (bytes / (channelsUs + cpuUs + mainChannelUs(config, extraBytes))) * 1e6;
}

/** What VFIO's state takes longer where it has one of the channels only. */
function mainChannelUs(config: MigrationState['config'], extraBytes: number): number {
  if (extraBytes === 0 || config.rules.multifdDeviceState) return 0;
  const besides = config.format.channels - 1;
  return (config.vfioStateBytes / config.channelsBytesPerSecond) * besides * 1e6;
}

/** The rate takes what is written, all but `leftBytes`, by then; Infinity when it stands still. */
export function drainedUs(
  state: MigrationState,
  leftBytes: number,
  bytesPerSecond: number,
): number {
  const bytes = state.sender.writtenBytes - leftBytes - state.sender.wireBytes;
  if (bytes <= 1e-6) return state.asOfUs;
  if (bytesPerSecond <= 0) return Number.POSITIVE_INFINITY;
  return Math.ceil(state.asOfUs + (bytes / bytesPerSecond) * 1e6);
}

/** The present share of the network risen by a factor, as far as the ceiling asked for allows. */
export function risenShare(state: MigrationState, factor: number): number {
  const { bytesPerSecond, capBytesPerSecond } = state;
  return Math.max(bytesPerSecond, Math.min(capBytesPerSecond, bytesPerSecond * factor));
}

/** Puts a whole plan and `extraBytes` before the network at once: no limit, no more decisions. */
export function writeAll(state: MigrationState, plan: SendPlan, extraBytes: number): void {
  const { sender } = state;
  const charged = plan.spans.at(-1)?.endChargedBytes ?? 0;
  state.notedBytes = charged + extraBytes;
  sender.chargedBytes += state.notedBytes;
  sender.writtenBytes += plan.wireBytes + extraBytes;
}

/** `writeAll` has noted the plan's pages: post-copy's, or those of the switchover. */
function isWrittenWhole({ phase, sync }: MigrationState): boolean {
  if (phase === 'final-send' || phase === 'socket-drain') return sync === 'final';
  return phase === 'postcopy' || phase === 'postcopy-paused' || phase === 'postcopy-recover';
}

/** Of what `writeAll` has noted and the network has not taken, but for `heldBytes`. */
export function behindNetwork(
  state: MigrationState,
  heldBytes: number,
): { readonly ramBytes: number; readonly stateBytes: number } {
  const { phase, sync, sender, config } = state;
  const bytes = Math.max(0, sender.writtenBytes - sender.wireBytes - heldBytes);
  if (phase !== 'final-send' && phase !== 'socket-drain') return { ramBytes: bytes, stateBytes: 0 };
  // The package is state alone; else that comes behind the last pages (spec 5.1, 6).
  if (sync === 'postcopy') return { ramBytes: 0, stateBytes: bytes };
  const stateBytes = Math.min(bytes, config.deviceStateBytes + config.vfioStateBytes);
  return { ramBytes: bytes - stateBytes, stateBytes };
}

/** What `writeAll` has noted at once and no socket has room for yet, as QEMU counts it. */
function unwrittenBytes(state: MigrationState): number {
  const { phase, plan, config } = state;
  if (phase !== 'final-send' && !isWrittenWhole(state)) return 0;
  const { ramBytes, stateBytes } = behindNetwork(state, config.backlogBytes);
  const charged = plan.spans.at(-1)?.endChargedBytes ?? 0;
  const ram = plan.wireBytes === 0 ? 0 : (ramBytes * charged) / plan.wireBytes;
  // What was written before lies before it in the sockets, marks among it that are not counted.
  return Math.min(state.notedBytes, stateBytes + ram);
}

/** What the clear of a full chunk's dirty log takes in the plan that the sync under way asks for. */
export function chunkClearUs({ config, sync }: MigrationState): number {
  const isLast = sync === 'final' || sync === 'postcopy';
  return isLast && !config.rules.clearsInLastStage ? 0 : config.chunkClearUs;
}

/** The first window of a migration opens with its first round. */
export function beginSending(state: MigrationState, plan: SendPlan): void {
  state.sender = openSender(state.asOfUs);
  state.plan = plan;
  state.law = null;
}

/** Pre-copy: sending a round, ending it with a sync, and what QEMU decides then (spec/qemu.md 1, 3). */
import {
  accountDevice,
  holdSwitchover,
  mayTargetSwitch,
  releaseSwitchover,
  withDeviceData,
} from './device-data.js';
import { nextDirtyLimitUs } from './dirty-limit.js';
import type { MigrationAction, MigrationState, SyncKind, SyncResult } from './migration-state.js';
import { precopyCap, risenShare, sendLaw, sentPages, sentRamPages, setFlow } from './pace.js';
import { earliestDueUs } from './quiet.js';
import { zeroPagesAt } from './send-plan.js';
import { reopenProgress } from './send-progress.js';
import { passesThreshold, WINDOW_US } from './send-window.js';
import { advanceSender } from './sender.js';
import { passesTest } from './sender-state.js';
import { slowGuest, vcpusReadyUs } from './slow-guest.js';
import { beginStop } from './switchover.js';
import { PAGE_BYTES } from './wire-format.js';

/** Auto-converge's timer for extra syncs (spec 3.4). */
export const BACKGROUND_SYNC_US = 5_000_000;
/** Below this the exact look ahead is as good as waiting. */
const WORTH_WAITING_US = 40_000;
/** How far the exact look ahead goes. */
const LOOK_AHEAD_US = 10_000_000;
/**
 * Far from the round's end the network's share may rise before QEMU must hear of it: by much when
 * it is very far, by what one of many flows that pauses leaves the others when it is nearer, then
 * not at all: lower shares may still wait to be told.
 */
const HEADROOMS = [1.15, 1.03, 1];

/** (Re)starts sending what the plan holds from where the round stands. */
export function sendOn(state: MigrationState, actions: MigrationAction[]): void {
  state.phase = 'sending';
  const cap = precopyCap(state, state.sender.spanIndex);
  // A share below the new ceiling goes on as it is: there is nothing to wait for.
  const isSlowed = cap < state.capBytesPerSecond && cap < state.bytesPerSecond;
  const leadUs = isSlowed ? leadDrainedUs(state) : state.asOfUs;
  if (leadUs <= state.asOfUs) setFlow(state, cap, actions);
  scheduleSending(state);
  if (leadUs <= state.asOfUs) return;
  state.wakeUs = Math.min(state.wakeUs, leadUs);
  state.quietBytesPerSecond = 0;
}

/**
 * A window's burst is on the wire long before its average rate says so. Where slower pages follow,
 * the flow keeps its rate until that lead is gone: the network had taken it already.
 */
function leadDrainedUs(state: MigrationState): number {
  const { sender, config } = state;
  const leadBytes = sender.writtenBytes - sender.wireBytes - config.backlogBytes;
  if (leadBytes < PAGE_BYTES || state.bytesPerSecond <= 0) return state.asOfUs;
  return Math.ceil(state.asOfUs + (leadBytes / state.bytesPerSecond) * 1e6);
}

/** The next instant at which something can happen while sending at the present rate. */
export function scheduleSending(state: MigrationState): void {
  const tickUs = nextTimerUs(state);
  for (const headroom of HEADROOMS) {
    const most = risenShare(state, headroom);
    const quietUntilUs = earliestDueUs(state, most);
    if (quietUntilUs <= state.asOfUs + WORTH_WAITING_US) continue;
    state.quietBytesPerSecond = most;
    state.wakeUs = Math.min(quietUntilUs, tickUs);
    return;
  }
  state.quietBytesPerSecond = 0;
  state.wakeUs = Math.min(dueAheadUs(state), tickUs);
}

/** The turn whose test passes, or the end of the stretch, at the present rate; Infinity: neither. */
function dueAheadUs(state: MigrationState): number {
  const sender = state.ahead.copyFrom(state.sender);
  const untilUs = state.asOfUs + LOOK_AHEAD_US;
  const options = { stopsAtSpans: true, skips: true };
  let end = advanceSender(sender, sendLaw(state), untilUs, null, options);
  // A stretch that ended with the last turn: the next one has begun, and nothing is to be done yet.
  while (end === 'span' && sender.atUs === state.asOfUs) {
    end = advanceSender(sender, sendLaw(state), untilUs, null, options);
  }
  return end === 'until' && state.bytesPerSecond <= 0 ? Number.POSITIVE_INFINITY : sender.atUs;
}

/** At a turn of the loop whose test passes, or at which post-copy can start. */
function isDue(state: MigrationState): boolean {
  const law = sendLaw(state);
  return state.sender.loop === 'top' && (law.stopsAtTurn || passesTest(state.sender, law));
}

/** Timers that run beside the loop: auto-converge's extra sync, dirty-limit's rings. */
function nextTimerUs(state: MigrationState): number {
  const limitUs =
    state.dirtyLimit === null ? Number.POSITIVE_INFINITY : nextDirtyLimitUs(state.dirtyLimit);
  return Math.min(nextBackgroundTickUs(state), limitUs);
}

function nextBackgroundTickUs(state: MigrationState): number {
  const ticks = state.config.rules.backgroundSync && state.config.autoConverge !== null;
  return ticks ? state.backgroundSyncUs : Number.POSITIVE_INFINITY;
}

/**
 * The timer ticks every 5 s from the migration's start and syncs where the count has not moved
 * since the tick before (spec 3.4): the second tick after a round's sync, the next one after its
 * own (spec 1.7: 20, 25, 30 s).
 */
function nextBackgroundSyncUs(state: MigrationState): number {
  const ticks = Math.floor((state.asOfUs - state.startUs) / BACKGROUND_SYNC_US);
  const ahead = state.sync === 'background' ? 1 : 2;
  return state.startUs + (ticks + ahead) * BACKGROUND_SYNC_US;
}

/** A turn of the loop that was scheduled: round's end, next span, background sync, post-copy. */
export function wakeSending(state: MigrationState, actions: MigrationAction[]): void {
  const { sender, config } = state;
  if (isDue(state)) {
    const passes = passesTest(sender, sendLaw(state));
    if (state.postcopyRequested && (config.rules.postcopyTestFirst || !passes)) {
      beginStop(state, 'postcopy', actions);
    } else if (
      sentPages(state) === state.plan.pages &&
      sender.thresholdBytes === 0 &&
      !state.heldByDevice &&
      mayTargetSwitch(state) &&
      config.vfioStateBytes === 0
    ) {
      // Nothing left inside the first window: complete without the exact sync (spec 1.3).
      beginStop(state, 'final', actions);
    } else requestSync(state, 'round', actions);
    return;
  }
  if (state.asOfUs >= nextBackgroundTickUs(state)) {
    requestSync(state, 'background', actions);
    return;
  }
  sendOn(state, actions);
}

/** Stops sending and reads the dirty log; the answer comes after the sync's own time. */
export function requestSync(
  state: MigrationState,
  sync: SyncKind,
  actions: MigrationAction[],
): void {
  state.sync = sync;
  state.sentPagesAtSync = sentRamPages(state);
  if (sync === 'round' || sync === 'background') state.phase = 'syncing';
  setFlow(state, 0, actions);
  state.wakeUs = Number.POSITIVE_INFINITY;
  actions.push({
    kind: 'sync',
    sync,
    sentPages: state.sentPagesAtSync,
    readyUs: vcpusReadyUs(state) + state.config.syncUs + deviceWaitUs(state),
  });
}

/**
 * While nothing is left to send and the device holds the switchover, or its state alone is more than
 * the threshold allows for, only a window's end can change the test: the syncs of the turns until
 * then are taken as one.
 */
function deviceWaitUs(state: MigrationState): number {
  if (state.sync !== 'round' || sentPages(state) < state.plan.pages) return 0;
  const { vfioStateBytes, rules } = state.config;
  const { thresholdBytes } = state.sender;
  const mayPass = passesThreshold(vfioStateBytes, thresholdBytes, rules.completesAtThreshold);
  if (!state.heldByDevice && mayPass) return 0;
  return Math.max(0, state.sender.windowStartUs + WINDOW_US - state.asOfUs);
}

/** The sync's result: account it, throttle, decide (spec 1.3, 3.1). */
export function finishRoundSync(
  state: MigrationState,
  result: SyncResult,
  actions: MigrationAction[],
): void {
  const round = state.syncCount;
  countSync(state, actions);
  releaseSwitchover(state);
  const { device, config } = state;
  if (device !== null) {
    const sent = sentPages(state) - state.sentPagesAtSync;
    accountDevice(device, sent, state.asOfUs, config.switchoverAckUs ?? 0);
  }
  state.backgroundSyncUs = nextBackgroundSyncUs(state);
  slowGuest(state, result, actions);
  const limitBytes = state.sender.thresholdBytes;
  const ramBytes = result.dirtyPages * PAGE_BYTES;
  const passes = (bytes: number): boolean =>
    passesThreshold(bytes, limitBytes, config.rules.completesAtThreshold);
  const exactBytes = ramBytes + config.vfioStateBytes;
  const done = mayTargetSwitch(state) && passes(exactBytes);
  const isHeld = !done && passes(ramBytes + (device?.leftBytes ?? 0));
  const postcopy = state.postcopyRequested && (!done || config.rules.postcopyTestFirst);
  const decision =
    state.sync === 'background'
      ? 'sync'
      : postcopy
        ? 'post-copy'
        : done
          ? 'switchover'
          : 'next round';
  pushRound(state, round, result, limitBytes, decision, actions);
  beginRound(state, { ...result, plan: withDeviceData(result.plan, device) });
  if (isHeld) holdSwitchover(state, limitBytes, actions);
  else state.heldByDevice = false;
  if (state.sync === 'background') sendOn(state, actions);
  else if (postcopy) beginStop(state, 'postcopy', actions);
  else if (done) {
    actions.push({
      kind: 'decision',
      action: 'switchover',
      reason: `${exactBytes} bytes left, threshold ${Math.floor(limitBytes)} bytes`,
    });
    beginStop(state, 'final', actions);
  } else sendOn(state, actions);
}

/** Tells of the round that a sync has ended; `round` is dirty-sync-count when it began. */
export function pushRound(
  state: MigrationState,
  round: number,
  result: SyncResult,
  limitBytes: number,
  decision: string,
  actions: MigrationAction[],
): void {
  actions.push({
    kind: 'round-ended',
    round: {
      count: round,
      startUs: state.roundStartUs,
      endUs: state.asOfUs,
      startPages: state.roundStartPages,
      endPages: result.unsentPages,
      newlyDirtyPages: result.newlyDirtyPages,
      sentBytes: state.transferredBytes - state.roundStartBytes,
      bandwidthBytesPerSecond: state.sender.bandwidthBytesPerMs * 1000,
      thresholdBytes: limitBytes,
      downtimeLimitMs: state.downtimeLimitMs,
      throttlePercent: state.period.throttlePercent,
      decision,
    },
  });
}

export function countSync(state: MigrationState, actions: MigrationAction[]): void {
  state.syncCount += 1;
  actions.push({ kind: 'iteration', count: state.syncCount });
}

/** A new plan after a sync. A page cut off by the sync was sent in part: that part counts on. */
export function beginRound(state: MigrationState, result: SyncResult): void {
  const { sender } = state;
  const part = sender.pages - sentPages(state);
  state.earlierPages += state.sentPagesAtSync;
  state.earlierZeroPages += zeroPagesAt(state.plan, state.sentPagesAtSync);
  state.plan = result.plan;
  state.law = null;
  sender.pages = Math.min(Math.max(0, part), result.plan.pages);
  sender.spanIndex = 0;
  reopenProgress(state.progress, state.asOfUs);
  state.roundStartBytes = state.transferredBytes;
  state.roundStartUs = state.asOfUs;
  state.roundStartPages = result.dirtyPages;
  state.lastSyncBytes = result.dirtyPages * PAGE_BYTES;
}

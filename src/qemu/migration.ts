/**
 * The migration machine: `(state, input, now) → actions`. Give it rates, wakes, sync results and
 * the manager's commands; it says what flow it wants, when to read the dirty log, and how it ends.
 * One machine serves the simulation and the validation against recorded QEMUs.
 */
import { openDirtyPeriod, throttledCpuShare } from './auto-converge.js';
import { openDeviceData, withDeviceData } from './device-data.js';
import { liftDirtyLimit, openDirtyLimit, runDirtyLimit } from './dirty-limit.js';
import type {
  ChangedParameters,
  MigrationAction,
  MigrationConfig,
  MigrationEnding,
  MigrationInput,
  MigrationState,
  SyncResult,
} from './migration-state.js';
import { advanceTo, beginSending, setFlow, setRate } from './pace.js';
import {
  beginPostcopy,
  continuePostcopy,
  faultUntil,
  postcopyOn,
  schedulePostcopy,
} from './post-copy.js';
import { openFaults } from './postcopy-faults.js';
import { endRecovery, pausePostcopy, recoverPostcopy } from './postcopy-recovery.js';
import { finishRoundSync, scheduleSending, sendOn, wakeSending } from './precopy.js';
import { NOTHING_TO_SEND, type SendPlan } from './send-plan.js';
import { openProgress, reopenProgress } from './send-progress.js';
import { openSender } from './sender-state.js';
import {
  allWritten,
  beginFinishing,
  beginLoading,
  drainStorage,
  finalSync,
  isDrained,
  scheduleFinal,
  sendFinal,
} from './switchover.js';
import { PAGE_BYTES } from './wire-format.js';

/** A migration whose `migrate` command is given at `nowUs`; setup ends with the first sync. */
export function startMigration(config: MigrationConfig, nowUs: number): MigrationState {
  return {
    config,
    startUs: nowUs,
    phase: 'setup',
    wakeUs: nowUs + config.setupUs,
    maxBandwidthBytesPerSecond: config.maxBandwidthBytesPerSecond,
    downtimeLimitMs: config.downtimeLimitMs,
    postcopyRequested: false,
    suspended: false,
    bytesPerSecond: 0,
    quietBytesPerSecond: 0,
    capBytesPerSecond: 0,
    asOfUs: nowUs,
    plan: NOTHING_TO_SEND,
    sender: openSender(nowUs),
    ahead: openSender(nowUs),
    progress: openProgress(nowUs),
    roundStartUs: nowUs,
    syncUs: nowUs,
    roundStartPages: 0,
    roundStartBytes: 0,
    sync: 'round',
    sentPagesAtSync: 0,
    period: openDirtyPeriod(nowUs),
    syncCount: 0,
    law: null,
    backgroundSyncUs: Number.POSITIVE_INFINITY,
    transferredBytes: 0,
    wireBytes: 0,
    notedBytes: 0,
    earlierPages: 0,
    earlierZeroPages: 0,
    ramPages: 0,
    setupDoneUs: null,
    lastSyncBytes: 0,
    expectedDowntimeMs: config.downtimeLimitMs,
    stoppedUs: null,
    qemuDowntimeUs: null,
    completedUs: null,
    downtimeUs: null,
    postcopy: false,
    postcopyRequests: 0,
    postcopyStartUs: 0,
    faults: openFaults([]),
    heldByDevice: false,
    heldTold: '',
    heldThresholdBytes: 0,
    heldWindowUs: 0,
    device: null,
    throttleMaxPercent: 0,
    dirtyLimit: config.dirtyLimit === null ? null : openDirtyLimit(config.dirtyLimit),
  };
}

/**
 * A new share of the network at `nowUs` that cannot bring `wakeUs` forward: none above
 * `quietBytesPerSecond`. May be told later, in order, before the next input.
 */
export function followRate(state: MigrationState, bytesPerSecond: number, nowUs: number): void {
  advanceTo(state, nowUs);
  setRate(state, bytesPerSecond);
}

/**
 * Applies one input at `nowUs` (never earlier than the last). Actions are appended in the order in
 * which they are to be carried out.
 */
export function handle(
  state: MigrationState,
  input: MigrationInput,
  nowUs: number,
  actions: MigrationAction[],
): void {
  if (state.phase === 'ended') return;
  if (state.postcopy) faultUntil(state, nowUs);
  advanceTo(state, nowUs);
  if (input.kind !== 'rate' && input.kind !== 'wake') state.law = null;
  holdVcpus(state, actions);
  state.quietBytesPerSecond = 0;
  switch (input.kind) {
    case 'wake':
      if (nowUs >= state.wakeUs) wake(state, actions);
      return;
    case 'rate':
      setRate(state, input.bytesPerSecond);
      reschedule(state);
      return;
    case 'setup-done':
      beginFirstRound(state, input.plan, actions);
      return;
    case 'sync-done':
      finishSync(state, input.result, actions);
      return;
    case 'storage-drained':
      if (state.phase === 'draining-storage') finalSync(state, actions);
      return;
    case 'set-downtime-limit':
      state.downtimeLimitMs = input.ms;
      reschedule(state);
      return;
    case 'set-bandwidth':
      state.maxBandwidthBytesPerSecond = input.bytesPerSecond;
      if (state.phase === 'sending') sendOn(state, actions);
      return;
    case 'set-parameters':
      setParameters(state, input.changes, actions);
      return;
    case 'start-postcopy':
      // Without the capability QEMU answers with an error (spec 6).
      if (!state.config.postcopyEnabled) return;
      state.postcopyRequested = true;
      reschedule(state);
      return;
    case 'suspend':
      suspend(state, actions);
      return;
    case 'recover':
      recoverPostcopy(state, actions);
      return;
    case 'give-up':
      if (state.phase !== 'postcopy-paused') return;
      end(state, { kind: 'lost', reason: input.reason }, actions);
      return;
    case 'cancel':
      cancel(state, input.reason, actions);
      return;
    case 'connection-lost':
      loseConnection(state, input.reason, input.cause ?? 'network', actions);
      return;
    case 'job-failed':
      resumeAtSource(state, actions);
      end(state, { kind: 'failed', cause: input.cause, reason: input.reason }, actions);
      return;
    default:
      input satisfies never;
  }
}

function setParameters(
  state: MigrationState,
  changes: ChangedParameters,
  actions: MigrationAction[],
): void {
  state.config = { ...state.config, ...changes };
  if (state.phase === 'postcopy') continuePostcopy(state, actions);
  else reschedule(state);
}

function wake(state: MigrationState, actions: MigrationAction[]): void {
  switch (state.phase) {
    case 'setup':
      state.wakeUs = Number.POSITIVE_INFINITY;
      actions.push({ kind: 'plan-setup' });
      return;
    case 'sending':
      wakeSending(state, actions);
      return;
    case 'stopping':
      drainStorage(state, actions);
      return;
    case 'final-send':
      if (isDrained(state)) allWritten(state);
      else scheduleFinal(state);
      return;
    case 'socket-drain':
      if (isDrained(state)) beginLoading(state, actions);
      else scheduleFinal(state);
      return;
    case 'loading':
      beginFinishing(state);
      return;
    case 'finishing':
      if (state.sync === 'postcopy') beginPostcopy(state, actions);
      else complete(state, actions);
      return;
    case 'postcopy':
      if (!postcopyOn(state, actions)) return;
      state.completedUs = state.asOfUs;
      end(state, { kind: 'completed' }, actions);
      return;
    case 'postcopy-recover':
      endRecovery(state, actions);
      return;
    case 'syncing':
    case 'draining-storage':
    case 'final-sync':
    case 'postcopy-paused':
    case 'ended':
      return;
    default:
      state.phase satisfies never;
  }
}

/** Quotas of dirty-limit: vCPUs fall asleep and wake beside whatever the migration does. */
function holdVcpus(state: MigrationState, actions: MigrationAction[]): void {
  if (state.dirtyLimit === null) return;
  const share = runDirtyLimit(state.dirtyLimit, state.asOfUs);
  if (share !== null) actions.push({ kind: 'vcpu-share', share });
}

function reschedule(state: MigrationState): void {
  if (state.phase === 'sending') scheduleSending(state);
  else if (state.phase === 'final-send' || state.phase === 'socket-drain') scheduleFinal(state);
  else if (state.phase === 'postcopy') schedulePostcopy(state);
}

/** Setup's sync finds every bit set: the first round is the bulk (spec 1.2). */
function beginFirstRound(state: MigrationState, plan: SendPlan, actions: MigrationAction[]): void {
  const nowUs = state.asOfUs;
  const { vfioPrecopy } = state.config;
  state.device = vfioPrecopy === null ? null : openDeviceData(vfioPrecopy, nowUs);
  beginSending(state, withDeviceData(plan, state.device));
  reopenProgress(state.progress, nowUs);
  state.period = openDirtyPeriod(nowUs);
  state.syncCount = 1;
  state.roundStartUs = nowUs;
  state.syncUs = nowUs;
  state.roundStartPages = plan.pages;
  state.ramPages = plan.pages;
  state.setupDoneUs = nowUs;
  state.lastSyncBytes = plan.pages * PAGE_BYTES;
  actions.push({ kind: 'iteration', count: 1 });
  sendOn(state, actions);
}

function finishSync(state: MigrationState, result: SyncResult, actions: MigrationAction[]): void {
  if (state.phase === 'syncing') finishRoundSync(state, result, actions);
  else if (state.phase === 'final-sync') sendFinal(state, result, actions);
}

function suspend(state: MigrationState, actions: MigrationAction[]): void {
  if (state.suspended || state.stoppedUs !== null) return;
  state.suspended = true;
  if (state.dirtyLimit !== null) liftDirtyLimit(state.dirtyLimit);
  actions.push({ kind: 'guest-speed', cpuShare: 0, running: false });
}

function complete(state: MigrationState, actions: MigrationAction[]): void {
  state.downtimeUs = state.asOfUs - (state.stoppedUs ?? state.asOfUs);
  end(state, { kind: 'completed' }, actions);
}

/** Before the switchover is through, cancelling resumes the guest at the source (spec 5.4). */
function cancel(state: MigrationState, reason: string, actions: MigrationAction[]): void {
  if (state.phase === 'postcopy' || state.postcopy) return;
  resumeAtSource(state, actions);
  end(state, { kind: 'cancelled', reason }, actions);
}

/**
 * In post-copy the guest's memory is split over two hosts: the migration waits to be recovered. Between
 * the package and the target's start neither side has a guest that can run (spec 6).
 */
function loseConnection(
  state: MigrationState,
  reason: string,
  cause: 'network' | 'target',
  actions: MigrationAction[],
): void {
  const { phase } = state;
  if (phase === 'postcopy' || phase === 'postcopy-recover') {
    pausePostcopy(state, reason, actions);
    return;
  }
  if (phase === 'postcopy-paused') return;
  const isPackageSent = phase === 'socket-drain' || phase === 'loading' || phase === 'finishing';
  if (state.sync === 'postcopy' && isPackageSent) {
    end(state, { kind: 'lost', reason }, actions);
    return;
  }
  resumeAtSource(state, actions);
  end(state, { kind: 'failed', cause, reason }, actions);
}

function resumeAtSource(state: MigrationState, actions: MigrationAction[]): void {
  setFlow(state, 0, actions);
  actions.push({ kind: 'guest-speed', cpuShare: throttledCpuShare(0), running: true });
}

function end(state: MigrationState, ending: MigrationEnding, actions: MigrationAction[]): void {
  state.phase = 'ended';
  state.wakeUs = Number.POSITIVE_INFINITY;
  actions.push({ kind: 'ended', end: ending });
}

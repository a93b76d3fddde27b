/**
 * Stop-and-copy (spec/qemu.md 5.1, 7.3): stop the vCPUs, drain the mirrors, read the log a last
 * time, send the rest and the device state without the rate limit, load, libvirt's Finish and cont.
 * Post-copy begins the same way and sends only the device state before the target resumes.
 */
import { liftDirtyLimit, vcpusHeardUs } from './dirty-limit.js';
import type { MigrationAction, MigrationState, SyncResult } from './migration-state.js';
import { drainedUs, risenShare, setFlow, wholePlanCap, writeAll } from './pace.js';
import { openFaults } from './postcopy-faults.js';
import { beginRound, countSync, pushRound, requestSync } from './precopy.js';
import { NOTHING_TO_SEND } from './send-plan.js';

/** Vectors of the discard command: 16 bytes a range (spec 6). */
const DISCARD_RANGE_BYTES = 16;
/** Nearer than this to the end each share of the network is told at once. */
const WORTH_WAITING_US = 100_000;
/** Farther from it the share may rise by so much before QEMU must hear of it. */
const HEADROOM = 1.15;

/** vm_stop: the guest feels the downtime from here. */
export function beginStop(
  state: MigrationState,
  how: 'final' | 'postcopy',
  actions: MigrationAction[],
): void {
  state.sync = how;
  state.phase = 'stopping';
  state.stoppedUs = state.asOfUs;
  // vm_stop waits for vCPUs that sleep in their quota; the guest stands still meanwhile as well.
  const { dirtyLimit } = state;
  const heardUs = dirtyLimit === null ? state.asOfUs : vcpusHeardUs(dirtyLimit, state.asOfUs);
  if (dirtyLimit !== null) liftDirtyLimit(dirtyLimit);
  setFlow(state, 0, actions);
  actions.push({ kind: 'guest-speed', cpuShare: 0, running: false });
  if (how === 'postcopy') {
    actions.push({ kind: 'decision', action: 'post-copy', reason: 'asked for by the manager' });
  }
  state.wakeUs = heardUs + state.config.stopUs + state.config.preSwitchoverUs;
}

/** libvirt has seen the stop: mirrors first (answered by `storage-drained`). */
export function drainStorage(state: MigrationState, actions: MigrationAction[]): void {
  state.phase = 'draining-storage';
  state.wakeUs = Number.POSITIVE_INFINITY;
  actions.push({ kind: 'drain-storage' });
}

/** migrate-continue: the last sync, unseen by the threshold. */
export function finalSync(state: MigrationState, actions: MigrationAction[]): void {
  state.phase = 'final-sync';
  requestSync(state, state.sync, actions);
}

/** The rest goes without the limit, device state behind it; in post-copy only the package. */
export function sendFinal(
  state: MigrationState,
  result: SyncResult,
  actions: MigrationAction[],
): void {
  const round = state.syncCount;
  if (state.config.rules.countsFinalSync || state.sync === 'postcopy') countSync(state, actions);
  const decision = state.sync === 'postcopy' ? 'post-copy' : 'stop-and-copy';
  pushRound(state, round, result, 0, decision, actions);
  beginRound(state, result);
  state.phase = 'final-send';
  const stateBytes = state.config.deviceStateBytes + state.config.vfioStateBytes;
  if (state.sync === 'postcopy') {
    state.faults = openFaults(result.touched);
    const discardBytes = result.dirtyRuns * DISCARD_RANGE_BYTES;
    writeAll(state, NOTHING_TO_SEND, discardBytes + state.config.deviceStateBytes);
  } else {
    writeAll(state, state.plan, stateBytes);
    state.sender.pages = state.plan.pages;
  }
  const packageOnly = state.sync === 'postcopy';
  setFlow(
    state,
    packageOnly ? state.config.channelsBytesPerSecond : wholePlanCap(state, stateBytes),
    actions,
  );
  scheduleFinal(state);
}

/** Wakes when the last byte is written (all but what the sockets hold), then when it has left. */
export function scheduleFinal(state: MigrationState): void {
  const heldBytes = heldInSockets(state);
  state.wakeUs = drainedUs(state, heldBytes, state.bytesPerSecond);
  if (state.wakeUs <= state.asOfUs + WORTH_WAITING_US) return;
  // Far from it a higher share changes nothing before the instant that it would make of it.
  const most = risenShare(state, HEADROOM);
  const quietUntilUs = drainedUs(state, heldBytes, most);
  if (quietUntilUs <= state.asOfUs + WORTH_WAITING_US) return;
  state.wakeUs = quietUntilUs;
  state.quietBytesPerSecond = most;
}

/** Whether the wake of a final phase is its end: the share may have fallen since it was set. */
export function isDrained(state: MigrationState): boolean {
  return drainedUs(state, heldInSockets(state), state.bytesPerSecond) <= state.asOfUs;
}

function heldInSockets(state: MigrationState): number {
  return state.phase === 'final-send' ? state.config.backlogBytes : 0;
}

/** The source has written everything; without a return path it takes that for the end. */
export function allWritten(state: MigrationState): void {
  const { config } = state;
  // In post-copy the source's downtime ends when the package is written (spec 6).
  if (!config.returnPath || state.sync === 'postcopy') endSourceDowntime(state);
  state.phase = 'socket-drain';
  scheduleFinal(state);
}

function endSourceDowntime(state: MigrationState): void {
  state.qemuDowntimeUs = state.asOfUs - (state.stoppedUs ?? state.asOfUs);
  if (state.sync !== 'postcopy') state.completedUs = state.asOfUs;
}

/** All has left: the target loads the device state. */
export function beginLoading(state: MigrationState, actions: MigrationAction[]): void {
  state.phase = 'loading';
  setFlow(state, 0, actions);
  state.wakeUs = state.asOfUs + state.config.deviceStateUs;
}

/** QEMU is done with the switchover; libvirt's Finish and `cont` are still to come. */
export function beginFinishing(state: MigrationState): void {
  state.phase = 'finishing';
  if (state.qemuDowntimeUs === null) endSourceDowntime(state);
  state.wakeUs = state.asOfUs + state.config.finishUs;
}

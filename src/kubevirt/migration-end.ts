/** How attempts end, and what that means for their guests (spec/kubevirt.md 5.5, 5.6, 8). */
import { ATTEMPTS_UNTIL_FAILED } from './back-off.js';
import type { EarlyFailCause, MigrationEnd } from './control-actions.js';
import { at, type ControlState, decide, nodeName, tell } from './control-state.js';
import { type FollowedGuest, holdsSlot, type Migration } from './migration-object.js';
import { freeSlot, limitedFor, retryQuota } from './migration-queue.js';
import { removePod } from './placement.js';
import { fitsWithout, hasTopologyRules } from './placement-questions.js';
import { countQuota } from './resource-quota.js';
import { dropRetries } from './retry-groups.js';
import { leaveNode, settle } from './settlement.js';

/** An attempt whose migration never began; its guest tries again, or is settled. */
export function failBeforeStart(
  state: ControlState,
  nowUs: number,
  migration: Migration,
  failCause: EarlyFailCause,
  reason: string,
): void {
  tellFailedBeforeStart(state, nowUs, migration, failCause, reason);
  endAttempt(state, nowUs, migration);
  afterFailure(state, nowUs, migration, failCause, reason);
}

/** A started migration has ended as the engine says. */
export function endStarted(
  state: ControlState,
  nowUs: number,
  migration: Migration,
  end: MigrationEnd,
): void {
  const { guest } = migration;
  decide(state, nowUs, guest.index, {
    actor: 'kubevirt',
    action: `migration-${end.outcome}`,
    reason: end.reason,
    attempt: migration.attempt,
  });
  if (end.outcome === 'succeeded' && state.lostNodes.has(migration.targetNode)) {
    // It ran there already, though nobody had heard of it.
    endAttempt(state, nowUs, migration);
    loseGuest(state, nowUs, guest, `node ${nodeName(state, migration.targetNode)} was lost`);
  } else if (end.outcome === 'succeeded') {
    succeed(state, nowUs, migration);
  } else if (end.outcome === 'lost' || state.lostNodes.has(guest.node)) {
    endAttempt(state, nowUs, migration);
    loseGuest(state, nowUs, guest, end.reason);
  } else {
    endAttempt(state, nowUs, migration);
    afterFailure(state, nowUs, migration, 'target', end.reason);
  }
}

/** The guest is gone for good; its pod's room with it. */
export function loseGuest(
  state: ControlState,
  nowUs: number,
  guest: FollowedGuest,
  reason: string,
): void {
  giveUpRoom(state, nowUs, guest);
  settle(state, nowUs, guest, 'lost', reason, false);
}

/** The guest's own pod ends: it leaves its node for nowhere. */
export function giveUpRoom(state: ControlState, nowUs: number, guest: FollowedGuest): void {
  if (guest.node < 0) return;
  removePod(state.placement, guest.index, guest.node);
  countQuota(state.quota, guest.index, -1);
  leaveNode(state, nowUs, guest, -1);
  roomFreed(state, nowUs);
}

/** Gives back what an attempt held: slot, target pod, quota; and wakes those that wait. */
export function endAttempt(state: ControlState, nowUs: number, migration: Migration): void {
  if (holdsSlot(migration.stage)) {
    freeSlot(state, migration);
    if (migration.targetNode >= 0) {
      removePod(state.placement, migration.guest.index, migration.targetNode);
    }
  }
  closeAttempt(state, nowUs, migration);
}

export function tellFailedBeforeStart(
  state: ControlState,
  nowUs: number,
  migration: Migration,
  failCause: EarlyFailCause,
  reason: string,
): void {
  const { guest, attempt } = migration;
  tellEndedBeforeStart(state, nowUs, migration, failCause, reason);
  const line = { actor: 'kubevirt', action: 'migration-failed', reason, attempt } as const;
  decide(state, nowUs, guest.index, line);
}

/** The run is over, and the attempt has not begun: nothing has failed. */
export function tellUnfinished(state: ControlState, nowUs: number, migration: Migration): void {
  tellEndedBeforeStart(state, nowUs, migration, '', '');
}

function tellEndedBeforeStart(
  state: ControlState,
  nowUs: number,
  migration: Migration,
  failCause: EarlyFailCause | '',
  reason: string,
): void {
  tell(state, {
    kind: 'attempt-ended-before-start',
    migrationId: migration.id,
    guestIndex: migration.guest.index,
    attempt: migration.attempt,
    sourceNode: nodeName(state, migration.sourceNode),
    targetNode: nodeName(state, migration.targetNode),
    createdUs: migration.createdUs,
    readyUs: Math.min(migration.readyUs, nowUs),
    slotUs: migration.slotUs,
    limited: limitedFor(state, nowUs, migration),
    endedUs: nowUs,
    failCause,
    reason,
    policyName: migration.settings?.policyName ?? '',
  });
}

/** The source's pod ends, the target's stays: the guest lives there now. */
function succeed(state: ControlState, nowUs: number, migration: Migration): void {
  const { guest } = migration;
  freeSlot(state, migration);
  removePod(state.placement, guest.index, migration.sourceNode);
  guest.failures = 0;
  leaveNode(state, nowUs, guest, migration.targetNode);
  closeAttempt(state, nowUs, migration);
  settle(state, nowUs, guest, 'moved', '');
  at(state, nowUs, { kind: 'guest-arrived', guest });
}

function closeAttempt(state: ControlState, nowUs: number, migration: Migration): void {
  migration.stage = 'ended';
  dropRetries(state.queue.retries, migration);
  migration.guest.current = null;
  state.unscheduled.delete(migration);
  const { targetNode } = migration;
  if (targetNode >= 0) {
    const rest = (state.incoming[targetNode] ?? 0) - 1;
    state.incoming[targetNode] = rest;
    if (rest === 0) state.nodesToReview.add(targetNode);
  }
  state.queue.wake = true;
  roomFreed(state, nowUs);
  if (state.updates) at(state, nowUs, { kind: 'update-workloads' });
  if (state.release.evacuationCreates === 'free-slots') {
    for (const node of state.drainedByNode.keys()) at(state, nowUs, { kind: 'evacuate', node });
  }
}

/**
 * Pods that fitted nowhere are scheduled again; quotas are asked again. The scheduler's own back-off
 * (1 to 10 s) is left out.
 */
export function roomFreed(state: ControlState, nowUs: number): void {
  const { schedulingUs } = state.fleet.timings;
  for (const migration of state.unscheduled) {
    if (migration.scheduling) continue;
    migration.scheduling = true;
    at(state, nowUs + schedulingUs, { kind: 'schedule', migration });
  }
  retryQuota(state, nowUs);
}

function afterFailure(
  state: ControlState,
  nowUs: number,
  migration: Migration,
  failCause: EarlyFailCause,
  reason: string,
): void {
  const { guest, source, deleted } = migration;
  if (guest.outcome !== null) return;
  const why = guest.node === guest.drainedNode ? state.givenUp.get(guest.node) : undefined;
  if (why !== undefined && failCause !== 'guest-lost') {
    settle(state, nowUs, guest, 'waiting', why);
    return;
  }
  if (failCause === 'guest-lost') {
    loseGuest(state, nowUs, guest, reason);
  } else if (guest.drainedNode < 0 && guest.update === 'none') {
    // Nobody but the user asked for it: that was all.
    settle(state, nowUs, guest, failCause === 'unschedulable' ? failCause : 'failed', reason);
  } else if (source === 'user' || deleted) {
    // Neither counts for the back-off (spec/kubevirt.md 5.6).
    tryAgain(state, nowUs, guest);
  } else {
    countFailure(state, nowUs, guest, failCause, reason);
  }
}

function countFailure(
  state: ControlState,
  nowUs: number,
  guest: FollowedGuest,
  failCause: EarlyFailCause,
  reason: string,
): void {
  guest.failures += 1;
  guest.lastFailedUs = nowUs;
  guest.onlyUnschedulable &&= failCause === 'unschedulable';
  if (failCause === 'unschedulable' && !roomMayCome(state, guest)) {
    settle(state, nowUs, guest, 'unschedulable', reason);
  } else if (guest.failures >= ATTEMPTS_UNTIL_FAILED) {
    const outcome = guest.onlyUnschedulable ? 'unschedulable' : 'failed';
    settle(state, nowUs, guest, outcome, reason);
  } else {
    tryAgain(state, nowUs, guest);
  }
}

/** The controller that wants the guest elsewhere makes its next VMIM. */
function tryAgain(state: ControlState, nowUs: number, guest: FollowedGuest): void {
  if (guest.drainedNode >= 0) at(state, nowUs, { kind: 'evacuate', node: guest.node });
  else at(state, nowUs, { kind: 'update-workloads' });
}

/**
 * Could another migration change that the guest fits nowhere? A target pod that may go again on a
 * node that the guest could take, or a move that may change topology counts. Room that frees up on
 * drained nodes is of use only where they are rebooted.
 */
function roomMayCome(state: ControlState, guest: FollowedGuest): boolean {
  const reserved = new Map<number, number[]>();
  for (const { targetNode, guest: other } of state.queue.active) {
    if (targetNode < 0) continue;
    reserved.set(targetNode, [...(reserved.get(targetNode) ?? []), other.index]);
  }
  for (const [node, others] of reserved) {
    if (fitsWithout(state.placement, guest.index, node, others)) return true;
  }
  if (nodeMayComeBack(state, guest)) return true;
  if (!hasTopologyRules(state.placement, guest.index)) return false;
  return state.followed.some(
    (other) => other !== guest && other.current !== null && !isStuckToo(other),
  );
}

/** A node under way to its reboot, which would take the guest once its own have left. */
function nodeMayComeBack(state: ControlState, guest: FollowedGuest): boolean {
  if (state.roll.plan.rebootUs === null) return false;
  for (const [node, { kind }] of state.roll.turns) {
    if (node === guest.node || (kind !== 'draining' && kind !== 'rebooting')) continue;
    if (state.lostNodes.has(node)) continue;
    const leaving = (state.drainedByNode.get(node) ?? []).filter((one) => one.node === node);
    const others = leaving.map(({ index }) => index);
    if (fitsWithout(state.placement, guest.index, node, others, true)) return true;
  }
  return false;
}

function isStuckToo(guest: FollowedGuest): boolean {
  return guest.failures > 0 && guest.onlyUnschedulable;
}

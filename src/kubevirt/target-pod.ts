/** From the target pod's creation to the source launcher's call (spec/kubevirt.md 5.1, 5.4, 5.5). */
import { at, type ControlState, decide, guestAt, nodeName, tell } from './control-state.js';
import { failBeforeStart } from './migration-end.js';
import type { Migration } from './migration-object.js';
import { addPod, chooseNode } from './placement.js';
import { settingsFor } from './policy.js';

export function scheduleTargetPod(state: ControlState, nowUs: number, migration: Migration): void {
  migration.scheduling = false;
  if (migration.stage !== 'scheduling' && migration.stage !== 'unschedulable') return;
  const { guest, attempt, sourceNode, addedNodeSelector } = migration;
  const choice = chooseNode(state.placement, guest.index, sourceNode, attempt, addedNodeSelector);
  if (choice.node === null) {
    stayUnschedulable(state, nowUs, migration, choice.message);
    return;
  }
  migration.stage = 'starting';
  migration.targetNode = choice.node;
  state.unscheduled.delete(migration);
  addPod(state.placement, guest.index, choice.node);
  const incoming = (state.incoming[choice.node] ?? 0) + 1;
  state.incoming[choice.node] = incoming;
  state.incomingPeak[choice.node] = Math.max(incoming, state.incomingPeak[choice.node] ?? 0);
  at(state, nowUs + state.fleet.timings.podStartUs, { kind: 'pod-ready', migration });
  decide(state, nowUs, guest.index, {
    actor: 'scheduler',
    action: 'target-pod-scheduled',
    reason: `to ${nodeName(state, choice.node)}`,
    attempt,
  });
}

export function targetPodReady(state: ControlState, nowUs: number, migration: Migration): void {
  if (migration.stage !== 'starting') return;
  migration.stage = 'handing-off';
  at(state, nowUs + state.fleet.timings.handOffUs, { kind: 'hand-off', migration });
}

/** The policy is resolved and frozen here; later edits do not reach a running migration. */
export function handOff(state: ControlState, nowUs: number, migration: Migration): void {
  if (migration.stage !== 'handing-off') return;
  const settings = settingsFor(state.fleet, guestAt(state, migration.guest.index));
  migration.settings = settings;
  at(state, nowUs + state.fleet.timings.targetPreparationUs, { kind: 'prepared', migration });
  const policy = settings.policyName === '' ? 'no policy' : `policy ${settings.policyName}`;
  decide(state, nowUs, migration.guest.index, {
    actor: 'kubevirt',
    action: 'handed-off',
    reason: `${policy}, to ${nodeName(state, migration.targetNode)}`,
    attempt: migration.attempt,
  });
}

export function startMigration(state: ControlState, nowUs: number, migration: Migration): void {
  if (migration.stage !== 'handing-off' || migration.settings === null) return;
  if (waitsForHandler(state, nowUs, migration)) return;
  migration.stage = 'started';
  const { guest, attempt, createdUs, readyUs } = migration;
  const reason = `${nodeName(state, migration.sourceNode)} to ${nodeName(state, migration.targetNode)}`;
  const line = { actor: 'kubevirt', action: 'migration-started', reason, attempt } as const;
  decide(state, nowUs, guest.index, line);
  tell(state, {
    kind: 'start-migration',
    migrationId: migration.id,
    guestIndex: guest.index,
    attempt,
    sourceNode: nodeName(state, migration.sourceNode),
    targetNode: nodeName(state, migration.targetNode),
    createdUs,
    readyUs,
    slotUs: migration.slotUs ?? createdUs,
    limited: migration.limited,
    settings: migration.settings,
  });
  if (migration.deleted) tell(state, { kind: 'abort-migration', migrationId: migration.id });
}

/** Both virt-handlers have their part in the start (spec/kubevirt.md 5.4): it waits for them. */
function waitsForHandler(state: ControlState, nowUs: number, migration: Migration): boolean {
  for (const node of [migration.targetNode, migration.sourceNode]) {
    const untilUs = state.handlersDownUs.get(node) ?? nowUs;
    if (untilUs <= nowUs) continue;
    at(state, untilUs, { kind: 'prepared', migration });
    decide(state, nowUs, migration.guest.index, {
      actor: 'kubevirt',
      action: 'waits',
      reason: `virt-handler on ${nodeName(state, node)} is not there`,
      attempt: migration.attempt,
    });
    return true;
  }
  return false;
}

/** Unschedulable for too long since the pod's creation (300 s): pod deleted, VMIM failed. */
export function unschedulableTimeout(
  state: ControlState,
  nowUs: number,
  migration: Migration,
): void {
  if (migration.stage !== 'unschedulable') return;
  failBeforeStart(state, nowUs, migration, 'unschedulable', migration.message);
}

/** Pending for too long for any reason (900 s): the same. */
export function pendingTimeout(state: ControlState, nowUs: number, migration: Migration): void {
  const { stage } = migration;
  if (stage === 'scheduling' || stage === 'unschedulable') {
    const reason = migration.message === '' ? 'target pod was not scheduled' : migration.message;
    failBeforeStart(state, nowUs, migration, 'unschedulable', reason);
  } else if (stage === 'starting') {
    failBeforeStart(
      state,
      nowUs,
      migration,
      'target',
      `target pod was pending for ${migration.pendingTimeoutUs / 1e6} s`,
    );
  }
}

function stayUnschedulable(
  state: ControlState,
  nowUs: number,
  migration: Migration,
  message: string,
): void {
  const isNews = migration.message !== message;
  migration.stage = 'unschedulable';
  migration.message = message;
  state.unscheduled.add(migration);
  if (!isNews) return;
  decide(state, nowUs, migration.guest.index, {
    actor: 'scheduler',
    action: 'target-pod-unschedulable',
    reason: message,
    attempt: migration.attempt,
  });
}

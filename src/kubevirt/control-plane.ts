/**
 * The control plane as one deterministic machine: drain client, eviction webhook, evacuation
 * controller, migration controller with its queue, scheduler. Give it inputs, call `step`.
 */
import type { Fleet } from '../fleet/model.js';
import type { ControlAction, MigrationEnd } from './control-actions.js';
import { at, type ControlEvent, type ControlState, createState, guestAt } from './control-state.js';
import { isRollOver } from './drain-roll.js';
import { beginDrain, endWindow, nextTurnUs, takeTurns, tellRoll } from './drain-turns.js';
import { evacuate } from './evacuation.js';
import { countInFlight, endInFlight } from './in-flight.js';
import { drainArrival, evictGuests } from './kubectl-drain.js';
import {
  endAttempt,
  endStarted,
  failBeforeStart,
  loseGuest,
  tellUnfinished,
} from './migration-end.js';
import { enqueue, takeSlots } from './migration-queue.js';
import { closeNode, holdsRoom, type Placement } from './placement.js';
import { dropQuotaBlocked } from './quota-deadlock.js';
import { untoleratedTaintReason } from './scheduler-message.js';
import { settle, unsettle } from './settlement.js';
import {
  handOff,
  pendingTimeout,
  scheduleTargetPod,
  startMigration,
  targetPodReady,
  unschedulableTimeout,
} from './target-pod.js';
import { doUserMigration } from './user-migrations.js';
import { beginWorkloadUpdates, evictOutdated, updateWorkloads } from './workload-updater.js';

/** Opaque to callers: made by `createControlPlane`, changed only by the functions of this file. */
export type ControlPlane = ControlState;

/** Nothing happens before fleet.drain.startUs. */
export function createControlPlane(fleet: Fleet, seed: number): ControlPlane {
  const cp = createState(fleet, seed);
  const { startUs, window } = fleet.drain;
  at(cp, startUs, { kind: 'drain-begins' });
  if (window !== null) at(cp, window.endUs, { kind: 'window-ends' });
  for (const wanted of fleet.userMigrations) {
    at(cp, Math.max(startUs, wanted.atUs), { kind: 'user-migration', wanted });
  }
  return cp;
}

/** The instant (whole microseconds) at which `step` is due; Infinity when only inputs can wake it. */
export function nextWakeUs(cp: ControlPlane): number {
  return cp.actions.length > 0 ? cp.nowUs : dueUs(cp);
}

/** Does everything due up to and at `nowUs`. Call at `nextWakeUs` and after every input. */
export function step(cp: ControlPlane, nowUs: number): readonly ControlAction[] {
  for (let wakeUs = dueUs(cp); wakeUs <= nowUs; wakeUs = dueUs(cp)) {
    cp.nowUs = Math.max(cp.nowUs, wakeUs);
    for (let next = cp.events.peek(); next !== undefined; next = cp.events.peek()) {
      if (next.atUs > cp.nowUs) break;
      cp.events.pop();
      handle(cp, cp.nowUs, next.event);
    }
    takeTurns(cp, cp.nowUs);
    takeSlots(cp, cp.nowUs);
    dropQuotaBlocked(cp, cp.nowUs);
  }
  cp.nowUs = Math.max(cp.nowUs, nowUs);
  const { actions } = cp;
  cp.actions = [];
  return actions;
}

/**
 * A started migration has ended. `succeeded`: its guest is on the target from now (call it after
 * timings.finalisationUs); `failed`, `aborted`: it runs on at the source; `lost`: it is gone.
 */
export function migrationEnded(
  cp: ControlPlane,
  nowUs: number,
  migrationId: number,
  end: MigrationEnd,
): void {
  const migration = cp.migrations[migrationId];
  if (migration === undefined || migration.stage !== 'started') {
    throw new RangeError(`migration ${migrationId} has not started or has ended already`);
  }
  cp.nowUs = Math.max(cp.nowUs, nowUs);
  endStarted(cp, nowUs, migration, end);
}

/**
 * A node is gone with every guest on it. Attempts before their start fail by themselves; the
 * engine reports the end of started migrations from or to the node by `migrationEnded`.
 */
export function nodeLost(cp: ControlPlane, nowUs: number, node: string): void {
  const index = cp.placement.indexOfNode.get(node);
  if (index === undefined || cp.lostNodes.has(index)) return;
  cp.nowUs = Math.max(cp.nowUs, nowUs);
  cp.lostNodes.add(index);
  const unreachable = untoleratedTaintReason({ key: 'node.kubernetes.io/unreachable', value: '' });
  closeNode(cp.placement, index, unreachable);
  if (cp.begun) tellRoll(cp, nowUs, { kind: 'node-lost', node: index });
  for (const migration of [...cp.queue.active]) {
    if (migration.targetNode === index && migration.stage !== 'started') {
      failBeforeStart(cp, nowUs, migration, 'target', 'Target pod is down');
    }
  }
  const reason = `node ${node} was lost`;
  for (const guest of cp.followed) {
    if (guest.node !== index) continue;
    // What has ended before holds nothing that could be lost.
    if (!holdsRoom(guestAt(cp, guest.index))) continue;
    if (guest.outcome !== null) unsettle(cp, guest);
    if (guest.current === null) loseGuest(cp, nowUs, guest, reason);
    else if (guest.current.stage !== 'started') {
      failBeforeStart(cp, nowUs, guest.current, 'guest-lost', reason);
    }
  }
}

/** virt-handler of a node is not there until then: no migration from or to it begins. */
export function handlerDown(cp: ControlPlane, node: string, untilUs: number): void {
  const index = cp.placement.indexOfNode.get(node);
  if (index === undefined) return;
  // Of two restarts the one that takes longer counts.
  cp.handlersDownUs.set(index, Math.max(untilUs, cp.handlersDownUs.get(index) ?? 0));
}

/**
 * The target pod of a guest (`NAMESPACE/NAME`) is gone before its migration began; one that has
 * begun is the engine's (spec/kubevirt.md 8).
 */
export function targetPodLost(cp: ControlPlane, nowUs: number, name: string): void {
  cp.nowUs = Math.max(cp.nowUs, nowUs);
  for (const migration of [...cp.queue.active]) {
    const guest = guestAt(cp, migration.guest.index);
    if (`${guest.namespace}/${guest.name}` !== name || migration.stage === 'started') continue;
    failBeforeStart(cp, nowUs, migration, 'target', 'Target pod is down');
  }
}

/** By node, in fleet order: guests on it now, and the most target pods on it at one time. */
export interface NodeLoads {
  readonly placement: Placement;
  readonly guests: Int32Array;
  readonly inboundPeak: Int32Array;
  /** Nodes that are gone, with all that was on them. */
  readonly lost: ReadonlySet<number>;
}

export function nodeLoads(cp: ControlPlane): NodeLoads {
  const { fleet, placement, followed, incomingPeak, lostNodes: lost } = cp;
  const guests = new Int32Array(fleet.nodes.length);
  const moved = new Map(followed.map(({ index, node }) => [index, node]));
  fleet.guests.forEach((guest, index) => {
    const node = moved.get(index) ?? placement.firstNode[index] ?? -1;
    if (node >= 0 && !lost.has(node) && holdsRoom(guest)) guests[node] = (guests[node] ?? 0) + 1;
  });
  return { placement, guests, inboundPeak: incomingPeak, lost };
}

/** How many guests will each have an outcome at the end. */
export function guestsFollowed(cp: ControlPlane): number {
  return cp.followed.length;
}

/** The drain has begun, every guest has its outcome, and every node its turn. */
export function allSettled(cp: ControlPlane): boolean {
  return cp.begun && cp.unsettled === 0 && isRollOver(cp.roll);
}

/**
 * The end by timeout: whatever is not settled becomes `waiting`. Attempts that never started are
 * reported as ended here; started ones are the engine's (`unfinished`).
 */
export function settleAll(cp: ControlPlane, nowUs: number): readonly ControlAction[] {
  const reason = 'the drain timed out';
  for (const guest of cp.followed) {
    if (guest.outcome !== null) continue;
    const { current } = guest;
    if (current === null && cp.roll.turns.get(guest.node)?.kind === 'waiting') {
      settle(cp, nowUs, guest, 'left', `its node was not begun: ${reason}`);
      continue;
    }
    const wait = current === null || current.message === '' ? reason : current.message;
    if (current !== null && current.stage !== 'started') {
      tellUnfinished(cp, nowUs, current);
      endAttempt(cp, nowUs, current);
    }
    settle(cp, nowUs, guest, 'waiting', wait);
  }
  const { actions } = cp;
  cp.actions = [];
  return actions;
}

function dueUs(cp: ControlPlane): number {
  const eventUs = cp.events.peek()?.atUs ?? Number.POSITIVE_INFINITY;
  const next = Math.min(eventUs, cp.queue.nextRetryUs, nextTurnUs(cp));
  return cp.queue.wake ? Math.min(next, cp.nowUs) : next;
}

function handle(cp: ControlPlane, nowUs: number, event: ControlEvent): void {
  switch (event.kind) {
    case 'drain-begins':
      countInFlight(cp, nowUs);
      beginDrain(cp, nowUs);
      if (cp.updates) beginWorkloadUpdates(cp, nowUs);
      return;
    case 'window-ends':
      endWindow(cp, nowUs);
      return;
    case 'guest-arrived':
      drainArrival(cp, nowUs, event.guest);
      return;
    case 'evict-again':
      evictGuests(cp, nowUs, event.node);
      return;
    case 'evacuate':
      evacuate(cp, nowUs, event.node);
      return;
    case 'update-workloads':
      updateWorkloads(cp, nowUs);
      return;
    case 'evict-outdated':
      evictOutdated(cp, nowUs);
      return;
    case 'user-migration':
      doUserMigration(cp, nowUs, event.wanted);
      return;
    case 'in-flight-ended':
      endInFlight(cp, nowUs, event.guest, event.node);
      return;
    case 'back-off-over':
      if (event.migration.stage === 'back-off') enqueue(cp, nowUs, event.migration);
      return;
    case 'schedule':
      scheduleTargetPod(cp, nowUs, event.migration);
      return;
    case 'pod-ready':
      targetPodReady(cp, nowUs, event.migration);
      return;
    case 'hand-off':
      handOff(cp, nowUs, event.migration);
      return;
    case 'prepared':
      startMigration(cp, nowUs, event.migration);
      return;
    case 'unschedulable-timeout':
      unschedulableTimeout(cp, nowUs, event.migration);
      return;
    case 'pending-timeout':
      pendingTimeout(cp, nowUs, event.migration);
      return;
  }
}

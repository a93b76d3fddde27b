/**
 * What the operator does with a node whose turn has come: `kubectl drain` (cordon, then an eviction
 * of each launcher pod, again every drain.retryUs while refused), or the drain taint.
 *
 * An eviction that KubeVirt answers with 429 changes nothing when it is repeated: the guest is
 * marked already, or can never move. So only evictions that wait for a PodDisruptionBudget are
 * really repeated.
 */
import type { EvictionStrategy, Guest } from '../fleet/model.js';
import { at, type ControlState, decide, guestAt, nodeName, tell } from './control-state.js';
import { isDraining } from './drain-roll.js';
import { evictionVerdict, taintVerdict } from './eviction-webhook.js';
import { matchesLabels } from './label-matching.js';
import { liveMigratable } from './migratable.js';
import { giveUpRoom } from './migration-end.js';
import type { FollowedGuest } from './migration-object.js';
import { closeNode, holdsRoom } from './placement.js';
import { launcherLabels } from './pod-class.js';
import { UNSCHEDULABLE_NODE, untoleratedTaintReason } from './scheduler-message.js';
import { reopen, settle } from './settlement.js';

/** The turn of these nodes has come: all are cordoned, then emptied one beside the other. */
export function drainNodes(state: ControlState, nowUs: number, nodes: readonly number[]): void {
  const { method } = state.fleet.drain;
  const own = new Map(nodes.map((node): [number, FollowedGuest[]] => [node, []]));
  for (const guest of state.followed) own.get(guest.node)?.push(guest);
  for (const [node, guests] of own) state.drainedByNode.set(node, guests);
  for (const node of nodes) {
    const guests = state.drainedByNode.get(node) ?? [];
    cordonNode(state, nowUs, node);
    tell(state, { kind: 'node-begun', node: nodeName(state, node), atUs: nowUs });
    state.guestsLeft[node] = guests.filter(({ index }) => holdsRoom(guestAt(state, index))).length;
    for (const guest of guests) reopen(state, guest, node);
    state.nodesToReview.add(node);
  }
  for (const node of nodes) {
    const guests = state.drainedByNode.get(node) ?? [];
    if (state.guestsLeft[node] === 0) {
      tell(state, { kind: 'node-empty', node: nodeName(state, node), atUs: nowUs });
    }
    for (const guest of guests) if (isOver(state, guest)) settleFinal(state, nowUs, guest);
    if (method === 'evict') evictGuests(state, nowUs, node);
    else for (const guest of guests) taintGuest(state, nowUs, guest);
    at(state, nowUs, { kind: 'evacuate', node });
  }
}

/** No new pod from here on; told once, also where it was cordoned before the run. */
export function cordonNode(state: ControlState, nowUs: number, node: number): void {
  const { drain, kubevirt } = state.fleet;
  const taint = untoleratedTaintReason({ key: kubevirt.migrations.nodeDrainTaintKey, value: '' });
  closeNode(state.placement, node, drain.method === 'evict' ? UNSCHEDULABLE_NODE : taint);
  if (state.cordoned.has(node)) return;
  state.cordoned.add(node);
  tell(state, { kind: 'node-cordoned', node: nodeName(state, node), atUs: nowUs });
}

/**
 * A guest whose target pod was on the node before its turn came runs there now: `kubectl drain`
 * asks again until that pod, too, has gone.
 */
export function drainArrival(state: ControlState, nowUs: number, guest: FollowedGuest): void {
  const { node } = guest;
  if (!isDraining(state.roll, node) || state.givenUp.has(node)) return;
  reopen(state, guest, node);
  state.drainedByNode.get(node)?.push(guest);
  state.guestsLeft[node] = (state.guestsLeft[node] ?? 0) + 1;
  const { method, retryUs } = state.fleet.drain;
  if (method === 'evict') at(state, nowUs + retryUs, { kind: 'evict-again', node });
  else taintGuest(state, nowUs, guest);
  at(state, nowUs, { kind: 'evacuate', node });
}

/** One round of evictions over the launcher pods of a node that are not yet on their way. */
export function evictGuests(state: ControlState, nowUs: number, node: number): void {
  if (state.givenUp.has(node)) return;
  let refused = false;
  for (const guest of state.drainedByNode.get(node) ?? []) {
    if (guest.outcome !== null || guest.marked) continue;
    // Meanwhile a user has begun to migrate it: not torn down, asked again.
    if (guest.current !== null) {
      refused = true;
      continue;
    }
    refused = evictGuest(state, nowUs, guest) === 'refused' || refused;
  }
  if (refused) at(state, nowUs + state.fleet.drain.retryUs, { kind: 'evict-again', node });
}

function evictGuest(
  state: ControlState,
  nowUs: number,
  guest: FollowedGuest,
): 'answered' | 'refused' {
  const vmi = guestAt(state, guest.index);
  const condition = liveMigratable(state.fleet, vmi);
  const strategy = vmi.evictionStrategy ?? state.fleet.kubevirt.evictionStrategy;
  const verdict = evictionVerdict(strategy, condition.status);
  const line = (action: string, reason: string) =>
    decide(state, nowUs, guest.index, { actor: 'drain', action, reason });
  switch (verdict) {
    case 'mark':
      guest.marked = true;
      line('eviction-denied', markReason(state, vmi, guest));
      return 'answered';
    case 'deny':
      line('eviction-denied', `429: ${condition.message || condition.reason}`);
      settle(state, nowUs, guest, 'not-movable', condition.reason || condition.message);
      return 'answered';
    case 'external':
      line('eviction-denied', '429: evictionStrategy External, left to an external controller');
      settle(state, nowUs, guest, 'left', 'evictionStrategy External');
      return 'answered';
    case 'allow':
      return evictPod(state, nowUs, guest, allowReason(strategy, condition.reason));
  }
}

function allowReason(strategy: EvictionStrategy, notMigratable: string): string {
  const because = strategy === 'None' || notMigratable === '' ? '' : `, ${notMigratable}`;
  return `evictionStrategy ${strategy}${because}`;
}

function markReason(state: ControlState, vmi: Guest, guest: FollowedGuest): string {
  const already = vmi.evacuationNodeName === nodeName(state, guest.node);
  return already ? '429: Evacuation in progress' : '429: marked for evacuation';
}

/**
 * The webhook lets the pod go; a user's PodDisruptionBudget may not. It counts the pods of all nodes;
 * guests evicted in one round are taken to be restarted and ready again at the next one.
 */
function evictPod(
  state: ControlState,
  nowUs: number,
  guest: FollowedGuest,
  why: string,
): 'answered' | 'refused' {
  const vmi = guestAt(state, guest.index);
  const labels = launcherLabels(vmi);
  const budgets = state.fleet.disruptionBudgets
    .map((budget, index) => ({ budget, index }))
    .filter(
      ({ budget }) =>
        budget.namespace === vmi.namespace && matchesLabels(budget.matchLabels, labels),
    );
  const spent = budgets.find(({ index }) => disruptionsLeft(state, nowUs, index) <= 0);
  if (spent !== undefined) {
    const { name, disruptionsAllowed } = spent.budget;
    const reason = `Cannot evict pod as it would violate the pod's disruption budget ${name}`;
    decide(state, nowUs, guest.index, { actor: 'drain', action: 'eviction-denied', reason });
    if (disruptionsAllowed > 0) return 'refused';
    settle(state, nowUs, guest, 'not-movable', reason);
    return 'answered';
  }
  for (const { index } of budgets) state.evictedUs[index]?.push(nowUs);
  decide(state, nowUs, guest.index, { actor: 'drain', action: 'eviction-allowed', reason: why });
  giveUpRoom(state, nowUs, guest);
  settle(state, nowUs, guest, 'restarted', why, false);
  return 'answered';
}

/** Of the budget: what this round's evictions, on whichever node, have left of it. */
function disruptionsLeft(state: ControlState, nowUs: number, index: number): number {
  const { disruptionBudgets, drain } = state.fleet;
  const evicted = (state.evictedUs[index] ?? []).filter((atUs) => nowUs - atUs < drain.retryUs);
  state.evictedUs[index] = evicted;
  return (disruptionBudgets[index]?.disruptionsAllowed ?? 0) - evicted.length;
}

/** The taint's candidates are those that the evacuation controller filters (spec/kubevirt.md 6). */
function taintGuest(state: ControlState, nowUs: number, guest: FollowedGuest): void {
  if (guest.outcome !== null) return;
  const vmi = guestAt(state, guest.index);
  const condition = liveMigratable(state.fleet, vmi);
  const strategy = vmi.evictionStrategy ?? state.fleet.kubevirt.evictionStrategy;
  switch (taintVerdict(strategy, condition.status)) {
    case 'left':
      settle(state, nowUs, guest, 'left', `evictionStrategy ${strategy}`);
      return;
    case 'mark':
      guest.marked = true;
      return;
    case 'deny':
      settle(state, nowUs, guest, 'not-movable', condition.reason || condition.message);
  }
}

function isOver(state: ControlState, guest: FollowedGuest): boolean {
  return !holdsRoom(guestAt(state, guest.index));
}

function settleFinal(state: ControlState, nowUs: number, guest: FollowedGuest): void {
  settle(state, nowUs, guest, 'left', `VMI is ${guestAt(state, guest.index).phase}`, false);
}

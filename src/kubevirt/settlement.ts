/** Final states of the drained nodes' guests, and when a drained node is empty. */
import type { SettledOutcome } from './control-actions.js';
import { type ControlState, decide, nodeName, tell } from './control-state.js';
import type { FollowedGuest } from './migration-object.js';

/** Gives a guest its one outcome; a guest that has one keeps it. */
export function settle(
  state: ControlState,
  nowUs: number,
  guest: FollowedGuest,
  outcome: SettledOutcome,
  reason: string,
  blocksNode = guest.drainedNode >= 0 && guest.node === guest.drainedNode,
): void {
  if (guest.outcome !== null) return;
  guest.outcome = outcome;
  guest.reason = reason;
  guest.marked = false;
  state.unsettled -= 1;
  if (guest.drainedNode >= 0) {
    const rest = (state.unsettledOn[guest.drainedNode] ?? 0) - 1;
    state.unsettledOn[guest.drainedNode] = rest;
    if (rest === 0) state.nodesToReview.add(guest.drainedNode);
  }
  const where = outcome === 'moved' ? `moved to ${nodeName(state, guest.node)}` : outcome;
  decide(state, nowUs, guest.index, {
    actor: 'drain',
    action: 'settled',
    reason: reason === '' ? where : `${where}: ${reason}`,
  });
  tell(state, {
    kind: 'guest-settled',
    guestIndex: guest.index,
    outcome,
    reason,
    drainedNode: nodeName(state, guest.drainedNode),
    finalNode: nodeName(state, guest.node),
    blocksNode,
    atUs: nowUs,
  });
}

/** The guest has to leave the node, whatever became of it before. */
export function reopen(state: ControlState, guest: FollowedGuest, node: number): void {
  if (guest.outcome !== null) reset(state, guest);
  guest.drainedNode = node;
  guest.onlyUnschedulable ||= guest.failures === 0;
  state.unsettledOn[node] = (state.unsettledOn[node] ?? 0) + 1;
}

/**
 * What became of the guest is about to change once more: the node that it is on is lost. One that has
 * moved there counts for the drained node as before.
 */
export function unsettle(state: ControlState, guest: FollowedGuest): void {
  const hasMoved = guest.outcome === 'moved';
  reset(state, guest);
  if (hasMoved) guest.drainedNode = -1;
  else if (guest.drainedNode >= 0) {
    state.unsettledOn[guest.drainedNode] = (state.unsettledOn[guest.drainedNode] ?? 0) + 1;
  }
}

function reset(state: ControlState, guest: FollowedGuest): void {
  tell(state, { kind: 'guest-reopened', guestIndex: guest.index });
  guest.outcome = null;
  state.unsettled += 1;
}

/** The guest is off its drained node: to `node`, or to nowhere (-1). */
export function leaveNode(
  state: ControlState,
  nowUs: number,
  guest: FollowedGuest,
  node: number,
): void {
  const { drainedNode, node: before } = guest;
  guest.node = node;
  if (drainedNode < 0 || drainedNode !== before) return;
  const rest = (state.guestsLeft[drainedNode] ?? 0) - 1;
  state.guestsLeft[drainedNode] = rest;
  if (rest > 0) return;
  tell(state, { kind: 'node-empty', node: nodeName(state, drainedNode), atUs: nowUs });
}

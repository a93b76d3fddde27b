/** Carries out the turns of a drain's nodes (drain-roll.ts) upon guests, pods and the scheduler. */
import { type ControlState, guestAt, nodeName, tell } from './control-state.js';
import { type RollAction, type RollInput, takeTurn } from './drain-roll.js';
import { cordonNode, drainNodes } from './kubectl-drain.js';
import { giveUpRoom, roomFreed } from './migration-end.js';
import { holdsRoom, openNode } from './placement.js';
import { reopen, settle } from './settlement.js';
import { withdraw } from './withdrawal.js';

export function beginDrain(state: ControlState, nowUs: number): void {
  state.begun = true;
  if (state.fleet.drain.cordon === 'all') {
    for (const node of state.roll.turns.keys()) cordonNode(state, nowUs, node);
  }
  for (const node of state.lostNodes) tellRoll(state, nowUs, { kind: 'node-lost', node });
  tellRoll(state, nowUs, { kind: 'begin' });
}

/** Something of the roll is due, now or at `nextTurnUs`. */
export function nextTurnUs(state: ControlState): number {
  if (!state.begun) return Number.POSITIVE_INFINITY;
  return state.nodesToReview.size > 0 ? state.nowUs : state.roll.nextUs;
}

/** Nodes that all guests have left, or that keep some, make way for others. */
export function takeTurns(state: ControlState, nowUs: number): void {
  if (!state.begun) return;
  for (const node of state.nodesToReview) {
    state.nodesToReview.delete(node);
    if ((state.unsettledOn[node] ?? 0) > 0 || (state.incoming[node] ?? 0) > 0) continue;
    const blocked = (state.guestsLeft[node] ?? 0) > 0;
    tellRoll(state, nowUs, { kind: 'node-settled', node, blocked });
  }
  if (state.roll.nextUs <= nowUs) tellRoll(state, nowUs, { kind: 'due' });
}

export function tellRoll(state: ControlState, nowUs: number, input: RollInput): void {
  for (const action of takeTurn(state.roll, nowUs, input)) carryOut(state, nowUs, action);
}

export function endWindow(state: ControlState, nowUs: number): void {
  const atEnd = state.fleet.drain.window?.atEnd ?? 'let-finish';
  tellRoll(state, nowUs, { kind: 'stop', callOff: atEnd !== 'let-finish' });
}

const WINDOW_OVER = 'the maintenance window is over';

function carryOut(state: ControlState, nowUs: number, action: RollAction): void {
  switch (action.kind) {
    case 'drain-nodes':
      drainNodes(state, nowUs, action.nodes);
      return;
    case 'give-up-node':
      giveUpNode(state, nowUs, action.node);
      return;
    case 'restart-guests':
      restartGuests(state, nowUs, action.node);
      return;
    case 'uncordon-node':
      uncordonNode(state, nowUs, action.node);
      return;
    case 'node-over':
      tell(state, { kind: 'node-over', node: nodeName(state, action.node), end: action.end });
      return;
    case 'roll-stopped': {
      const by = action.blockedBy;
      const why = by === null ? WINDOW_OVER : `node ${nodeName(state, by)} is blocked`;
      leaveTheRest(state, nowUs, `its node was not begun: ${why}`);
      return;
    }
  }
}

function giveUpNode(state: ControlState, nowUs: number, node: number): void {
  const { nodeTimeoutUs, window } = state.fleet.drain;
  const isCalledOff = state.roll.calledOff;
  const why = isCalledOff
    ? WINDOW_OVER
    : `node not empty after ${(nodeTimeoutUs ?? 0) / 1e6} s (drain.nodeTimeout)`;
  state.givenUp.set(node, why);
  for (const guest of state.drainedByNode.get(node) ?? []) {
    if (guest.outcome !== null || guest.drainedNode !== node) continue;
    const { current } = guest;
    if (current === null) settle(state, nowUs, guest, 'waiting', why);
    else withdraw(state, nowUs, current, why, isCalledOff && window?.atEnd === 'abort');
  }
}

/** The operator shuts down what does not leave by itself; it starts again somewhere, unfollowed. */
function restartGuests(state: ControlState, nowUs: number, node: number): void {
  for (const guest of state.drainedByNode.get(node) ?? []) {
    if (guest.node !== node || !holdsRoom(guestAt(state, guest.index))) continue;
    const { current, outcome, reason } = guest;
    // A user's migration of it may be under way; one that has no target yet goes with the guest.
    if (current?.stage === 'handing-off' || current?.stage === 'started') continue;
    if (current !== null) withdraw(state, nowUs, current, 'its guest is shut down', true);
    reopen(state, guest, node);
    giveUpRoom(state, nowUs, guest);
    settle(state, nowUs, guest, 'restarted', `shut down, ${outcome}: ${reason}`, false);
  }
}

function uncordonNode(state: ControlState, nowUs: number, node: number): void {
  state.givenUp.delete(node);
  if (!openNode(state.placement, node)) return;
  tell(state, { kind: 'node-uncordoned', node: nodeName(state, node), atUs: nowUs });
  roomFreed(state, nowUs);
}

function leaveTheRest(state: ControlState, nowUs: number, reason: string): void {
  for (const guest of state.followed) {
    if (guest.outcome === null && state.roll.turns.get(guest.node)?.kind === 'waiting') {
      settle(state, nowUs, guest, 'left', reason);
    }
  }
}

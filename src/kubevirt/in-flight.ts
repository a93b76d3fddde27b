/**
 * Migrations that were under way when the dump was taken. Where they go to and when they began is
 * not known, so they are only counted: each holds its slots for a while, and a guest of a drained
 * node is taken to be still there afterwards and is evacuated like any other.
 */
import { at, type ControlState, decide } from './control-state.js';
import { countSlot } from './migration-queue.js';

/** Assumed rest of a migration that is under way; a guess, stated in docs/control-plane.md. */
const ASSUMED_REST_US = 60_000_000;

export function countInFlight(state: ControlState, nowUs: number): void {
  for (const [guest, { migrating, node: name }] of state.fleet.guests.entries()) {
    const node = state.placement.indexOfNode.get(name ?? '');
    if (!migrating || node === undefined) continue;
    state.inFlight.add(guest);
    countSlot(state, node, 1);
    at(state, nowUs + ASSUMED_REST_US, { kind: 'in-flight-ended', guest, node });
    const reason = `a migration under way in the dump, taken to end in ${ASSUMED_REST_US / 1e6} s`;
    decide(state, nowUs, guest, { actor: 'kubevirt', action: 'slot-held', reason });
  }
}

export function endInFlight(state: ControlState, nowUs: number, guest: number, node: number): void {
  state.inFlight.delete(guest);
  countSlot(state, node, -1);
  state.queue.wake = true;
  if (state.updates) at(state, nowUs, { kind: 'update-workloads' });
  if (state.drainedByNode.has(node)) at(state, nowUs, { kind: 'evacuate', node });
}

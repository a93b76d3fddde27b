/** The evacuation controller: one pass over a node makes the VMIMs (spec/kubevirt.md 6). */
import { type ControlState, guestAt } from './control-state.js';
import { createMigration, SYSTEM_CRITICAL, SYSTEM_MAINTENANCE } from './create-migration.js';
import type { FollowedGuest } from './migration-object.js';

const EVICTION_SOURCE = 'kubevirt.io/eviction-source';

/** A VMIM for every marked guest of the node that has none (up to 1.8: as many as free slots). */
export function evacuate(state: ControlState, nowUs: number, node: number): void {
  const candidates = (state.drainedByNode.get(node) ?? []).filter(
    (guest) =>
      guest.marked &&
      guest.outcome === null &&
      guest.current === null &&
      guest.node === node &&
      !state.inFlight.has(guest.index),
  );
  const room = state.release.evacuationCreates === 'all' ? candidates.length : slots(state, node);
  for (const guest of candidates.slice(0, Math.max(0, room))) {
    const { annotations } = guestAt(state, guest.index);
    const priority =
      annotations[EVICTION_SOURCE] === 'descheduler' ? SYSTEM_MAINTENANCE : SYSTEM_CRITICAL;
    const own = { annotations: {}, addedNodeSelector: {} };
    createMigration(state, nowUs, guest, { source: 'evacuation', priority, ...own });
  }
}

/** Older releases: free slots of the cluster and of the node, counting what waits already. */
function slots(state: ControlState, node: number): number {
  const limits = state.fleet.kubevirt.migrations;
  const unfinished = (guests: readonly FollowedGuest[]) =>
    guests.reduce((count, { current }) => count + (current === null ? 0 : 1), 0);
  return Math.min(
    limits.parallelMigrationsPerCluster - unfinished(state.followed),
    limits.parallelOutboundMigrationsPerNode - unfinished(state.drainedByNode.get(node) ?? []),
  );
}

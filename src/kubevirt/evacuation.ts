/** The evacuation controller: one pass over a node makes the VMIMs (spec/kubevirt.md 6). */
import { backOffUs } from './back-off.js';
import { at, type ControlState, decide, guestAt } from './control-state.js';
import type { DrainedGuest, Migration } from './migration-object.js';
import { addWaiting, enqueue } from './migration-queue.js';

const SYSTEM_CRITICAL = 100;
const SYSTEM_MAINTENANCE = 20;
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
  for (const guest of candidates.slice(0, Math.max(0, room))) createMigration(state, nowUs, guest);
}

/** Older releases: free slots of the cluster and of the node, counting what waits already. */
function slots(state: ControlState, node: number): number {
  const limits = state.fleet.kubevirt.migrations;
  const unfinished = (guests: readonly DrainedGuest[]) =>
    guests.reduce((count, { current }) => count + (current === null ? 0 : 1), 0);
  return Math.min(
    limits.parallelMigrationsPerCluster - unfinished(state.drained),
    limits.parallelOutboundMigrationsPerNode - unfinished(state.drainedByNode.get(node) ?? []),
  );
}

function createMigration(state: ControlState, nowUs: number, guest: DrainedGuest): void {
  const { annotations } = guestAt(state, guest.index);
  const priority =
    annotations[EVICTION_SOURCE] === 'descheduler' ? SYSTEM_MAINTENANCE : SYSTEM_CRITICAL;
  const startUs = guest.failures === 0 ? nowUs : guest.lastFailedUs + backOffUs(guest.failures);
  guest.attempts += 1;
  const migration: Migration = {
    id: state.migrations.length,
    guest,
    attempt: guest.attempts,
    sourceNode: guest.node,
    priority,
    createdUs: nowUs,
    readyUs: Math.max(nowUs, startUs),
    stage: 'back-off',
    bucketKey: '',
    slotUs: null,
    targetNode: -1,
    message: '',
    waitsTold: 0,
    scheduling: false,
    settings: null,
  };
  state.migrations.push(migration);
  guest.current = migration;
  addWaiting(state.queue, migration);
  const name = priority === SYSTEM_CRITICAL ? 'system-critical' : 'system-maintenance';
  const line = { actor: 'kubevirt', attempt: migration.attempt } as const;
  decide(state, nowUs, guest.index, {
    ...line,
    action: 'migration-created',
    reason: `evacuation, priority ${name}`,
  });
  if (startUs <= nowUs) {
    enqueue(state, nowUs, migration);
    return;
  }
  at(state, startUs, { kind: 'back-off-over', migration });
  const seconds = backOffUs(guest.failures) / 1e6;
  decide(state, nowUs, guest.index, {
    ...line,
    action: 'waits',
    reason: `back-off ${seconds} s after ${guest.failures} failed`,
  });
}

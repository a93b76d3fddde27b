/**
 * The workload updater (spec/kubevirt.md 7): VMIs whose launcher is outdated are migrated, or
 * evicted in batches where they cannot be. Those on a drained node are left to the evacuation.
 *
 * A pass is followed by the next one when its VMIMs have been observed; VMIMs that wait do not
 * count as running, so that more of them are made than can run.
 */
import { seededUnit } from '../fleet/seeded.js';
import { at, type ControlState, decide, guestAt } from './control-state.js';
import { createMigration, SYSTEM_CRITICAL } from './create-migration.js';
import { evictionVerdict } from './eviction-webhook.js';
import { liveMigratable } from './migratable.js';
import { giveUpRoom } from './migration-end.js';
import type { FollowedGuest } from './migration-object.js';
import { settle } from './settlement.js';

/** Until the updater's informer shows the VMIMs of the pass before; not a constant of KubeVirt's. */
const PASS_US = 50_000;

const OUTDATED = 'outdated launcher';

/** Decides for each outdated guest what its way is, and begins. */
export function beginWorkloadUpdates(state: ControlState, nowUs: number): void {
  const { methods } = state.fleet.kubevirt.workloadUpdates;
  for (const guest of state.followed) {
    if (guest.update === 'none') continue;
    const { status, reason } = liveMigratable(state.fleet, guestAt(state, guest.index));
    if (status && methods.includes('LiveMigrate')) guest.update = 'migrate';
    else if (methods.includes('Evict')) guest.update = 'evict';
    else settle(state, nowUs, guest, 'left', `${OUTDATED}, not evicted: ${reason}`);
  }
  updateWorkloads(state, nowUs);
  evictOutdated(state, nowUs);
}

/** One pass: as many VMIMs as the cluster's limit leaves beside those that run. */
export function updateWorkloads(state: ControlState, nowUs: number): void {
  state.updatePassDue = false;
  const candidates = state.followed.filter((guest) => isCandidate(state, guest));
  const { parallelMigrationsPerCluster } = state.fleet.kubevirt.migrations;
  const room = Math.max(0, parallelMigrationsPerCluster - state.queue.holding);
  for (const guest of shuffled(state, candidates).slice(0, room)) {
    const request = { source: 'workload-update', priority: SYSTEM_CRITICAL } as const;
    createMigration(state, nowUs, guest, { ...request, annotations: {}, addedNodeSelector: {} });
  }
  if (room > 0 && candidates.length > room) askForUpdatePass(state, nowUs + PASS_US);
}

function askForUpdatePass(state: ControlState, atUs: number): void {
  if (state.updatePassDue) return;
  state.updatePassDue = true;
  at(state, atUs, { kind: 'update-workloads' });
}

function isCandidate(state: ControlState, guest: FollowedGuest): boolean {
  return (
    guest.update === 'migrate' &&
    guest.outcome === null &&
    guest.current === null &&
    !state.inFlight.has(guest.index)
  );
}

/** KubeVirt shuffles at random: here by the run's seed and the guest's name. */
function shuffled(state: ControlState, guests: readonly FollowedGuest[]): readonly FollowedGuest[] {
  const draw = (guest: FollowedGuest): number => {
    const { namespace, name } = guestAt(state, guest.index);
    return seededUnit(state.seed, 'workload-update', namespace, name);
  };
  return guests
    .map((guest) => ({ guest, key: draw(guest) }))
    .sort((a, b) => a.key - b.key || a.guest.index - b.guest.index)
    .map(({ guest }) => guest);
}

/** One batch, without guests that migrate now; those that the webhook denies use up their place. */
export function evictOutdated(state: ControlState, nowUs: number): void {
  const { batchEvictionSize, batchEvictionIntervalUs } = state.fleet.kubevirt.workloadUpdates;
  const waiting = shuffled(
    state,
    state.followed.filter(({ update, outcome }) => update === 'evict' && outcome === null),
  );
  const idle = waiting.filter(({ current }) => current === null);
  const batch = idle.slice(0, batchEvictionSize);
  for (const guest of batch) evictOutdatedGuest(state, nowUs, guest);
  if (waiting.length > batch.length) {
    at(state, nowUs + batchEvictionIntervalUs, { kind: 'evict-outdated' });
  }
}

/** An eviction like any other: the webhook answers it (spec/kubevirt.md 6). */
function evictOutdatedGuest(state: ControlState, nowUs: number, guest: FollowedGuest): void {
  const vmi = guestAt(state, guest.index);
  const condition = liveMigratable(state.fleet, vmi);
  const strategy = vmi.evictionStrategy ?? state.fleet.kubevirt.evictionStrategy;
  const verdict = evictionVerdict(strategy, condition.status);
  const action = verdict === 'allow' ? 'eviction-allowed' : 'eviction-denied';
  const reason = `${OUTDATED}, evictionStrategy ${strategy}`;
  decide(state, nowUs, guest.index, { actor: 'kubevirt', action, reason });
  switch (verdict) {
    case 'allow':
      giveUpRoom(state, nowUs, guest);
      settle(state, nowUs, guest, 'restarted', reason, false);
      return;
    case 'deny':
      settle(state, nowUs, guest, 'not-movable', condition.reason);
      return;
    case 'external':
      settle(state, nowUs, guest, 'left', 'evictionStrategy External');
      return;
    case 'mark':
      // Marked for evacuation: it migrates after all.
      guest.update = 'migrate';
      askForUpdatePass(state, nowUs);
      return;
  }
}

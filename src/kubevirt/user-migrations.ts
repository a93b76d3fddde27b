/** What users do: `virtctl migrate` makes a VMIM, `virtctl migrate-cancel` deletes it (spec/kubevirt.md 4, 8). */
import type { UserMigration } from '../fleet/model.js';
import { type ControlState, decide, guestAt } from './control-state.js';
import { createMigration, NO_PRIORITY } from './create-migration.js';
import { liveMigratable } from './migratable.js';
import type { FollowedGuest } from './migration-object.js';
import { holdsRoom } from './placement.js';
import { settle } from './settlement.js';
import { withdraw } from './withdrawal.js';

/** A guest that has its outcome already is left alone. */
export function doUserMigration(state: ControlState, nowUs: number, wanted: UserMigration): void {
  const guest = state.followed.find(({ index }) => {
    const { namespace, name } = guestAt(state, index);
    return namespace === wanted.namespace && name === wanted.name;
  });
  if (guest === undefined || guest.outcome !== null) return;
  if (wanted.action === 'delete') deleteMigration(state, nowUs, guest);
  else requestMigration(state, nowUs, guest, wanted);
}

/** The VMIM's admission webhook, then the VMIM (spec/kubevirt.md 4). */
function requestMigration(
  state: ControlState,
  nowUs: number,
  guest: FollowedGuest,
  { annotations, addedNodeSelector }: UserMigration,
): void {
  const problem = admissionProblem(state, guest);
  if (problem === null) {
    const asked = { annotations, addedNodeSelector };
    createMigration(state, nowUs, guest, { source: 'user', priority: NO_PRIORITY, ...asked });
    return;
  }
  const line = { actor: 'kubevirt', action: 'migration-rejected' } as const;
  decide(state, nowUs, guest.index, { ...line, reason: problem });
  if (guest.current === null && !staysInHand(guest)) {
    settle(state, nowUs, guest, 'not-movable', problem);
  }
}

function admissionProblem(state: ControlState, guest: FollowedGuest): string | null {
  const vmi = guestAt(state, guest.index);
  if (guest.node < 0 || !holdsRoom(vmi)) return `VMI is ${vmi.phase}`;
  const { status, reason } = liveMigratable(state.fleet, vmi);
  if (!status) return reason;
  const isBusy = guest.current !== null || state.inFlight.has(guest.index);
  return isBusy ? 'in-flight migration detected' : null;
}

/** A drain or a workload update goes on with it. */
function staysInHand({ drainedNode, update }: FollowedGuest): boolean {
  return drainedNode >= 0 || update !== 'none';
}

function deleteMigration(state: ControlState, nowUs: number, guest: FollowedGuest): void {
  const migration = guest.current;
  const attempt = migration?.attempt ?? 0;
  const line = { actor: 'kubevirt', action: 'migration-deleted', attempt } as const;
  if (migration === null || migration.deleted) {
    decide(state, nowUs, guest.index, { ...line, reason: 'there is none to delete' });
    return;
  }
  decide(state, nowUs, guest.index, { ...line, reason: `by a user, while ${migration.stage}` });
  withdraw(state, nowUs, migration, 'the migration was deleted', true);
}

/** Guests that a ResourceQuota keeps from ever moving: nothing in their namespace will free it. */
import { type ControlState, guestAt } from './control-state.js';
import { endAttempt, tellFailedBeforeStart } from './migration-end.js';
import { settle } from './settlement.js';

/** Settles rejected guests as unschedulable when no target pod of their namespace can go again. */
export function dropQuotaBlocked(state: ControlState, nowUs: number): void {
  if (state.queue.quotaBlocked.size === 0) return;
  const busy = new Set<string>();
  for (const { guest } of state.queue.active) busy.add(guestAt(state, guest.index).namespace);
  for (const migration of [...state.queue.quotaBlocked]) {
    const { guest, message } = migration;
    if (migration.stage !== 'quota' || busy.has(guestAt(state, guest.index).namespace)) continue;
    state.queue.quotaBlocked.delete(migration);
    tellFailedBeforeStart(state, nowUs, migration, 'unschedulable', message);
    endAttempt(state, nowUs, migration);
    settle(state, nowUs, guest, 'unschedulable', message);
  }
}

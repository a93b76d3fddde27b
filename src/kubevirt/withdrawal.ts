/** A VMIM is deleted: by a user, or because its drain is given up (spec/kubevirt.md 8). */
import { type ControlState, tell } from './control-state.js';
import { failBeforeStart } from './migration-end.js';
import type { Migration } from './migration-object.js';

/**
 * Before the hand-off the target pod goes. Later it runs on, or is aborted: the launcher is asked
 * to once it runs.
 */
export function withdraw(
  state: ControlState,
  nowUs: number,
  migration: Migration,
  reason: string,
  abort: boolean,
): void {
  switch (migration.stage) {
    case 'back-off':
    case 'pending':
    case 'quota':
    case 'scheduling':
    case 'unschedulable':
    case 'starting':
      migration.deleted = true;
      failBeforeStart(state, nowUs, migration, 'cancelled', reason);
      return;
    case 'handing-off':
      migration.deleted ||= abort;
      return;
    case 'started':
      if (!abort || migration.deleted) return;
      migration.deleted = true;
      tell(state, { kind: 'abort-migration', migrationId: migration.id });
      return;
    case 'ended':
      return;
  }
}

/** How a migration stands at a later instant, without a change to it: what its statistics tell. */
import type { MigrationState } from './migration-state.js';
import { advanceTo } from './pace.js';
import { faultUntil } from './post-copy.js';
import { copyOfFaults } from './postcopy-faults.js';
import { openProgress } from './send-progress.js';
import { Sender } from './sender-state.js';

/**
 * The state as it will be at `nowUs` if nothing happens until then; the state itself stays as it
 * is, so that looking never changes a run.
 */
export function lookAhead(state: Readonly<MigrationState>, nowUs: number): MigrationState {
  const seen = {
    ...state,
    sender: new Sender().copyFrom(state.sender),
    progress: openProgress(state.asOfUs),
    faults: copyOfFaults(state.faults),
    law: null,
  };
  if (nowUs <= state.asOfUs) return seen;
  if (seen.postcopy) faultUntil(seen, nowUs);
  advanceTo(seen, nowUs);
  return seen;
}

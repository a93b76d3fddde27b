/**
 * A broken post-copy (spec/qemu.md 6): the source keeps what it has not sent and waits; the guest
 * runs on at the target until each vCPU has touched missing memory. With a new connection the
 * target tells what it has received, and the rest is sent; faults that are open are asked for again.
 */
import type { MigrationAction, MigrationState } from './migration-state.js';
import { setFlow } from './pace.js';
import { continuePostcopy } from './post-copy.js';

/** The socket has failed: POSTCOPY_PAUSED on both sides. */
export function pausePostcopy(
  state: MigrationState,
  reason: string,
  actions: MigrationAction[],
): void {
  state.phase = 'postcopy-paused';
  state.wakeUs = Number.POSITIVE_INFINITY;
  setFlow(state, 0, actions);
  // Nothing leaves a dead connection, whatever share of the network it still has.
  state.bytesPerSecond = 0;
  actions.push({ kind: 'decision', action: 'postcopy-paused', reason });
}

/** `migrate-recover` at the target, `migrate resume=true` at the source; else nothing happens. */
export function recoverPostcopy(state: MigrationState, actions: MigrationAction[]): void {
  if (state.phase !== 'postcopy-paused') return;
  state.phase = 'postcopy-recover';
  state.wakeUs = state.asOfUs + state.config.postcopyRecoverUs;
  const reason = 'the target tells what it has received';
  actions.push({ kind: 'decision', action: 'postcopy-recover', reason });
}

/** The received bitmaps are exchanged: the background stream goes on. */
export function endRecovery(state: MigrationState, actions: MigrationAction[]): void {
  state.phase = 'postcopy';
  actions.push({ kind: 'decision', action: 'postcopy-active', reason: 'recovered' });
  continuePostcopy(state, actions);
}

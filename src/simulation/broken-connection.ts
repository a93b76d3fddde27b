/** What a broken connection does to a migration, and who gives up on it (spec/qemu.md 6, spec/kubevirt.md 8). */
import type { ActiveMigration } from './active-migration.js';
import type { DriverContext } from './driver-context.js';
import { tellQemu } from './migration-driver.js';

export interface Breakage {
  /** Somebody recovers post-copy (the fleet file says so). */
  readonly isRecoverable: boolean;
  /** What a failure before post-copy is put down to. */
  readonly cause: 'network' | 'target';
}

/**
 * The connection is gone. In post-copy QEMU waits for a recovery that KubeVirt never attempts: unless
 * somebody else will (`isRecoverable`) the guest is lost with it.
 */
export function breakConnection(
  context: DriverContext,
  migration: ActiveMigration,
  reason: string,
  nowUs: number,
  { isRecoverable, cause }: Breakage,
): void {
  tellQemu(context, migration, { kind: 'connection-lost', reason, cause }, nowUs);
  if (isRecoverable || migration.qemu.phase !== 'postcopy-paused') return;
  // The domain is paused with reason postcopy-failed; virt-handler shuts it down.
  const why = 'VMI is irrecoverable due to failed post-copy migration';
  context.observer.decision(migration, nowUs, 'kubevirt', 'give up', why);
  tellQemu(context, migration, { kind: 'give-up', reason }, nowUs);
}

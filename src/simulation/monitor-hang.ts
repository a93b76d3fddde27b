/** What waits while QEMU's monitor at the source answers nobody (event `qemu-monitor-hangs`). */
import { ABORT_ANSWER_US } from '../kubevirt/abort.js';
import type { ActiveMigration } from './active-migration.js';
import type { DriverContext } from './driver-context.js';

/** When QEMU's machine goes on by itself; where libvirt has to say so, not before it is answered. */
export function qemuWakeUs({ ramStarted, qemu, hangsUntilUs }: ActiveMigration): number {
  if (!ramStarted) return Number.POSITIVE_INFINITY;
  const waits = qemu.phase === 'stopping' || qemu.phase === 'finishing';
  return waits ? Math.max(qemu.wakeUs, hangsUntilUs) : qemu.wakeUs;
}

/** Mirrors are found READY by asking. */
export function mirrorWakeUs({ mirror, hangsUntilUs }: ActiveMigration): number {
  if (mirror === null) return Number.POSITIVE_INFINITY;
  return mirror.phase === 'copying' ? Math.max(mirror.wakeUs, hangsUntilUs) : mirror.wakeUs;
}

/**
 * An abort from outside while nobody answers: it is done when the monitor is back within 30 s, and
 * has failed otherwise (spec/kubevirt.md 3.5).
 */
export function abortWhileHung(
  { observer }: DriverContext,
  migration: ActiveMigration,
  nowUs: number,
): void {
  if (migration.hangsUntilUs - nowUs < ABORT_ANSWER_US) {
    migration.abortUs = migration.hangsUntilUs;
    return;
  }
  migration.monitor.abortStatus = 'Failed';
  const reason = `QEMU's monitor will not answer within ${ABORT_ANSWER_US / 1e6} s`;
  observer.decision(migration, nowUs, 'kubevirt', 'abort fails', reason);
}

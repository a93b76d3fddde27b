/** How fast the guest runs while it migrates: throttled, paused, and for how long it was. */
import type { ActiveMigration } from './active-migration.js';

/** The vCPUs' share from `nowUs` on; a guest that does not run is paused. */
export function setSpeed(
  migration: ActiveMigration,
  cpuShare: number,
  running: boolean,
  nowUs: number,
): void {
  const { speed } = migration;
  speed.fromUs.push(nowUs);
  speed.cpuFactor.push(running ? cpuShare : 0);
  speed.clockFactor.push(running ? 1 : 0);
  if (!running) migration.pausedSinceUs ??= nowUs;
  else resumeGuest(migration, nowUs);
}

/** The guest runs again, here or at the target: its pause is over. */
export function resumeGuest(migration: ActiveMigration, nowUs: number): void {
  if (migration.pausedSinceUs === null) return;
  migration.guestPauseUs += nowUs - migration.pausedSinceUs;
  migration.pausedSinceUs = null;
}

/** How fast the guest runs while it migrates: throttled, paused, and for how long it was. */
import type { ActiveMigration } from './active-migration.js';

/** The vCPUs' share from `nowUs` on; a guest that does not run is paused. */
export function setSpeed(
  migration: ActiveMigration,
  cpuShare: number,
  running: boolean,
  nowUs: number,
): void {
  logSpeed(migration, running ? cpuShare : 0, running ? 1 : 0, nowUs);
  if (!running) migration.pausedSinceUs ??= nowUs;
  else resumeGuest(migration, nowUs);
}

/** From now on, for writers that the CPU paces and for those that the clock paces. */
export function logSpeed(
  { speed }: ActiveMigration,
  cpuFactor: number,
  clockFactor: number,
  nowUs: number,
): void {
  speed.fromUs.push(nowUs);
  speed.cpuFactor.push(cpuFactor);
  speed.clockFactor.push(clockFactor);
}

/** The guest runs again, here or at the target: its pause is over. */
export function resumeGuest(migration: ActiveMigration, nowUs: number): void {
  if (migration.pausedSinceUs === null) return;
  migration.guestPauseUs += nowUs - migration.pausedSinceUs;
  migration.pausedSinceUs = null;
}

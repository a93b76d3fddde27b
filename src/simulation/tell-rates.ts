/** Shares of the network that were only noted, told to QEMU's machine in their order. */
import { followRate } from '../qemu/migration.js';
import { unlimitedCap } from '../qemu/pace.js';
import type { ActiveMigration } from './active-migration.js';
import type { DriverContext } from './driver-context.js';
import { countBytes, takeRate } from './flows.js';
import { hasSeenProgress, skipPolls } from './monitor-driver.js';
import { accountFirstPass, accountResending } from './slow-causes.js';
import { AT_US, BOTTLENECK, BYTES_PER_SECOND, NO_LINK, UNTOLD_NUMBERS } from './untold-rates.js';

/** Tells QEMU's machine of the shares of the network that it has not heard of. */
export function tellUntold({ flows }: DriverContext, migration: ActiveMigration): void {
  const { qemu, ram, monitor } = migration;
  if (ram === null || ram.untold === null) return;
  const { entries, count } = ram.untold;
  if (entries === null || count === 0) return;
  ram.untold.count = 0;
  for (let at = 0; at < count * UNTOLD_NUMBERS; at += UNTOLD_NUMBERS) {
    const atUs = entries[at + AT_US] as number;
    const bytesPerSecond = entries[at + BYTES_PER_SECOND] as number;
    const link = entries[at + BOTTLENECK] as number;
    // After a sync the first polls find what is left at the share that held then; later ones only
    // that it falls.
    if (monitor.nextPollUs < atUs && !hasSeenProgress(monitor)) skipPolls(migration, atUs);
    accountInterval(migration, atUs);
    followRate(qemu, bytesPerSecond, atUs);
    countBytes(flows, ram, qemu.wireBytes, atUs);
    takeRate(flows, ram, bytesPerSecond, link === NO_LINK ? null : link, atUs);
  }
}

/** Puts the time up to `nowUs` down to what slowed the sender meanwhile. */
export function accountInterval({ qemu, slow }: ActiveMigration, nowUs: number): void {
  if (qemu.phase !== 'sending') return;
  const us = nowUs - qemu.asOfUs;
  if (qemu.syncCount > 1) {
    const throttled = qemu.throttleMaxPercent > 0 || qemu.dirtyLimit?.serving === true;
    if (qemu.capBytesPerSecond > 0) accountResending(slow, us, throttled);
    return;
  }
  accountFirstPass(slow, {
    us,
    bytesPerSecond: qemu.bytesPerSecond,
    capBytesPerSecond: qemu.capBytesPerSecond,
    unlimitedBytesPerSecond: unlimitedCap(qemu, qemu.sender.spanIndex),
  });
}

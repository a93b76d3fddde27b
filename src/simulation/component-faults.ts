/**
 * Components that fail beside a migration: pods, virt-handler, libvirt, QEMU's monitor, disks. What
 * each does to it follows from who carries its traffic and who waits for whom.
 */
import type { ActiveMigration } from './active-migration.js';
import { breakConnection } from './broken-connection.js';
import type { DriverContext } from './driver-context.js';
import { tellQemu } from './migration-driver.js';
import { delayPolls } from './monitor-driver.js';
import { tellUntold } from './tell-rates.js';

/** Whoever recovers a broken post-copy needs what has gone with it. */
const FOR_GOOD = {
  network: { isRecoverable: false, cause: 'network' },
  target: { isRecoverable: false, cause: 'target' },
} as const;

/**
 * Evicted by its kubelet, or deleted: the API's own eviction of a target pod is refused
 * (spec/kubevirt.md 6). QEMU at the target ends with it: in pre-copy the guest goes on at its
 * source, in post-copy it was that guest.
 */
export function loseTargetPod(
  context: DriverContext,
  migration: ActiveMigration,
  nowUs: number,
): void {
  breakConnection(context, migration, 'Target pod is down', nowUs, FOR_GOOD.target);
}

/** A mirror's write to the target fails, and libvirt's job with it (spec/qemu.md 7.5). */
export function failDisk(context: DriverContext, migration: ActiveMigration, nowUs: number): void {
  const { mirror } = migration;
  if (mirror === null || mirror.phase === 'drained') return;
  const written = mirror.disks.find(({ ready, disk }) => !ready || disk.writeBytesPerSecond > 0);
  if (written === undefined) return;
  const reason = `operation failed: migration of disk ${written.disk.name} failed: No space left on device`;
  tellQemu(context, migration, { kind: 'job-failed', cause: 'volume', reason }, nowUs);
}

/** Its proxies are connections of the process: they end with it (spec/kubevirt.md 3.7). */
export function restartHandler(
  context: DriverContext,
  migration: ActiveMigration,
  node: string,
  nowUs: number,
): void {
  const { sourceNode, targetNode } = migration.start;
  if (sourceNode !== node && targetNode !== node) return;
  breakConnection(context, migration, `virt-handler on ${node} restarted`, nowUs, FOR_GOOD.network);
}

/**
 * libvirt's peer-to-peer call ends with the daemon that makes or serves it. In pre-copy the guest
 * goes on at its source; in post-copy KubeVirt hears of a failure and recovers nothing
 * (spec/kubevirt.md 8).
 */
export function restartLibvirt(
  context: DriverContext,
  migration: ActiveMigration,
  side: 'source' | 'target',
  nowUs: number,
): void {
  const reason = `libvirt of the ${side} launcher restarted`;
  breakConnection(
    context,
    migration,
    reason,
    nowUs,
    FOR_GOOD[side === 'target' ? side : 'network'],
  );
}

/**
 * QEMU at the source answers no command: virt-launcher's monitor waits in its call, and what libvirt
 * has to say (start after the mirrors, go on after the stop, finish) waits as well. Pages flow on.
 */
export function hangMonitor(
  context: DriverContext,
  migration: ActiveMigration,
  untilUs: number,
  nowUs: number,
): void {
  tellUntold(context, migration);
  migration.hangsUntilUs = Math.max(migration.hangsUntilUs, untilUs);
  delayPolls(migration, nowUs);
  const seconds = (untilUs - nowUs) / 1e6;
  context.observer.decision(migration, nowUs, 'qemu', 'monitor hangs', `for ${seconds} s`);
}

/** What libvirt's statistics and the monitor showed when a migration ended (spec/kubevirt.md 3.1, 3.8). */
import { remainingBytes } from '../qemu/pace.js';
import { mirrorRemainingBytes } from '../qemu/storage-mirror.js';
import { PAGE_BYTES } from '../qemu/wire-format.js';
import type { ActiveMigration } from './active-migration.js';
import type { RemainingTrend, SeenAtEnd } from './result.js';

/** Call it before what the migration held is freed. */
export function seenAtEnd(migration: ActiveMigration, nowUs: number): SeenAtEnd {
  const { qemu, monitor, mirror, ramStarted } = migration;
  return {
    remainingBytes: ramStarted ? Math.floor(remainingBytes(qemu)) : migration.guest.memoryBytes,
    storageRemainingBytes: mirror === null ? 0 : Math.floor(mirrorRemainingBytes(mirror)),
    remainingTrend: trend(migration),
    noProgressUs: Math.max(0, nowUs - monitor.lastProgressUs),
    dirtyBytesPerSecond: qemu.period.dirtyPagesPerSecond * PAGE_BYTES,
    bandwidthBytesPerSecond: Math.floor(qemu.sender.bandwidthBytesPerMs * 1000),
  };
}

/** A round that leaves as much as it began with, to a fiftieth, gains nothing. */
const LEVEL_SHARE = 0.02;

/** From the last whole pre-copy round to what it left for the next; '' when none has ended. */
function trend({ lastRound, qemu }: ActiveMigration): RemainingTrend {
  if (lastRound === null || lastRound.startPages === 0) return '';
  const change = (qemu.roundStartPages - lastRound.startPages) / lastRound.startPages;
  if (Math.abs(change) <= LEVEL_SHARE) return 'level';
  return change < 0 ? 'falling' : 'rising';
}

/** Samples of the migrations' statistics, on request: looking never changes what happens. */
import {
  type DiskJob,
  domainJobInfo,
  NO_DISKS,
  type QueryMigrate,
  queryMigrate,
} from '../qemu/job-stats.js';
import {
  advanceMirror,
  mirroredBytes,
  mirrorRemainingBytes,
  type StorageMirror,
} from '../qemu/storage-mirror.js';
import type { ActiveMigration } from './active-migration.js';
import type { DriverContext } from './driver-context.js';
import type { JobStatsRecord } from './result.js';
import type { Run } from './run-state.js';
import { tellUntold } from './tell-rates.js';

/**
 * Takes every sample that is due before `toUs`, while all states stand as they were left at the
 * last instant. Each migration is asked every `jobStatsEveryUs` from its start on.
 */
export function sampleJobStats(run: Run, context: DriverContext, toUs: number): void {
  const { jobStatsEveryUs } = run.options;
  if (jobStatsEveryUs === undefined) return;
  for (const migration of run.active.values()) {
    const { startedUs } = migration;
    tellUntold(context, migration);
    const passed = Math.floor((run.nowUs - startedUs) / jobStatsEveryUs);
    for (
      let atUs = startedUs + Math.max(0, passed) * jobStatsEveryUs;
      atUs < toUs;
      atUs += jobStatsEveryUs
    ) {
      if (atUs >= run.nowUs) run.records.jobStats.push(jobStatsAt(run, migration, atUs));
    }
  }
}

/** What QEMU and libvirt answer at `atUs`. */
export function jobStatsAt(run: Run, migration: ActiveMigration, atUs: number): JobStatsRecord {
  const { qemu, ramStarted, startedUs } = migration;
  const query: QueryMigrate | null = ramStarted ? queryMigrate(qemu, atUs) : null;
  return {
    atUs,
    namespace: migration.guest.namespace,
    name: migration.guest.name,
    attempt: migration.start.attempt,
    query,
    info: domainJobInfo(
      query,
      diskJob(migration.mirror, atUs),
      atUs - startedUs,
      shownDowntimeUs(run, migration),
    ),
  };
}

/**
 * The target's libvirt measures from the source's STOP, by two wall clocks: it shows their
 * difference too, and nothing of its own where the stop lies in its future (spec/qemu.md 7.4).
 */
function shownDowntimeUs({ clockOffsetsUs }: Run, { qemu, start }: ActiveMigration): number | null {
  if (qemu.downtimeUs === null) return null;
  const aheadUs = (node: string): number => clockOffsetsUs.get(node) ?? 0;
  const shownUs = qemu.downtimeUs + aheadUs(start.targetNode) - aheadUs(start.sourceNode);
  return shownUs < 0 ? null : shownUs;
}

function diskJob(mirror: StorageMirror | null, atUs: number): DiskJob {
  if (mirror === null) return NO_DISKS;
  const seen = { ...mirror, disks: mirror.disks.map((one) => ({ ...one })) };
  if (atUs > seen.asOfUs) advanceMirror(seen, atUs);
  const processed = mirroredBytes(seen);
  const remaining = mirrorRemainingBytes(seen);
  return {
    total: processed + remaining,
    processed,
    remaining,
    bytesPerSecond: seen.disks.reduce((sum, one) => sum + one.bytesPerSecond, 0),
  };
}

/** What a migration reports while it runs and when it ends, and who hears of the end. */

import { migrationResult } from '../kubevirt/migration-result.js';
import type { MonitorReason } from '../kubevirt/monitor-model.js';
import { releaseLayout } from '../memory/shared-layouts.js';
import type { MigrationEnding } from '../qemu/migration-state.js';
import type { ActiveMigration } from './active-migration.js';
import type { DriverContext, MigrationObserver } from './driver-context.js';
import { sendReport } from './end-reports.js';
import { wakeAt } from './event-queue.js';
import { closeFlow } from './flows.js';
import { jobStatsAt } from './job-stats.js';
import { accountMirrors, bringToNow } from './migration-driver.js';
import { recordMigration, recordRound } from './records.js';
import type { DecisionRecord, FailCause, MigrationOutcome } from './result.js';
import type { Run } from './run-state.js';

export function observe(run: Run): MigrationObserver {
  return {
    round: (migration, round) => {
      if (run.options.rounds) recordRound(run.records, migration, round);
    },
    decision: (migration, atUs, actor, action, reason) => {
      decided(run, migration, { atUs, actor, action, reason });
    },
    ended: (migration, ending, nowUs) => {
      if (run.options.jobStatsEveryUs !== undefined && ending.kind === 'completed') {
        run.records.jobStats.push(jobStatsAt(run, migration, nowUs));
      }
      const end = describeEnd(migration, ending);
      tellEnd(run, migration, ending, nowUs);
      takeOff(run, migration);
      recordMigration(run.records, migration, end.outcome, end.failCause, end.reason);
      sendReport(run, {
        endedUs: nowUs,
        migrationId: migration.start.migrationId,
        outcome: end.outcome,
        failCause: end.failCause,
        reason: end.reason,
      });
    },
  };
}

function decided(
  run: Run,
  migration: ActiveMigration,
  line: Pick<DecisionRecord, 'atUs' | 'actor' | 'action' | 'reason'>,
): void {
  if (!run.options.decisions) return;
  const { namespace, name } = migration.guest;
  const { attempt } = migration.start;
  run.records.decisions.push({ namespace, name, attempt, ...line });
}

/** QEMU's own last word, before KubeVirt hears of it. */
function tellEnd(run: Run, migration: ActiveMigration, ending: MigrationEnding, atUs: number) {
  const reason = ending.kind === 'completed' ? completedFigures(migration) : ending.reason;
  decided(run, migration, { atUs, actor: 'qemu', action: ending.kind, reason });
}

function completedFigures({ qemu, guestPauseUs }: ActiveMigration): string {
  const downtimeUs = qemu.downtimeUs ?? 0;
  const pausedUs = guestPauseUs - downtimeUs;
  const paused = pausedUs > 0 ? `, paused ${millisecondsText(pausedUs)} ms beside it` : '';
  return `downtime ${millisecondsText(downtimeUs)} ms${paused}, ${qemu.syncCount} rounds`;
}

function millisecondsText(us: number): string {
  return (us / 1000).toFixed(3);
}

interface End {
  readonly outcome: Exclude<MigrationOutcome, 'unfinished'>;
  readonly failCause: FailCause;
  readonly reason: string;
}

function describeEnd(migration: ActiveMigration, ending: MigrationEnding): End {
  switch (ending.kind) {
    case 'completed':
      return { outcome: 'succeeded', failCause: '', reason: '' };
    case 'cancelled':
      return {
        outcome: 'aborted',
        failCause: causeOfAbort(migration.monitor.abortReason),
        reason: launcherReason(migration, ending.reason),
      };
    case 'failed':
      return {
        outcome: 'failed',
        failCause: ending.cause,
        reason: launcherReason(migration, ending.reason),
      };
    case 'lost':
      return { outcome: 'lost', failCause: 'guest-lost', reason: ending.reason };
    default:
      return ending satisfies never;
  }
}

/** The text that virt-launcher stores (spec/kubevirt.md 3.6). */
function launcherReason(migration: ActiveMigration, libvirtError: string): string {
  return migrationResult(migration.monitor.abortStatus, true, libvirtError).failureReason;
}

function causeOfAbort(reason: MonitorReason | null): FailCause {
  switch (reason) {
    case 'stuck':
      return 'stuck';
    case 'stalled':
      return 'stalled';
    case 'completion-timeout':
      return 'completion-timeout';
    case 'initial-downtime':
    case 'downtime-tuning':
    case 'requested':
    case null:
      return 'cancelled';
    default:
      return reason satisfies never;
  }
}

/** Frees what a migration holds: flows, memory, page work nobody needs any more. */
function takeOff(run: Run, migration: ActiveMigration): void {
  if (migration.ram !== null) closeFlow(run.flows, migration.ram);
  for (const disk of migration.disks) closeFlow(run.flows, disk);
  const { pageWork } = run.options;
  if (migration.sync !== null) pageWork.forget(migration.sync.task);
  if (migration.memory !== null) pageWork.release(migration.memory);
  migration.sync = null;
  if (migration.memory !== null) releaseLayout(run.layouts, migration.memory.layout);
  migration.memory = null;
  run.active.delete(migration.start.migrationId);
  wakeAt(run.queue, migration.start.migrationId, Number.POSITIVE_INFINITY);
}

/** The run is over: what still migrates is `unfinished`, its bytes counted up to now. */
export function finishUnsettled(run: Run, context: DriverContext): void {
  for (const migration of [...run.active.values()]) {
    bringToNow(context, migration, run.nowUs);
    accountMirrors(migration, run.nowUs);
    takeOff(run, migration);
    recordMigration(run.records, migration, 'unfinished', '', '');
  }
}

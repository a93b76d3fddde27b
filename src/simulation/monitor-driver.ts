/**
 * KubeVirt's monitor beside a running migration: what libvirt's statistics show until something
 * happens, which polls can be skipped, and what the monitor commands when one cannot.
 */
import { requestAbort } from '../kubevirt/abort.js';
import { monitorTurn } from '../kubevirt/monitor.js';
import { exceededAtUs } from '../kubevirt/monitor-deadlines.js';
import type {
  CallResult,
  JobStats,
  MonitorCalls,
  MonitorReason,
  MonitorState,
  Outlook,
} from '../kubevirt/monitor-model.js';
import { POLL_INTERVAL_US } from '../kubevirt/monitor-model.js';
import {
  fallsForSure,
  nextTurnOfInterest,
  nextTurnWhileFalling,
  skipTurns,
  statsAt,
} from '../kubevirt/monitor-outlook.js';
import type { MigrationInput } from '../qemu/migration-state.js';
import { remainingBytes } from '../qemu/pace.js';
import { mirrorFallBytesPerSecond, mirrorRemainingBytes } from '../qemu/storage-mirror.js';
import type { ActiveMigration } from './active-migration.js';
import { monitorWords } from './monitor-words.js';

/** A call that libvirt has taken, as QEMU's machine gets it, with why it was made. */
export interface MonitorCommand {
  readonly input: MigrationInput;
  readonly action: string;
  readonly reason: string;
}

/** Kept until something happens that the monitor can see. */
export function nextMonitorTurnUs(migration: ActiveMigration): number {
  migration.monitorTurnUs ??= turnOfInterest(migration);
  return migration.monitorTurnUs;
}

function turnOfInterest(migration: ActiveMigration): number {
  const { monitor, qemu, mirror } = migration;
  const isRam = migration.ramStarted && mirror === null && isMoving(migration);
  return isRam && hasSeenProgress(monitor) && fallsForSure(qemu.bytesPerSecond)
    ? nextTurnWhileFalling(monitor, qemu.syncCount)
    : nextTurnOfInterest(monitor, outlook(migration));
}

/** Accounts for the polls before `nowUs`; call it before anything changes that they would show. */
export function skipPolls(migration: ActiveMigration, nowUs: number): void {
  migration.monitorTurnUs = null;
  if (nowUs <= migration.monitor.nextPollUs) return;
  skipTurns(migration.monitor, nowUs, outlook(migration));
}

/**
 * The legacy path asks only whether what is left falls: another rate above zero changes nothing
 * that it sees, unless what the guest writes to its mirrors outweighs it. The stall detector samples
 * the bandwidth itself.
 */
export function isUnseenByMonitor(migration: ActiveMigration, what: MigrationInput): boolean {
  return (
    what.kind === 'rate' &&
    migration.mirror === null &&
    hasSeenProgress(migration.monitor) &&
    isMoving(migration) &&
    migration.qemu.bytesPerSecond > 0 &&
    what.bytesPerSecond > 0
  );
}

/**
 * The legacy monitor's last poll was progress. After one that was not, the next decides whether the
 * migration is stuck: it must find what is left at the rate that held then.
 */
export function hasSeenProgress({ detector, nextPollUs, lastProgressUs }: MonitorState): boolean {
  return detector === null && nextPollUs - lastProgressUs <= POLL_INTERVAL_US;
}

/**
 * The legacy monitor's next poll cannot find the migration stuck, whatever it sees: shares of the
 * network may be told later, with the polls between them at the shares that held then.
 */
export function isFarFromStuck({
  detector,
  nextPollUs,
  lastProgressUs,
  options: { progressTimeout },
}: MonitorState): boolean {
  const isNever = progressTimeout === 0;
  return (
    detector === null && (isNever || exceededAtUs(lastProgressUs, progressTimeout) > nextPollUs)
  );
}

/** RAM is on its way: what is left falls while the network gives it a rate. */
function isMoving({ qemu }: ActiveMigration): boolean {
  return (
    qemu.phase === 'sending' ||
    qemu.phase === 'final-send' ||
    qemu.phase === 'socket-drain' ||
    qemu.phase === 'postcopy'
  );
}

/** The monitor waits in its call to libvirt: no poll before the hang is over. */
export function delayPolls(migration: ActiveMigration, nowUs: number): void {
  skipPolls(migration, nowUs);
  const { monitor, hangsUntilUs } = migration;
  monitor.nextPollUs = Math.max(monitor.nextPollUs, hangsUntilUs);
}

/** The poll at `nowUs`, if there is one that can decide something. */
export function pollTurn(migration: ActiveMigration, nowUs: number): readonly MonitorCommand[] {
  const { monitor } = migration;
  skipPolls(migration, nowUs);
  if (monitor.nextPollUs !== nowUs) return [];
  if (nextTurnOfInterest(monitor, outlook(migration)) !== nowUs) return [];
  return turn(migration, 'poll', nowUs);
}

/** Iteration events reach the monitor with the stall detector on (spec/kubevirt.md 3.1). */
export function iterationTurn(
  migration: ActiveMigration,
  nowUs: number,
): readonly MonitorCommand[] {
  if (migration.monitor.detector === null || migration.hangsUntilUs > nowUs) return [];
  return turn(migration, 'iteration', nowUs);
}

/** The statistics that libvirt shows from now on, until something happens. */
function outlook(migration: ActiveMigration): Outlook {
  const { qemu, mirror, ramStarted } = migration;
  const sending = isMoving(migration);
  const fromUs = ramStarted || mirror === null ? qemu.asOfUs : mirror.asOfUs;
  const diskFall = mirror === null ? 0 : mirrorFallBytesPerSecond(mirror);
  // RAM and mirrors are as of instants of their own: the sum is as of RAM's.
  const diskBytes =
    mirror === null
      ? 0
      : mirrorRemainingBytes(mirror) - (diskFall * (fromUs - mirror.asOfUs)) / 1_000_000;
  return {
    fromUs,
    jobType: 'unbounded',
    remainingBytes: (ramStarted ? remainingBytes(qemu) : 0) + diskBytes,
    remainingFallBytesPerSecond: (sending ? qemu.bytesPerSecond : 0) + diskFall,
    jobStartedUs: migration.startedUs,
    memIteration: ramStarted ? qemu.syncCount : 0,
    memBytesPerSecond: ramStarted ? qemu.sender.bandwidthBytesPerMs * 1000 : 0,
    domain: domainState(migration),
  };
}

function domainState(migration: ActiveMigration): Outlook['domain'] {
  const { qemu } = migration;
  if (qemu.postcopy) return 'paused-postcopy';
  if (qemu.suspended) return 'paused-user';
  return migration.pausedSinceUs !== null && migration.ramStarted ? 'paused-migration' : 'running';
}

/** The VMIM was deleted: the launcher aborts, at any instant (spec/kubevirt.md 3.5). */
export function deletedTurn(migration: ActiveMigration, nowUs: number): readonly MonitorCommand[] {
  skipPolls(migration, nowUs);
  const commands: MonitorCommand[] = [];
  const stats = statsAt(outlook(migration), nowUs);
  requestAbort(migration.monitor, callsInto(migration, commands, stats, nowUs));
  return commands;
}

function turn(
  migration: ActiveMigration,
  kind: 'poll' | 'iteration',
  nowUs: number,
): readonly MonitorCommand[] {
  const commands: MonitorCommand[] = [];
  const now = outlook(migration);
  const stats = statsAt(now, nowUs);
  monitorTurn(
    migration.monitor,
    { nowUs, kind, stats, domain: now.domain },
    callsInto(migration, commands, stats, nowUs),
  );
  migration.monitorTurnUs = null;
  return commands;
}

/** libvirt's answers to the monitor's calls; those that it takes are added to the commands. */
function callsInto(
  migration: ActiveMigration,
  commands: MonitorCommand[],
  stats: JobStats | null,
  nowUs: number,
): MonitorCalls {
  const give = (input: MigrationInput, action: string, reason: MonitorReason): CallResult => {
    const words = monitorWords(migration.monitor, reason, stats?.dataRemainingBytes ?? 0, nowUs);
    commands.push({ input, action, reason: words });
    return 'ok';
  };
  return {
    setMaxDowntime: (ms, reason) =>
      give({ kind: 'set-downtime-limit', ms }, `set downtime limit ${ms} ms`, reason),
    startPostCopy: (reason) =>
      migration.ramStarted && migration.qemu.config.postcopyEnabled
        ? give({ kind: 'start-postcopy' }, 'start post-copy', reason)
        : 'failed',
    suspend: (reason) => give({ kind: 'suspend' }, 'suspend guest', reason),
    // libvirt refuses to abort in post-copy (spec/kubevirt.md 8).
    abortJob: (reason) =>
      migration.qemu.postcopy ? 'failed' : give({ kind: 'cancel', reason }, 'abort', reason),
  };
}

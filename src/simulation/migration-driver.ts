import type { RoundResult } from '../memory/round.js';
import { handle } from '../qemu/migration.js';
import type { MigrationAction, MigrationEnding, MigrationInput } from '../qemu/migration-state.js';
import {
  advanceMirror,
  drainMirror,
  heldBackBytes,
  type MirrorAction,
  mirroredBytes,
  type StorageMirror,
  setMirrorRate,
  stopMirror,
  wakeMirror,
} from '../qemu/storage-mirror.js';
import type { ActiveMigration } from './active-migration.js';
import type { DriverContext } from './driver-context.js';
import { flowRequest } from './flow-request.js';
import { countBytes, limitFlow, openFlow } from './flows.js';
import { createRamMemory, finishedSync, planSetup, syncTask } from './guest-pages.js';
import { logSpeed, resumeGuest, setSpeed } from './guest-speed.js';
import {
  deletedTurn,
  isUnseenByMonitor,
  iterationTurn,
  type MonitorCommand,
  nextMonitorTurnUs,
  pollTurn,
  skipPolls,
} from './monitor-driver.js';
import { abortWhileHung, mirrorWakeUs, qemuWakeUs } from './monitor-hang.js';
import { checkAhead, fewestDirtyPages } from './round-ahead.js';
import { accountInterval, tellUntold } from './tell-rates.js';
import { createUntoldRates } from './untold-rates.js';

/** When the migration wants to be woken next. */
export function nextWakeUs(migration: ActiveMigration): number {
  if (migration.endedUs !== null) return Number.POSITIVE_INFINITY;
  return Math.min(
    qemuWakeUs(migration),
    migration.sync?.aheadUntilUs ?? migration.sync?.readyUs ?? Number.POSITIVE_INFINITY,
    mirrorWakeUs(migration),
    migration.unplug?.untilUs ?? Number.POSITIVE_INFINITY,
    nextMonitorTurnUs(migration),
    migration.abortUs,
  );
}

/**
 * Does all that is due at `nowUs`, data plane first, then the monitor. `result`: of the pending
 * sync, when it is due now.
 */
export function wakeMigration(
  context: DriverContext,
  migration: ActiveMigration,
  nowUs: number,
  result: RoundResult | null,
): void {
  if (result === null) tellUntold(context, migration);
  else finishSync(context, migration, result, nowUs);
  const { mirror } = migration;
  if (mirror !== null && mirrorWakeUs(migration) <= nowUs) {
    skipPolls(migration, nowUs);
    const actions: MirrorAction[] = [];
    wakeMirror(mirror, nowUs, actions);
    carryOutMirror(context, migration, actions, nowUs);
  }
  if (qemuWakeUs(migration) <= nowUs) {
    input(context, migration, { kind: 'wake' }, nowUs);
  }
  if (migration.endedUs === null && migration.abortUs <= nowUs) {
    requestAbort(context, migration, nowUs);
  }
  if (migration.endedUs === null) command(context, migration, pollTurn(migration, nowUs), nowUs);
}

/** The log is read; what the sync finds is counted until `readyUs`, or later where that is no harm. */
function beginSync(
  context: DriverContext,
  migration: ActiveMigration,
  action: Extract<MigrationAction, { kind: 'sync' }>,
  nowUs: number,
): void {
  const task = syncTask(context, migration, action.sync, action.sentPages, nowUs);
  const mayLookAhead = context.looksAhead && action.sync === 'round';
  migration.sync = {
    kind: action.sync,
    readyUs: action.readyUs,
    task,
    fewestPages: mayLookAhead ? fewestDirtyPages(migration, task, context.units) : 0,
    bytesPerSecond: migration.qemu.bytesPerSecond,
    aheadUntilUs: null,
  };
}

/** Tells QEMU's machine what the sync has found, as of its end, and what has come since. */
export function finishSync(
  context: DriverContext,
  migration: ActiveMigration,
  result: RoundResult,
  nowUs: number,
): void {
  const { sync, ram } = migration;
  if (sync === null) return;
  migration.sync = null;
  const found = { kind: 'sync-done', result: finishedSync(context, migration, result) } as const;
  const ahead = ram?.untold?.ahead ?? null;
  if (ahead === null || !ram?.untold) {
    input(context, migration, found, nowUs);
    return;
  }
  ram.untold.ahead = null;
  input(context, migration, found, sync.readyUs);
  checkAhead(migration, ahead.mostBytesPerSecond, nowUs);
  tellUntold(context, migration);
  skipPolls(migration, nowUs);
  // The machine has not looked ahead since: with its present share it does.
  const { bytesPerSecond } = migration.qemu;
  input(context, migration, { kind: 'rate', bytesPerSecond }, nowUs);
}

/** The network has given a flow another rate, from `nowUs` on. */
export function changeRate(
  context: DriverContext,
  migration: ActiveMigration,
  role: 'ram' | number,
  bytesPerSecond: number,
  nowUs: number,
): void {
  tellUntold(context, migration);
  if (role === 'ram') {
    input(context, migration, { kind: 'rate', bytesPerSecond }, nowUs);
    return;
  }
  const { mirror } = migration;
  const flow = migration.disks[role];
  if (mirror === null || flow === undefined) return;
  skipPolls(migration, nowUs);
  setMirrorRate(mirror, role, bytesPerSecond, nowUs);
  countBytes(context.flows, flow, mirror.disks[role]?.sentBytes ?? 0, nowUs);
}

/** A user has deleted the VMIM of a migration that runs. */
export function requestAbort(
  context: DriverContext,
  migration: ActiveMigration,
  nowUs: number,
): void {
  tellUntold(context, migration);
  migration.abortUs = Number.POSITIVE_INFINITY;
  if (migration.hangsUntilUs > nowUs) {
    abortWhileHung(context, migration, nowUs);
    return;
  }
  const commands = deletedTurn(migration, nowUs);
  if (commands.length === 0) {
    const reason = 'libvirt aborts no migration in post-copy';
    context.observer.decision(migration, nowUs, 'kubevirt', 'abort refused', reason);
  }
  command(context, migration, commands, nowUs);
}

/** What comes from outside: a lost connection, a new one, a storage job that fails. */
export function tellQemu(
  context: DriverContext,
  migration: ActiveMigration,
  what: MigrationInput,
  nowUs: number,
): void {
  tellUntold(context, migration);
  input(context, migration, what, nowUs);
}

/** Counts what has been sent up to `nowUs`, for a run that ends with the migration under way. */
export function bringToNow(
  context: DriverContext,
  migration: ActiveMigration,
  nowUs: number,
): void {
  tellUntold(context, migration);
  const { qemu, mirror } = migration;
  if (migration.ramStarted) {
    input(context, migration, { kind: 'rate', bytesPerSecond: qemu.bytesPerSecond }, nowUs);
  }
  if (mirror === null) return;
  skipPolls(migration, nowUs);
  advanceMirror(mirror, nowUs);
  migration.disks.forEach((flow, index) => {
    countBytes(context.flows, flow, mirror.disks[index]?.sentBytes ?? 0, nowUs);
  });
}

function input(
  context: DriverContext,
  migration: ActiveMigration,
  what: MigrationInput,
  nowUs: number,
): void {
  const { qemu, ram } = migration;
  if (!isUnseenByMonitor(migration, what)) skipPolls(migration, nowUs);
  accountInterval(migration, nowUs);
  const actions: MigrationAction[] = [];
  handle(qemu, what, nowUs, actions);
  if (ram !== null && migration.ram === ram) {
    countBytes(context.flows, ram, qemu.wireBytes, nowUs);
  }
  for (const action of actions) carryOut(context, migration, action, nowUs);
  // The event reaches the monitor when QEMU's turn is over, and its commands QEMU's next one.
  if (actions.some((action) => action.kind === 'iteration') && migration.endedUs === null) {
    command(context, migration, iterationTurn(migration, nowUs), nowUs);
  }
}

/** What the monitor has decided, told and carried out in its order. */
function command(
  context: DriverContext,
  migration: ActiveMigration,
  commands: readonly MonitorCommand[],
  nowUs: number,
): void {
  for (const { input: what, action, reason } of commands) {
    context.observer.decision(migration, nowUs, 'kubevirt', action, reason);
    input(context, migration, what, nowUs);
  }
}

function carryOut(
  context: DriverContext,
  migration: ActiveMigration,
  action: MigrationAction,
  nowUs: number,
): void {
  const { observer, flows } = context;
  switch (action.kind) {
    case 'set-flow':
      if (migration.ram !== null) {
        limitFlow(flows, migration.ram, action.capBytesPerSecond);
      }
      return;
    case 'plan-setup':
      createRamMemory(context, migration);
      input(context, migration, { kind: 'setup-done', plan: planSetup(context, migration) }, nowUs);
      return;
    case 'sync':
      beginSync(context, migration, action, nowUs);
      return;
    case 'guest-speed':
      setSpeed(migration, action.cpuShare, action.running, nowUs);
      return;
    case 'vcpu-share':
      logSpeed(migration, action.share, action.share, nowUs);
      return;
    case 'iteration':
      return;
    case 'drain-storage':
      drainStorage(context, migration, nowUs);
      return;
    case 'target-resumed':
      resumeGuest(migration, nowUs);
      observer.decision(migration, nowUs, 'libvirt', 'target resumed', 'post-copy is active');
      return;
    case 'round-ended':
      migration.lastRound = action.round;
      observer.round(migration, action.round);
      return;
    case 'decision':
      observer.decision(migration, nowUs, 'qemu', action.action, action.reason);
      return;
    case 'ended':
      endMigration(context, migration, action.end, nowUs);
      return;
    default:
      action satisfies never;
  }
}

function drainStorage(context: DriverContext, migration: ActiveMigration, nowUs: number): void {
  const { mirror } = migration;
  if (mirror === null) {
    input(context, migration, { kind: 'storage-drained' }, nowUs);
    return;
  }
  const actions: MirrorAction[] = [];
  drainMirror(mirror, nowUs, actions);
  carryOutMirror(context, migration, actions, nowUs);
}

/** Opens RAM's flow and lets QEMU's machine begin. */
export function startRam(context: DriverContext, migration: ActiveMigration, nowUs: number): void {
  const { channels } = migration.qemu.config.format;
  const ceiling = migration.qemu.config.channelsBytesPerSecond / channels;
  migration.ram = openFlow(context.flows, flowRequest(migration, 'ram', channels, ceiling), nowUs);
  // The stall detector samples the bandwidth itself: it must see each share. With mirrors each may
  // decide whether what is left falls.
  if (migration.monitor.detector === null && migration.mirror === null) {
    migration.ram.untold = createUntoldRates(migration.qemu, migration.monitor);
  }
  migration.ramStarted = true;
  migration.qemu.startUs = nowUs;
  migration.qemu.asOfUs = nowUs;
  migration.qemu.wakeUs = nowUs + migration.qemu.config.setupUs;
}

export function carryOutMirror(
  context: DriverContext,
  migration: ActiveMigration,
  actions: readonly MirrorAction[],
  nowUs: number,
): void {
  const { mirror } = migration;
  for (const action of actions) {
    switch (action.kind) {
      case 'set-disk-flow': {
        const flow = migration.disks[action.disk];
        if (flow === undefined) throw new Error(`no flow for disk ${action.disk}`);
        countBytes(context.flows, flow, mirror?.disks[action.disk]?.sentBytes ?? 0, nowUs);
        limitFlow(context.flows, flow, action.capBytesPerSecond);
        break;
      }
      case 'ready':
        migration.slow.storageUs += nowUs - migration.startedUs;
        context.observer.decision(
          migration,
          nowUs,
          'libvirt',
          'mirrors ready',
          mirror === null ? '' : copiedText(mirror),
        );
        startRam(context, migration, nowUs);
        break;
      case 'drained':
        input(context, migration, { kind: 'storage-drained' }, nowUs);
        break;
      default:
        action satisfies never;
    }
  }
}

/** Disks that were still copied when the migration ended held it up until then. */
export function accountMirrors(migration: ActiveMigration, nowUs: number): void {
  if (migration.mirror === null || migration.ramStarted) return;
  migration.slow.storageUs += nowUs - migration.startedUs;
}

function copiedText(mirror: StorageMirror): string {
  const held = Math.round(heldBackBytes(mirror));
  const waited = held > 0 ? `, ${held} bytes of the guest's writes had to wait` : '';
  return `${Math.round(mirroredBytes(mirror))} bytes copied${waited}`;
}

function endMigration(
  context: DriverContext,
  migration: ActiveMigration,
  ending: MigrationEnding,
  nowUs: number,
): void {
  migration.endedUs = nowUs;
  accountMirrors(migration, nowUs);
  resumeGuest(migration, nowUs);
  if (migration.mirror !== null) {
    const actions: MirrorAction[] = [];
    stopMirror(migration.mirror, nowUs, actions);
    carryOutMirror(context, migration, actions, nowUs);
  }
  context.observer.ended(migration, ending, nowUs);
}

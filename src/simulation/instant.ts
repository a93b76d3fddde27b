/**
 * One instant of the engine. What is due is done in a fixed order, then the links are shared out
 * anew, so that results depend on the fleet and the seed alone.
 */
import type { ControlAction } from '../kubevirt/control-actions.js';
import { nextWakeUs as nextControlUs, step } from '../kubevirt/control-plane.js';
import type { RoundResult, RoundTask } from '../memory/round.js';
import { bottleneckOf, type FlowId, flowRate, settle } from '../network/max-min.js';
import type { ActiveMigration } from './active-migration.js';
import { applyFleetEvents, wake } from './apply-events.js';
import { takeBackgroundRate } from './background.js';
import { beginMigration, endUnplug } from './begin-migration.js';
import type { DriverContext } from './driver-context.js';
import { deliverReports } from './end-reports.js';
import { takeDue, wakeAt } from './event-queue.js';
import type { Flow, FlowsState } from './flow-state.js';
import { noteFullLinks, rateOf, takeRates } from './flows.js';
import {
  changeRate,
  finishSync,
  nextWakeUs,
  requestAbort,
  wakeMigration,
} from './migration-driver.js';
import { isReviewDue, reviewOutages } from './outages.js';
import { recordAction } from './records.js';
import { beginAhead, mayBeAhead } from './round-ahead.js';
import type { Run } from './run-state.js';
import { noteRate } from './untold-rates.js';

/** What has to wait for page work that a thread keeps; null: it is done. */
type Late = Promise<void> | null;

/**
 * Everything due now: links and nodes, ends, control plane, migrations; then the links' shares. A
 * promise only where a thread keeps page work waiting: it goes on from there.
 */
export function doInstant(run: Run, context: DriverContext): Late {
  const { nowUs } = run;
  applyFleetEvents(run, context);
  deliverReports(run);
  if (nextControlUs(run.controlPlane) <= nowUs) {
    return doActions(run, context, step(run.controlPlane, nowUs), 0);
  }
  return doMigrations(run, context, takeDue(run.queue, nowUs), 0);
}

function doActions(
  run: Run,
  context: DriverContext,
  actions: readonly ControlAction[],
  from: number,
): Late {
  for (let i = from; i < actions.length; i += 1) {
    const action = actions[i] as ControlAction;
    const late =
      action.kind === 'abort-migration'
        ? catchUp(run, context, run.active.get(action.migrationId))
        : null;
    if (late !== null) {
      return late.then(() => {
        act(run, context, action);
        return doActions(run, context, actions, i + 1) ?? undefined;
      });
    }
    act(run, context, action);
  }
  return doMigrations(run, context, takeDue(run.queue, run.nowUs), 0);
}

function doMigrations(
  run: Run,
  context: DriverContext,
  ids: readonly number[],
  from: number,
): Late {
  for (let i = from; i < ids.length; i += 1) {
    const late = doMigration(run, context, ids[i] as number);
    if (late !== null) return late.then(() => doMigrations(run, context, ids, i + 1) ?? undefined);
  }
  return shareUntilSettled(run, context);
}

/** Wakes the migration, with its sync's result where that is due and cannot wait. */
function doMigration(run: Run, context: DriverContext, id: number): Late {
  const { nowUs } = run;
  const migration = run.active.get(id);
  if (migration === undefined) return null;
  endUnplug(run, context, migration);
  const { sync } = migration;
  if (sync === null || sync.readyUs > nowUs) {
    wakeWith(run, context, migration, null);
    return null;
  }
  if (sync.aheadUntilUs === null) {
    sync.aheadUntilUs = beginAhead(run.flows, migration, sync, nowUs);
    if (sync.aheadUntilUs !== null) {
      wakeAt(run.queue, id, sync.aheadUntilUs);
      return null;
    }
  }
  return withResult(run, sync.task, (result) => wakeWith(run, context, migration, result));
}

function wakeWith(
  run: Run,
  context: DriverContext,
  migration: ActiveMigration,
  result: RoundResult | null,
): void {
  const before = migration.sync;
  wakeMigration(context, migration, run.nowUs, result);
  const { sync } = migration;
  if (sync !== null && sync !== before) {
    run.options.pageWork.ask(sync.task, mayBeAhead(migration, sync));
  }
  wakeAt(run.queue, migration.start.migrationId, Math.max(run.nowUs, nextWakeUs(migration)));
}

/** Shares of the links; migrations that must hear of theirs are first told of their syncs. */
function shareUntilSettled(run: Run, context: DriverContext): Late {
  for (;;) {
    const behind = shareLinks(run, context);
    if (behind.length === 0) return null;
    const late = tellBehind(run, context, behind, 0);
    if (late !== null) return late.then(() => shareUntilSettled(run, context) ?? undefined);
  }
}

function tellBehind(
  run: Run,
  context: DriverContext,
  behind: readonly ActiveMigration[],
  from: number,
): Late {
  for (let i = from; i < behind.length; i += 1) {
    const late = catchUp(run, context, behind[i]);
    if (late !== null) return late.then(() => tellBehind(run, context, behind, i + 1) ?? undefined);
  }
  for (const { ram } of behind) if (ram !== null) tellRate(run, context, ram);
  return null;
}

/** Tells the migration of a sync that it has gone ahead of, before anything else reaches it. */
export function catchUp(
  run: Run,
  context: DriverContext,
  migration: ActiveMigration | undefined,
): Late {
  const sync = migration?.sync ?? null;
  if (migration === undefined || sync === null || sync.aheadUntilUs === null) return null;
  return withResult(run, sync.task, (result) => {
    finishSync(context, migration, result, run.nowUs);
    wake(run, migration.start.migrationId);
  });
}

/** Hands over the task's result, later where a thread still keeps it. */
function withResult({ options }: Run, task: RoundTask, does: (result: RoundResult) => void): Late {
  const result = options.pageWork.take(task);
  if (!(result instanceof Promise)) {
    does(result);
    return null;
  }
  const before = options.profile?.enter('hand-off');
  return result.then((got) => {
    if (before !== undefined) options.profile?.enter(before);
    does(got);
  });
}

export function act(run: Run, context: DriverContext, action: ControlAction): void {
  if (action.kind === 'abort-migration') {
    // It may have ended already, and its end be on the way to virt-controller.
    const migration = run.active.get(action.migrationId);
    if (migration === undefined) return;
    requestAbort(context, migration, run.nowUs);
    if (migration.endedUs === null) {
      wakeAt(run.queue, action.migrationId, Math.max(run.nowUs, nextWakeUs(migration)));
    }
    return;
  }
  if (action.kind !== 'start-migration') {
    recordAction(run.records, action, run.options.decisions);
    return;
  }
  const migration = beginMigration(run, context, action);
  if (migration.endedUs === null) {
    wakeAt(run.queue, action.migrationId, Math.max(run.nowUs, nextWakeUs(migration)));
  }
}

function tellRate(run: Run, context: DriverContext, flow: Flow): void {
  const { flows, nowUs } = run;
  const { migrationId, role } = flow.request;
  const migration = run.active.get(migrationId);
  if (migration === undefined) return;
  changeRate(context, migration, role, rateOf(flows, flow), nowUs);
  takeRates(flows, flow, nowUs);
  wake(run, migrationId);
}

/** A share that decides nothing yet is noted only, and told when it is needed. */
function isNoted({ sharing }: FlowsState, { untold }: Flow, id: FlowId, nowUs: number): boolean {
  if (untold === null) return false;
  return noteRate(untold, nowUs, flowRate(sharing, id), bottleneckOf(sharing, id));
}

/**
 * Max-min shares after everything that changed at this instant; a new rate moves the next event.
 * Returns migrations that must first be told of a sync, then of their rate.
 */
function shareLinks(run: Run, context: DriverContext): readonly ActiveMigration[] {
  const { flows, nowUs } = run;
  if (isReviewDue(run.outages, flows)) reviewOutages(run.outages, context, run.active, nowUs);
  // A flow of several strands, or of new ones, is told once; it is never gone ahead of a sync.
  const spread = flows.respread;
  const behind: ActiveMigration[] = [];
  run.options.profile?.enter('network');
  const changed = settle(flows.sharing);
  run.options.profile?.enter('decisions');
  for (const id of changed) {
    const flow = flows.byId[id];
    if (flow === undefined) takeBackgroundRate(flows, run.background, id, nowUs);
    else if (flow.strands.length > 1 || spread.has(flow)) spread.add(flow);
    else if (!isNoted(flows, flow, id, nowUs)) {
      const late = migrationBehind(run, flow);
      if (late === undefined) tellRate(run, context, flow);
      else behind.push(late);
    }
  }
  for (const flow of spread) tellRate(run, context, flow);
  spread.clear();
  noteFullLinks(flows, nowUs);
  return behind;
}

/** The flow's migration, when it has gone ahead of a sync. */
function migrationBehind(run: Run, { untold, request }: Flow): ActiveMigration | undefined {
  return untold === null || untold.ahead === null ? undefined : run.active.get(request.migrationId);
}

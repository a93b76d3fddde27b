/**
 * The engine: one clock over KubeVirt's control plane, the migrations under way and the links that
 * they share. Everything due at one instant is done in a fixed order, then the links are shared out
 * anew; results depend on the fleet and the seed alone (DESIGN.md).
 */
import type { Fleet } from '../fleet/model.js';
import type { ControlAction } from '../kubevirt/control-actions.js';
import {
  allSettled,
  migrationEnded,
  nextWakeUs as nextControlUs,
  settleAll,
  step,
} from '../kubevirt/control-plane.js';
import type { RoundResult } from '../memory/round.js';
import { createUnits } from '../memory/units.js';
import { noteFull } from '../network/link-log.js';
import { bottleneckOf, type FlowId, flowRate, settle } from '../network/max-min.js';
import { type ActiveMigration, wireBytes } from './active-migration.js';
import { applyFleetEvents, wake } from './apply-events.js';
import { finishBackground, takeBackgroundRate } from './background.js';
import { beginMigration, endUnplug } from './begin-migration.js';
import type { DriverContext } from './driver-context.js';
import { nextEventUs, takeDue, wakeAt } from './event-queue.js';
import { nextChangeUs } from './fleet-events.js';
import { type Flow, type FlowsState, openFlows } from './flow-state.js';
import { noteFullLinks, rateOf, takeRates } from './flows.js';
import { sampleJobStats } from './job-stats.js';
import {
  changeRate,
  finishSync,
  nextWakeUs,
  requestAbort,
  wakeMigration,
} from './migration-driver.js';
import { finishUnsettled, observe } from './migration-end.js';
import type { RunOptions } from './options.js';
import { isReviewDue, reviewOutages } from './outages.js';
import { askFor, breathe, resultOf } from './page-work-queue.js';
import { recordAction } from './records.js';
import type { RunResult } from './result.js';
import { aheadFrom, beginAhead } from './round-ahead.js';
import { resultOfRun } from './run-result.js';
import { createRun, type Run } from './run-state.js';
import { noteRate } from './untold-rates.js';

/** Instants between two looks at the outside (progress, Ctrl-C). */
const INSTANTS_PER_LOOK = 256;

/** Repeats of one instant after which something keeps waking itself: a bug, told as one. */
const STANDSTILL_INSTANTS = 10_000;

/**
 * Runs the fleet's drain to its end: every guest settled, or `drain.timeout`.
 * Rejects with the signal's reason when aborted; throws on a broken invariant (a bug).
 */
export async function simulate(fleet: Fleet, options: RunOptions): Promise<RunResult> {
  const run = createRun(fleet, options);
  const context: DriverContext = {
    flows: run.flows,
    seed: options.seed,
    fidelity: options.fidelity,
    sharedMemory: options.pageWork.threads > 1,
    host: fleet.host,
    looksAhead: looksAhead(fleet, options),
    units: createUnits(0),
    layouts: run.layouts,
    observer: observe(run),
  };
  const timeoutUs = fleet.drain.startUs + fleet.drain.timeoutUs;
  let timedOut = false;
  let still = 0;
  options.profile?.enter('decisions');
  for (let instants = 1; !allSettled(run.controlPlane); instants += 1) {
    const nextUs = nextInstantUs(run);
    still = nextUs === run.nowUs ? still + 1 : 0;
    if (still > STANDSTILL_INSTANTS) throw new Error(standstill(run));
    sampleJobStats(run, context, Math.min(nextUs, timeoutUs));
    if (nextUs > timeoutUs) {
      run.nowUs = timeoutUs;
      timedOut = true;
      break;
    }
    run.nowUs = nextUs;
    await doInstant(run, context);
    options.inspect?.(run);
    if (instants % INSTANTS_PER_LOOK === 0) await lookOutside(run);
  }
  for (const migration of run.active.values()) await catchUp(run, context, migration);
  if (timedOut) {
    for (const action of settleAll(run.controlPlane, run.nowUs)) act(run, context, action);
  }
  options.profile?.enter('output');
  finishUnsettled(run, context);
  finishBackground(run.flows, run.background, run.nowUs);
  run.flows.log.fullSinceUs.forEach((_, link) => {
    noteFull(run.flows.log, link, false, run.nowUs);
  });
  return resultOfRun(run, timedOut);
}

function standstill(run: Run): string {
  const due = [...run.active.values()].filter((one) => nextWakeUs(one) <= run.nowUs);
  const who = due.map(({ guest, qemu }) => `${guest.namespace}/${guest.name} (${qemu.phase})`);
  return `the clock stands still at ${run.nowUs} µs: ${who.join(', ') || 'control plane'}`;
}

/** A wake that is overdue (a tick that fell into a sync) is done now: the clock never goes back. */
function nextInstantUs(run: Run): number {
  const dueUs = Math.min(
    nextControlUs(run.controlPlane),
    nextEventUs(run.queue),
    nextChangeUs(run.events),
    run.background.nextUs,
    run.outages.nextUs,
    run.reports[0]?.atUs ?? Number.POSITIVE_INFINITY,
  );
  return Math.max(run.nowUs, dueUs);
}

/** Everything due now: links and nodes, ends, control plane, migrations; then the links' shares. */
async function doInstant(run: Run, context: DriverContext): Promise<void> {
  const { nowUs } = run;
  if (run.pages.isHeldUp) await breathe(run.pages);
  applyFleetEvents(run, context);
  deliverReports(run);
  if (nextControlUs(run.controlPlane) <= nowUs) {
    for (const action of step(run.controlPlane, nowUs)) {
      if (action.kind === 'abort-migration') {
        await catchUp(run, context, run.active.get(action.migrationId));
      }
      act(run, context, action);
    }
  }
  for (const id of takeDue(run.queue, nowUs)) {
    const migration = run.active.get(id);
    if (migration === undefined) continue;
    endUnplug(run, context, migration);
    const { sync } = migration;
    const due = sync !== null && sync.readyUs <= nowUs;
    if (due && sync.aheadUntilUs === null) {
      sync.aheadUntilUs = beginAhead(run.flows, migration, sync, nowUs);
      if (sync.aheadUntilUs !== null) {
        wakeAt(run.queue, id, sync.aheadUntilUs);
        continue;
      }
    }
    const result = due ? resultOf(run.pages, sync.task) : null;
    const got = result instanceof Promise ? await awaited(run, result) : result;
    wakeMigration(context, migration, nowUs, got);
    const { sync: asked } = migration;
    if (asked !== null && asked !== sync) {
      askFor(run.pages, asked.task, aheadFrom(migration, asked, asked.readyUs) !== null);
    }
    wakeAt(run.queue, id, Math.max(nowUs, nextWakeUs(migration)));
  }
  let behind = shareLinks(run, context);
  while (behind.length > 0) {
    for (const migration of behind) await catchUp(run, context, migration);
    for (const { ram } of behind) if (ram !== null) tellRate(run, context, ram);
    behind = shareLinks(run, context);
  }
}

/**
 * Faults reach migrations from outside at any instant, and samples show every one: with them each
 * sync's result is taken when it is due.
 */
function looksAhead(fleet: Fleet, { fidelity, jobStatsEveryUs }: RunOptions): boolean {
  return fidelity === 'page' && fleet.events.length === 0 && jobStatsEveryUs === undefined;
}

/** Tells the migration of a sync that it has gone ahead of, before anything else reaches it. */
async function catchUp(
  run: Run,
  context: DriverContext,
  migration: ActiveMigration | undefined,
): Promise<void> {
  const sync = migration?.sync ?? null;
  if (migration === undefined || sync === null || sync.aheadUntilUs === null) return;
  const result = resultOf(run.pages, sync.task);
  const got = result instanceof Promise ? await awaited(run, result) : result;
  finishSync(context, migration, got, run.nowUs);
  wake(run, migration.start.migrationId);
}

/** Page work that other threads still do. */
async function awaited(run: Run, result: Promise<RoundResult>): Promise<RoundResult> {
  const { profile } = run.options;
  const before = profile?.enter('hand-off');
  const done = await result;
  if (before !== undefined) profile?.enter(before);
  return done;
}

function deliverReports(run: Run): void {
  for (let report = run.reports[0]; report !== undefined && report.atUs <= run.nowUs; ) {
    run.reports.shift();
    migrationEnded(run.controlPlane, run.nowUs, report.migrationId, report);
    report = run.reports[0];
  }
}

function act(run: Run, context: DriverContext, action: ControlAction): void {
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
  // A flow of several strands is told once; most have one, and need no set.
  const spread = new Set<Flow>(flows.respread);
  const behind: ActiveMigration[] = [];
  flows.respread.clear();
  run.options.profile?.enter('network');
  const changed = settle(flows.sharing);
  run.options.profile?.enter('decisions');
  for (const id of changed) {
    const flow = flows.byId[id];
    if (flow === undefined) takeBackgroundRate(flows, run.background, id, nowUs);
    else if (flow.strands.length > 1 || spread.size > 0) spread.add(flow);
    else if (!isNoted(flows, flow, id, nowUs)) {
      const late = migrationBehind(run, flow);
      if (late === undefined) tellRate(run, context, flow);
      else behind.push(late);
    }
  }
  for (const flow of spread) tellRate(run, context, flow);
  noteFullLinks(flows, nowUs);
  return behind;
}

/** The flow's migration, when it has gone ahead of a sync. */
function migrationBehind(run: Run, { untold, request }: Flow): ActiveMigration | undefined {
  return untold === null || untold.ahead === null ? undefined : run.active.get(request.migrationId);
}

async function lookOutside(run: Run): Promise<void> {
  run.options.signal?.throwIfAborted();
  const { onProgress, profile } = run.options;
  if (onProgress === undefined) return;
  profile?.enter('rest');
  await onProgress({
    simulatedUs: run.nowUs - run.fleet.drain.startUs,
    guestsDone: run.records.guests.size,
    guestsTotal: run.guestsTotal,
    migrationsActive: run.active.size,
    // Added up only for those who look.
    get guestsUnderWay() {
      return guestsUnderWay(run);
    },
    get bytesPerSecond() {
      return totalRate(run);
    },
  });
  profile?.enter('decisions');
}

/** A guest that sends its memory a second time is nearly there, not beyond. */
const UNDER_WAY_MOST = 0.95;

function guestsUnderWay({ active }: Run): number {
  let sum = 0;
  for (const migration of active.values()) {
    sum += Math.min(UNDER_WAY_MOST, wireBytes(migration) / migration.guest.memoryBytes);
  }
  return sum;
}

function totalRate({ flows }: Run): number {
  let bytesPerSecond = 0;
  for (const flow of openFlows(flows)) bytesPerSecond += rateOf(flows, flow);
  return bytesPerSecond;
}

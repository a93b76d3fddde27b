/**
 * The engine: one clock over KubeVirt's control plane, the migrations under way and the links that
 * they share. Everything due at one instant is done in a fixed order, then the links are shared out
 * anew; results depend on the fleet and the seed alone (DESIGN.md).
 */
import type { Fleet } from '../fleet/model.js';
import { allSettled, nextWakeUs as nextControlUs, settleAll } from '../kubevirt/control-plane.js';
import { createUnits } from '../memory/units.js';
import { noteFull } from '../network/link-log.js';
import { wireBytes } from './active-migration.js';
import { finishBackground } from './background.js';
import type { DriverContext } from './driver-context.js';
import { nextEventUs } from './event-queue.js';
import { nextChangeUs } from './fleet-events.js';
import { openFlows } from './flow-state.js';
import { rateOf } from './flows.js';
import { act, catchUp, doInstant } from './instant.js';
import { sampleJobStats } from './job-stats.js';
import { nextWakeUs } from './migration-driver.js';
import { finishUnsettled, observe } from './migration-end.js';
import type { RunOptions } from './options.js';
import type { RunResult } from './result.js';
import { resultOfRun } from './run-result.js';
import { createRun, type Run } from './run-state.js';

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
    const late = doInstant(run, context);
    if (late !== null) await late;
    options.inspect?.(run);
    if (instants % INSTANTS_PER_LOOK === 0) await lookOutside(run);
  }
  for (const migration of run.active.values()) {
    await catchUp(run, context, migration);
  }
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

/**
 * Faults reach migrations from outside at any instant, and samples show every one: with them each
 * sync's result is taken when it is due.
 */
function looksAhead(fleet: Fleet, { fidelity, jobStatsEveryUs }: RunOptions): boolean {
  return fidelity === 'page' && fleet.events.length === 0 && jobStatsEveryUs === undefined;
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

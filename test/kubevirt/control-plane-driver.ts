/** Runs a control plane to its end with migrations of a fixed length, and gathers what it says. */
import type { Fleet } from '../../src/fleet/model.js';
import type {
  ControlAction,
  ControlDecision,
  GuestSettled,
  MigrationEnd,
  StartMigration,
} from '../../src/kubevirt/control-actions.js';
import {
  allSettled,
  createControlPlane,
  migrationEnded,
  nextWakeUs,
  nodeLost,
  settleAll,
  step,
} from '../../src/kubevirt/control-plane.js';

export interface DriverOptions {
  readonly seed?: number;
  readonly lengthUs?: number;
  readonly end?: (start: StartMigration) => MigrationEnd;
  readonly nodeLost?: { readonly atUs: number; readonly node: string };
  readonly untilUs?: number;
}

export interface TimedAction {
  readonly atUs: number;
  readonly action: ControlAction;
}

export interface DriverResult {
  readonly actions: readonly TimedAction[];
  readonly starts: readonly TimedAction[];
  readonly settled: ReadonlyMap<string, GuestSettled>;
  readonly decisions: readonly ControlDecision[];
  readonly endUs: number;
}

export const SUCCESS: MigrationEnd = { outcome: 'succeeded', failCause: '', reason: '' };

const ABORTED: MigrationEnd = {
  outcome: 'aborted',
  failCause: 'cancelled',
  reason: 'Live migration has been aborted',
};

export function drive(fleet: Fleet, options: DriverOptions = {}): DriverResult {
  const { lengthUs = 30_000_000, end = () => SUCCESS, untilUs = fleet.drain.timeoutUs } = options;
  const cp = createControlPlane(fleet, options.seed ?? 1);
  const running: { endUs: number; start: StartMigration; end: MigrationEnd }[] = [];
  const actions: TimedAction[] = [];
  let lossUs = options.nodeLost?.atUs ?? Number.POSITIVE_INFINITY;
  let nowUs = 0;
  const abort = (id: number) => {
    const one = running.find(({ start }) => start.migrationId === id);
    if (one === undefined) throw new Error(`migration ${id} is not running`);
    one.endUs = nowUs;
    one.end = ABORTED;
  };
  const take = (list: readonly ControlAction[]) => {
    for (const action of list) {
      actions.push({ atUs: nowUs, action });
      if (action.kind === 'start-migration')
        running.push({ endUs: nowUs + lengthUs, start: action, end: end(action) });
      if (action.kind === 'abort-migration') abort(action.migrationId);
    }
  };
  while (!allSettled(cp)) {
    running.sort((a, b) => a.endUs - b.endUs || a.start.migrationId - b.start.migrationId);
    const next = Math.min(nextWakeUs(cp), running[0]?.endUs ?? Number.POSITIVE_INFINITY, lossUs);
    if (next > untilUs) {
      nowUs = untilUs;
      take(settleAll(cp, untilUs));
      break;
    }
    if (next < nowUs) throw new Error(`time runs back: ${next} after ${nowUs}`);
    nowUs = next;
    take(step(cp, nowUs));
    if (lossUs <= nowUs && options.nodeLost !== undefined) {
      lossUs = Number.POSITIVE_INFINITY;
      nodeLost(cp, nowUs, options.nodeLost.node);
    }
    while (running[0] !== undefined && running[0].endUs <= nowUs) {
      const { start, end: how } = running.shift() as (typeof running)[number];
      migrationEnded(cp, nowUs, start.migrationId, how);
    }
    take(step(cp, nowUs));
  }
  return summarise(fleet, actions, nowUs);
}

function summarise(fleet: Fleet, actions: readonly TimedAction[], endUs: number): DriverResult {
  const settled = new Map<string, GuestSettled>();
  const decisions: ControlDecision[] = [];
  for (const { action } of actions) {
    if (action.kind === 'decision') decisions.push(action);
    if (action.kind !== 'guest-settled' && action.kind !== 'guest-reopened') continue;
    const guest = fleet.guests[action.guestIndex];
    const prefix = guest?.namespace === 'default' ? '' : `${guest?.namespace}/`;
    const name = `${prefix}${guest?.name}`;
    if (action.kind === 'guest-reopened') {
      settled.delete(name);
      continue;
    }
    if (settled.has(name)) throw new Error(`${name} is settled twice`);
    settled.set(name, action);
  }
  const starts = actions.filter(({ action }) => action.kind === 'start-migration');
  return { actions, starts, settled, decisions, endUs };
}

/** One replica: a scenario run once with one seed, reduced to what is kept of it. */
import type { Limit } from '../fleet/goal-model.js';
import type { Fleet } from '../fleet/model.js';
import type { PageWork } from '../memory/page-work.js';
import type { RunOptions } from '../simulation/options.js';
import { simulate } from '../simulation/simulate.js';
import { type FigureValues, figuresOf } from './figures.js';
import { observe } from './limits.js';
import { type ReplicaDetail, replicaDetail } from './replica-detail.js';

/** Plain data: it goes to a worker thread as a copy. */
export interface ReplicaTask {
  readonly fleet: Fleet;
  readonly seed: number;
  readonly fidelity: RunOptions['fidelity'];
  readonly linkStepUs: number;
  readonly limits: readonly Limit[];
  /** Keep what became of each node and guest. */
  readonly detail: boolean;
}

/** Plain data that JSON keeps exactly. */
export interface Replica {
  readonly figures: FigureValues;
  /** What each limit of the task looks at. */
  readonly observed: readonly number[];
  /** null: not asked for. */
  readonly detail: ReplicaDetail | null;
}

/** @param getsOn called again and again while it runs */
export async function runReplica(
  task: ReplicaTask,
  pageWork: PageWork,
  getsOn: () => void,
): Promise<Replica> {
  const { fleet, seed, fidelity, linkStepUs } = task;
  const result = await simulate(fleet, {
    seed,
    fidelity,
    pageWork,
    // What auto-converge took from guests is known round by round.
    rounds: true,
    decisions: false,
    linkStepUs,
    onProgress: getsOn,
  });
  return {
    figures: figuresOf(fleet.name, result),
    observed: task.limits.map((limit) => observe(limit, result, fleet.guests)),
    detail: task.detail ? replicaDetail(result) : null,
  };
}

/** One replica: a scenario run once with one seed, reduced to what is kept of it. */
import type { Fleet } from '../fleet/model.js';
import type { PageWork } from '../memory/page-work.js';
import type { RunOptions } from '../simulation/options.js';
import { simulate } from '../simulation/simulate.js';
import { type FigureValues, figuresOf } from './figures.js';

/** Plain data: it goes to a worker thread as a copy. */
export interface ReplicaTask {
  readonly fleet: Fleet;
  readonly seed: number;
  readonly fidelity: RunOptions['fidelity'];
  readonly linkStepUs: number;
}

/** Plain data that JSON keeps exactly. */
export interface Replica {
  readonly figures: FigureValues;
}

export async function runReplica(task: ReplicaTask, pageWork: PageWork): Promise<Replica> {
  const { fleet, seed, fidelity, linkStepUs } = task;
  const result = await simulate(fleet, {
    seed,
    fidelity,
    pageWork,
    // What auto-converge took from guests is known round by round.
    rounds: true,
    decisions: false,
    linkStepUs,
  });
  return { figures: figuresOf(fleet.name, result) };
}

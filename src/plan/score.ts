/** How good a candidate is by its replicas: limits first, then guests moved, then the objectives. */
import type { Goal, Objective } from '../fleet/goal-model.js';
import { FIGURES } from './figures.js';
import { excessOf } from './limits.js';
import type { Replica } from './replica.js';

export interface Score {
  /** Mean over the replicas of all limits' excess; 0: within every limit in every replica. */
  readonly excess: number;
  /** Mean number of guests that could move and did not. */
  readonly guestsBehind: number;
  /** Means in the goal's order. */
  readonly objectives: readonly number[];
}

/** Mean differences of guests below this are chance, not a better plan. */
const GUESTS_EQUAL = 0.5;

export function scoreOf(goal: Goal, replicas: readonly Replica[]): Score {
  const mean = (of: (replica: Replica) => number): number =>
    replicas.reduce((sum, replica) => sum + of(replica), 0) / replicas.length;
  return {
    excess: mean((replica) => replicaExcess(goal, replica)),
    guestsBehind: mean((replica) => figureOf(replica, 'guests_behind')),
    objectives: goal.minimise.map((objective) =>
      mean((replica) => objectiveOf(replica, objective)),
    ),
  };
}

export function replicaExcess(goal: Goal, { observed }: Replica): number {
  return goal.limits.reduce((sum, limit, index) => sum + excessOf(limit, observed[index] ?? 0), 0);
}

const FIGURE_OF_OBJECTIVE: Readonly<Record<Objective, string>> = {
  'drain-time': 'drain_time',
  downtime: 'downtime_p99',
  disruption: 'degraded',
  bytes: 'wire',
};

/** What counts: a replica in which nothing was switched over had no downtime. */
export function objectiveOf(replica: Replica, objective: Objective): number {
  return objectiveFound(replica, objective) ?? 0;
}

/** What is told; null: the replica has no such figure. */
export function objectiveFound({ figures }: Replica, objective: Objective): number | null {
  return figures[PLACE_OF_FIGURE.get(FIGURE_OF_OBJECTIVE[objective]) ?? -1] ?? null;
}

const PLACE_OF_FIGURE = new Map(FIGURES.map(({ name }, index) => [name, index]));

function figureOf({ figures }: Replica, name: string): number {
  return figures[PLACE_OF_FIGURE.get(name) ?? -1] ?? 0;
}

/**
 * Negative when `a` is better. Values are compared in steps as wide as the tolerance, so that the
 * order is one: a candidate that is better by less is equal, and the next objective decides.
 */
export function compareScores(goal: Goal, a: Score, b: Score): number {
  const excess = Math.round((a.excess - b.excess) * 1e6);
  if (excess !== 0) return excess;
  const behind = stepOf(a.guestsBehind, GUESTS_EQUAL) - stepOf(b.guestsBehind, GUESTS_EQUAL);
  if (behind !== 0) return behind;
  for (const [index, value] of a.objectives.entries()) {
    const other = b.objectives[index] ?? 0;
    const difference = logStep(value, goal.tolerance) - logStep(other, goal.tolerance);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Whether what `a` has less is within the tolerance of `b`, in the goal's order. Not an order of
 * many (it is not transitive): for a change, whether it can be left out.
 */
export function isAsGoodAs(goal: Goal, a: Score, b: Score): boolean {
  if (a.excess > b.excess + 1e-6 || a.guestsBehind >= b.guestsBehind + GUESTS_EQUAL) return false;
  const index = differingObjective(goal, a, b);
  return index === null || (a.objectives[index] ?? 0) < (b.objectives[index] ?? 0);
}

/** Place of the first objective that differs by more than the tolerance; null: none does. */
export function differingObjective(goal: Goal, a: Score, b: Score): number | null {
  const index = a.objectives.findIndex((value, at) => {
    const other = b.objectives[at] ?? 0;
    return Math.max(value, other) > Math.min(value, other) * (1 + goal.tolerance);
  });
  return index < 0 ? null : index;
}

function stepOf(value: number, step: number): number {
  return Math.round(value / step);
}

function logStep(value: number, tolerance: number): number {
  return tolerance === 0 ? value : Math.round(Math.log(Math.max(1, value)) / Math.log1p(tolerance));
}

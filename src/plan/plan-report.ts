/** What a plan comes to, in figures: told by its tables, its runbook and the terminal alike. */
import type { Goal, Limit, Objective } from '../fleet/goal-model.js';
import type { Fleet } from '../fleet/model.js';
import { type Candidate, candidateFleet, type Knob } from './knob.js';
import { excessOf } from './limits.js';
import type { Confirmed, PlanOutcome, PlanRequest } from './plan.js';
import type { Contestant } from './race.js';
import type { Replica } from './replica.js';
import { compareScores, objectiveFound, objectiveOf, replicaExcess, scoreOf } from './score.js';
import { type Difference, pairedDifference, type Spread, spreadOf } from './spread.js';

export interface Plan {
  /** The fleet file as it was named. */
  readonly file: string;
  readonly request: PlanRequest;
  readonly outcome: PlanOutcome;
}

export const OBJECTIVES: readonly Objective[] = ['drain-time', 'downtime', 'disruption', 'bytes'];

export interface Change {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What a candidate turns, in the order of the knobs. */
export function changesOf(knobs: readonly Knob[], candidate: Candidate): readonly Change[] {
  return knobs.flatMap(({ name, choices }, index) => {
    const choice = candidate[index] ?? 0;
    if (choice === 0) return [];
    return [{ name, before: choices[0]?.text ?? '', after: choices[choice]?.text ?? '' }];
  });
}

export function changeText({ name, before, after }: Change): string {
  return `${name}: ${before} → ${after}`;
}

export function plannedFleet({ request, outcome }: Plan): Fleet {
  return candidateFleet(request.today, outcome.knobs, outcome.best.contestant.candidate);
}

/** Of one objective over the replicas that have a figure for it; null: none has. */
export function objectiveSpread(replicas: readonly Replica[], objective: Objective): Spread | null {
  return spreadOf(replicas.flatMap((replica) => objectiveFound(replica, objective) ?? []));
}

export interface LimitReport {
  readonly limit: Limit;
  /** The worst of all page replicas. */
  readonly worst: number;
  readonly kept: boolean;
}

export function limitReports(goal: Goal, page: readonly Replica[]): readonly LimitReport[] {
  return goal.limits.map((limit, index) => {
    const worst = Math.max(0, ...page.map(({ observed }) => observed[index] ?? 0));
    return { limit, worst, kept: excessOf(limit, worst) === 0 };
  });
}

export interface Certainty {
  /** Replicas of the plan in both fidelities, and those that went past a limit. */
  readonly replicas: number;
  readonly past: number;
  /** With 95 % confidence no larger share of drains goes past a limit; null when some did. */
  readonly riskMost: number | null;
  /** Over today's settings, in the first objective, by the page replicas of both. */
  readonly gain: Gain | null;
  readonly runnerUp: RunnerUp | null;
}

export interface Gain {
  readonly objective: Objective;
  /** Today − plan. */
  readonly difference: Difference;
  /** Runs of the same seeds, and those in which the plan has less. */
  readonly runs: number;
  readonly wins: number;
  /** Today's settings go past a limit, which the plan keeps: less is not to be had within it. */
  readonly todayIsPast: boolean;
}

export interface RunnerUp {
  readonly contestant: Contestant;
  readonly objective: Objective;
  /** Runner-up − plan. */
  readonly difference: Difference;
  readonly replicas: number;
  /** Replicas that would tell them apart if the difference is as it seems; null: they are told apart. */
  readonly neededReplicas: number | null;
}

export function certaintyOf({ request, outcome }: Plan): Certainty {
  const { best } = outcome;
  const past = seedsPast(request.goal, best);
  const replicas = past.length;
  const pastCount = past.filter(Boolean).length;
  return {
    replicas,
    past: pastCount,
    riskMost: pastCount > 0 ? null : riskOf(replicas),
    gain: gainOf(request.goal, best, outcome.today),
    runnerUp: runnerUpOf(request.goal, best, fullyRaced({ request, outcome })),
  };
}

/**
 * By seed, whether a limit was gone past: its run by chunk and its run by page say nearly the same,
 * and so are one proof and not two.
 */
function seedsPast(goal: Goal, { contestant, page }: Confirmed): readonly boolean[] {
  const isPast = (replica: Replica | undefined): boolean =>
    replica !== undefined && replicaExcess(goal, replica) > 0;
  const seeds = Math.max(contestant.replicas.length, page.length);
  return Array.from({ length: seeds }, (_, i) => isPast(contestant.replicas[i]) || isPast(page[i]));
}

/** More than this share would have shown in so many independent replicas, with 95 % confidence. */
export function riskOf(replicas: number): number {
  return 1 - 0.05 ** (1 / replicas);
}

function gainOf(goal: Goal, best: Confirmed, today: Confirmed): Gain | null {
  const [objective] = goal.minimise;
  if (objective === undefined || best.contestant === today.contestant) return null;
  const values = ({ page }: Confirmed): readonly number[] =>
    page.map((replica) => objectiveOf(replica, objective));
  const excess = ({ page }: Confirmed) => scoreOf(goal, page).excess;
  const [own, before] = [values(best), values(today)];
  return {
    objective,
    difference: pairedDifference(own, before),
    runs: own.length,
    wins: own.filter((value, at) => value < (before[at] ?? value)).length,
    todayIsPast: excess(today) > excess(best),
  };
}

/** All others that had every replica, best first by their runs by chunk, which all of them had. */
function fullyRaced({
  request,
  outcome,
}: Pick<Plan, 'request' | 'outcome'>): readonly Contestant[] {
  const { goal, replicas } = request;
  return outcome.contestants
    .filter((one) => one !== outcome.best.contestant && one.replicas.length >= replicas)
    .map((one) => ({ one, score: scoreOf(goal, one.replicas.slice(0, replicas)) }))
    .sort((a, b) => compareScores(goal, a.score, b.score) || a.one.number - b.one.number)
    .map(({ one }) => one);
}

/** The first of the others, in the first objective in which it differs by more than the tolerance. */
function runnerUpOf(goal: Goal, best: Confirmed, others: readonly Contestant[]): RunnerUp | null {
  for (const contestant of others) {
    const count = Math.min(best.contestant.replicas.length, contestant.replicas.length);
    for (const objective of goal.minimise) {
      const values = (one: Contestant): readonly number[] =>
        one.replicas.slice(0, count).map((replica) => objectiveOf(replica, objective));
      const difference = pairedDifference(values(best.contestant), values(contestant));
      const own = objectiveMean(best.contestant, objective, count);
      if (Math.abs(difference.mean) <= goal.tolerance * own) continue;
      const neededReplicas = needed(difference, count);
      return { contestant, objective, difference, replicas: count, neededReplicas };
    }
  }
  return null;
}

function objectiveMean({ replicas }: Contestant, objective: Objective, count: number): number {
  const sum = replicas.slice(0, count).reduce((all, one) => all + objectiveOf(one, objective), 0);
  return sum / Math.max(1, count);
}

/** A confidence interval shrinks with the root of the replicas. */
function needed({ mean, interval, pValue }: Difference, replicas: number): number | null {
  if (interval === null || pValue === null) return replicas * 2;
  if (pValue < 0.05) return null;
  const half = (interval.high - interval.low) / 2;
  return Math.ceil(replicas * (half / Math.abs(mean)) ** 2);
}

/** Whether the plan is at all better than today, by its page replicas. */
export function isBetter({ request, outcome }: Plan): boolean {
  const { goal } = request;
  const { best, today } = outcome;
  return compareScores(goal, scoreOf(goal, best.page), scoreOf(goal, today.page)) < 0;
}

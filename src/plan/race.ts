/**
 * Candidates and their replicas. Successive halving with common random numbers: all run with the
 * first seed, the better half with the next, and so on, so that bad ones cost one replica.
 */
import { canonicalText } from '../fleet/file/plain.js';
import type { Goal } from '../fleet/goal-model.js';
import type { Fleet } from '../fleet/model.js';
import { type Candidate, candidateFleet, type Knob } from './knob.js';
import { PLAN_LINK_STEP_US } from './limits.js';
import type { Replica } from './replica.js';
import type { ReplicaPool, ReplicaRequest } from './replica-pool.js';
import { compareScores, scoreOf } from './score.js';

export interface Contestant {
  readonly number: number;
  readonly generation: number;
  readonly candidate: Candidate;
  /** Knobs that are not as today. */
  readonly changes: number;
  /** In chunk fidelity, by the place of their seed; all up to its length are done. */
  readonly replicas: Replica[];
}

export interface Arena {
  readonly today: Fleet;
  readonly goal: Goal;
  readonly knobs: readonly Knob[];
  readonly seeds: readonly number[];
  readonly pool: ReplicaPool;
  readonly signal: AbortSignal;
  readonly onReplica: () => void;
  /** By what their fleets come to: two ways to the same settings are one contestant. */
  readonly contestants: Map<string, Contestant>;
  /** Simulated time after which a replica is given up, by the place of its seed; empty: never. */
  readonly capsUs: number[];
}

/** The contestant of a candidate, new or known. */
export function enter(arena: Arena, candidate: Candidate, generation: number): Contestant {
  const key = signatureOf(arena, candidate);
  const known = arena.contestants.get(key);
  if (known !== undefined) return known;
  const contestant: Contestant = {
    number: arena.contestants.size,
    generation,
    candidate,
    changes: candidate.filter((choice) => choice !== 0).length,
    replicas: [],
  };
  arena.contestants.set(key, contestant);
  return contestant;
}

function signatureOf(arena: Arena, candidate: Candidate): string {
  const { kubevirt, policies, drain } = candidateFleet(arena.today, arena.knobs, candidate);
  return canonicalText([kubevirt, policies, drain]);
}

/** Runs what is missing, so that each has so many replicas. */
export async function replicate(
  arena: Arena,
  contestants: readonly Contestant[],
  count: number,
): Promise<void> {
  const due = [...new Set(contestants)].map((contestant) => ({
    contestant,
    found: new Array<Replica>(count),
    from: contestant.replicas.length,
  }));
  function* requests(): Generator<ReplicaRequest & { readonly done: (replica: Replica) => void }> {
    for (const { contestant, found, from } of due) {
      for (let place = from; place < count; place += 1) {
        yield {
          ...requestOf(arena, contestant.candidate, 'chunk', place),
          done: (replica) => {
            found[place] = replica;
          },
        };
      }
    }
  }
  const onDone = (request: { readonly done: (replica: Replica) => void }, replica: Replica) => {
    request.done(replica);
    arena.onReplica();
  };
  await arena.pool.run(requests(), onDone, arena.signal);
  for (const { contestant, found, from } of due) contestant.replicas.push(...found.slice(from));
}

/** One replica of a candidate; page replicas keep what became of each node and guest. */
export function requestOf(
  arena: Arena,
  candidate: Candidate,
  fidelity: 'page' | 'chunk',
  place: number,
): ReplicaRequest {
  const capUs = fidelity === 'chunk' ? (arena.capsUs[place] ?? null) : null;
  const seed = arena.seeds[place] ?? 0;
  return {
    scenario: JSON.stringify([fidelity, capUs, ...candidate]),
    seed,
    task: () => ({
      fleet: capped(candidateFleet(arena.today, arena.knobs, candidate), capUs),
      seed,
      fidelity,
      linkStepUs: PLAN_LINK_STEP_US,
      limits: arena.goal.limits,
      detail: fidelity === 'page',
    }),
  };
}

function capped(fleet: Fleet, capUs: number | null): Fleet {
  if (capUs === null || capUs >= fleet.drain.timeoutUs) return fleet;
  return { ...fleet, drain: { ...fleet.drain, timeoutUs: capUs } };
}

/** Best first, by the replicas that all of them have; equals: fewer changes, then the earlier. */
export function ranked(arena: Arena, contestants: readonly Contestant[]): readonly Contestant[] {
  const { goal } = arena;
  const shared = Math.min(...contestants.map(({ replicas }) => replicas.length));
  return contestants
    .map((contestant) => ({
      contestant,
      score: scoreOf(goal, contestant.replicas.slice(0, shared)),
    }))
    .sort(
      (a, b) =>
        compareScores(goal, a.score, b.score) ||
        a.contestant.changes - b.contestant.changes ||
        a.contestant.number - b.contestant.number,
    )
    .map(({ contestant }) => contestant);
}

/** Halves the field with each rung of replicas; the survivors have all of `full`, best first. */
export async function race(
  arena: Arena,
  field: readonly Contestant[],
  full: number,
): Promise<readonly Contestant[]> {
  let survivors = field;
  for (let rung = 1; ; rung = Math.min(full, rung * 2)) {
    await replicate(arena, survivors, rung);
    const order = ranked(arena, survivors);
    if (rung >= full) return order;
    survivors = order.slice(0, Math.max(2, Math.ceil(order.length / 2)));
  }
}

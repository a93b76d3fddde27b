/**
 * Candidates and their replicas. Successive halving with common random numbers: all run with the
 * first seed, the better half with the next, and so on, so that bad ones cost one replica.
 */
import { canonicalText } from '../fleet/file/plain.js';
import type { Goal } from '../fleet/goal-model.js';
import type { Fleet } from '../fleet/model.js';
import { policyAdmissionWarnings } from '../kubevirt/policy-admission.js';
import { hasFeatureGate } from '../kubevirt/release.js';
import { GATE_KNOB } from './cluster-knobs.js';
import { type Candidate, candidateFleet, type Knob } from './knob.js';
import { PLAN_LINK_STEP_US } from './limits.js';
import type { Replica, ReplicaTask } from './replica.js';
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

/**
 * Whether KubeVirt would take it: fields that need a feature gate cannot be changed without it, in
 * the CR and in policies (spec/kubevirt.md 1.1, 1.2). What is there today stays, whatever it is.
 */
export function isAdmitted({ today, knobs }: Arena, candidate: Candidate): boolean {
  const { kubevirt, policies } = candidateFleet(today, knobs, candidate);
  const gated =
    hasFeatureGate(kubevirt, 'MigrationStallDetection') ||
    hasFeatureGate(kubevirt, 'MigrationDowntimeTuning');
  const before = today.kubevirt.migrations.maxDowntimeMs;
  if (!gated && kubevirt.migrations.maxDowntimeMs !== before) return false;
  const known = new Map(today.policies.map((policy) => [policy.name, policy]));
  return policies.every((policy) => {
    const own = known.get(policy.name);
    const allowed = own === undefined ? [] : policyAdmissionWarnings(today.kubevirt, own);
    return policyAdmissionWarnings(kubevirt, policy).every((problem) => allowed.includes(problem));
  });
}

/** The candidate with the feature gate that it needs, where the goal lets it; null: none would do. */
export function admitted(arena: Arena, candidate: Candidate): Candidate | null {
  const gate = arena.knobs.findIndex(({ name }) => name === GATE_KNOB);
  const gates = arena.knobs[gate]?.choices ?? [];
  const repaired = gates.map((_, choice) => candidate.with(gate, choice));
  return [candidate, ...repaired].find((one) => isAdmitted(arena, one)) ?? null;
}

function signatureOf(arena: Arena, candidate: Candidate): string {
  const fleet = candidateFleet(arena.today, arena.knobs, candidate);
  const { kubevirt, policies, drain, network } = fleet;
  // Hundreds of NICs, and as today but for those who ask.
  const own = network === arena.today.network ? null : network;
  return canonicalText([kubevirt, policies, drain, own]);
}

/** Runs what is missing, so that each has so many replicas; `detail`: and what became of its guests. */
export async function replicate(
  arena: Arena,
  contestants: readonly Contestant[],
  count: number,
  detail = false,
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
          ...requestOf(arena, contestant.candidate, { fidelity: 'chunk', detail }, place),
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

/** One replica of a candidate. */
export function requestOf(
  arena: Arena,
  candidate: Candidate,
  { fidelity, detail }: Pick<ReplicaTask, 'fidelity' | 'detail'>,
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
      detail,
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

/**
 * The search for better settings: generations of candidates raced in chunk fidelity, what does not
 * help undone, more replicas where it is close, and the best few confirmed page by page.
 */
import { DEFAULT_MIGRATIONS } from '../fleet/defaults.js';
import type { Goal } from '../fleet/goal-model.js';
import type { Fleet } from '../fleet/model.js';
import { bandwidthText } from './cluster-knobs.js';
import { type Ablation, ablationsOf, undoIdleChanges } from './idle-changes.js';
import type { Candidate, Knob } from './knob.js';
import { nextCandidate, randomCandidate } from './proposals.js';
import {
  type Arena,
  admitted,
  type Contestant,
  enter,
  race,
  ranked,
  replicate,
  requestOf,
} from './race.js';
import type { Replica } from './replica.js';
import type { ReplicaDetail } from './replica-detail.js';
import type { ReplicaPool } from './replica-pool.js';
import { compareScores, objectiveOf, scoreOf } from './score.js';
import { pairedDifference } from './spread.js';

export interface PlanRequest {
  readonly today: Fleet;
  readonly goal: Goal;
  readonly knobs: readonly Knob[];
  /** Those that only runs of today's settings, and of KubeVirt's defaults, can name. */
  readonly knobsAfter: (runs: readonly ReplicaDetail[]) => readonly Knob[];
  /** How many candidates are tried. */
  readonly candidates: number;
  /** Of each candidate that stays in the race. */
  readonly replicas: number;
  readonly seed: number;
  readonly pool: ReplicaPool;
  readonly signal: AbortSignal;
  readonly onReplica: () => void;
}

/** A candidate run again page by page. */
export interface Confirmed {
  readonly contestant: Contestant;
  readonly page: readonly Replica[];
}

export interface PlanOutcome {
  /** All that could be turned. */
  readonly knobs: readonly Knob[];
  readonly today: Confirmed;
  /** KubeVirt's own defaults, policies as they are. */
  readonly defaults: Confirmed;
  readonly best: Confirmed;
  /** Others that were confirmed, best first. */
  readonly others: readonly Confirmed[];
  readonly ablations: readonly Ablation[];
  /** All that were tried, in the order in which they were. */
  readonly contestants: readonly Contestant[];
}

const GENERATIONS = 6;
const PARENTS = 12;
const CONFIRMED = 3;
/** Where it is close, replicas are doubled so often. */
const DOUBLINGS = 2;
/** A candidate that takes so much longer than today's settings is given up: sooner where time is what counts. */
const GIVE_UP_FACTOR = { timeFirst: 1.5, otherwise: 4 } as const;

export async function searchPlan(request: PlanRequest): Promise<PlanOutcome> {
  const { replicas } = request;
  const { arena, today, defaults } = await openArena(request);
  for (let generation = 1; generation <= GENERATIONS; generation += 1) {
    const field = nextField(arena, request, generation);
    if (field.length > 0) await race(arena, field, replicas);
  }
  const foremost = await foremostOf(arena, replicas);
  const contenders = await addReplicas(arena, foremost, replicas);
  const confirmed = await confirm(arena, [...contenders, today, defaults], replicas);
  const of = (contestant: Contestant): Confirmed =>
    confirmed.find((one) => one.contestant === contestant) ?? { contestant, page: [] };
  const order = pageRanked(arena, contenders.map(of));
  const best = order[0] ?? of(today);
  return {
    knobs: arena.knobs,
    today: of(today),
    defaults: of(defaults),
    best,
    others: order.slice(1),
    ablations: await ablationsOf(arena, best.contestant, replicas),
    contestants: [...arena.contestants.values()],
  };
}

/** With the two that all others are held against; what became of their guests names more knobs. */
async function openArena(request: PlanRequest) {
  const { replicas } = request;
  const first = arenaOf(request, request.knobs);
  const references = [asToday(request.knobs), asDefaults(request.knobs)];
  const runs = references.map((candidate) => enter(first, candidate, 0));
  await replicate(first, runs, replicas, true);
  const details = [...new Set(runs)].flatMap((run) =>
    run.replicas.flatMap((one) => one.detail ?? []),
  );
  const more = request.knobsAfter(details);
  const arena = arenaOf(request, [...request.knobs, ...more]);
  const [today, defaults] = references.map((candidate, index) => {
    const contestant = enter(arena, [...candidate, ...more.map(() => 0)], 0);
    const known = runs[index]?.replicas ?? [];
    if (contestant.replicas.length === 0) contestant.replicas.push(...known.map(withoutDetail));
    return contestant;
  });
  if (today === undefined || defaults === undefined) throw new Error('a plan without its today');
  setCaps(arena, [today, defaults]);
  return { arena, today, defaults };
}

/** It was looked at, and need not stay in memory. */
function withoutDetail(replica: Replica): Replica {
  return { ...replica, detail: null };
}

function arenaOf(request: PlanRequest, knobs: readonly Knob[]): Arena {
  const { today, goal, pool, signal, onReplica } = request;
  const seeds = Array.from(
    { length: request.replicas * 2 ** DOUBLINGS },
    (_, place) => (request.seed + place) % 2 ** 32,
  );
  return { today, goal, knobs, seeds, pool, signal, onReplica, contestants: new Map(), capsUs: [] };
}

function asToday(knobs: readonly Knob[]): Candidate {
  return knobs.map(() => 0);
}

function asDefaults(knobs: readonly Knob[]): Candidate {
  const { bandwidthPerMigrationBytesPerSecond: bandwidth, ...plain } = DEFAULT_MIGRATIONS;
  const texts = new Map<string, string>([
    ...Object.entries(plain).map(([name, value]) => [name, String(value)] as const),
    ['bandwidthPerMigration', bandwidthText(bandwidth)],
    ['whenLate', 'abort'],
  ]);
  return knobs.map(({ name, choices }) => {
    const text = texts.get(name);
    return Math.max(
      0,
      choices.findIndex((choice) => choice.text === text),
    );
  });
}

/** By seed: in some of them a guest does not converge for hours, whatever the settings. */
function setCaps(arena: Arena, references: readonly Contestant[]): void {
  const [first] = references;
  const { timeFirst, otherwise } = GIVE_UP_FACTOR;
  const factor = arena.goal.minimise[0] === 'drain-time' ? timeFirst : otherwise;
  for (const place of first?.replicas.keys() ?? []) {
    const times = references.flatMap(({ replicas }) => {
      const replica = replicas[place];
      return replica === undefined ? [] : [objectiveOf(replica, 'drain-time')];
    });
    arena.capsUs[place] = Math.round(Math.max(...times) * factor);
  }
}

/** Candidates are told apart by what they come to, so that a draw that is known is drawn again. */
function nextField(arena: Arena, request: PlanRequest, generation: number): readonly Contestant[] {
  const { candidates, seed, replicas } = request;
  const { knobs } = arena;
  const wanted = Math.ceil((candidates * generation) / GENERATIONS);
  const parents = parentsOf(arena, replicas);
  const field: Contestant[] = [];
  for (let tries = 0; arena.contestants.size < wanted && tries < 20 * candidates; tries += 1) {
    const before = arena.contestants.size;
    const number = generation * 1_000_000 + tries;
    const candidate =
      generation === 1
        ? randomCandidate(knobs, seed, number)
        : nextCandidate(knobs, parents, seed, number);
    const taken = admitted(arena, candidate);
    if (taken === null) continue;
    const contestant = enter(arena, taken, generation);
    if (arena.contestants.size > before) field.push(contestant);
  }
  return field;
}

/** Of candidates that come to the same, one alone: those that only differ idly would crowd out others. */
function parentsOf(arena: Arena, replicas: number): readonly Candidate[] {
  const byScore = new Map<string, Candidate>();
  for (const { candidate, replicas: runs } of fullyRun(arena, replicas)) {
    const score = JSON.stringify(scoreOf(arena.goal, runs.slice(0, replicas)));
    if (!byScore.has(score)) byScore.set(score, candidate);
    if (byScore.size === PARENTS) break;
  }
  return [...byScore.values()];
}

/** Best first. */
function fullyRun(arena: Arena, replicas: number): readonly Contestant[] {
  const full = [...arena.contestants.values()].filter((one) => one.replicas.length >= replicas);
  return ranked(arena, full);
}

/** The best few, each without what is good for nothing; several may come to the same. */
async function foremostOf(arena: Arena, replicas: number): Promise<readonly Contestant[]> {
  const foremost = new Set<Contestant>();
  for (const found of fullyRun(arena, replicas).slice(0, 2 * CONFIRMED)) {
    if (foremost.size < CONFIRMED) foremost.add(await undoIdleChanges(arena, found, replicas));
  }
  return ranked(arena, [...foremost]);
}

/** Doubles the replicas of the foremost while chance may have put them in their order. */
async function addReplicas(
  arena: Arena,
  foremost: readonly Contestant[],
  replicas: number,
): Promise<readonly Contestant[]> {
  let order = foremost;
  for (let doubling = 1; doubling <= DOUBLINGS && isClose(arena, order); doubling += 1) {
    await replicate(arena, order, replicas * 2 ** doubling);
    order = ranked(arena, order);
  }
  return order;
}

const CLOSE_P_VALUE = 0.05;

/** Whether the first two differ in an objective, but not by more than chance explains. */
function isClose(arena: Arena, [first, second]: readonly Contestant[]): boolean {
  if (first === undefined || second === undefined) return false;
  const count = Math.min(first.replicas.length, second.replicas.length);
  return arena.goal.minimise.some((objective) => {
    const values = (one: Contestant) =>
      one.replicas.slice(0, count).map((replica) => objectiveOf(replica, objective));
    const { mean, pValue } = pairedDifference(values(first), values(second));
    return mean !== 0 && (pValue === null || pValue >= CLOSE_P_VALUE);
  });
}

async function confirm(
  arena: Arena,
  contestants: readonly Contestant[],
  replicas: number,
): Promise<readonly Confirmed[]> {
  const chosen = [...new Set(contestants)].map((contestant) => ({
    contestant,
    page: new Array<Replica>(replicas),
  }));
  const requests = chosen.flatMap(({ contestant, page }) =>
    Array.from({ length: replicas }, (_, place) => ({
      ...requestOf(arena, contestant.candidate, { fidelity: 'page', detail: true }, place),
      page,
      place,
    })),
  );
  await arena.pool.run(
    requests,
    ({ page, place }, replica) => {
      page[place] = replica;
      arena.onReplica();
    },
    arena.signal,
  );
  return chosen;
}

function pageRanked(arena: Arena, confirmed: readonly Confirmed[]): readonly Confirmed[] {
  const scored = confirmed.map((one) => ({ one, score: scoreOf(arena.goal, one.page) }));
  return scored.sort((a, b) => compareScores(arena.goal, a.score, b.score)).map(({ one }) => one);
}

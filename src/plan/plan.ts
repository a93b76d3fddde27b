/**
 * The search for better settings: generations of candidates raced in chunk fidelity, what does not
 * help undone, more replicas where it is close, and the best few confirmed page by page.
 */
import { DEFAULT_MIGRATIONS } from '../fleet/defaults.js';
import type { Goal } from '../fleet/goal-model.js';
import type { Fleet } from '../fleet/model.js';
import { bandwidthText } from './cluster-knobs.js';
import type { Candidate, Knob } from './knob.js';
import { nextCandidate, randomCandidate } from './proposals.js';
import { type Arena, type Contestant, enter, race, ranked, replicate, requestOf } from './race.js';
import type { Replica } from './replica.js';
import type { ReplicaPool } from './replica-pool.js';
import { compareScores, objectiveOf, scoreOf } from './score.js';
import { pairedDifference } from './spread.js';

export interface PlanRequest {
  readonly today: Fleet;
  readonly goal: Goal;
  readonly knobs: readonly Knob[];
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

/** The best without one of its changes: what that change is good for. */
export interface Ablation {
  /** Index of the knob. */
  readonly knob: number;
  readonly without: Contestant;
}

export interface PlanOutcome {
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
  const arena = arenaOf(request);
  const today = enter(arena, asToday(request.knobs), 0);
  const defaults = enter(arena, asDefaults(request.knobs), 0);
  await replicate(arena, [today, defaults], replicas);
  setCaps(arena, [today, defaults]);
  for (let generation = 1; generation <= GENERATIONS; generation += 1) {
    const field = nextField(arena, request, generation);
    if (field.length > 0) await race(arena, field, replicas);
  }
  const found = bestOf(arena, replicas);
  const kept = await undoIdleChanges(arena, found, replicas);
  const contenders = await addReplicas(
    arena,
    [kept, ...runnersUp(arena, kept, replicas)],
    replicas,
  );
  const confirmed = await confirm(arena, [...contenders, today, defaults], replicas);
  const of = (contestant: Contestant): Confirmed =>
    confirmed.find((one) => one.contestant === contestant) ?? { contestant, page: [] };
  const order = pageRanked(arena, contenders.map(of));
  const best = order[0] ?? of(kept);
  return {
    today: of(today),
    defaults: of(defaults),
    best,
    others: order.slice(1),
    ablations: await ablationsOf(arena, best.contestant, replicas),
    contestants: [...arena.contestants.values()],
  };
}

function arenaOf(request: PlanRequest): Arena {
  const { today, goal, knobs, pool, signal, onReplica } = request;
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
  const { knobs, candidates, seed, replicas } = request;
  const wanted = Math.ceil((candidates * generation) / GENERATIONS);
  const parents = fullyRun(arena, replicas)
    .slice(0, PARENTS)
    .map(({ candidate }) => candidate);
  const field: Contestant[] = [];
  for (let tries = 0; arena.contestants.size < wanted && tries < 20 * candidates; tries += 1) {
    const before = arena.contestants.size;
    const number = generation * 1_000_000 + tries;
    const candidate =
      generation === 1
        ? randomCandidate(knobs, seed, number)
        : nextCandidate(knobs, parents, seed, number);
    const contestant = enter(arena, candidate, generation);
    if (arena.contestants.size > before) field.push(contestant);
  }
  return field;
}

/** Best first. */
function fullyRun(arena: Arena, replicas: number): readonly Contestant[] {
  const full = [...arena.contestants.values()].filter((one) => one.replicas.length >= replicas);
  return ranked(arena, full);
}

function bestOf(arena: Arena, replicas: number): Contestant {
  const [best] = fullyRun(arena, replicas);
  if (best === undefined) throw new Error('no candidate was run to its end');
  return best;
}

function runnersUp(arena: Arena, best: Contestant, replicas: number): readonly Contestant[] {
  return fullyRun(arena, replicas)
    .filter((one) => one !== best)
    .slice(0, CONFIRMED - 1);
}

/** Candidate with one knob back as it is today, for each knob that it turned. */
function singlesOf(arena: Arena, { candidate, generation }: Contestant) {
  return candidate.flatMap((choice, knob) =>
    choice === 0 ? [] : [{ knob, without: enter(arena, candidate.with(knob, 0), generation + 1) }],
  );
}

/** A change that is good for nothing is not asked for: what remains is what somebody must do. */
async function undoIdleChanges(
  arena: Arena,
  found: Contestant,
  replicas: number,
): Promise<Contestant> {
  let best = found;
  for (;;) {
    const singles = singlesOf(arena, best);
    await replicate(
      arena,
      singles.map(({ without }) => without),
      replicas,
    );
    const idle = singles.filter(({ without }) => isAsGood(arena, without, best, replicas));
    if (idle.length === 0) return best;
    const bare = idle.reduce((candidate, { knob }) => candidate.with(knob, 0), best.candidate);
    const all = enter(arena, bare, best.generation + 1);
    await replicate(arena, [all], replicas);
    const [first] = ranked(
      arena,
      idle.map(({ without }) => without),
    );
    // Two changes that do the same are each idle, but not both at once.
    best = isAsGood(arena, all, best, replicas) ? all : (first ?? best);
  }
}

function isAsGood(arena: Arena, a: Contestant, b: Contestant, replicas: number): boolean {
  const score = (one: Contestant) => scoreOf(arena.goal, one.replicas.slice(0, replicas));
  return compareScores(arena.goal, score(a), score(b)) <= 0;
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
      ...requestOf(arena, contestant.candidate, 'page', place),
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

async function ablationsOf(
  arena: Arena,
  best: Contestant,
  replicas: number,
): Promise<readonly Ablation[]> {
  const singles = singlesOf(arena, best);
  await replicate(
    arena,
    singles.map(({ without }) => without),
    replicas,
  );
  return singles;
}

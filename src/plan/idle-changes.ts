/** What a candidate's changes are good for: one by one taken back, and left away where nothing shows. */
import type { Contestant } from './race.js';
import { type Arena, enter, isAdmitted, ranked, replicate } from './race.js';
import { isAsGoodAs, scoreOf } from './score.js';

/** The best without one of its changes: what that change is good for. */
export interface Ablation {
  /** Index of the knob. */
  readonly knob: number;
  readonly without: Contestant;
}

/** Candidate with one knob back as it is today, for each knob that it turned. */
function singlesOf(arena: Arena, { candidate, generation }: Contestant): readonly Ablation[] {
  return candidate.flatMap((choice, knob) => {
    const without = candidate.with(knob, 0);
    if (choice === 0 || !isAdmitted(arena, without)) return [];
    return [{ knob, without: enter(arena, without, generation + 1) }];
  });
}

/** A change that is good for nothing is not asked for: what remains is what somebody must do. */
export async function undoIdleChanges(
  arena: Arena,
  found: Contestant,
  replicas: number,
): Promise<Contestant> {
  let best = found;
  for (;;) {
    const singles = await ablationsOf(arena, best, replicas);
    // Held against what was found first: small losses must not add up.
    const idle = singles.filter(({ without }) => isAsGood(arena, without, found, replicas));
    if (idle.length === 0) return best;
    const bare = idle.reduce((candidate, { knob }) => candidate.with(knob, 0), best.candidate);
    const [first] = ranked(
      arena,
      idle.map(({ without }) => without),
    );
    // Two changes that do the same are each idle, but not both at once.
    const all = isAdmitted(arena, bare) ? enter(arena, bare, best.generation + 1) : null;
    if (all !== null) await replicate(arena, [all], replicas);
    best = all !== null && isAsGood(arena, all, found, replicas) ? all : (first ?? best);
  }
}

function isAsGood(arena: Arena, a: Contestant, b: Contestant, replicas: number): boolean {
  const score = (one: Contestant) => scoreOf(arena.goal, one.replicas.slice(0, replicas));
  return isAsGoodAs(arena.goal, score(a), score(b));
}

export async function ablationsOf(
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

/** Candidates to try next: chance at first, then children of the best (seeded, so repeatable). */
import { seededUnit } from '../fleet/seeded.js';
import type { Candidate, Knob } from './knob.js';

/** Of a generation, so many are drawn without parents, so that no corner is given up. */
const NEWCOMER_SHARE = 0.15;
/** Knobs that a child turns on its own, on average. */
const MUTATIONS = 1.5;

/**
 * What holds for all guests, or for one that holds up the rest, decides more than a field of one of
 * many policies: it is turned so many times as often.
 */
const WIDE_WEIGHT = 3;

function weightsOf(knobs: readonly Knob[]): readonly number[] {
  const raw = knobs.map(({ name }) => (/^policy\/[^/]+\//.test(name) ? 1 : WIDE_WEIGHT));
  const mean = raw.reduce((sum, weight) => sum + weight, 0) / Math.max(1, raw.length);
  return raw.map((weight) => weight / mean);
}

/** Turns few knobs or many: what helps alone is found by the first, what helps together by both. */
export function randomCandidate(knobs: readonly Knob[], seed: number, number: number): Candidate {
  const unit = (...keys: readonly (string | number)[]): number =>
    seededUnit(seed, 'candidate', number, ...keys);
  const turned = 1 + Math.floor(unit('turned') ** 2 * knobs.length * 0.6);
  const weights = weightsOf(knobs);
  return knobs.map(({ choices }, index) =>
    unit('turn', index) < ((weights[index] ?? 1) * turned) / knobs.length
      ? Math.floor(unit('choice', index) * choices.length)
      : 0,
  );
}

/** A child of two of the parents, who come best first. */
export function nextCandidate(
  knobs: readonly Knob[],
  parents: readonly Candidate[],
  seed: number,
  number: number,
): Candidate {
  const unit = (...keys: readonly (string | number)[]): number =>
    seededUnit(seed, 'candidate', number, ...keys);
  if (parents.length === 0 || unit('newcomer') < NEWCOMER_SHARE) {
    return randomCandidate(knobs, seed, number);
  }
  // Squared: the best are taken more often.
  const parent = (key: string) => parents[Math.floor(unit(key) ** 2 * parents.length)] ?? [];
  const mother = parent('mother');
  const father = parent('father');
  const weights = weightsOf(knobs);
  return knobs.map(({ choices }, index) => {
    if (unit('mutate', index) < ((weights[index] ?? 1) * MUTATIONS) / knobs.length) {
      return Math.floor(unit('choice', index) * choices.length);
    }
    return (unit('from', index) < 0.5 ? mother : father)[index] ?? 0;
  });
}

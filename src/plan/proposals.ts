/** Candidates to try next: chance at first, then children of the best (seeded, so repeatable). */
import { seededUnit } from '../fleet/seeded.js';
import type { Candidate, Knob } from './knob.js';

/** Of a generation, so many are drawn without parents, so that no corner is given up. */
const NEWCOMER_SHARE = 0.15;
/** Knobs that a child turns on its own, on average. */
const MUTATIONS = 1.5;

/** Turns few knobs or many: what helps alone is found by the first, what helps together by both. */
export function randomCandidate(knobs: readonly Knob[], seed: number, number: number): Candidate {
  const unit = (...keys: readonly (string | number)[]): number =>
    seededUnit(seed, 'candidate', number, ...keys);
  const turned = 1 + Math.floor(unit('turned') ** 2 * knobs.length * 0.6);
  return knobs.map(({ choices }, index) =>
    unit('turn', index) < turned / knobs.length
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
  return knobs.map(({ choices }, index) => {
    if (unit('mutate', index) < MUTATIONS / knobs.length) {
      return Math.floor(unit('choice', index) * choices.length);
    }
    return (unit('from', index) < 0.5 ? mother : father)[index] ?? 0;
  });
}

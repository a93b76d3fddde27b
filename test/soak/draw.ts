/** Draws by seed: the same seed gives the same things, on every machine. */
import { seededUnit } from '../../src/fleet/seeded.js';

export interface Draw {
  /** In [0, 1). */
  unit(): number;
  /** A whole number in [0, most). */
  upTo(most: number): number;
  /** A whole number in [least, most]. */
  between(least: number, most: number): number;
  pick<T>(choices: readonly T[]): T;
  chance(probability: number): boolean;
  /** As many as `upTo(most + 1)` says. */
  list<T>(most: number, make: (index: number) => T): T[];
  /** The same things in another order. */
  shuffle<T>(things: readonly T[]): T[];
}

export function drawOf(seed: number, ...keys: readonly string[]): Draw {
  let count = 0;
  const unit = (): number => {
    count += 1;
    return seededUnit(seed, ...keys, count);
  };
  const upTo = (most: number): number => Math.floor(unit() * most);
  return {
    unit,
    upTo,
    between: (least, most) => least + upTo(most - least + 1),
    pick: <T>(choices: readonly T[]) => choices[upTo(choices.length)] as T,
    chance: (probability) => unit() < probability,
    list: (most, make) => Array.from({ length: upTo(most + 1) }, (_, index) => make(index)),
    shuffle: (things) =>
      things
        .map((thing) => ({ thing, at: unit() }))
        .sort((a, b) => a.at - b.at)
        .map(({ thing }) => thing),
  };
}

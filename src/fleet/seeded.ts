/**
 * Draws of the model on the main thread: each a pure function of the run's seed and of what it is
 * drawn for, never of the order in which draws are made (DESIGN.md: the same bytes, whatever the
 * number of threads). Counter-based: two murmur3 lanes over the keys, each with its own constants.
 */

interface Lanes {
  first: number;
  second: number;
}

/** A number in [0, 1) with 53 random bits; whole numbers and strings as keys, told apart by type. */
export function seededUnit(seed: number, ...keys: readonly (string | number)[]): number {
  const lanes: Lanes = { first: 0x9e3779b9, second: 0x7f4a7c15 };
  absorbNumber(lanes, seed);
  for (const key of keys) {
    if (typeof key === 'number') {
      absorbNumber(lanes, key);
    } else {
      absorbText(lanes, key);
    }
  }
  // Cross-mixing, so that each half of the result depends on both lanes.
  const high = finish(lanes.first ^ rotate(lanes.second, 16));
  const low = finish(lanes.second + Math.imul(high, 5));
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

function absorbNumber(lanes: Lanes, key: number): void {
  if (!Number.isSafeInteger(key)) {
    throw new RangeError(`a draw's key must be a whole number or a text, got ${key}`);
  }
  absorb(lanes, 1);
  absorb(lanes, key | 0);
  absorb(lanes, Math.floor(key / 2 ** 32) | 0);
}

function absorbText(lanes: Lanes, key: string): void {
  absorb(lanes, 2);
  absorb(lanes, key.length);
  for (let at = 0; at < key.length; at += 1) {
    absorb(lanes, key.charCodeAt(at));
  }
}

function absorb(lanes: Lanes, word: number): void {
  const first = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  lanes.first = (Math.imul(rotate(lanes.first ^ first, 13), 5) + 0xe6546b64) | 0;
  const second = Math.imul(rotate(Math.imul(word, 0x239b961b), 17), 0x38b34ae5);
  lanes.second = (Math.imul(rotate(lanes.second ^ second, 19), 5) + 0x561ccd1b) | 0;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function finish(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

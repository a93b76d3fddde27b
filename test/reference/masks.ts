/** Bernoulli masks as assembly/masks.ts makes them, one page at a time. */
import { Stream, seedWord, unit } from './generator.js';

const DIGIT_COST = 208;
const THROWS_COST = 0.8 * 32768;

export interface Recipe {
  readonly base: number;
  readonly exponent: number;
  readonly clears: boolean;
}

export function recipeOf(x: number): Recipe {
  let best = x * THROWS_COST;
  let recipe: Recipe = { base: 0, exponent: x, clears: false };
  const consider = (base: number, digits: number, exponent: number, clears: boolean): void => {
    const y = Math.max(0, exponent);
    if (digits * DIGIT_COST + y * THROWS_COST >= best) return;
    best = digits * DIGIT_COST + y * THROWS_COST;
    recipe = { base, exponent: y, clears };
  };
  if (x < 0.008) return recipe;
  const p = -Math.expm1(-x);
  const logP = Math.log1p(-Math.exp(-x));
  consider(64, 0, -logP, true);
  if (x > 5.5) return recipe;
  for (let digits = 1; digits <= 6; digits += 1) {
    const lower = Math.floor(p * 2 ** digits) * 2 ** (6 - digits);
    const upper = lower + 64 / 2 ** digits;
    if (lower > 0) consider(lower, digits, x + Math.log((64 - lower) / 64), false);
    if (upper < 64) consider(upper, digits, Math.log(upper / 64) - logP, true);
  }
  return recipe;
}

function widthFor(n: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, n)));
}

/** One block of n pages, by a recipe. */
export function maskOf(n: number, recipe: Recipe, key: bigint): boolean[] {
  const width = widthFor(n);
  const bits = baseBits(width, recipe.base, key);
  const stream = Stream.ofKey(key);
  const throws = poissonOf(width * recipe.exponent, key, stream);
  const log2 = Math.log2(width);
  let word = 0n;
  for (let i = 0; i < throws; i += 1) {
    if (i % 4 === 0) word = stream.nextWord();
    const position = Number(((word >> BigInt(49 - 15 * (i % 4))) & 0x7fffn) >> BigInt(15 - log2));
    bits[position] = !recipe.clears;
  }
  return bits.slice(0, n);
}

/** Four lanes, 64 bits each in turn; one pass a binary digit of the base, last digit first. */
function baseBits(width: number, base: number, key: bigint): boolean[] {
  const bits = new Array<boolean>(width).fill(base === 64);
  if (base === 0 || base === 64) return bits;
  const lane = (i: number, j: number): Stream =>
    new Stream(seedWord(key, i) | (j === 1 ? 1n : 0n), seedWord(key, i + 2) | (j === 1 ? 1n : 0n));
  const lanes = [lane(3, 0), lane(4, 1), lane(7, 0), lane(8, 1)];
  let zeros = 0;
  while ((base >> zeros) % 2 === 0) zeros += 1;
  const steps = Math.ceil(width / 256);
  for (let pass = 0; pass < 6 - zeros; pass += 1) {
    const isOr = (base >> (zeros + pass)) % 2 === 1;
    for (let word = 0; word < steps * 4; word += 1) {
      const random = (lanes[word % 4] as Stream).nextWord();
      for (let bit = 0; bit < 64 && word * 64 + bit < width; bit += 1) {
        const at = word * 64 + bit;
        const drawn = ((random >> BigInt(bit)) & 1n) === 1n;
        const old = bits[at] as boolean;
        bits[at] = pass === 0 ? drawn : isOr ? old || drawn : old && drawn;
      }
    }
  }
  return bits;
}

/** Poisson by inversion below a mean of 10, by Hörmann's PTRS above. */
export function poissonOf(mean: number, key: bigint, stream: Stream): number {
  let u = unit(key);
  if (mean >= 10) return transformedRejection(mean, stream);
  let p = Math.exp(-mean);
  let k = 0;
  if (u < 1 - mean) return 0;
  while (u >= p && k < 200) {
    u -= p;
    k += 1;
    p *= mean / k;
  }
  return k;
}

function transformedRejection(mean: number, stream: Stream): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  for (;;) {
    const u = stream.nextUnit() - 0.5;
    const v = stream.nextUnit();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const left = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (left <= -mean + k * Math.log(mean) - logFactorial(k)) return k;
  }
}

export function logFactorial(k: number): number {
  let sum = 0;
  for (let i = 2; i <= k; i += 1) sum += Math.log(i);
  return sum;
}

/*
 * How a mask is made (spec/kernels.md, "The algorithms that won"): a base of probability q = a/64,
 * bit-sliced from random words, and Poisson throws with replacement that set bits (q < p) or clear
 * them (q > p): a bit that no throw hits stays, with probability exp(-y). So p = 1 - (1 - q) exp(-y),
 * or p = q exp(-y). q = 0 and q = 1 are the sparse and the nearly full mask, and need no random words.
 */
import { LOG_TABLE, RECIPES, RECIPES_MAX } from './memory-map';

/** Nanoseconds a block, measured: one digit of the base; a throw at every bit. */
const DIGIT_COST: f64 = 208;
const THROWS_COST: f64 = 0.8 * 32768;
/** Outside these exponents a base other than 0 or 1 never pays. */
export const BASE_EXPONENT_MIN: f64 = 0.008;
const BASE_EXPONENT_MAX: f64 = 5.5;

/** The recipe of the mask at hand: base a/64, throws' exponent y, and what throws do. */
export let base: u32 = 0;
export let throwExponent: f64 = 0;
export let throwsClear: bool = false;

for (let a: usize = 1; a <= 64; a += 1) store<f64>(LOG_TABLE + (a << 3), Math.log(<f64>a / 64));

/** ln(a/64) */
// @ts-ignore: decorator of AssemblyScript
@inline
function log64(a: u32): f64 {
  return load<f64>(LOG_TABLE + ((<usize>a) << 3));
}

/*
 * Recipes by exponent, in steps of 1/128: the base, and 128 where throws clear. A step on whose two
 * edges other recipes are the cheapest says so, and is searched anew. What is the cheapest on both
 * edges is possible in between: throws' exponents are monotone in x.
 */
const STEPS_A_UNIT: f64 = 128;
const CLEARS: u8 = 128;
const SEARCH: u8 = 255;

let before: u8 = SEARCH;
for (let i: u32 = 0; i < RECIPES_MAX; i += 1) {
  search(<f64>i / STEPS_A_UNIT);
  const here = <u8>base | (throwsClear ? CLEARS : 0);
  if (i > 0) store<u8>(RECIPES + i - 1, here == before ? here : SEARCH);
  before = here;
}
store<u8>(RECIPES + RECIPES_MAX - 1, SEARCH);

/** Chooses the cheapest recipe for the exponent x. */
export function chooseRecipe(x: f64): void {
  const step = x * STEPS_A_UNIT;
  const known = step < <f64>RECIPES_MAX ? load<u8>(RECIPES + <u32>step) : SEARCH;
  if (known == SEARCH) return search(x);
  base = known & 127;
  throwsClear = (known & CLEARS) != 0;
  if (throwsClear) throwExponent = max(0.0, log64(base) - logHit(x));
  else if (base == 0) throwExponent = x;
  else throwExponent = max(0.0, x + log64(64 - base));
}

/** ln p = ln(1 - exp(-x)) */
// @ts-ignore: decorator of AssemblyScript
@inline
function logHit(x: f64): f64 {
  return Math.log1p(-Math.exp(-x));
}

function search(x: f64): void {
  base = 0;
  throwExponent = x;
  throwsClear = false;
  if (x < BASE_EXPONENT_MIN) return;
  const p = -Math.expm1(-x);
  const logP = logHit(x);
  let best = x * THROWS_COST;
  if (-logP * THROWS_COST < best) {
    best = -logP * THROWS_COST;
    base = 64;
    throwExponent = -logP;
    throwsClear = true;
  }
  if (x > BASE_EXPONENT_MAX) return;
  for (let digits: u32 = 1; digits <= 6; digits += 1) {
    const lower = (<u32>Math.floor(p * <f64>(1 << digits))) << (6 - digits);
    const upper = lower + (64 >> digits);
    const cost = <f64>digits * DIGIT_COST;
    if (lower > 0) {
      const y = max(0.0, x + log64(64 - lower));
      if (cost + y * THROWS_COST < best) {
        best = cost + y * THROWS_COST;
        base = lower;
        throwExponent = y;
        throwsClear = false;
      }
    }
    if (upper < 64) {
      const y = max(0.0, log64(upper) - logP);
      if (cost + y * THROWS_COST < best) {
        best = cost + y * THROWS_COST;
        base = upper;
        throwExponent = y;
        throwsClear = true;
      }
    }
  }
}

/*
 * Bin(n, 1 - exp(-x)): how many of n pages are hit. Few pages as bits that are compared with the
 * probability's digits all at once, small means by inversion of the key's uniform number, others by
 * Hörmann's BTRS ("The generation of binomial random variates", 1993). Exact up to the rounding of
 * doubles.
 */
import { nextUnit, seedStream, seedWord, unit } from './generator';
import { logFactorial } from './log-factorial';

const INVERSION_MEAN_MAX: f64 = 10;
/** As bits: up to so many pages, but where mostly none is hit, which is seen at once. */
const BITS_PAGES_MAX: u32 = 128;
const BITS_MEAN_MIN: f64 = 0.25;

/** The exponent asked for last: many parts of a round share theirs. */
let lastX: f64 = 0;
let lastHit: f64 = 0;

// @ts-ignore: decorator of AssemblyScript
@inline
export function binomial(n: u32, x: f64, key: u64): u32 {
  if (n <= BITS_PAGES_MAX && <f64>n * x >= BITS_MEAN_MIN) return countBits(n, x, key);
  const u = unit(key);
  // 1 - nx <= exp(-nx), the chance of no hit at all
  if (u < 1 - <f64>n * x) return 0;
  return someHits(n, x, u, key);
}

function hitChance(x: f64): f64 {
  if (x != lastX) {
    lastX = x;
    lastHit = -Math.expm1(-x);
  }
  return lastHit;
}

/** Of n bits, 64 at a time, those whose random binary fraction is below the chance. */
function countBits(n: u32, x: f64, key: u64): u32 {
  const hit = hitChance(x);
  if (hit >= 1) return n;
  let count: u32 = 0;
  // Few words are needed: made one by one they wait neither for a seed nor for each other.
  let words: u64 = 0;
  for (let left: u32 = n; left > 0; ) {
    const bits = min(left, 64);
    left -= bits;
    let alike = u64.MAX_VALUE >> (64 - bits);
    let below: u64 = 0;
    let rest = hit;
    // Digit after digit, until none of the bits' fractions is like the chance's so far.
    while (alike != 0 && rest > 0) {
      words += 1;
      const word = seedWord(key, words);
      rest += rest;
      if (rest >= 1) {
        rest -= 1;
        below |= alike & ~word;
        alike &= word;
      } else {
        alike &= ~word;
      }
    }
    count += <u32>popcnt<u64>(below);
  }
  return count;
}

function someHits(n: u32, x: f64, u: f64, key: u64): u32 {
  const hit = hitChance(x);
  const miss = 1 - hit;
  if (hit <= 0.5) return successes(n, hit, miss, -x, u, key);
  if (miss == 0) return n;
  return n - successes(n, miss, hit, Math.log1p(-miss), u, key);
}

/** Bin(n, p) for p <= 0.5, q = 1 - p, logQ = ln q. */
function successes(n: u32, p: f64, q: f64, logQ: f64, u: f64, key: u64): u32 {
  if (<f64>n * p < INVERSION_MEAN_MAX) return invert(n, p / q, Math.exp(<f64>n * logQ), u);
  seedStream(key);
  return transformedRejection(<f64>n, p, q);
}

function invert(n: u32, odds: f64, none: f64, uniform: f64): u32 {
  let u = uniform;
  let r = none;
  let k: u32 = 0;
  while (u >= r && k < n && k < 400) {
    u -= r;
    k += 1;
    r *= (<f64>(n - k + 1) / <f64>k) * odds;
  }
  return k;
}

function transformedRejection(n: f64, p: f64, q: f64): u32 {
  const spread = Math.sqrt(n * p * q);
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = n * p + 0.5;
  const vr = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const logOdds = Math.log(p / q);
  const mode = Math.floor((n + 1) * p);
  const top = logFactorial(mode) + logFactorial(n - mode);
  while (true) {
    const u = nextUnit() - 0.5;
    const v = nextUnit();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && v <= vr) return <u32>k;
    if (k < 0 || k > n) continue;
    const left = Math.log((v * alpha) / (a / (us * us) + b));
    if (left <= top - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds) return <u32>k;
  }
}

/*
 * Poisson numbers. Below a mean of 10 by inversion of the key's own uniform number (so a mean near
 * zero needs neither a stream nor an exponential), above it by Hörmann's PTRS ("The transformed
 * rejection method for generating Poisson random variables", 1993), from the key's stream, which
 * the caller may go on drawing from. Sampling is exact up to the rounding of doubles.
 */
import { nextUnit, seedStream, unit } from './generator';
import { logFactorial } from './log-factorial';

const INVERSION_MEAN_MAX: f64 = 10;

/** The key's stream is seeded when this returns a number above 0. */
export function poisson(mean: f64, key: u64): u32 {
  const u = unit(key);
  // 1 - mean <= exp(-mean)
  if (u < 1 - mean) return 0;
  seedStream(key);
  if (mean < INVERSION_MEAN_MAX) return invert(mean, u);
  return transformedRejection(mean);
}

function invert(mean: f64, uniform: f64): u32 {
  let u = uniform;
  let p = Math.exp(-mean);
  let k: u32 = 0;
  while (u >= p && k < 200) {
    u -= p;
    k += 1;
    p *= mean / <f64>k;
  }
  return k;
}

function transformedRejection(mean: f64): u32 {
  const root = Math.sqrt(mean);
  const logMean = Math.log(mean);
  const b = 0.931 + 2.53 * root;
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const u = nextUnit() - 0.5;
    const v = nextUnit();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return <u32>k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const left = Math.log(v * inverseAlpha / (a / (us * us) + b));
    if (left <= -mean + k * logMean - logFactorial(k)) return <u32>k;
  }
}

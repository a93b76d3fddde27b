/*
 * Poisson numbers. Below a mean of 10 by inversion of the key's own uniform number (so a mean near
 * zero needs neither a stream nor an exponential), above it by Hörmann's PTRS ("The transformed
 * rejection method for generating Poisson random variables", 1993), from the key's stream, which
 * the caller may go on drawing from. Sampling is exact up to the rounding of doubles.
 *
 * What depends on the mean only is kept from draw to draw: all blocks of a part have one mean.
 */
import { nextUnit, seedStream, unit } from './generator';
import { logFactorial } from './log-factorial';

const INVERSION_MEAN_MAX: f64 = 10;

/** The mean that what follows belongs to; exp(-mean), or PTRS's constants by their names there. */
let lawMean: f64 = 0;
let none: f64 = 1;
let a: f64 = 0;
let b: f64 = 0;
let vr: f64 = 0;

/** The key's stream is seeded when this returns a number above 0. */
export function poisson(mean: f64, key: u64): u32 {
  const u = unit(key);
  // 1 - mean <= exp(-mean)
  if (u < 1 - mean) return 0;
  if (mean != lawMean) prepareLaw(mean);
  if (mean < INVERSION_MEAN_MAX) {
    if (u < none) return 0;
    seedStream(key);
    return invert(mean, u);
  }
  seedStream(key);
  return transformedRejection(mean);
}

function prepareLaw(mean: f64): void {
  lawMean = mean;
  if (mean < INVERSION_MEAN_MAX) {
    none = Math.exp(-mean);
    return;
  }
  b = 0.931 + 2.53 * Math.sqrt(mean);
  a = -0.059 + 0.02483 * b;
  vr = 0.9277 - 3.6224 / (b - 2);
}

function invert(mean: f64, uniform: f64): u32 {
  let u = uniform;
  let p = none;
  let k: u32 = 0;
  while (u >= p && k < 200) {
    u -= p;
    k += 1;
    p *= mean / <f64>k;
  }
  return k;
}

function transformedRejection(mean: f64): u32 {
  while (true) {
    const u = nextUnit() - 0.5;
    const v = nextUnit();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return <u32>(<i32>k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const left = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (left <= -mean + k * Math.log(mean) - logFactorial(k)) return <u32>(<i32>k);
  }
}

/*
 * Hypergeometric numbers, and where the j-th of d dirty pages lies among n. By inversion from the
 * mode outward: steps grow with the standard deviation (128 at the most for a chunk), which is
 * cheap for the few draws that a round needs. Exact up to the rounding of doubles.
 */
import { nextUnit } from './generator';
import { logFactorial } from './log-factorial';

function logChoose(n: f64, k: f64): f64 {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Marked ones among `drawn` of `total`, of which `marked` are marked; from the seeded stream. */
export function hypergeometric(total: u32, marked: u32, drawn: u32): u32 {
  const least = marked + drawn > total ? marked + drawn - total : 0;
  const most = min(marked, drawn);
  if (least == most) return least;
  const n = <f64>total;
  const k = <f64>marked;
  const d = <f64>drawn;
  let mode = <u32>Math.floor(((d + 1) * (k + 1)) / (n + 2));
  mode = max(least, min(most, mode));
  const m = <f64>mode;
  const peak = Math.exp(logChoose(k, m) + logChoose(n - k, d - m) - logChoose(n, d));
  let u = nextUnit() - peak;
  if (u < 0) return mode;
  let low = mode;
  let high = mode;
  let pLow = peak;
  let pHigh = peak;
  while (low > least || high < most) {
    if (high < most) {
      const i = <f64>high;
      pHigh *= ((k - i) * (d - i)) / ((i + 1) * (n - k - d + i + 1));
      high += 1;
      u -= pHigh;
      if (u < 0) return high;
    }
    if (low > least) {
      const i = <f64>low;
      pLow *= (i * (n - k - d + i)) / ((k - i + 1) * (d - i + 1));
      low -= 1;
      u -= pLow;
      if (u < 0) return low;
    }
  }
  // what rounding left over of the total probability
  return mode;
}

/**
 * Pages up to and including the `rank`-th (from 1) of `dirty` dirty ones among `pages`, any
 * arrangement being as likely: the half that holds it is found by drawing how many lie in the lower
 * half, again and again.
 */
export function pagesToDirty(pages: u32, dirty: u32, rank: u32): u32 {
  let start: u32 = 0;
  let n = pages;
  let d = dirty;
  let j = rank;
  while (n > 1 && d < n) {
    const lower = n >> 1;
    const inLower = hypergeometric(n, d, lower);
    if (j <= inLower) {
      n = lower;
      d = inLower;
    } else {
      start += lower;
      n -= lower;
      d -= inLower;
      j -= inLower;
    }
  }
  return start + j;
}

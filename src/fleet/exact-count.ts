/**
 * Sums of whole numbers that stay whole: a double holds every whole number up to 2^53 (8 PiB of
 * bytes, 285 years of microseconds), and ten thousand guests of a terabyte send more than that.
 */

/** A number as long as it is exact, beyond that a bigint. */
export type ExactCount = number | bigint;

/** The exact sum of whole numbers. */
export function exactSum(counts: Iterable<ExactCount>): ExactCount {
  let small = 0;
  let large = 0n;
  for (const count of counts) {
    const next = typeof count === 'number' ? small + count : Number.POSITIVE_INFINITY;
    if (Number.isSafeInteger(next)) small = next;
    else {
      large += BigInt(small) + BigInt(count);
      small = 0;
    }
  }
  const sum = large + BigInt(small);
  return sum > BigInt(Number.MAX_SAFE_INTEGER) ? sum : Number(sum);
}

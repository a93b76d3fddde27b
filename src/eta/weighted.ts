/** Quantiles of values that count differently much. */

export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** The least value with at least that share of all weight at or below it; NaN of nothing. */
export function weightedQuantile(list: readonly Weighted[], share: number): number {
  const ascending = [...list].sort((a, b) => a.value - b.value);
  const wanted = share * ascending.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  for (const { value, weight } of ascending) {
    sum += weight;
    if (sum >= wanted) return value;
  }
  return ascending.at(-1)?.value ?? Number.NaN;
}

/** Fewer answers than this tell no interval. */
const LEAST_EFFECTIVE = 8;

/**
 * Weights made more even until they count as some answers at least (Kish's effective number:
 * the square of the sum over the sum of the squares), and not as the one that happens to be nearest.
 * @param weights each above 0
 */
export function evened(weights: readonly number[]): readonly number[] {
  const enough = Math.min(LEAST_EFFECTIVE, weights.length / 2);
  let even = weights;
  while (effectiveNumber(even) < enough) even = even.map(Math.sqrt);
  return even;
}

function effectiveNumber(weights: readonly number[]): number {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const squares = weights.reduce((all, weight) => all + weight * weight, 0);
  return squares === 0 ? 0 : (sum * sum) / squares;
}

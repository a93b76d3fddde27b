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

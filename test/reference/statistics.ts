/** Statistics for tests with fixed seeds: bounds are wide enough to hold by construction, and narrow enough to see a wrong law. */

/**
 * Standard deviations by which Pearson's chi square of counts against probabilities is off its
 * mean, cells being joined until each expects at least 8. `probabilities[k]` belongs to value k.
 */
export function chiSquareDeviation(
  samples: readonly number[],
  probabilities: readonly number[],
): number {
  const counts = new Float64Array(probabilities.length + 1);
  for (const value of samples) {
    const cell = Math.min(value, probabilities.length);
    counts[cell] = (counts[cell] as number) + 1;
  }
  let rest = 1;
  const cells: { expected: number; seen: number }[] = [];
  let cell = { expected: 0, seen: 0 };
  probabilities.forEach((p, k) => {
    rest -= p;
    cell.expected += p * samples.length;
    cell.seen += counts[k] as number;
    if (cell.expected >= 8) {
      cells.push(cell);
      cell = { expected: 0, seen: 0 };
    }
  });
  cell.expected += Math.max(0, rest) * samples.length;
  cell.seen += counts[probabilities.length] as number;
  const last = cells.at(-1);
  if (last === undefined) return 0;
  last.expected += cell.expected;
  last.seen += cell.seen;
  const chi = cells.reduce(
    (sum, each) => sum + (each.seen - each.expected) ** 2 / each.expected,
    0,
  );
  const freedom = cells.length - 1;
  return freedom === 0 ? 0 : (chi - freedom) / Math.sqrt(2 * freedom);
}

/** Largest distance between two samples' distribution functions, in units of its scale (Kolmogorov, Smirnov). */
export function twoSampleDistance(a: readonly number[], b: readonly number[]): number {
  const left = [...a].sort((x, y) => x - y);
  const right = [...b].sort((x, y) => x - y);
  let i = 0;
  let j = 0;
  let distance = 0;
  while (i < left.length && j < right.length) {
    const value = Math.min(left[i] as number, right[j] as number);
    while (i < left.length && (left[i] as number) === value) i += 1;
    while (j < right.length && (right[j] as number) === value) j += 1;
    distance = Math.max(distance, Math.abs(i / left.length - j / right.length));
  }
  return distance * Math.sqrt((left.length * right.length) / (left.length + right.length));
}

/** Standard deviations between the means of two samples. */
export function meanDifference(a: readonly number[], b: readonly number[]): number {
  const [meanA, squareA] = moments(a);
  const [meanB, squareB] = moments(b);
  const spread = Math.sqrt(squareA / a.length + squareB / b.length);
  if (spread === 0) return meanA === meanB ? 0 : Number.POSITIVE_INFINITY;
  return Math.abs(meanA - meanB) / spread;
}

/** Standard deviations between the variances of two samples. */
export function varianceDifference(a: readonly number[], b: readonly number[]): number {
  const [meanA] = moments(a);
  const [meanB] = moments(b);
  return meanDifference(
    a.map((value) => (value - meanA) ** 2),
    b.map((value) => (value - meanB) ** 2),
  );
}

function moments(values: readonly number[]): readonly [number, number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return [mean, square];
}

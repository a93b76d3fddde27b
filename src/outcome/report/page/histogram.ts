/** How often which length of time: bins that grow by a factor, as pauses span milliseconds to hours. */

export interface Histogram {
  /** Lower bounds; each bin ends where the next begins. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Bins over all values, four a factor of two at most, some thirty in all. */
export function bins(values: readonly number[]): Histogram {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return { from: [], to: [] };
  const least = positive.reduce((a, b) => Math.min(a, b));
  const most = positive.reduce((a, b) => Math.max(a, b));
  const octaves = Math.max(0.25, Math.log2(most / least));
  const step = Math.max(0.25, Math.ceil((octaves / 30) * 4) / 4);
  const first = Math.floor(Math.log2(least) / step);
  const last = Math.floor(Math.log2(most) / step);
  const edges = Array.from({ length: last - first + 2 }, (_, i) => 2 ** ((first + i) * step));
  return { from: edges.slice(0, -1), to: edges.slice(1) };
}

/** How many values lie in each bin. */
export function binCounts({ from, to }: Histogram, values: readonly number[]): number[] {
  const counts = from.map(() => 0);
  for (const value of values) {
    const bin = to.findIndex((edge, i) => value < edge && value >= (from[i] ?? 0));
    if (bin >= 0) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

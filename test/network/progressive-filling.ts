/** The textbook solver that the incremental one is held against: all flows, from nothing. */

export interface PlainFlow {
  readonly route: readonly number[];
  readonly capBytesPerSecond: number;
  readonly weight: number;
}

/** Weighted max-min rates by progressive filling: raise all alike, freeze what meets a bound. */
export function progressiveFilling(
  capacities: readonly number[],
  flows: readonly PlainFlow[],
): readonly number[] {
  const rates = flows.map(() => 0);
  const residual = [...capacities];
  let open = flows.map((_, index) => index);
  while (open.length > 0) {
    const weights = capacities.map(() => 0);
    for (const i of open) for (const link of flows[i].route) weights[link] += flows[i].weight;
    let level = Number.POSITIVE_INFINITY;
    for (const [link, weight] of weights.entries()) {
      if (weight > 0) level = Math.min(level, residual[link] / weight);
    }
    const capped = open.filter((i) => flows[i].capBytesPerSecond <= level * flows[i].weight);
    const isFull = (link: number) => residual[link] / weights[link] <= level * (1 + 1e-12);
    const frozen = capped.length > 0 ? capped : open.filter((i) => flows[i].route.some(isFull));
    if (frozen.length === 0) throw new Error('a flow that nothing bounds');
    for (const i of frozen) {
      rates[i] = Math.min(flows[i].capBytesPerSecond, level * flows[i].weight);
      for (const link of flows[i].route) residual[link] = Math.max(0, residual[link] - rates[i]);
    }
    const done = new Set(frozen);
    open = open.filter((i) => !done.has(i));
  }
  return rates;
}

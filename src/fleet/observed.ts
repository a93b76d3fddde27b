/**
 * From what operators can measure to what the simulation needs (spec/kubevirt.md 10). Metrics give
 * D(w), the distinct bytes dirtied within a window of w seconds; a workload needs the size of the
 * working set and its write rate. D is concave and saturates at the working set:
 *
 *   D(t) = hot × (1 − exp(−λhot·t)) + cold × (1 − exp(−λcold·t))
 *
 * with a hot part of HOT_SHARE of the working set's pages taking HOT_WRITES_SHARE of its writes.
 *
 * One window fixes one point of the curve only. The ratio of working set to D(w) is then drawn,
 * per seed and guest, from a log-uniform prior over PRIOR_RATIO, bounded by the filled memory; the
 * rate follows exactly. Two or more different windows fix both, by least squares in log D.
 */
import type { Guest, HostProfile } from './model.js';
import { seededUnit } from './seeded.js';
import { PAGE_BYTES } from './units.js';
import type { ObservedWorkload, Region, WriteProcess } from './workload.js';

/** Skew inside a working set: the usual 80:20. */
const HOT_SHARE = 0.2;
const HOT_WRITES_SHARE = 0.8;

/**
 * Prior of (working set) / D(w), log-uniform. Below, every page of the working set is rewritten
 * nearly every window (stress-ng: 5.1 of 6 GiB dirty after any window from 10 s on,
 * shared/data/published); above, the writes of a window hardly ever meet (a Redis of 10 GiB:
 * D(7 s) = 0.8 GiB, bursts of 2.5 GiB, and 3 GiB after 93 s, a ratio over D(1 s) of about 20 to 30).
 */
const PRIOR_RATIO = { least: 1.25, most: 32 } as const;

/** An observation never fills more of the memory than this, so that a working set can hold it. */
const LARGEST_SATURATION = 1 / PRIOR_RATIO.least;

interface Curve {
  readonly workingSetPages: number;
  readonly writesPerSecond: number;
}

interface Point {
  readonly seconds: number;
  readonly pages: number;
}

/**
 * The regions of a guest in a run: declared ones as they are, observed ones drawn (a pure function
 * of the workload, the seed and the guest's namespace and name).
 *
 * `host.dirtyRateFactorDuringMigration` multiplies observations only, as declared workloads say
 * what happens during a migration.
 */
export function resolveWorkload(
  guest: Pick<Guest, 'namespace' | 'name' | 'memoryBytes' | 'workload'>,
  host: Pick<HostProfile, 'dirtyRateFactorDuringMigration'>,
  seed: number,
): readonly Region[] {
  const { workload } = guest;
  if (workload.kind === 'regions') {
    return workload.regions;
  }
  const totalPages = Math.ceil(guest.memoryBytes / PAGE_BYTES);
  const filledPages = Math.min(totalPages, Math.round(workload.filledBytes / PAGE_BYTES));
  const points = observedPoints(workload, host.dirtyRateFactorDuringMigration, filledPages);
  const draw = seededUnit(seed, 'working-set', guest.namespace, guest.name);
  const curve = curveThrough(points, filledPages, draw);
  return regionsOf(curve, totalPages, filledPages, workload.compressedShare);
}

/** Points of D(t) during a migration, one a window, shortest first; none that saw no write. */
function observedPoints(
  workload: ObservedWorkload,
  factor: number,
  filledPages: number,
): readonly Point[] {
  const sums = new Map<number, { pages: number; count: number }>();
  for (const { windowSeconds, bytesPerSecond } of workload.dirtyRates) {
    const sum = sums.get(windowSeconds) ?? { pages: 0, count: 0 };
    sum.pages += (bytesPerSecond * windowSeconds * factor) / PAGE_BYTES;
    sum.count += 1;
    sums.set(windowSeconds, sum);
  }
  return [...sums]
    .map(([seconds, { pages, count }]) => ({
      seconds,
      pages: Math.min(pages / count, LARGEST_SATURATION * filledPages),
    }))
    .filter((point) => point.seconds > 0 && point.pages > 0)
    .sort((a, b) => a.seconds - b.seconds);
}

function curveThrough(points: readonly Point[], filledPages: number, draw: number): Curve | null {
  const only = points[0];
  if (only === undefined) {
    return null;
  }
  if (points.length > 1) {
    return fittedCurve(points, filledPages);
  }
  const most = Math.min(PRIOR_RATIO.most, filledPages / only.pages);
  const ratio = PRIOR_RATIO.least * (most / PRIOR_RATIO.least) ** draw;
  const workingSetPages = Math.min(filledPages, Math.max(1, Math.round(only.pages * ratio)));
  return { workingSetPages, writesPerSecond: rateThrough(only, workingSetPages) };
}

/** Expected distinct pages dirtied within `seconds`. */
export function expectedDistinctPages(curve: Curve, seconds: number): number {
  const { workingSetPages, writesPerSecond } = curve;
  const hot = workingSetPages * HOT_SHARE;
  const cold = workingSetPages - hot;
  const writes = writesPerSecond * seconds;
  return (
    hot * -Math.expm1((-writes * HOT_WRITES_SHARE) / hot) +
    cold * -Math.expm1((-writes * (1 - HOT_WRITES_SHARE)) / cold)
  );
}

/** The write rate whose expected distinct pages are the point's: D grows with the rate, so halving. */
function rateThrough(point: Point, workingSetPages: number): number {
  const target = Math.min(point.pages, workingSetPages * (1 - 1e-6));
  const reaches = (writesPerSecond: number): boolean =>
    expectedDistinctPages({ workingSetPages, writesPerSecond }, point.seconds) >= target;
  // D(t) never exceeds the writes, so the rate is at least this.
  let low = target / point.seconds;
  let high = low;
  while (!reaches(high)) {
    high *= 2;
  }
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (reaches(middle)) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return (low + high) / 2;
}

const FIT_STEPS = 48;

/** Least squares in log D over the working set's size; for each size, over the rate. */
function fittedCurve(points: readonly Point[], filledPages: number): Curve {
  const largest = Math.max(...points.map((point) => point.pages));
  const smallestSet = Math.min(filledPages, largest * 1.001);
  const logRange = Math.log(filledPages / smallestSet);
  const curveAt = (share: number): Curve => {
    const workingSetPages = Math.max(1, Math.round(smallestSet * Math.exp(share * logRange)));
    return { workingSetPages, writesPerSecond: bestRate(points, workingSetPages) };
  };
  const share = leastOnUnit((at) => misfit(points, curveAt(at)));
  return curveAt(share);
}

/** The best rate for a size lies between those that meet the single points. */
function bestRate(points: readonly Point[], workingSetPages: number): number {
  const rates = points.map((point) => Math.log(rateThrough(point, workingSetPages)));
  const low = Math.min(...rates);
  const high = Math.max(...rates);
  const rateAt = (at: number): number => Math.exp(low + at * (high - low));
  return rateAt(
    leastOnUnit((at) => misfit(points, { workingSetPages, writesPerSecond: rateAt(at) })),
  );
}

function misfit(points: readonly Point[], curve: Curve): number {
  let sum = 0;
  for (const point of points) {
    sum += Math.log(expectedDistinctPages(curve, point.seconds) / point.pages) ** 2;
  }
  return sum;
}

/** Where on [0, 1] a function is least: a grid against flat ends, then a golden section around it. */
function leastOnUnit(cost: (at: number) => number): number {
  let best = 0;
  let bestCost = Infinity;
  for (let step = 0; step <= FIT_STEPS; step += 1) {
    const found = cost(step / FIT_STEPS);
    if (found < bestCost) {
      best = step;
      bestCost = found;
    }
  }
  let low = Math.max(0, best - 1) / FIT_STEPS;
  let high = Math.min(FIT_STEPS, best + 1) / FIT_STEPS;
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let step = 0; step < 24; step += 1) {
    const left = high - golden * (high - low);
    const right = low + golden * (high - low);
    if (cost(left) <= cost(right)) {
      high = right;
    } else {
      low = left;
    }
  }
  return (low + high) / 2;
}

function regionsOf(
  curve: Curve | null,
  totalPages: number,
  filledPages: number,
  compressedShare: number,
): readonly Region[] {
  const region = (name: string, pages: number, filledShare: number, writes: WriteProcess) => ({
    name,
    bytes: pages * PAGE_BYTES,
    filledShare,
    compressedShare,
    placement: { kind: 'spread' as const },
    writes,
    phases: [],
    pacedBy: 'cpu' as const,
  });
  const regions: Region[] = [];
  const workingSetPages = curve?.workingSetPages ?? 0;
  if (curve !== null) {
    regions.push(
      region('working-set', workingSetPages, 1, {
        kind: 'hotcold',
        pagesPerSecond: curve.writesPerSecond,
        hotShare: HOT_SHARE,
        hotWritesShare: HOT_WRITES_SHARE,
      }),
    );
  }
  const restPages = totalPages - workingSetPages;
  if (restPages > 0) {
    const filledShare = (filledPages - workingSetPages) / restPages;
    regions.push(region('rest', restPages, filledShare, { kind: 'none' }));
  }
  return regions;
}

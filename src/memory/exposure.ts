/**
 * A region's exposure: the integral of its write intensity over time, in seconds at intensity 1
 * (DESIGN.md, "How a migration is simulated" 2). The intensity is the product of the region's
 * active phases and the guest's timeline. Exact: constant between edges, and the fastest periodic
 * phase in closed form, so that short periods cost nothing.
 */
import type { Phase, Region } from '../fleet/workload.js';
import type { IntensityTimeline } from './round-task.js';

type PeriodicPhase = Extract<Phase, { kind: 'periodic' }>;

export interface Exposure {
  /** Pieces start here, ascending; the first one at the exposure's origin. */
  readonly edgesUs: readonly number[];
  /** Factor of each piece, all but the fast phase. */
  readonly factors: readonly number[];
  /** Exposure in microseconds from the origin to each piece's start. */
  readonly before: readonly number[];
  /** The periodic phase that is integrated in closed form. */
  readonly fast: PeriodicPhase | null;
}

/** The exposure of a region from `fromUs` on, valid up to `toUs`. */
export function createExposure(
  region: Region,
  intensity: IntensityTimeline,
  fromUs: number,
  toUs: number,
): Exposure {
  const fast = fastestPeriodic(region.phases);
  const others = region.phases.filter((phase) => phase !== fast);
  const edgesUs = collectEdges(others, intensity, fromUs, toUs);
  const timeline = region.pacedBy === 'cpu' ? intensity.cpuFactor : intensity.clockFactor;
  const factors: number[] = [];
  const before: number[] = [];
  let sum = 0;
  let piece = -1;
  edgesUs.forEach((edge, i) => {
    while (piece + 1 < intensity.fromUs.length && (intensity.fromUs[piece + 1] as number) <= edge) {
      piece += 1;
    }
    let factor = piece < 0 ? 1 : (timeline[piece] as number);
    for (const phase of others) if (isActive(phase, edge)) factor *= phase.factor;
    factors.push(factor);
    before.push(sum);
    sum += factor * fastIntegral(fast, edge, edgesUs[i + 1] ?? toUs);
  });
  return { edgesUs, factors, before, fast };
}

/** Seconds of exposure from the origin to `atUs`. */
export function exposureAt(exposure: Exposure, atUs: number): number {
  const { edgesUs } = exposure;
  let low = 0;
  let high = edgesUs.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((edgesUs[middle] as number) <= atUs) low = middle;
    else high = middle;
  }
  const since = fastIntegral(exposure.fast, edgesUs[low] as number, atUs);
  return ((exposure.before[low] as number) + (exposure.factors[low] as number) * since) / 1e6;
}

function fastestPeriodic(phases: readonly Phase[]): PeriodicPhase | null {
  let fastest: PeriodicPhase | null = null;
  for (const phase of phases) {
    if (phase.kind !== 'periodic') continue;
    if (fastest === null || phase.periodUs < fastest.periodUs) fastest = phase;
  }
  return fastest;
}

function collectEdges(
  phases: readonly Phase[],
  intensity: IntensityTimeline,
  fromUs: number,
  toUs: number,
): readonly number[] {
  const edges = [fromUs];
  const add = (edge: number): void => {
    if (edge > fromUs && edge < toUs) edges.push(edge);
  };
  for (const edge of intensity.fromUs) add(edge);
  for (const phase of phases) {
    if (phase.kind === 'once') {
      add(phase.fromUs);
      add(phase.toUs);
    } else {
      const first = Math.max(0, Math.floor((fromUs - phase.startUs) / phase.periodUs));
      for (let k = first; phase.startUs + k * phase.periodUs < toUs; k += 1) {
        add(phase.startUs + k * phase.periodUs);
        add(phase.startUs + k * phase.periodUs + phase.lengthUs);
      }
    }
  }
  if (edges.length === 1) return edges;
  return edges.sort((a, b) => a - b).filter((edge, i) => i === 0 || edge !== edges[i - 1]);
}

/** A periodic phase lasts from startUs + k × periodUs for lengthUs, k = 0, 1, 2, … */
function isActive(phase: Phase, atUs: number): boolean {
  if (phase.kind === 'once') return atUs >= phase.fromUs && atUs < phase.toUs;
  const since = atUs - phase.startUs;
  return since >= 0 && since % phase.periodUs < phase.lengthUs;
}

/** Integral of the fast phase's factor over [fromUs, toUs), in microseconds. */
function fastIntegral(fast: PeriodicPhase | null, fromUs: number, toUs: number): number {
  const length = toUs - fromUs;
  if (fast === null) return length;
  return length + (fast.factor - 1) * (activeUs(fast, toUs) - activeUs(fast, fromUs));
}

/** Time for which a periodic phase was active before `atUs`. */
function activeUs(phase: PeriodicPhase, atUs: number): number {
  const since = atUs - phase.startUs;
  if (since <= 0) return 0;
  const periods = Math.floor(since / phase.periodUs);
  const length = Math.min(phase.lengthUs, phase.periodUs);
  return periods * length + Math.min(since - periods * phase.periodUs, length);
}

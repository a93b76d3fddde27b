/**
 * VEP 248: rounds of a simulated migration beside those of a published trace, and what a writer of
 * a constant dirty rate could make of the same trace at best.
 */
import type { RoundRecord } from '../simulation/result.js';
import type { PublishedTrace } from './published-files.js';

const BYTES_PER_MIB = 2 ** 20;

export interface TraceRound {
  readonly publishedAtSeconds: number;
  readonly publishedMiB: number;
  /** Until the next published point; null at the last one. */
  readonly publishedSeconds: number | null;
  readonly simulatedAtSeconds: number;
  readonly simulatedMiB: number;
  readonly simulatedSeconds: number;
}

/**
 * Puts the simulated rounds beside the published points, in their order. A published stretch that
 * is a multiple of the simulated round is that many rounds (markers merged in the figure).
 */
export function alignRounds(
  { pts }: PublishedTrace,
  rounds: readonly RoundRecord[],
): readonly TraceRound[] {
  const startUs = rounds[0]?.startedUs ?? 0;
  let at = 0;
  return pts.map(([publishedAtSeconds, publishedMiB], i) => {
    const next = pts[i + 1];
    const publishedSeconds = next === undefined ? null : next[0] - publishedAtSeconds;
    const round = rounds[at];
    const firstUs = round === undefined ? Number.NaN : round.endedUs - round.startedUs;
    const count =
      publishedSeconds === null ? 1 : Math.max(1, Math.round((publishedSeconds * 1e6) / firstUs));
    const last = rounds[at + count - 1];
    at += count;
    return {
      publishedAtSeconds,
      publishedMiB,
      publishedSeconds,
      simulatedAtSeconds: ((round?.startedUs ?? Number.NaN) - startUs) / 1e6,
      simulatedMiB: (round?.remainingStartBytes ?? Number.NaN) / BYTES_PER_MIB,
      simulatedSeconds: ((last?.endedUs ?? Number.NaN) - (round?.startedUs ?? Number.NaN)) / 1e6,
    };
  });
}

/** Largest relative errors of what remains at a round's start, and of a round's length. */
export function traceErrors(rounds: readonly TraceRound[]): {
  readonly remaining: number;
  readonly length: number;
} {
  const worst = (errors: readonly number[]): number =>
    // A round that the simulation does not have is wrong without bound.
    errors.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(0, ...errors);
  return {
    remaining: worst(rounds.map((one) => Math.abs(one.simulatedMiB / one.publishedMiB - 1))),
    length: worst(
      rounds
        .filter((one) => one.publishedSeconds !== null)
        .map((one) => Math.abs(one.simulatedSeconds / (one.publishedSeconds as number) - 1)),
    ),
  };
}

export interface ConstantRateBound {
  /** Dirtied in a round over its length, lowest and highest of the trace. */
  readonly lowestMiBPerSecond: number;
  readonly highestMiBPerSecond: number;
  /** With the lengths as published: no constant rate has a smaller worst error. */
  readonly leastWorstError: number;
  /** With lengths that follow from what is dirty: the best rate, and its worst error. */
  readonly bestMiBPerSecond: number;
  readonly bestWorstError: number;
}

const RATES_TRIED = 2000;

/**
 * A constant rate r leaves r × T dirty after a round of T. Over all rounds the implied rates D / T
 * lie between lo and hi, so some round is off by (hi - lo) / (hi + lo) or more, whatever r is.
 */
export function constantRateBound({ pts, ram_mib }: PublishedTrace): ConstantRateBound {
  const seconds = pts.slice(1).map(([at], i) => at - (pts[i] as [number, number])[0]);
  const rates = pts.slice(1).map(([, mib], i) => mib / (seconds[i] as number));
  const lowest = Math.min(...rates);
  const highest = Math.max(...rates);
  const linkMiBPerSecond = ram_mib / (seconds[0] as number);
  let best = { rate: 0, error: Number.POSITIVE_INFINITY };
  for (let i = 1; i <= RATES_TRIED; i += 1) {
    const rate = (1.5 * linkMiBPerSecond * i) / RATES_TRIED;
    const error = worstOfConstantRate(pts, ram_mib, rate / linkMiBPerSecond);
    if (error < best.error) best = { rate, error };
  }
  return {
    lowestMiBPerSecond: lowest,
    highestMiBPerSecond: highest,
    leastWorstError: (highest - lowest) / (highest + lowest),
    bestMiBPerSecond: best.rate,
    bestWorstError: best.error,
  };
}

/** Each round leaves `ratio` times what it had to send, at most all memory. */
function worstOfConstantRate(pts: PublishedTrace['pts'], ramMiB: number, ratio: number): number {
  let mib = ramMiB;
  let worst = 0;
  for (const [, published] of pts.slice(1)) {
    mib = Math.min(ramMiB, mib * ratio);
    worst = Math.max(worst, Math.abs(mib / published - 1));
  }
  return worst;
}

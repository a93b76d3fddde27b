/** A bench, its repeats beside the plain loop, and what they come to. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { timeLoop } from './loop.js';
import { type PerTarget, perTarget } from './native-kernels.js';
import type { BenchResult, SuiteName, WholeRun } from './result-file.js';

/** What one repeat of a bench measured. */
export interface Sample {
  readonly bench: string;
  /** As people read it, in `unit`. */
  readonly value: number;
  readonly unit: string;
  /** More is better: blocks of pages, rounds, changes or migrations. */
  readonly workPerSecond: number;
  /** The same of the same algorithm in C; null where there is none. */
  readonly native: PerTarget | null;
  readonly hash: string;
  readonly run: WholeRun | null;
}

/**
 * `best`: the best repeat counts, for what is short enough to be undisturbed in one of them.
 * `median`: the median repeat counts.
 */
type Timing = 'best' | 'median';

export interface Bench {
  readonly suite: SuiteName;
  readonly title: string;
  readonly repeats: number;
  readonly timing: Timing;
  readonly sample: (signal: AbortSignal) => Promise<readonly Sample[]> | readonly Sample[];
}

/** A sample with the loop that ran before and after it. */
interface Timed extends Sample {
  readonly secondsPerPass: number;
}

/**
 * Runs a bench's repeats, each between two timings of the plain loop.
 * @param loopSeconds how long each timing of the loop takes
 * @throws the signal's reason on abort; Error when two repeats compute different things
 */
export async function runBench(
  bench: Bench,
  loopSeconds: number,
  signal: AbortSignal,
): Promise<readonly BenchResult[]> {
  const byName = new Map<string, Timed[]>();
  let before = timeLoop(loopSeconds);
  for (let repeat = 0; repeat < bench.repeats; repeat += 1) {
    // A turn of the event loop, so that Ctrl-C is heard.
    await nextTurn();
    signal.throwIfAborted();
    const samples = await bench.sample(signal);
    const after = timeLoop(loopSeconds);
    const secondsPerPass = Math.min(before, after);
    for (const sample of samples) {
      const timed = { ...sample, secondsPerPass };
      const known = byName.get(sample.bench);
      if (known === undefined) byName.set(sample.bench, [timed]);
      else known.push(timed);
    }
    before = after;
  }
  return [...byName.values()].map((samples) => resultOf(bench, samples));
}

function resultOf({ suite, timing }: Bench, samples: readonly Timed[]): BenchResult {
  const [first] = samples;
  if (first === undefined) throw new Error(`a bench of ${suite} measured nothing`);
  const other = samples.find((sample) => sample.hash !== first.hash);
  if (other !== undefined) {
    throw new Error(`${suite}, ${first.bench}: two repeats computed ${first.hash}, ${other.hash}`);
  }
  const ratios = samples.map((sample) => sample.workPerSecond * sample.secondsPerPass);
  return {
    suite,
    bench: first.bench,
    unit: first.unit,
    ...(timing === 'best' ? bestOf(samples, first) : mediansOf(samples, ratios)),
    native: nativeRatios(samples),
    ratioSpread: (Math.max(...ratios) - Math.min(...ratios)) / median(ratios),
    repeats: samples.length,
    hash: first.hash,
    run: runOf(samples.flatMap((sample) => sample.run ?? [])),
  };
}

type Figures = Pick<BenchResult, 'value' | 'ratio'>;

function bestOf(samples: readonly Timed[], first: Timed): Figures {
  const best = samples.reduce((a, b) => (b.workPerSecond > a.workPerSecond ? b : a), first);
  const secondsPerPass = Math.min(...samples.map((sample) => sample.secondsPerPass));
  return { value: best.value, ratio: best.workPerSecond * secondsPerPass };
}

/** Best against best. */
function nativeRatios(samples: readonly Timed[]): PerTarget | null {
  if (samples.some(({ native }) => native === null)) return null;
  const best = Math.max(...samples.map(({ workPerSecond }) => workPerSecond));
  return perTarget((target) => {
    const rates = samples.flatMap(({ native }) => native?.[target] ?? []);
    return rates.length === 0 ? null : best / Math.max(...rates);
  });
}

function mediansOf(samples: readonly Timed[], ratios: readonly number[]): Figures {
  return { value: median(samples.map((sample) => sample.value)), ratio: median(ratios) };
}

function runOf(runs: readonly WholeRun[]): WholeRun | null {
  const [first] = runs;
  if (first === undefined) return null;
  return {
    wallSeconds: median(runs.map((run) => run.wallSeconds)),
    cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
    peakMemoryBytes: Math.max(...runs.map((run) => run.peakMemoryBytes)),
    neededMemoryBytes: first.neededMemoryBytes,
    migrations: first.migrations,
    rounds: first.rounds,
    pages: first.pages,
  };
}

/** The middle one, or the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const above = sorted[sorted.length >> 1] ?? Number.NaN;
  const below = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (above + below) / 2;
}

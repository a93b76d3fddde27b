/**
 * Published migrations against simulations of fleets made for them (fleets/published): VEP 291's
 * worker node, its prediction for the downtime ramp, and VEP 248's traces.
 */
import type { RunResult } from '../simulation/result.js';
import {
  type PublishedTrace,
  parsePublished,
  type TraceName,
  type Vep291Case,
} from './published-files.js';
import {
  alignRounds,
  type ConstantRateBound,
  constantRateBound,
  type TraceRound,
  traceErrors,
} from './published-traces.js';

/** Every figure within a tenth. */
const BOUND = 0.1;
/** VEP 291 gives means of ten runs. */
const RUNS = 10;
const BYTES_PER_MIB = 2 ** 20;

export type PublishedFleet =
  | { readonly fleet: 'vep291'; readonly arm: 'fixed' | 'ramp' }
  | { readonly fleet: 'vep248-redis' | 'vep248-kernel-build' | 'vep248-stress-ng' };

/** Simulates one of the fleets made for the published cases. */
export type SimulatePublished = (which: PublishedFleet, seed: number) => Promise<RunResult>;

interface PublishedFigure {
  readonly name: (typeof FIGURES)[number];
  readonly published: number;
  readonly simulated: number;
  /** Relative. */
  readonly error: number;
  /** null: shown, not held. */
  readonly bound: number | null;
  readonly within: boolean;
}

interface Vep291Report {
  readonly figures: readonly PublishedFigure[];
  /** The ramp, with nothing else changed: figures by name. */
  readonly prediction: Vep291Figures;
  readonly predictionLongestSeconds: number;
}

interface TraceReport {
  readonly name: TraceName;
  readonly rounds: readonly TraceRound[];
  readonly worstRemainingError: number;
  readonly worstLengthError: number;
  readonly within: boolean;
  readonly constantRate: ConstantRateBound;
}

export interface PublishedReport {
  readonly vep291: Vep291Report | null;
  readonly traces: readonly TraceReport[];
  /** Cases that docs/validation.md explains. */
  readonly explained: readonly string[];
  readonly withinBounds: boolean;
}

/** @throws InputError when a file is not one of published cases */
export async function validatePublished(
  files: readonly { readonly file: string; readonly text: string }[],
  simulatePublished: SimulatePublished,
): Promise<PublishedReport> {
  const parsed = files.map(({ file, text }) => parsePublished(file, text));
  let vep291: Vep291Report | null = null;
  const traces: TraceReport[] = [];
  const explained: string[] = [];
  for (const one of parsed) {
    if (one.kind === 'cases') {
      if (one.vep291 !== null) vep291 = await reportVep291(one.vep291, simulatePublished);
      explained.push(...one.others);
      continue;
    }
    for (const { name, trace } of one.traces) {
      traces.push(await reportTrace(name, trace, simulatePublished));
    }
  }
  const figuresWithin = vep291?.figures.every(({ within }) => within) ?? true;
  return {
    vep291,
    traces,
    explained,
    withinBounds: figuresWithin && traces.every(({ within }) => within),
  };
}

interface Vep291Figures {
  readonly total_s: number;
  /** After the first pass. */
  readonly conv_s: number;
  readonly downtime_ms: number;
  readonly iters: number;
  readonly mib: number;
  /** Newly dirty after the first pass, Mbit/s: what QEMU's own rate averages to. */
  readonly dirty_mbps: number;
}

const FIGURES = ['total_s', 'conv_s', 'downtime_ms', 'iters', 'mib', 'dirty_mbps'] as const;

async function reportVep291(
  published: Vep291Case,
  simulatePublished: SimulatePublished,
): Promise<Vep291Report> {
  const fixed = meanFigures(await runArm('fixed', simulatePublished));
  const ramp = await runArm('ramp', simulatePublished);
  const given = { ...published.out, dirty_mbps: published.inp.dirty_mbps };
  return {
    figures: FIGURES.map((name) => figure(name, given[name], fixed[name])),
    prediction: meanFigures(ramp),
    predictionLongestSeconds: Math.max(...ramp.map(({ total_s }) => total_s)),
  };
}

function figure(
  name: (typeof FIGURES)[number],
  published: number,
  simulated: number,
): PublishedFigure {
  const error = Math.abs(simulated / published - 1);
  const bound = name === 'dirty_mbps' ? null : BOUND;
  return { name, published, simulated, error, bound, within: bound === null || error <= bound };
}

async function runArm(
  arm: 'fixed' | 'ramp',
  simulatePublished: SimulatePublished,
): Promise<readonly Vep291Figures[]> {
  const runs: Vep291Figures[] = [];
  for (let seed = 1; seed <= RUNS; seed += 1) {
    runs.push(vep291Figures(await simulatePublished({ fleet: 'vep291', arm }, seed)));
  }
  return runs;
}

/** A migration that did not end well has no figures: NaN, out of every bound. */
function vep291Figures({ migrations, rounds }: RunResult): Vep291Figures {
  const migration = migrations.find(({ outcome }) => outcome === 'succeeded');
  const startedUs = migration?.startedUs ?? Number.NaN;
  const endedUs = migration?.endedUs ?? Number.NaN;
  const firstPassUs = rounds[0]?.endedUs ?? Number.NaN;
  const dirtiedBytes = rounds.slice(1).reduce((sum, round) => sum + round.dirtiedBytes, 0);
  const tailSeconds = (endedUs - firstPassUs) / 1e6;
  return {
    total_s: (endedUs - startedUs) / 1e6,
    conv_s: tailSeconds,
    downtime_ms: (migration?.downtimeUs ?? Number.NaN) / 1000,
    iters: migration?.rounds ?? Number.NaN,
    mib: (migration?.transferredBytes ?? Number.NaN) / BYTES_PER_MIB,
    dirty_mbps: (dirtiedBytes * 8) / 1e6 / tailSeconds,
  };
}

function meanFigures(runs: readonly Vep291Figures[]): Vep291Figures {
  const mean = (name: (typeof FIGURES)[number]): number =>
    runs.reduce((sum, run) => sum + run[name], 0) / runs.length;
  return {
    total_s: mean('total_s'),
    conv_s: mean('conv_s'),
    downtime_ms: mean('downtime_ms'),
    iters: mean('iters'),
    mib: mean('mib'),
    dirty_mbps: mean('dirty_mbps'),
  };
}

const TRACE_FLEETS = {
  ex1_redis: 'vep248-redis',
  ex4_stressng: 'vep248-stress-ng',
  ex5_kernelbuild: 'vep248-kernel-build',
} as const satisfies Record<TraceName, PublishedFleet['fleet']>;

async function reportTrace(
  name: TraceName,
  trace: PublishedTrace,
  simulatePublished: SimulatePublished,
): Promise<TraceReport> {
  const result = await simulatePublished({ fleet: TRACE_FLEETS[name] }, 1);
  const rounds = alignRounds(trace, result.rounds);
  const { remaining, length } = traceErrors(rounds);
  return {
    name,
    rounds,
    worstRemainingError: remaining,
    worstLengthError: length,
    within: remaining <= BOUND && length <= BOUND,
    constantRate: constantRateBound(trace),
  };
}

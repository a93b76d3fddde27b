/**
 * Published migrations (shared/data/published), each reproduced by one writer that is fitted to it:
 * VEP 291's worker node and VEP 248's traces. The fits stand in docs/validation.md.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Phase, Region, WriteProcess } from '../../src/fleet/workload.js';
import type { RoundRecord } from '../../src/simulation/result.js';
import { buildFleet } from '../fleet-builder.js';
import { sharedData } from '../shared-data.js';
import { runFleet } from '../simulation/run-fleet.js';

const MIB = 2 ** 20;
const PAGES_PER_MIB = 256;

interface RegionInput {
  readonly mib: number;
  readonly writes?: WriteProcess;
  readonly phases?: readonly Phase[];
  readonly filledShare?: number;
}

const random = (mibPerSecond: number): WriteProcess => ({
  kind: 'random',
  pagesPerSecond: mibPerSecond * PAGES_PER_MIB,
});

function region(input: RegionInput): Region {
  return {
    name: 'region',
    bytes: input.mib * MIB,
    filledShare: input.filledShare ?? 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    writes: input.writes ?? { kind: 'none' },
    phases: input.phases ?? [],
    pacedBy: 'cpu',
  };
}

interface Arm {
  readonly regions: readonly RegionInput[];
  readonly mibPerSecond: number;
  readonly seed: number;
  readonly tuned?: boolean;
  readonly timeoutSeconds: number;
}

/** One guest leaves its node over one link; KubeVirt's defaults, or its downtime ramp to 1,050 ms. */
async function migrate(arm: Arm) {
  const memoryMib = arm.regions.reduce((sum, one) => sum + one.mib, 0);
  const tuning = { initialMs: null, steps: null, startAfterIteration: null, cooldownSeconds: null };
  const selectors = { namespace: null, virtualMachineInstance: { app: 'worker' } };
  const policy = { name: 'ramp', selectors, maxDowntimeMs: 1050, downtimeTuning: tuning };
  const fleet = buildFleet({
    guests: [
      {
        name: 'worker',
        labels: { app: 'worker' },
        memoryBytes: memoryMib * MIB,
        workload: { kind: 'regions', regions: arm.regions.map(region) },
      },
    ],
    network: { proxyBytesPerSecond: arm.mibPerSecond * MIB },
    host: { finishUs: 120_000 },
    drain: { timeoutUs: arm.timeoutSeconds * 1e6 },
    kubevirt: { featureGates: arm.tuned === true ? ['MigrationDowntimeTuning'] : [] },
    policies: arm.tuned === true ? [policy] : [],
  });
  const result = await runFleet(fleet, { seed: arm.seed });
  const [migration] = result.migrations;
  if (migration === undefined) throw new Error('nothing was migrated');
  return { migration, rounds: result.rounds };
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
/** A pause varies from seed to seed by a fifth: the mean of few is not the writer's. */
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

describe('VEP 291: an 8-GiB worker node on 1 Gb/s', () => {
  const lull: Phase = {
    kind: 'periodic',
    periodUs: 50e6,
    startUs: 17e6,
    lengthUs: 1.5e6,
    factor: 0.02,
  };
  const worker: readonly RegionInput[] = [
    { mib: 17, writes: random(800), phases: [lull] },
    { mib: 1250, writes: random(85), phases: [lull] },
    { mib: 8192 - 17 - 1250 - 1080 },
    { mib: 1080, filledShare: 0 },
  ];
  const arms = async (tuned: boolean) => {
    const runs = await Promise.all(
      SEEDS.map((seed) =>
        migrate({ regions: worker, mibPerSecond: 105.7, seed, tuned, timeoutSeconds: 260 }),
      ),
    );
    const of = (figure: (run: (typeof runs)[number]) => number) => mean(runs.map(figure));
    return {
      succeeded: runs.filter((run) => run.migration.outcome === 'succeeded').length,
      totalSeconds: of(({ migration }) => lastedUs(migration) / 1e6),
      convergingSeconds: of(
        ({ migration, rounds }) => (lastedUs(migration) - roundUs(rounds[0])) / 1e6,
      ),
      downtimeMs: of(({ migration }) => (migration.downtimeUs ?? 0) / 1000),
      iterations: of(({ migration }) => migration.rounds),
      mib: of(({ migration }) => migration.transferredBytes / MIB),
    };
  };

  it('meets all five figures of the arm with a fixed limit of 300 ms within 10 %', async () => {
    const arm = await arms(false);
    expect(arm.succeeded).toBe(SEEDS.length);
    expect(arm.totalSeconds / 112.4).toBeCloseTo(1, 1);
    expect(arm.convergingSeconds / 45).toBeCloseTo(1, 1);
    expect(arm.downtimeMs / 451).toBeCloseTo(1, 1);
    expect(Math.abs(arm.iterations / 69 - 1)).toBeLessThan(0.1);
    expect(arm.mib / 11_862).toBeCloseTo(1, 1);
  });

  it('predicts for the ramp to 1,050 ms: as long, and a pause of some 0.7 s', async () => {
    const arm = await arms(true);
    expect(arm.succeeded).toBe(SEEDS.length);
    expect(arm.totalSeconds).toBeGreaterThan(100);
    expect(arm.totalSeconds).toBeLessThan(113);
    expect(arm.downtimeMs).toBeGreaterThan(600);
    expect(arm.downtimeMs).toBeLessThan(900);
  });
});

function lastedUs(migration: {
  readonly startedUs: number | null;
  readonly endedUs: number | null;
}) {
  return (migration.endedUs ?? 0) - (migration.startedUs ?? 0);
}

function roundUs(round: RoundRecord | undefined): number {
  return round === undefined ? 0 : round.endedUs - round.startedUs;
}

/** Rounds as VEP 248 draws them: start in seconds from the first one's, MiB remaining there. */
function trace(rounds: readonly RoundRecord[]) {
  const zeroUs = rounds[0]?.startedUs ?? 0;
  return rounds.map((round) => ({
    atSeconds: (round.startedUs - zeroUs) / 1e6,
    mib: round.remainingStartBytes / MIB,
    lengthSeconds: roundUs(round) / 1e6,
  }));
}

const between = <T extends { readonly atSeconds: number }>(
  points: readonly T[],
  from: number,
  to: number,
) => points.filter(({ atSeconds }) => atSeconds >= from && atSeconds < to);

describe('VEP 248: Redis in 10 GiB', () => {
  /** Bursts of 16 s every 75.5 s: a snapshot walks over 2.2 GiB; 5.2 s from the drain to RAM. */
  const quiet: readonly Phase[] = [
    { kind: 'once', fromUs: 0, toUs: 11.2e6, factor: 0 },
    { kind: 'periodic', periodUs: 75.5e6, startUs: 11.2e6, lengthUs: 59.5e6, factor: 0 },
  ];
  const walk: WriteProcess = { kind: 'sweep', pagesPerSecond: 150 * PAGES_PER_MIB, startShare: 0 };
  const redis: readonly RegionInput[] = [
    { mib: 880, writes: random(1100) },
    { mib: 2400, writes: walk, phases: quiet },
    { mib: 10_252 - 880 - 2400 },
  ];

  it('has the plateau, the bursts and the lengths of the passes within 10 %', async () => {
    const { rounds } = await migrate({
      regions: redis,
      mibPerSecond: 110.5,
      seed: 1,
      timeoutSeconds: 300,
    });
    const points = trace(rounds);
    // As published: plateaus of 780–841 MiB in passes of 7.0–7.4 s.
    for (const plateau of [between(points, 119, 141), between(points, 190, 214)]) {
      expect(Math.abs(mean(plateau.map(({ mib }) => mib)) / 804 - 1)).toBeLessThan(0.1);
      expect(Math.abs(mean(plateau.map((one) => one.lengthSeconds)) / 7.2 - 1)).toBeLessThan(0.1);
    }
    // Two bursts: at 153.5 s 2,474 MiB and a pass of 22.7 s, at 239.5 s 2,064 MiB and 18.8 s.
    const published = [
      { from: 150, to: 158, mib: 2474, seconds: 22.7 },
      { from: 235, to: 245, mib: 2064, seconds: 18.8 },
    ];
    for (const { from, to, mib, seconds } of published) {
      const [peak] = between(points, from, to);
      expect(Math.abs((peak?.mib ?? 0) / mib - 1)).toBeLessThan(0.1);
      expect(Math.abs((peak?.lengthSeconds ?? 0) / seconds - 1)).toBeLessThan(0.1);
    }
    expect(Math.abs((points[1]?.mib ?? 0) / 3018 - 1)).toBeLessThan(0.1);
  });
});

describe('VEP 248: a kernel build in 4 GiB', () => {
  const off = (fromSeconds: number, toSeconds: number): Phase => ({
    kind: 'once',
    fromUs: fromSeconds * 1e6,
    toUs: toSeconds * 1e6,
    factor: 0,
  });
  const build: readonly RegionInput[] = [
    { mib: 1275, writes: random(1300), phases: [off(271, 1e6)] },
    { mib: 340, writes: random(340), phases: [off(0, 149), off(259, 1e6)] },
    { mib: 1100, writes: random(51), phases: [off(42, 1e6)] },
    { mib: 4114 - 1275 - 340 - 1100 },
  ];

  it('has its plateau, its second phase and its end', async () => {
    const { rounds } = await migrate({
      regions: build,
      mibPerSecond: 114,
      seed: 1,
      timeoutSeconds: 400,
    });
    const points = trace(rounds);
    const near = (from: number, to: number, mib: number, seconds: number) => {
      const own = between(points, from, to);
      expect(Math.abs(mean(own.map((one) => one.mib)) / mib - 1)).toBeLessThan(0.1);
      expect(Math.abs(mean(own.map((one) => one.lengthSeconds)) / seconds - 1)).toBeLessThan(0.1);
    };
    // As published: 1,866 MiB after the first pass; passes of 10.8 s from 52 to 139 s; then 13.7 s.
    near(30, 45, 1866, 15.8);
    near(60, 140, 1261, 10.8);
    near(160, 250, 1581, 13.7);
    const end = points.at(-1);
    expect(Math.abs((end?.atSeconds ?? 0) + (end?.lengthSeconds ?? 0) - 277)).toBeLessThan(6);
  });
});

const traces = sharedData('published/vep248-traces.json');

describe.skipIf(traces === null)(
  'a constant dirty rate (shared/data/published; skipped when absent)',
  () => {
    it('cannot: no one rate gives what the traces found after passes of different lengths', () => {
      const published = JSON.parse(readFileSync(traces as string, 'utf8'));
      for (const name of ['ex1_redis', 'ex5_kernelbuild']) {
        // [length of the pass, MiB dirty after it]: a rate within 10 % of all needs the extremes
        // to lie within 1.1 / 0.9 of each other.
        const pairs: readonly (readonly [number, number])[] = published[name].dirty_vs_interval;
        const rates = pairs.map(([seconds, mib]) => mib / seconds);
        expect(Math.max(...rates) / Math.min(...rates)).toBeGreaterThan(2);
      }
    });
  },
);

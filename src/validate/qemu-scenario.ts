/** A scenario: the repeats of one recorded run, what was measured in them and what is simulated. */
import type { Kernels } from '../memory/kernels.js';
import { measuredOutcome } from './qemu-measured.js';
import { replayRun } from './qemu-replay.js';
import type { QemuRun } from './qemu-run.js';

/** How a migration went; null where it does not apply (a cancelled one has no total time). */
export interface QemuOutcome {
  readonly status: string;
  readonly totalTimeMs: number | null;
  readonly transferredBytes: number | null;
  readonly dirtySyncCount: number | null;
  readonly downtimeMs: number | null;
  readonly stopToResumeMs: number | null;
  readonly postcopy: boolean;
  readonly throttlePercentageMax: number;
  readonly throttleStepTimesMs: readonly number[];
  readonly postcopyRequests: number | null;
  /** When each sync was through: the lengths of rounds; not among the figures that are printed. */
  readonly syncTimesMs: readonly number[];
}

export interface RunFile {
  readonly run: QemuRun;
  /** The file as a whole, for what was measured. */
  readonly source: unknown;
}

export interface Scenario {
  readonly name: string;
  readonly group: string;
  readonly run: QemuRun;
  readonly repeats: number;
  /** One for each repeat that recorded its outcome. */
  readonly measured: readonly QemuOutcome[];
  readonly simulated: QemuOutcome;
}

/** Each repeat's inputs are simulated with these seeds; the scenario's figures are the medians. */
const SEEDS = [1, 2, 3, 4, 5];

/** Groups files into scenarios by their recorded names, sorted by name, and replays them. */
export function replayScenarios(kernels: Kernels, files: readonly RunFile[]): readonly Scenario[] {
  const byName = new Map<string, RunFile[]>();
  for (const file of files) {
    const { name } = file.run.config;
    const repeats = byName.get(name) ?? [];
    byName.set(name, repeats);
    repeats.push(file);
  }
  const names = [...byName.keys()].sort();
  return names.map((name) => scenarioOf(kernels, name, byName.get(name) as RunFile[]));
}

function scenarioOf(kernels: Kernels, name: string, files: readonly RunFile[]): Scenario {
  const measured = files.flatMap(({ source }) => measuredOutcome(source) ?? []);
  const replays = files.flatMap(({ run }) => SEEDS.map((seed) => replayRun(kernels, run, seed)));
  return {
    name,
    group: name.split('_')[0] as string,
    run: (files[0] as RunFile).run,
    repeats: files.length,
    measured,
    simulated: medianOutcome(replays),
  };
}

/** Of those that ended as most did, figure by figure; a word or a yes/no by majority. */
function medianOutcome(all: readonly QemuOutcome[]): QemuOutcome {
  const completed = all.filter(({ status }) => status === 'completed').length;
  const status = completed * 2 > all.length ? 'completed' : 'cancelled';
  // A time of the others does not apply to how most of them ended.
  const outcomes = all.filter((one) => one.status === status);
  const postcopies = outcomes.filter(({ postcopy }) => postcopy).length;
  const medianOf = (of: (outcome: QemuOutcome) => number | null): number | null =>
    median(outcomes.flatMap((outcome) => of(outcome) ?? []));
  return {
    status,
    totalTimeMs: medianOf((one) => one.totalTimeMs),
    transferredBytes: medianOf((one) => one.transferredBytes),
    dirtySyncCount: medianOf((one) => one.dirtySyncCount),
    downtimeMs: medianOf((one) => one.downtimeMs),
    stopToResumeMs: medianOf((one) => one.stopToResumeMs),
    postcopy: postcopies * 2 > outcomes.length,
    throttlePercentageMax: medianOf((one) => one.throttlePercentageMax) ?? 0,
    throttleStepTimesMs: medianTimes(outcomes.map((one) => one.throttleStepTimesMs)),
    postcopyRequests: medianOf((one) => one.postcopyRequests),
    syncTimesMs: medianTimes(outcomes.map((one) => one.syncTimesMs)),
  };
}

/** Median of the first times, of the second ones, …, as many as the median list has. */
function medianTimes(lists: readonly (readonly number[])[]): readonly number[] {
  const count = median(lists.map((list) => list.length)) ?? 0;
  return Array.from(
    { length: count },
    (_, i) => median(lists.flatMap((list) => list[i] ?? [])) ?? 0,
  );
}

/** The lower of the two middle ones of an even count, so that counts stay whole; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

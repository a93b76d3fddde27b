/** Holds recorded QEMU migrations against the model (`sluice validate qemu`). */
import type { Kernels } from '../memory/kernels.js';
import { type Bar, barsOf, differentEnds } from './qemu-bars.js';
import { parseQemuRun } from './qemu-run.js';
import { median, type QemuOutcome, replayScenarios, type Scenario } from './qemu-scenario.js';

/** The figures of an outcome, in the order in which they are printed. */
const FIGURES = [
  'status',
  'totalTimeMs',
  'transferredBytes',
  'dirtySyncCount',
  'downtimeMs',
  'stopToResumeMs',
  'postcopy',
  'throttlePercentageMax',
  'throttleStepTimesMs',
  'postcopyRequests',
] as const;
type Figure = (typeof FIGURES)[number];

export interface ScenarioReport {
  readonly name: string;
  readonly group: string;
  readonly repeats: number;
  /** Empty when the files hold inputs only. */
  readonly measured: Partial<{ readonly [K in Figure]: readonly QemuOutcome[K][] }>;
  readonly simulated: Pick<QemuOutcome, Figure>;
}

/** Errors in per cent, over the group's scenarios that recorded the figure. */
export interface GroupReport {
  readonly scenarios: number;
  readonly totalTimeMedianPercent: number | null;
  readonly totalTimeWorstPercent: number | null;
  readonly transferredMedianPercent: number | null;
  readonly transferredWorstPercent: number | null;
}

export interface QemuReport {
  readonly scenarios: readonly ScenarioReport[];
  readonly groups: Readonly<Record<string, GroupReport>>;
  readonly bars: readonly Bar[];
  /** Names of scenarios that ended in another way than recorded. */
  readonly differentEnds: readonly string[];
  readonly withinBounds: boolean;
}

/**
 * Replays every file; repeats of one scenario have one name.
 * @throws InputError for a file of another shape, a missing input, an unknown capability
 */
export function validateQemu(
  kernels: Kernels,
  files: readonly { readonly file: string; readonly text: string }[],
): QemuReport {
  const runs = files.map(({ file, text }) => parseQemuRun(file, text));
  const scenarios = replayScenarios(kernels, runs);
  const bars = barsOf(scenarios);
  const ends = differentEnds(scenarios);
  return {
    scenarios: scenarios.map(reportOf),
    groups: groupsOf(scenarios),
    bars,
    differentEnds: ends,
    withinBounds: ends.length === 0 && bars.every((bar) => bar.within),
  };
}

function reportOf(scenario: Scenario): ScenarioReport {
  const { name, group, repeats, measured, simulated } = scenario;
  const pick = (of: (figure: Figure) => unknown): object =>
    Object.fromEntries(FIGURES.map((figure) => [figure, of(figure)]));
  return {
    name,
    group,
    repeats,
    measured: measured.length === 0 ? {} : pick((figure) => measured.map((one) => one[figure])),
    simulated: pick((figure) => simulated[figure]) as Pick<QemuOutcome, Figure>,
  };
}

function groupsOf(scenarios: readonly Scenario[]): Readonly<Record<string, GroupReport>> {
  const names = [...new Set(scenarios.map(({ group }) => group))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const own = scenarios.filter(({ group }) => group === name);
      const times = own.flatMap((one) => errorOf(one, 'totalTimeMs'));
      const bytes = own.flatMap((one) => errorOf(one, 'transferredBytes'));
      return [
        name,
        {
          scenarios: own.length,
          totalTimeMedianPercent: median(times),
          totalTimeWorstPercent: times.length === 0 ? null : Math.max(...times),
          transferredMedianPercent: median(bytes),
          transferredWorstPercent: bytes.length === 0 ? null : Math.max(...bytes),
        },
      ];
    }),
  );
}

function errorOf(
  scenario: Scenario,
  figure: 'totalTimeMs' | 'transferredBytes',
): readonly number[] {
  const values = scenario.measured.flatMap((one) => one[figure] ?? []);
  const simulated = scenario.simulated[figure];
  if (values.length === 0 || simulated === null) return [];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [Math.abs(simulated / mean - 1) * 100];
}

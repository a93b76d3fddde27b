/**
 * What a person can move: a number each, so that a slider, a link and a comparison need no more.
 * Flags are 0 and 1. What a setting means for the fleet is in scenario-fleet.ts.
 */

export type SettingGroup = 'guest' | 'workload' | 'network' | 'kubevirt' | 'run';

export interface Setting {
  /** Its name in the link. */
  readonly key: SettingKey;
  readonly group: SettingGroup;
  readonly label: string;
  /** In which it is shown; the setting itself is `inUnit` times as much. */
  readonly unit: string;
  readonly inUnit: number;
  /** Said beside it. */
  readonly hint: string;
  readonly kind: 'range' | 'flag';
  /** Where a slider can stand, ascending. */
  readonly steps: readonly number[];
}

export type SettingKey =
  | 'memoryMiB'
  | 'filledPercent'
  | 'vcpus'
  | 'writesFactor'
  | 'sizeFactor'
  | 'hotPercent'
  | 'hotWrites'
  | 'coldWrites'
  | 'burstEverySeconds'
  | 'burstLengthSeconds'
  | 'burstFactor'
  | 'linkMbit'
  | 'rttUs'
  | 'neighbours'
  | 'bandwidthMiB'
  | 'completionTimeoutPerGiB'
  | 'progressTimeout'
  | 'autoConverge'
  | 'postCopy'
  | 'disruption'
  | 'maxDowntimeMs'
  | 'downtimeTuning'
  | 'stallDetection'
  | 'timeLimitMinutes'
  | 'seed';

export type Settings = Readonly<Record<SettingKey, number>>;

function linear(least: number, most: number, step: number): readonly number[] {
  const count = Math.round((most - least) / step) + 1;
  return Array.from({ length: count }, (_, i) => Number((least + i * step).toPrecision(12)));
}

const TENTHS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

/** Ten a decade. */
function log(least: number, most: number): readonly number[] {
  const first = Math.floor(Math.log10(least));
  const decades = Math.ceil(Math.log10(most)) - first + 1;
  return Array.from({ length: decades }, (_, i) =>
    TENTHS.map((tenth) => Number(`${tenth}e${first + i}`)),
  )
    .flat()
    .filter((value) => value >= least && value <= most);
}

/** Four an octave, from a power of two: 32, 40, 48, 56, 64, 80 … */
function binary(least: number, most: number): readonly number[] {
  const octaves = Math.round(Math.log2(most / least));
  const steps = Array.from({ length: octaves }, (_, i) =>
    [1, 1.25, 1.5, 1.75].map((part) => least * 2 ** i * part),
  );
  return [...steps.flat(), most];
}

const FLAG = [0, 1];

function setting(
  group: SettingGroup,
  key: SettingKey,
  label: string,
  unit: string,
  steps: readonly number[],
  hint = '',
): Setting {
  const kind = steps === FLAG ? 'flag' : 'range';
  return { key, group, label, unit, hint, kind, steps, inUnit: IN_UNIT[unit] ?? 1 };
}

/** MiB and Mbit/s are what is kept. */
const IN_UNIT: Readonly<Record<string, number>> = { GiB: 1024, 'Gbit/s': 1000 };

/** In the order of the page. */
export const SETTINGS: readonly Setting[] = [
  setting('guest', 'memoryMiB', 'Memory', 'GiB', binary(1024, 2 ** 20)),
  setting('guest', 'filledPercent', 'Filled', '%', linear(1, 100, 1), 'the rest are zero pages'),
  setting('guest', 'vcpus', 'vCPUs', '', linear(1, 64, 1)),
  setting('workload', 'writesFactor', 'Writes', '×', log(0.01, 100), 'times as often'),
  setting('workload', 'sizeFactor', 'Written memory', '×', log(0.05, 10), 'times as large'),
  setting('workload', 'hotPercent', 'Hot', '%', linear(0, 100, 0.5), 'of the memory'),
  setting('workload', 'hotWrites', 'Hot writes', '/s', log(0.001, 100), 'of each page'),
  setting('workload', 'coldWrites', 'Cold writes', '/s', log(1e-9, 1), 'of each page'),
  setting('workload', 'burstEverySeconds', 'A phase every', 's', linear(0, 600, 5), '0: none'),
  setting('workload', 'burstLengthSeconds', '… that lasts', 's', linear(1, 300, 1)),
  setting('workload', 'burstFactor', '… with writes', '×', log(0.01, 100), '0.01 is a lull'),
  setting('network', 'linkMbit', 'Link', 'Gbit/s', log(100, 400_000), 'payload, each way'),
  setting('network', 'rttUs', 'Round trip', 'µs', log(20, 100_000)),
  setting('network', 'neighbours', 'Neighbours', '', linear(0, 10, 1), 'migrations beside it'),
  setting(
    'kubevirt',
    'bandwidthMiB',
    'bandwidthPerMigration',
    'MiB/s',
    linear(0, 4096, 8),
    '0: none',
  ),
  setting(
    'kubevirt',
    'completionTimeoutPerGiB',
    'completionTimeoutPerGiB',
    's',
    linear(0, 300, 1),
    '0: none',
  ),
  setting('kubevirt', 'progressTimeout', 'progressTimeout', 's', linear(0, 600, 5)),
  setting('kubevirt', 'autoConverge', 'allowAutoConverge', '', FLAG),
  setting('kubevirt', 'postCopy', 'allowPostCopy', '', FLAG),
  setting('kubevirt', 'disruption', 'allowWorkloadDisruption', '', FLAG),
  setting(
    'kubevirt',
    'maxDowntimeMs',
    'maxDowntimeMs',
    'ms',
    log(50, 60_000),
    'needs one of the two gates',
  ),
  setting('kubevirt', 'downtimeTuning', 'MigrationDowntimeTuning', '', FLAG, 'gate and policy'),
  setting('kubevirt', 'stallDetection', 'MigrationStallDetection', '', FLAG, 'gate'),
  setting('run', 'timeLimitMinutes', 'Watch for', 'min', linear(5, 1440, 5)),
  setting('run', 'seed', 'Seed', '', linear(1, 100, 1), 'another draw of the same'),
];

/** The nearest value that the setting can have. */
export function bounded({ steps }: Setting, value: number): number {
  return Math.min(steps.at(-1) ?? value, Math.max(steps[0] ?? value, value));
}

/** Index of the step next to the value: where its slider stands. */
export function stepAt({ steps }: Setting, value: number): number {
  let best = 0;
  for (const [i, step] of steps.entries()) {
    if (Math.abs(step - value) < Math.abs((steps[best] ?? 0) - value)) best = i;
  }
  return best;
}

/** The settings that a migration of a guest would run with, each with where it comes from. */
import { DEFAULT_MIGRATIONS } from '../fleet/defaults.js';
import type { ClusterMigrationConfiguration, Fleet, MigrationPolicy } from '../fleet/model.js';
import type { MigrationSettings } from '../kubevirt/policy.js';

export interface ExplainedSetting {
  readonly name: string;
  /** As a fleet file would have it; null: off, or no limit. */
  readonly value: string | number | boolean | null;
  /** '' where the value says it all. */
  readonly unit: string;
  /** `default`, `cluster`, `policy NAME`, `guest`, `release`. */
  readonly source: string;
}

/** In the order of spec/kubevirt.md 1. A cluster's value that equals the default counts as it. */
export function explainSettings(
  fleet: Fleet,
  settings: MigrationSettings,
): readonly ExplainedSetting[] {
  return [
    ...migrationSettings(settings),
    ...stallDetectorSettings(fleet, settings),
    ...downtimeTuningSettings(fleet, settings),
    ...clusterSettings(fleet),
  ];
}

function migrationSettings(settings: MigrationSettings): readonly ExplainedSetting[] {
  const bandwidth = settings.bandwidthPerMigrationBytesPerSecond;
  const of = (
    name: keyof MigrationSettings['sources'],
    value: ExplainedSetting['value'],
    unit = '',
    shown: string = name,
  ): ExplainedSetting => ({ name: shown, value, unit, source: sourceText(settings, name) });
  const bandwidthName = 'bandwidthPerMigrationBytesPerSecond';
  return [
    of('allowAutoConverge', settings.allowAutoConverge),
    of(bandwidthName, bandwidth === 0 ? null : bandwidth, 'bytes/s', 'bandwidthPerMigration'),
    of('completionTimeoutPerGiB', settings.completionTimeoutPerGiB, 's per decimal GB'),
    of('maxDowntimeMs', settings.maxDowntimeMs, 'ms'),
    of('progressTimeout', settings.progressTimeout, 's'),
    of('allowPostCopy', settings.allowPostCopy),
    of('allowWorkloadDisruption', settings.allowWorkloadDisruption),
    of('unsafeMigrationOverride', settings.unsafeMigrationOverride),
    of('disableTLS', settings.disableTLS),
    of('compression', settings.compression),
    of(
      'multifdChannels',
      settings.multifdChannels === 0 ? null : settings.multifdChannels,
      'connections',
    ),
  ];
}

function sourceText(settings: MigrationSettings, name: keyof MigrationSettings['sources']): string {
  const source = settings.sources[name];
  return source === 'policy' ? `policy ${settings.policyName}` : source;
}

/** Options of one of a policy's experimental objects, each from the policy or KubeVirt's default. */
function optionSettings(
  prefix: string,
  options: object,
  policy: MigrationPolicy | undefined,
  given: object | null | undefined,
): readonly ExplainedSetting[] {
  const set = new Map(Object.entries(given ?? {}));
  return Object.entries(options).map(([name, value]) => ({
    name: `${prefix}.${name}`,
    value,
    unit: OPTION_UNITS[name] ?? '',
    source: (set.get(name) ?? null) === null ? 'default' : `policy ${policy?.name ?? ''}`,
  }));
}

const OPTION_UNITS: Readonly<Record<string, string>> = {
  stallMargin: '%',
  stallProgressTimeout: 's',
  switchoverTimeout: 's',
  initialMs: 'ms',
  cooldownSeconds: 's',
};

function stallDetectorSettings(
  fleet: Fleet,
  settings: MigrationSettings,
): readonly ExplainedSetting[] {
  if (settings.stallDetector === null) {
    const source = 'feature gate MigrationStallDetection is off';
    return [{ name: 'stallDetector', value: null, unit: '', source }];
  }
  const policy = policyOf(fleet, settings);
  return optionSettings('stallDetector', settings.stallDetector, policy, policy?.stallDetector);
}

function downtimeTuningSettings(
  fleet: Fleet,
  settings: MigrationSettings,
): readonly ExplainedSetting[] {
  const policy = policyOf(fleet, settings);
  if (settings.downtimeTuning === null) {
    const source =
      policy?.downtimeTuning == null
        ? 'no policy asks for it'
        : 'feature gate MigrationDowntimeTuning is off';
    return [{ name: 'downtimeTuning', value: null, unit: '', source }];
  }
  return optionSettings('downtimeTuning', settings.downtimeTuning, policy, policy?.downtimeTuning);
}

function policyOf(fleet: Fleet, settings: MigrationSettings): MigrationPolicy | undefined {
  return fleet.policies.find(({ name }) => name === settings.policyName);
}

const CLUSTER_UNITS: Readonly<Partial<Record<keyof ClusterMigrationConfiguration, string>>> = {
  parallelMigrationsPerCluster: 'migrations',
  parallelOutboundMigrationsPerNode: 'migrations',
  utilityVolumesTimeout: 's',
};

/** What no policy can change (spec/kubevirt.md 1.2). */
function clusterSettings(fleet: Fleet): readonly ExplainedSetting[] {
  const names = [
    'parallelMigrationsPerCluster',
    'parallelOutboundMigrationsPerNode',
    'utilityVolumesTimeout',
    'nodeDrainTaintKey',
    'network',
    'matchSELinuxLevelOnMigration',
  ] as const;
  return names.map((name) => {
    const value = fleet.kubevirt.migrations[name];
    const source = value === DEFAULT_MIGRATIONS[name] ? 'default' : 'cluster';
    return { name, value, unit: CLUSTER_UNITS[name] ?? '', source };
  });
}

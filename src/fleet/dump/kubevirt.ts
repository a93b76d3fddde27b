/** The KubeVirt CR: what of its configuration decides about migrations (spec/kubevirt.md 1.1). */
import {
  DEFAULT_KUBEVIRT,
  DEFAULT_MIGRATIONS,
  DEFAULT_WORKLOAD_UPDATES,
  KUBEVIRT_RELEASES,
  NEWEST_KUBEVIRT_RELEASE,
} from '../defaults.js';
import type {
  ClusterMigrationConfiguration,
  KubeVirtSettings,
  WorkloadUpdateStrategy,
} from '../model.js';
import { quoteShort } from '../source-document.js';
import { parseDuration } from '../units.js';
import {
  at,
  booleanOr,
  elements,
  entries,
  type Field,
  INT64,
  integerOr,
  isSet,
  oneOf,
  quantityOr,
  requiredText,
  shownValue,
  textList,
  textMap,
  textOr,
  UINT32,
  wrong,
} from './field.js';
import { EVICTION_STRATEGIES } from './guests.js';
import { passOverUnknownKeys, type WarningLog, warn } from './warning-log.js';

/** @param field a whole KubeVirt object. @throws InputError with the path of the wrong field */
export function readKubeVirt(field: Field, log: WarningLog): KubeVirtSettings {
  const configuration = at(field, 'spec', 'configuration');
  const developer = at(configuration, 'developerConfiguration');
  const devices = at(configuration, 'permittedHostDevices');
  return {
    release: readRelease(at(field, 'status'), log),
    evictionStrategy: oneOf(
      at(configuration, 'evictionStrategy'),
      EVICTION_STRATEGIES,
      DEFAULT_KUBEVIRT.evictionStrategy,
    ),
    featureGates: [...textList(at(developer, 'featureGates'))].sort(),
    cpuAllocationRatio: integerOr(
      at(developer, 'cpuAllocationRatio'),
      DEFAULT_KUBEVIRT.cpuAllocationRatio,
      INT64,
      1,
    ),
    memoryOvercommit: integerOr(
      at(developer, 'memoryOvercommit'),
      DEFAULT_KUBEVIRT.memoryOvercommit,
      INT64,
      1,
    ),
    additionalGuestMemoryOverheadRatio: readRatio(
      at(configuration, 'additionalGuestMemoryOverheadRatio'),
    ),
    nodeSelectors: textMap(at(developer, 'nodeSelectors')),
    mediatedDevices: resourceNames(at(devices, 'mediatedDevices')),
    pciHostDevices: resourceNames(at(devices, 'pciHostDevices')),
    migratableBindings: entries(at(configuration, 'network', 'binding'))
      .filter(([, binding]) => isSet(at(binding, 'migration')))
      .map(([name]) => name),
    migrations: readMigrations(at(configuration, 'migrations'), log),
    workloadUpdates: readWorkloadUpdates(at(field, 'spec', 'workloadUpdateStrategy')),
  };
}

const UPDATE_METHODS = ['LiveMigrate', 'Evict'] as const;

function readWorkloadUpdates(field: Field): WorkloadUpdateStrategy {
  const usual = DEFAULT_WORKLOAD_UPDATES;
  return {
    methods: elements(at(field, 'workloadUpdateMethods')).map((method) =>
      oneOf(method, UPDATE_METHODS, 'LiveMigrate'),
    ),
    batchEvictionSize: integerOr(
      at(field, 'batchEvictionSize'),
      usual.batchEvictionSize,
      UINT32,
      1,
    ),
    batchEvictionIntervalUs: intervalUs(at(field, 'batchEvictionInterval')),
  };
}

/** Go's duration: `1m0s`. */
function intervalUs(field: Field): number {
  if (!isSet(field)) return DEFAULT_WORKLOAD_UPDATES.batchEvictionIntervalUs;
  const read = parseDuration(textOr(field, ''));
  if (!read.ok || read.value <= 0) throw wrong(field, `${shownValue(field)} is not a duration`);
  return Math.round(read.value);
}

/** @throws InputError with the path of the wrong field */
export function readMigrations(field: Field, log: WarningLog): ClusterMigrationConfiguration {
  passOverUnknownKeys(log, 'KubeVirt migrations', entries(field), Object.keys(KNOWN));
  const d = DEFAULT_MIGRATIONS;
  const allowPostCopy = booleanOr(at(field, 'allowPostCopy'), d.allowPostCopy);
  const count = (key: 'parallelMigrationsPerCluster' | 'parallelOutboundMigrationsPerNode') =>
    // 0 is accepted by Kubernetes, and no migration would ever start.
    integerOr(at(field, key), d[key], UINT32, 1);
  const seconds = (key: 'completionTimeoutPerGiB' | 'progressTimeout' | 'utilityVolumesTimeout') =>
    integerOr(at(field, key), d[key], INT64, 0);
  return {
    nodeDrainTaintKey: textOr(at(field, 'nodeDrainTaintKey'), d.nodeDrainTaintKey),
    parallelMigrationsPerCluster: count('parallelMigrationsPerCluster'),
    parallelOutboundMigrationsPerNode: count('parallelOutboundMigrationsPerNode'),
    allowAutoConverge: booleanOr(at(field, 'allowAutoConverge'), d.allowAutoConverge),
    bandwidthPerMigrationBytesPerSecond: quantityOr(
      at(field, 'bandwidthPerMigration'),
      d.bandwidthPerMigrationBytesPerSecond,
    ),
    completionTimeoutPerGiB: seconds('completionTimeoutPerGiB'),
    maxDowntimeMs: integerOr(at(field, 'maxDowntimeMs'), d.maxDowntimeMs, DOWNTIME_MS),
    progressTimeout: seconds('progressTimeout'),
    utilityVolumesTimeout: seconds('utilityVolumesTimeout'),
    unsafeMigrationOverride: booleanOr(
      at(field, 'unsafeMigrationOverride'),
      d.unsafeMigrationOverride,
    ),
    allowPostCopy,
    allowWorkloadDisruption: booleanOr(at(field, 'allowWorkloadDisruption'), allowPostCopy),
    disableTLS: booleanOr(at(field, 'disableTLS'), d.disableTLS),
    network: textOr(at(field, 'network'), d.network),
    matchSELinuxLevelOnMigration: booleanOr(
      at(field, 'matchSELinuxLevelOnMigration'),
      d.matchSELinuxLevelOnMigration,
    ),
  };
}

/** The range that the custom resource definition accepts (spec/kubevirt.md 1.1). */
export const DOWNTIME_MS = { name: 'the range 1 to 2000000', min: 1, max: 2_000_000 };

const KNOWN: Readonly<
  Record<
    | keyof Omit<ClusterMigrationConfiguration, 'bandwidthPerMigrationBytesPerSecond'>
    | 'bandwidthPerMigration',
    true
  >
> = {
  nodeDrainTaintKey: true,
  parallelMigrationsPerCluster: true,
  parallelOutboundMigrationsPerNode: true,
  allowAutoConverge: true,
  bandwidthPerMigration: true,
  completionTimeoutPerGiB: true,
  maxDowntimeMs: true,
  progressTimeout: true,
  utilityVolumesTimeout: true,
  unsafeMigrationOverride: true,
  allowPostCopy: true,
  allowWorkloadDisruption: true,
  disableTLS: true,
  network: true,
  matchSELinuxLevelOnMigration: true,
};

function resourceNames(list: Field): readonly string[] {
  return elements(list)
    .map((device) => requiredText(at(device, 'resourceName')))
    .sort();
}

/** KubeVirt's ratio is a decimal in a string. */
function readRatio(field: Field): number | null {
  if (!isSet(field)) return null;
  const ratio = Number(textOr(field, ''));
  if (!(ratio >= 1 && ratio <= 1000))
    throw wrong(field, `${shownValue(field)} is not a ratio of 1.0 or more`);
  return ratio;
}

function readRelease(status: Field, log: WarningLog): string {
  const field = ['observedKubeVirtVersion', 'targetKubeVirtVersion', 'operatorVersion']
    .map((key) => at(status, key))
    .find(isSet);
  if (field === undefined) {
    warn(
      log,
      at(status, 'observedKubeVirtVersion'),
      `missing; release ${NEWEST_KUBEVIRT_RELEASE} is taken`,
    );
    return NEWEST_KUBEVIRT_RELEASE;
  }
  const { release, isExact } = nearestRelease(textOr(field, ''));
  if (!isExact)
    warn(log, field, `${quoteShort(textOr(field, ''))} is not known; release ${release} is taken`);
  return release;
}

/** `v1.9.0` to `1.9`; an unknown release to the nearest known one (spec/kubevirt.md 11). */
function nearestRelease(version: string): { release: string; isExact: boolean } {
  const match = /^v?(\d{1,4})\.(\d{1,4})(?!\d)/.exec(version);
  const wanted = match === null ? '' : `${Number(match[1])}.${Number(match[2])}`;
  const exact = KUBEVIRT_RELEASES.find((release) => release === wanted);
  if (exact !== undefined) return { release: exact, isExact: true };
  const isOlder =
    match !== null && (Number(match[1]) < 1 || (Number(match[1]) === 1 && Number(match[2]) < 4));
  return { release: isOlder ? KUBEVIRT_RELEASES[0] : NEWEST_KUBEVIRT_RELEASE, isExact: false };
}

/** VirtualMachineInstance objects to guests. */
import { DEFAULT_GUEST_MEMORY_BYTES, DEFAULT_SRIOV_UNPLUG_US } from '../defaults.js';
import type { EvictionStrategy, Guest, GuestVolume, LiveMigratableCondition } from '../model.js';
import { pathText } from '../source-document.js';
import { readDeviceNames, readFeatures, readInterfaces } from './devices.js';
import {
  at,
  booleanOr,
  elements,
  entries,
  type Field,
  integerOr,
  isSet,
  memoryOr,
  oneOf,
  quantityMap,
  quantityOr,
  requiredText,
  textMap,
  textOr,
  UINT32,
} from './field.js';
import { objectNameOr } from './names.js';
import { fullName, type KubernetesObject } from './objects.js';
import { readAffinity, readTolerations, readTopologySpread } from './scheduling.js';
import { type Claims, readVolumes } from './volumes.js';
import { passOverUnknownKeys, tally, type WarningLog } from './warning-log.js';

/** A guest whose workload is still to be found in metrics. */
export type GuestWithoutWorkload = Omit<Guest, 'workload'>;

export const EVICTION_STRATEGIES: readonly EvictionStrategy[] = [
  'None',
  'LiveMigrate',
  'LiveMigrateIfPossible',
  'External',
];

const PAGE_BYTES = 4096;

/** KubeVirt's API v1; most of it has no bearing on migrations. What is not here is counted. */
const SPEC_KEYS = (
  'priorityClassName domain nodeSelector affinity schedulerName tolerations evictionStrategy ' +
  'topologySpreadConstraints startStrategy terminationGracePeriodSeconds volumes livenessProbe ' +
  'readinessProbe hostname subdomain networks dnsPolicy dnsConfig accessCredentials architecture ' +
  'resourceClaims utilityVolumes'
).split(' ');
const DOMAIN_KEYS = (
  'resources cpu memory machine firmware clock features devices ioThreads ioThreadsPolicy ' +
  'chassis launchSecurity rebootPolicy'
).split(' ');

/**
 * @param migrating full names of guests with an unfinished migration object
 * @throws InputError with the path of the wrong field
 */
export function readGuest(
  object: KubernetesObject,
  claims: Claims,
  migrating: ReadonlySet<string>,
  log: WarningLog,
): GuestWithoutWorkload {
  const { field, namespace, name } = object;
  const spec = at(field, 'spec');
  const status = at(field, 'status');
  const volumes = readVolumes(object, claims, log);
  passOverUnknownKeys(log, 'VirtualMachineInstance spec', entries(spec), SPEC_KEYS);
  passOverUnknownKeys(
    log,
    'VirtualMachineInstance domain',
    entries(at(spec, 'domain')),
    DOMAIN_KEYS,
  );
  if (!isSet(status)) tally(log, 'guest has no status', field, fullName(object));
  return {
    namespace,
    name,
    labels: textMap(at(field, 'metadata', 'labels')),
    annotations: textMap(at(field, 'metadata', 'annotations')),
    node: readNodeName(object, log),
    ...readMachine(object, log),
    nodeSelector: textMap(at(spec, 'nodeSelector')),
    affinity: readAffinity(at(spec, 'affinity'), log),
    tolerations: readTolerations(at(spec, 'tolerations')),
    topologySpread: readTopologySpread(at(spec, 'topologySpreadConstraints')),
    evictionStrategy: oneOf(at(spec, 'evictionStrategy'), EVICTION_STRATEGIES, null),
    liveMigratable: readLiveMigratable(object, log),
    migrationMethod: oneOf(
      at(status, 'migrationMethod'),
      ['LiveMigration', 'BlockMigration'] as const,
      methodOf(volumes),
    ),
    gpus: readDeviceNames(at(spec, 'domain', 'devices', 'gpus')),
    hostDevices: readDeviceNames(at(spec, 'domain', 'devices', 'hostDevices')),
    // No object of a cluster tells its size.
    vfio: null,
    sriovUnplugUs: DEFAULT_SRIOV_UNPLUG_US,
    interfaces: readInterfaces(spec),
    features: readFeatures(field),
    volumes,
    evacuationNodeName: objectNameOr(at(status, 'evacuationNodeName'), null),
    migrating: migrating.has(fullName(object)) || isMigrating(at(status, 'migrationState')),
    phase: textOr(at(status, 'phase'), 'Running'),
    origin: pathText(field.path),
  };
}

/** CPU, memory and resources: spec.domain. */
function readMachine(object: KubernetesObject, log: WarningLog) {
  const spec = at(object.field, 'spec');
  const domain = at(spec, 'domain');
  const cpu = at(domain, 'cpu');
  const resources = at(domain, 'resources');
  return {
    memoryBytes: readMemory(object, log),
    memoryGuestIsSet: isSet(at(domain, 'memory', 'guest')),
    vcpus: readVcpus(cpu, resources),
    cpuModel: textOr(at(cpu, 'model'), ''),
    cpuFeatures: elements(at(cpu, 'features')).map((feature) => ({
      name: requiredText(at(feature, 'name')),
      policy: textOr(at(feature, 'policy'), 'require'),
    })),
    dedicatedCpus: booleanOr(at(cpu, 'dedicatedCpuPlacement'), false),
    isolateEmulatorThread: booleanOr(at(cpu, 'isolateEmulatorThread'), false),
    hugepageBytes: memoryOr(at(domain, 'memory', 'hugepages', 'pageSize'), null),
    machineType: textOr(
      at(domain, 'machine', 'type'),
      textOr(at(object.field, 'status', 'machine', 'type'), ''),
    ),
    architecture: textOr(at(spec, 'architecture'), 'amd64'),
    resourceRequests: quantityMap(at(resources, 'requests')),
    resourceLimits: quantityMap(at(resources, 'limits')),
    overcommitGuestOverhead: booleanOr(at(resources, 'overcommitGuestOverhead'), false),
    reservedOverheadBytes: quantityOr(at(domain, 'memory', 'reservedOverhead'), 0),
  };
}

/** Whole pages. memory.guest, requests, limits, what the status reports, or the warned default. */
function readMemory(object: KubernetesObject, log: WarningLog): number {
  const domain = at(object.field, 'spec', 'domain');
  const bytes =
    memoryOr(at(domain, 'memory', 'guest'), null) ??
    memoryOr(at(domain, 'resources', 'requests', 'memory'), null) ??
    memoryOr(at(domain, 'resources', 'limits', 'memory'), null) ??
    memoryOr(at(object.field, 'status', 'memory', 'guestCurrent'), null);
  if (bytes === null) {
    tally(log, 'guest has no memory size; 1 GiB is taken', object.field, fullName(object));
    return DEFAULT_GUEST_MEMORY_BYTES;
  }
  return Math.max(1, Math.floor(bytes / PAGE_BYTES)) * PAGE_BYTES;
}

/** sockets × cores × threads where any is set, else CPU limit or request, at least 1 (spec 5.8). */
function readVcpus(cpu: Field, resources: Field): number {
  const parts = ['sockets', 'cores', 'threads'].map((key) =>
    integerOr(at(cpu, key), null, UINT32, 1),
  );
  if (parts.some((part) => part !== null)) {
    return parts.reduce<number>((product, part) => product * (part ?? 1), 1);
  }
  const cores =
    quantityOr(at(resources, 'limits', 'cpu'), null) ??
    quantityOr(at(resources, 'requests', 'cpu'), 1);
  return Math.max(1, Math.ceil(cores));
}

function readNodeName(object: KubernetesObject, log: WarningLog): string | null {
  const name = objectNameOr(at(object.field, 'status', 'nodeName'), null);
  if (name === null) {
    tally(
      log,
      'guest has no status.nodeName; no drain concerns it',
      object.field,
      fullName(object),
    );
  }
  return name;
}

function readLiveMigratable(
  object: KubernetesObject,
  log: WarningLog,
): LiveMigratableCondition | null {
  for (const condition of elements(at(object.field, 'status', 'conditions'))) {
    if (textOr(at(condition, 'type'), '') !== 'LiveMigratable') continue;
    const status = textOr(at(condition, 'status'), '');
    if (status !== 'True' && status !== 'False') break;
    return {
      status: status === 'True',
      reason: textOr(at(condition, 'reason'), ''),
      message: textOr(at(condition, 'message'), ''),
    };
  }
  tally(
    log,
    "guest has no LiveMigratable condition; KubeVirt's rules are applied to its spec",
    object.field,
    fullName(object),
  );
  return null;
}

/**
 * spec/kubevirt.md 4: block migration when any volume is not shared, unless it is a read-only
 * CD-ROM or virtiofs. (Unshared claims and host disks forbid a migration; KubeVirt sets the method
 * all the same.)
 */
function methodOf(volumes: readonly GuestVolume[]): Guest['migrationMethod'] {
  return volumes.every((volume) => volume.migration === null && isShared(volume))
    ? 'LiveMigration'
    : 'BlockMigration';
}

function isShared(volume: GuestVolume): boolean {
  switch (volume.source) {
    case 'persistentVolumeClaim':
    case 'dataVolume':
      return volume.claim?.accessModes.includes('ReadWriteMany') ?? false;
    case 'hostDisk':
      return volume.hostDiskShared;
    default:
      return volume.device === 'filesystem' || (volume.device === 'cdrom' && volume.readOnly);
  }
}

/** The status keeps the last migration's state; it is under way when it has not ended. */
function isMigrating(state: Field): boolean {
  if (!isSet(state) || !isSet(at(state, 'migrationUid'))) return false;
  const hasEnded =
    booleanOr(at(state, 'completed'), false) ||
    booleanOr(at(state, 'failed'), false) ||
    isSet(at(state, 'endTimestamp'));
  return !hasEnded;
}

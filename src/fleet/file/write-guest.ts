/** A guest as plain values of the fleet file; what is usual is left out. */
import { DEFAULT_COMPRESSED_SHARE, DEFAULT_SRIOV_UNPLUG_US } from '../defaults.js';
import type { Guest, GuestFeatures, GuestVolume } from '../model.js';
import {
  formatDuration,
  formatPageRate,
  formatRate,
  formatShare,
  formatSize,
  parseDuration,
} from '../units.js';
import type { Phase, Placement, Region, Workload, WriteProcess } from '../workload.js';
import {
  claimDefault,
  DEFAULT_VOLUME_SOURCE,
  FEATURE_DEFAULTS,
  GUEST_DEFAULTS,
  INTERFACE_DEFAULTS,
  migrationMethodDefault,
  podNetworkDefault,
} from './guest-defaults.js';
import { writeAffinity, writeToleration, writeTopologySpread } from './placement-rules.js';
import { equalValues, isEmpty, type Plain, unless, writeQuantities } from './plain.js';

/** What a guest cannot share with others. */
export function writeGuestIdentity(guest: Guest): Plain {
  return { name: guest.name, node: guest.node };
}

/** Every field that `guestDefaults` can hold, with its value even where that is usual. */
export function writeGuestFields(guest: Guest): Plain {
  return {
    namespace: guest.namespace,
    memory: formatSize(guest.memoryBytes),
    vcpus: guest.vcpus,
    labels: guest.labels,
    annotations: guest.annotations,
    evictionStrategy: guest.evictionStrategy,
    liveMigratable: guest.liveMigratable === null ? null : writeCondition(guest.liveMigratable),
    nodeSelector: guest.nodeSelector,
    affinity: writeAffinity(guest.affinity) ?? {},
    tolerations: guest.tolerations.map(writeToleration),
    topologySpreadConstraints: guest.topologySpread.map(writeTopologySpread),
    resources: writeResources(guest),
    hugepages: guest.hugepageBytes === null ? null : formatSize(guest.hugepageBytes),
    cpuModel: guest.cpuModel,
    cpuFeatures: guest.cpuFeatures,
    dedicatedCpus: guest.dedicatedCpus,
    isolateEmulatorThread: guest.isolateEmulatorThread,
    machineType: guest.machineType,
    architecture: guest.architecture,
    memoryGuestIsSet: guest.memoryGuestIsSet,
    overcommitGuestOverhead: guest.overcommitGuestOverhead,
    reservedOverhead: formatSize(guest.reservedOverheadBytes),
    gpus: guest.gpus,
    hostDevices: guest.hostDevices,
    vfio: writeVfio(guest.vfio),
    sriovUnplug: formatDuration(guest.sriovUnplugUs),
    interfaces: guest.interfaces.map(({ name, binding, plugin, podNetwork }) => ({
      name,
      binding,
      ...unless({ plugin: '', podNetwork: podNetworkDefault(binding) }, { plugin, podNetwork }),
    })),
    features: unless({ ...FEATURE_DEFAULTS }, { ...guest.features } satisfies GuestFeatures),
    evacuationNodeName: guest.evacuationNodeName,
    migrating: guest.migrating,
    phase: guest.phase,
    volumes: guest.volumes.map(writeVolume),
    workload: writeWorkload(guest.workload),
  };
}

/** The values of these fields that the reader fills in by itself. */
export const USUAL_GUEST_FIELDS: Plain = {
  namespace: GUEST_DEFAULTS.namespace,
  vcpus: GUEST_DEFAULTS.vcpus,
  labels: {},
  annotations: {},
  evictionStrategy: null,
  liveMigratable: null,
  nodeSelector: {},
  affinity: {},
  tolerations: [],
  topologySpreadConstraints: [],
  resources: {},
  hugepages: null,
  cpuModel: GUEST_DEFAULTS.cpuModel,
  cpuFeatures: [],
  dedicatedCpus: false,
  isolateEmulatorThread: false,
  machineType: GUEST_DEFAULTS.machineType,
  architecture: GUEST_DEFAULTS.architecture,
  memoryGuestIsSet: true,
  overcommitGuestOverhead: false,
  reservedOverhead: formatSize(0),
  gpus: [],
  hostDevices: [],
  vfio: null,
  sriovUnplug: formatDuration(DEFAULT_SRIOV_UNPLUG_US),
  interfaces: INTERFACE_DEFAULTS.map(({ name, binding }) => ({ name, binding })),
  features: {},
  evacuationNodeName: null,
  migrating: false,
  phase: GUEST_DEFAULTS.phase,
  volumes: [],
};

/** Only where it is not what the volumes say; no default of a file can stand for that. */
export function writeMigrationMethod(guest: Guest): Plain {
  const usual = migrationMethodDefault(guest.volumes);
  return unless({ migrationMethod: usual }, { migrationMethod: guest.migrationMethod });
}

function writeVfio(vfio: Guest['vfio']): Plain | null {
  if (vfio === null) return null;
  const { stateBytes, precopy, dirtyTracking } = vfio;
  return {
    state: formatSize(stateBytes),
    ...(precopy === null
      ? {}
      : {
          precopy: {
            initial: formatSize(precopy.initialBytes),
            dirtyRate: formatRate(precopy.dirtyBytesPerSecond),
          },
        }),
    ...unless({ dirtyTracking: 'device' }, { dirtyTracking }),
  };
}

function writeCondition(condition: NonNullable<Guest['liveMigratable']>): Plain {
  return unless({ reason: '', message: '' }, { ...condition });
}

function writeResources({ resourceRequests, resourceLimits }: Guest): Plain {
  return {
    ...(isEmpty(resourceRequests) ? {} : { requests: writeQuantities(resourceRequests) }),
    ...(isEmpty(resourceLimits) ? {} : { limits: writeQuantities(resourceLimits) }),
  };
}

function writeVolume(volume: GuestVolume): Plain {
  const { name, source, claim, bytes, migration } = volume;
  const usualClaim = claimDefault(source, name, bytes);
  return {
    name,
    ...unless({ source: DEFAULT_VOLUME_SOURCE }, { source }),
    ...(bytes === 0 ? {} : { size: formatSize(bytes) }),
    ...(equalValues(claim, usualClaim) ? {} : { claim: writeClaim(volume) }),
    ...unless(
      { device: 'disk', readOnly: false, hostDiskShared: false, persistentReservation: false },
      {
        device: volume.device,
        readOnly: volume.readOnly,
        hostDiskShared: volume.hostDiskShared,
        persistentReservation: volume.persistentReservation,
      },
    ),
    ...(migration === null
      ? {}
      : {
          migration: unless(
            { sourceCapacity: null, sourceRequest: null, destinationCapacity: null },
            {
              sourceCapacity: sizeOrNull(migration.sourceCapacityBytes),
              sourceRequest: sizeOrNull(migration.sourceRequestBytes),
              destinationCapacity: sizeOrNull(migration.destinationCapacityBytes),
            },
          ),
        }),
    ...(volume.writeBytesPerSecond === 0
      ? {}
      : { writeRate: formatRate(volume.writeBytesPerSecond) }),
  };
}

function writeClaim({ name: volumeName, claim, bytes }: GuestVolume): Plain | null {
  if (claim === null) {
    return null;
  }
  const { name, accessModes, capacityBytes, requestBytes, volumeMode } = claim;
  const usual = bytes === 0 ? null : formatSize(bytes);
  return unless(
    {
      name: volumeName,
      accessModes: ['ReadWriteMany'],
      capacity: usual,
      request: usual,
      volumeMode: 'Block',
    },
    {
      name,
      accessModes,
      capacity: sizeOrNull(capacityBytes),
      request: sizeOrNull(requestBytes),
      volumeMode,
    },
  );
}

function sizeOrNull(bytes: number | null): string | number | null {
  return bytes === null ? null : formatSize(bytes);
}

function writeWorkload(workload: Workload): Plain {
  if (workload.kind === 'regions') {
    return { regions: workload.regions.map(writeRegion) };
  }
  const { filledBytes, dirtyRates, compressedShare } = workload;
  return {
    observed: {
      filled: formatSize(filledBytes),
      dirtyRates: dirtyRates.map(({ windowSeconds, bytesPerSecond }) => ({
        window: writeSeconds(windowSeconds),
        rate: formatRate(bytesPerSecond),
      })),
      ...unusualCompression(compressedShare),
    },
  };
}

/** A duration where that reads back as the same number of seconds, else the number. */
function writeSeconds(seconds: number): string | number {
  const text = formatDuration(seconds * 1e6);
  const read = parseDuration(text);
  return read.ok && read.value / 1e6 === seconds ? text : seconds;
}

function writeRegion(region: Region): Plain {
  return {
    name: region.name,
    size: formatSize(region.bytes),
    ...(region.filledShare === 1 ? {} : { filled: formatShare(region.filledShare) }),
    ...unusualCompression(region.compressedShare),
    ...unless({ placement: 'spread' }, { placement: writePlacement(region.placement) }),
    ...unless({ writes: 'none' }, { writes: writeWrites(region.writes) }),
    ...(region.phases.length === 0 ? {} : { phases: region.phases.map(writePhase) }),
    ...unless({ paced: 'cpu' }, { paced: region.pacedBy }),
  };
}

function unusualCompression(compressedShare: number): Plain {
  return compressedShare === DEFAULT_COMPRESSED_SHARE
    ? {}
    : { compressed: formatShare(compressedShare) };
}

function writePlacement(placement: Placement): string | Plain {
  switch (placement.kind) {
    case 'spread':
      return 'spread';
    case 'contiguous':
      return { at: formatShare(placement.at) };
    case 'contiguous-seeded':
      return 'one-piece';
  }
}

function writeWrites(writes: WriteProcess): string | Plain {
  if (writes.kind === 'none') {
    return 'none';
  }
  const both = { process: writes.kind, rate: formatPageRate(writes.pagesPerSecond) };
  switch (writes.kind) {
    case 'random':
      return both;
    case 'hotcold':
      return {
        ...both,
        hot: formatShare(writes.hotShare),
        hotWrites: formatShare(writes.hotWritesShare),
      };
    case 'zipf':
      return { ...both, exponent: writes.exponent };
    case 'sweep':
      return { ...both, start: formatShare(writes.startShare) };
  }
}

function writePhase(phase: Phase): Plain {
  const { factor } = phase;
  return phase.kind === 'once'
    ? { from: formatDuration(phase.fromUs), to: formatDuration(phase.toUs), factor }
    : {
        every: formatDuration(phase.periodUs),
        ...(phase.startUs === 0 ? {} : { start: formatDuration(phase.startUs) }),
        length: formatDuration(phase.lengthUs),
        factor,
      };
}

/** Guests of a fleet file: groups told apart, defaults filled in, nodes found. */

import { didYouMean } from '../closest.js';
import { DEFAULT_SRIOV_UNPLUG_US } from '../defaults.js';
import type { FleetNode, Guest, GuestInterface, GuestVolume } from '../model.js';
import { type Path, pathText } from '../source-document.js';
import type { Workload } from '../workload.js';
import { byText, type ReadContext, warnAt, wrongAt } from './context.js';
import {
  claimDefault,
  DEFAULT_VOLUME_SOURCE,
  FEATURE_DEFAULTS,
  GUEST_DEFAULTS,
  INTERFACE_DEFAULTS,
  migrationMethodDefault,
  podNetworkDefault,
} from './guest-defaults.js';
import { matchNames, memberNames } from './names.js';
import { readAffinity, readToleration, readTopologySpread } from './placement-rules.js';
import type { FleetField } from './schema.js';
import type { GuestField, InterfaceField, VolumeField } from './schema-guests.js';
import { DEFAULT_PRESET, readWorkload } from './workload.js';

/** Guests sorted by namespace and name. */
export function readGuests(
  context: ReadContext,
  file: FleetField,
  nodes: readonly FleetNode[],
): readonly Guest[] {
  const fields = (file.guests ?? []).map((own): GuestField => ({ ...file.guestDefaults, ...own }));
  const turns = new NodeTurns(context, nodes);
  const guests = new Map<string, Guest>();
  // Groups take their turns in the order of their names, not of their place in the file.
  const order = [...fields.keys()].sort((a, b) => byText(sortKey(fields[a]), sortKey(fields[b])));
  for (const index of order) {
    const field = fields[index];
    if (field !== undefined) {
      const path = ['guests', index];
      const shared = readShared(context, path, field);
      for (const name of memberNames(context, path, field.name, field.count)) {
        const guest = { ...shared, name, node: turns.nodeOf(path, field) };
        const key = `${guest.namespace}/${name}`;
        if (guests.has(key)) {
          throw wrongAt(context, path, `there are two guests named ${key}`);
        }
        guests.set(key, guest);
      }
    }
  }
  warnOfDefaults(context, fields);
  return [...guests.values()].sort(
    (a, b) => byText(a.namespace, b.namespace) || byText(a.name, b.name),
  );
}

function sortKey(field: GuestField | undefined): string {
  return `${field?.namespace ?? GUEST_DEFAULTS.namespace}/${field?.name ?? ''}`;
}

function warnOfDefaults(context: ReadContext, fields: readonly GuestField[]): void {
  const without = [...fields.keys()].filter((index) => fields[index]?.workload === undefined);
  const [first] = without;
  if (first !== undefined) {
    const what = without.length === 1 ? 'this entry has' : `${without.length} entries have`;
    warnAt(context, ['guests', first], `${what} no workload; taken as ${DEFAULT_PRESET}`);
  }
}

/** Hands out nodes in turn: groups with the same nodes go on where the one before ended. */
class NodeTurns {
  private readonly next = new Map<string, number>();
  private readonly names: readonly string[];
  private readonly known: ReadonlySet<string>;
  private readonly matched = new Map<string, readonly string[]>();

  constructor(
    private readonly context: ReadContext,
    nodes: readonly FleetNode[],
  ) {
    this.names = nodes.map((node) => node.name);
    this.known = new Set(this.names);
  }

  nodeOf(path: Path, field: GuestField): string | null {
    const { node, nodes } = field;
    if ((node === undefined) === (nodes === undefined)) {
      throw wrongAt(this.context, path, 'expected either node or nodes');
    }
    if (nodes === undefined) {
      if (node !== undefined && node !== null && !this.known.has(node)) {
        const problem = `there is no node "${node}"${didYouMean(node, this.names)}`;
        throw wrongAt(this.context, [...path, 'node'], problem);
      }
      return node ?? null;
    }
    const key = typeof nodes === 'string' ? nodes : [...nodes].sort().join(' ');
    const choice =
      this.matched.get(key) ?? matchNames(this.context, [...path, 'nodes'], nodes, this.names);
    this.matched.set(key, choice);
    const turn = this.next.get(key) ?? 0;
    this.next.set(key, turn + 1);
    return choice[turn % choice.length] ?? null;
  }
}

function readShared(
  context: ReadContext,
  path: Path,
  field: GuestField,
): Omit<Guest, 'name' | 'node'> {
  const memoryBytes = field.memory ?? 0;
  if (memoryBytes === 0) {
    const problem = `${field.memory === undefined ? 'missing' : 'got 0'}; a guest has memory, such as 8Gi`;
    throw wrongAt(context, [...path, 'memory'], problem);
  }
  const volumes = (field.volumes ?? []).map(readVolume);
  return {
    namespace: field.namespace ?? GUEST_DEFAULTS.namespace,
    memoryBytes,
    memoryGuestIsSet: field.memoryGuestIsSet ?? true,
    workload: workloadOf(context, path, field, memoryBytes),
    labels: field.labels ?? {},
    annotations: field.annotations ?? {},
    volumes,
    migrationMethod: field.migrationMethod ?? migrationMethodDefault(volumes),
    interfaces: field.interfaces?.map(readInterface) ?? INTERFACE_DEFAULTS,
    gpus: field.gpus ?? [],
    hostDevices: field.hostDevices ?? [],
    vfio: readVfio(field.vfio),
    sriovUnplugUs: field.sriovUnplug ?? DEFAULT_SRIOV_UNPLUG_US,
    features: readFeatures(field),
    evictionStrategy: field.evictionStrategy ?? null,
    liveMigratable: readLiveMigratable(field),
    origin: pathText(path),
    ...readProcessors(field),
    ...readRules(field),
    ...readState(field),
  };
}

function readVfio(field: GuestField['vfio']): Guest['vfio'] {
  if (field === undefined || field === null) return null;
  const { precopy } = field;
  return {
    stateBytes: field.state,
    precopy:
      precopy === undefined || precopy === null
        ? null
        : { initialBytes: precopy.initial ?? 0, dirtyBytesPerSecond: precopy.dirtyRate ?? 0 },
    dirtyTracking: field.dirtyTracking ?? 'device',
  };
}

function workloadOf(
  context: ReadContext,
  path: Path,
  field: GuestField,
  memoryBytes: number,
): Workload {
  const workload = field.workload ?? DEFAULT_PRESET;
  return readWorkload(context, [...path, 'workload'], workload, memoryBytes);
}

function readFeatures(field: GuestField): Guest['features'] {
  const given = Object.entries(field.features ?? {}).filter(([, value]) => value !== undefined);
  return { ...FEATURE_DEFAULTS, ...Object.fromEntries(given) };
}

function readLiveMigratable(field: GuestField): Guest['liveMigratable'] {
  const { liveMigratable } = field;
  if (liveMigratable === undefined || liveMigratable === null) {
    return null;
  }
  const { status, reason, message } = liveMigratable;
  return { status, reason: reason ?? '', message: message ?? '' };
}

function readProcessors(field: GuestField) {
  return {
    vcpus: field.vcpus ?? GUEST_DEFAULTS.vcpus,
    cpuModel: field.cpuModel ?? GUEST_DEFAULTS.cpuModel,
    cpuFeatures: field.cpuFeatures ?? [],
    dedicatedCpus: field.dedicatedCpus ?? false,
    isolateEmulatorThread: field.isolateEmulatorThread ?? false,
    hugepageBytes: field.hugepages ?? null,
    machineType: field.machineType ?? GUEST_DEFAULTS.machineType,
    architecture: field.architecture ?? GUEST_DEFAULTS.architecture,
  };
}

function readRules(field: GuestField) {
  return {
    resourceRequests: field.resources?.requests ?? {},
    resourceLimits: field.resources?.limits ?? {},
    overcommitGuestOverhead: field.overcommitGuestOverhead ?? false,
    reservedOverheadBytes: field.reservedOverhead ?? 0,
    nodeSelector: field.nodeSelector ?? {},
    affinity: readAffinity(field.affinity),
    tolerations: (field.tolerations ?? []).map(readToleration),
    topologySpread: (field.topologySpreadConstraints ?? []).map(readTopologySpread),
  };
}

function readState(field: GuestField) {
  return {
    evacuationNodeName: field.evacuationNodeName ?? null,
    migrating: field.migrating ?? false,
    phase: field.phase ?? GUEST_DEFAULTS.phase,
  };
}

function readInterface({ name, binding, plugin, podNetwork }: InterfaceField): GuestInterface {
  return {
    name,
    binding,
    plugin: plugin ?? '',
    podNetwork: podNetwork ?? podNetworkDefault(binding),
  };
}

function readVolume(field: VolumeField): GuestVolume {
  const source = field.source ?? DEFAULT_VOLUME_SOURCE;
  const bytes = field.size ?? 0;
  const { migration } = field;
  return {
    name: field.name,
    source,
    claim: readClaim(field, source, bytes),
    bytes,
    device: field.device ?? 'disk',
    readOnly: field.readOnly ?? false,
    hostDiskShared: field.hostDiskShared ?? false,
    persistentReservation: field.persistentReservation ?? false,
    migration:
      migration === undefined || migration === null
        ? null
        : {
            sourceCapacityBytes: migration.sourceCapacity ?? null,
            sourceRequestBytes: migration.sourceRequest ?? null,
            destinationCapacityBytes: migration.destinationCapacity ?? null,
          },
    writeBytesPerSecond: field.writeRate ?? 0,
  };
}

function readClaim(field: VolumeField, source: string, bytes: number): GuestVolume['claim'] {
  if (field.claim === undefined || field.claim === null) {
    return field.claim === null ? null : claimDefault(source, field.name, bytes);
  }
  const { name, accessModes, capacity, request, volumeMode } = field.claim;
  const usual = bytes === 0 ? null : bytes;
  return {
    name: name ?? field.name,
    accessModes: accessModes ?? ['ReadWriteMany'],
    capacityBytes: capacity === undefined ? usual : capacity,
    requestBytes: request === undefined ? usual : request,
    volumeMode: volumeMode ?? 'Block',
  };
}

/** Everything of a fleet but its guests as plain values of the fleet file. */
import {
  DEFAULT_HOST_PROFILE,
  DEFAULT_KUBEVIRT,
  DEFAULT_MIGRATIONS,
  DEFAULT_TIMINGS,
} from '../defaults.js';
import type {
  Fleet,
  FleetNode,
  KubeVirtSettings,
  MigrationPolicy,
  Namespace,
  WorkloadUpdateStrategy,
} from '../model.js';
import type { Nic } from '../network-spec.js';
import { formatDuration, formatPageRate, formatRate, formatShare, formatSize } from '../units.js';
import { toldNamespaceLabels, toldNodeLabels } from '../usual-labels.js';
import { defaultQemuVersion } from './host.js';
import { isEmpty, type Plain, unless, writeQuantities } from './plain.js';
import { usualNicRate, writeNics } from './write-network.js';

export function writeKubeVirt(settings: KubeVirtSettings): Plain {
  const { bandwidthPerMigrationBytesPerSecond: bandwidth, ...migrations } = settings.migrations;
  const usualMigrations = {
    ...DEFAULT_MIGRATIONS,
    allowWorkloadDisruption: migrations.allowPostCopy,
  };
  const developer = unless(
    {
      featureGates: [],
      cpuAllocationRatio: DEFAULT_KUBEVIRT.cpuAllocationRatio,
      memoryOvercommit: DEFAULT_KUBEVIRT.memoryOvercommit,
      nodeSelectors: {},
    },
    {
      featureGates: settings.featureGates,
      cpuAllocationRatio: settings.cpuAllocationRatio,
      memoryOvercommit: settings.memoryOvercommit,
      nodeSelectors: settings.nodeSelectors,
    },
  );
  const devices = unless(
    { mediatedDevices: [], pciHostDevices: [] },
    {
      mediatedDevices: settings.mediatedDevices.map((resourceName) => ({ resourceName })),
      pciHostDevices: settings.pciHostDevices.map((resourceName) => ({ resourceName })),
    },
  );
  const binding = settings.migratableBindings.map((name) => [name, { migration: {} }] as const);
  const ratio = settings.additionalGuestMemoryOverheadRatio;
  return {
    release: settings.release,
    evictionStrategy: settings.evictionStrategy,
    ...some('developerConfiguration', developer),
    ...some('workloadUpdateStrategy', writeWorkloadUpdates(settings.workloadUpdates)),
    ...(ratio === null ? {} : { additionalGuestMemoryOverheadRatio: ratio }),
    ...some('permittedHostDevices', devices),
    ...(binding.length === 0 ? {} : { network: { binding: Object.fromEntries(binding) } }),
    ...some('migrations', {
      ...unless(usualMigrations, migrations),
      ...(bandwidth === 0 ? {} : { bandwidthPerMigration: kubevirtRate(bandwidth) }),
    }),
  };
}

function writeWorkloadUpdates(strategy: WorkloadUpdateStrategy): Plain {
  const usual = DEFAULT_KUBEVIRT.workloadUpdates;
  const { batchEvictionIntervalUs: interval } = strategy;
  return {
    ...unless(
      { workloadUpdateMethods: usual.methods, batchEvictionSize: usual.batchEvictionSize },
      {
        workloadUpdateMethods: strategy.methods,
        batchEvictionSize: strategy.batchEvictionSize,
      },
    ),
    ...(interval === usual.batchEvictionIntervalUs
      ? {}
      : { batchEvictionInterval: formatDuration(interval) }),
  };
}

export function writePolicy(policy: MigrationPolicy): Plain {
  const { selectors, stallDetector, downtimeTuning, compression } = policy;
  const bandwidth = policy.bandwidthPerMigrationBytesPerSecond;
  const experimental = withoutNull({
    stallDetector: stallDetector === null ? null : withoutNull({ ...stallDetector }),
    downtimeTuning: downtimeTuning === null ? null : withoutNull({ ...downtimeTuning }),
    compression,
  });
  return {
    metadata: { name: policy.name },
    spec: {
      ...(selectors === null
        ? {}
        : {
            selectors: withoutNull({
              namespaceSelector: selectors.namespace,
              virtualMachineInstanceSelector: selectors.virtualMachineInstance,
            }),
          }),
      ...withoutNull({
        allowAutoConverge: policy.allowAutoConverge,
        bandwidthPerMigration: bandwidth === null ? null : kubevirtRate(bandwidth),
        completionTimeoutPerGiB: policy.completionTimeoutPerGiB,
        maxDowntimeMs: policy.maxDowntimeMs,
        allowPostCopy: policy.allowPostCopy,
        allowWorkloadDisruption: policy.allowWorkloadDisruption,
      }),
      ...some('experimental', experimental),
    },
  };
}

/** Those that say more than guests' names do. */
export function writeNamespaces(fleet: Fleet): readonly Plain[] {
  const ofGuests = new Set(fleet.guests.map((guest) => guest.namespace));
  return fleet.namespaces
    .map((one) => ({ ...one, labels: toldNamespaceLabels(one.name, one.labels) }))
    .filter(({ name, labels, quota }) => !(ofGuests.has(name) && isEmpty(labels) && isEmpty(quota)))
    .map(({ name, labels, quota }: Namespace) => ({
      name,
      ...some('labels', labels),
      ...some('quota', writeQuantities(quota)),
    }));
}

/** Labels that every node has; they are written once, in nodeDefaults. */
export function sharedLabels(nodes: readonly FleetNode[]): Plain {
  const [first, ...others] = nodes;
  return Object.fromEntries(
    Object.entries(first?.labels ?? {}).filter(
      ([key, value]) => others.length > 0 && others.every(({ labels }) => labels[key] === value),
    ),
  );
}

export function writeNodes(fleet: Fleet): readonly Plain[] {
  const shared = sharedLabels(fleet.nodes);
  const usual = usualNicRate(fleet.network);
  const nics = new Map<string, Nic[]>();
  for (const nic of fleet.network.nics) nics.set(nic.node, [...(nics.get(nic.node) ?? []), nic]);
  return fleet.nodes.map((node) => {
    return {
      name: node.name,
      ...writeNics(nics.get(node.name) ?? [], usual),
      ...unless(
        { cordoned: false, ready: true, known: true, taints: [] },
        {
          cordoned: node.cordoned,
          ready: node.ready,
          known: node.known,
          taints: node.taints.map((taint) => unless({ value: '' }, { ...taint })),
        },
      ),
      allocatable: writeQuantities(node.allocatable),
      ...some('labels', unless(shared, toldNodeLabels(node.name, node.labels))),
    };
  });
}

export function writeTimings({ timings }: Fleet): Plain {
  return unless(plainTimings(DEFAULT_TIMINGS), plainTimings(timings));
}

function plainTimings(timings: Fleet['timings']): Plain {
  return {
    scheduling: formatDuration(timings.schedulingUs),
    podStart: formatDuration(timings.podStartUs),
    handOff: formatDuration(timings.handOffUs),
    targetPreparation: formatDuration(timings.targetPreparationUs),
    migrateCall: formatDuration(timings.migrateCallUs),
    finalisation: formatDuration(timings.finalisationUs),
  };
}

export function writeHost({ host, kubevirt }: Fleet): Plain {
  const qemuVersion = defaultQemuVersion(kubevirt.release);
  return unless(plainHost({ ...DEFAULT_HOST_PROFILE, qemuVersion }), plainHost(host));
}

function plainHost(host: Fleet['host']): Plain {
  return {
    qemuVersion: host.qemuVersion,
    dirtyTracking: host.dirtyTracking,
    sync: { fixed: formatDuration(host.syncFixedUs), perGiB: formatDuration(host.syncUsPerGiB) },
    setupSync: {
      fixed: formatDuration(host.setupSyncFixedUs),
      perGiB: formatDuration(host.setupSyncUsPerGiB),
    },
    chunkClear: formatDuration(host.chunkClearUs),
    zeroPageScan: formatPageRate(host.zeroPageScanPagesPerSecond),
    tlsChannel: formatRate(host.tlsChannelBytesPerSecond),
    availSwitchover: formatRate(host.availSwitchoverBytesPerSecond),
    storageCopyMode: host.storageCopyMode,
    compressor: host.compressor,
    zstdChannel: formatRate(host.zstdChannelBytesPerSecond),
    zlibChannel: formatRate(host.zlibChannelBytesPerSecond),
    qatzipChannel: formatRate(host.qatzipChannelBytesPerSecond),
    stop: formatDuration(host.stopUs),
    deviceState: {
      size: formatSize(host.deviceStateBytes),
      time: formatDuration(host.deviceStateUs),
    },
    preSwitchover: formatDuration(host.preSwitchoverUs),
    finish: formatDuration(host.finishUs),
    busyVcpus: formatShare(host.busyVcpuShare),
    socketBacklog: formatSize(host.socketBacklogBytes),
    postcopy: {
      preempt: host.postcopyPreempt,
      fault: formatDuration(host.postcopyFaultUs),
      queue: formatSize(host.postcopyQueueBytes),
      recovery: host.postcopyRecoveryUs === null ? null : formatDuration(host.postcopyRecoveryUs),
      place: formatDuration(host.postcopyPlaceUs),
      bandwidth: formatRate(host.maxPostcopyBytesPerSecond),
    },
    dirtyRing: host.dirtyRingEntries,
    dirtyLimit:
      host.dirtyLimit === null
        ? null
        : {
            vcpuRate: host.dirtyLimit.vcpuMBps,
            period: formatDuration(host.dirtyLimit.periodUs),
          },
    dirtyRateFactorDuringMigration: host.dirtyRateFactorDuringMigration,
  };
}

/** As KubeVirt writes it: a Quantity, bytes per second. */
function kubevirtRate(bytesPerSecond: number): string | number {
  return Number.isSafeInteger(bytesPerSecond)
    ? formatSize(bytesPerSecond)
    : formatRate(bytesPerSecond);
}

function withoutNull(fields: Plain): Plain {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function some(key: string, value: object): Plain {
  return isEmpty(value) ? {} : { [key]: value };
}

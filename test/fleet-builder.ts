/**
 * Small fleets for tests: every field has a default, so a test names only what it is about.
 * The loaders' own defaults are tested elsewhere; these are only plausible ones.
 */
import { DEFAULT_TCP } from '../src/fleet/defaults.js';
import type {
  Affinity,
  ClusterMigrationConfiguration,
  ControlPlaneTimings,
  DisruptionBudget,
  DrainSpec,
  Fleet,
  FleetEvent,
  FleetNode,
  Guest,
  GuestFeatures,
  GuestVolume,
  HostProfile,
  KubeVirtSettings,
  MigrationPolicy,
  Namespace,
  NetworkSpec,
  OtherPod,
  UserMigration,
} from '../src/fleet/model.js';
import type { Nic } from '../src/fleet/network-spec.js';

export const GIB = 2 ** 30;
export const SECOND_US = 1_000_000;

export type NodeInput = Partial<FleetNode> & { readonly name: string };
export type GuestInput = Partial<Omit<Guest, 'features' | 'affinity'>> & {
  readonly name: string;
  readonly features?: Partial<GuestFeatures>;
  readonly affinity?: Partial<Affinity>;
};

export interface FleetInput {
  readonly name?: string;
  /** Nodes, or how many (named node-01, node-02, …); default 3. */
  readonly nodes?: number | readonly NodeInput[];
  /** Guests, or how many on each node (named after it); default none. */
  readonly guests?: number | readonly GuestInput[];
  readonly network?: Partial<NetworkSpec>;
  readonly kubevirt?: Partial<Omit<KubeVirtSettings, 'migrations'>> & {
    readonly migrations?: Partial<ClusterMigrationConfiguration>;
  };
  readonly policies?: readonly (Partial<MigrationPolicy> & { readonly name: string })[];
  readonly namespaces?: readonly Namespace[];
  readonly otherPods?: readonly OtherPod[];
  readonly disruptionBudgets?: readonly DisruptionBudget[];
  /** Default: the first node is drained. */
  readonly drain?: Partial<DrainSpec>;
  readonly timings?: Partial<ControlPlaneTimings>;
  readonly host?: Partial<HostProfile>;
  readonly events?: readonly FleetEvent[];
  readonly userMigrations?: readonly UserMigration[];
}

/** A whole, sorted fleet; nodes have 64 cores, 256 GiB, one 25 Gbit/s NIC each, no racks. */
export function buildFleet(input: FleetInput = {}): Fleet {
  const nodes = nodeInputs(input.nodes ?? 3)
    .map(buildNode)
    .sort((a, b) => order(a.name, b.name));
  const guests = guestInputs(input.guests ?? [], nodes)
    .map(buildGuest)
    .sort((a, b) => order(a.namespace, b.namespace) || order(a.name, b.name));
  return {
    name: input.name ?? 'test',
    nodes,
    guests,
    network: buildNetwork(nodes, input.network),
    kubevirt: buildKubeVirt(input.kubevirt),
    policies: (input.policies ?? []).map(buildPolicy).sort((a, b) => order(a.name, b.name)),
    namespaces: buildNamespaces(guests, input.namespaces ?? []),
    otherPods: input.otherPods ?? [],
    disruptionBudgets: input.disruptionBudgets ?? [],
    drain: {
      nodes: nodes.slice(0, 1).map((node) => node.name),
      method: 'evict',
      startUs: 0,
      timeoutUs: 24 * 3600 * SECOND_US,
      retryUs: 5 * SECOND_US,
      order: 'name',
      atOnce: { kind: 'all' },
      byRack: false,
      rebootUs: null,
      soakUs: 0,
      nodeTimeoutUs: null,
      ifBlocked: 'leave',
      cordon: 'each',
      window: null,
      ...input.drain,
    },
    timings: { ...TIMINGS, ...input.timings },
    host: { ...HOST, ...input.host },
    events: input.events ?? [],
    userMigrations: input.userMigrations ?? [],
  };
}

/** 8 GiB, 2 vCPUs, migratable, on node-01, fully written, writing nothing. */
export function buildGuest(input: GuestInput): Guest {
  const memoryBytes = input.memoryBytes ?? 8 * GIB;
  return {
    namespace: 'default',
    labels: {},
    annotations: {},
    node: 'node-01',
    memoryBytes,
    memoryGuestIsSet: true,
    vcpus: 2,
    cpuModel: '',
    cpuFeatures: [],
    dedicatedCpus: false,
    isolateEmulatorThread: false,
    hugepageBytes: null,
    machineType: 'q35',
    architecture: 'amd64',
    resourceRequests: {},
    resourceLimits: {},
    overcommitGuestOverhead: false,
    reservedOverheadBytes: 0,
    nodeSelector: {},
    tolerations: [],
    topologySpread: [],
    evictionStrategy: 'LiveMigrate',
    liveMigratable: { status: true, reason: '', message: '' },
    migrationMethod: 'LiveMigration',
    gpus: [],
    hostDevices: [],
    vfio: null,
    sriovUnplugUs: 2_000_000,
    interfaces: [{ name: 'default', binding: 'masquerade', plugin: '', podNetwork: true }],
    volumes: [],
    workload: {
      kind: 'regions',
      regions: [
        {
          name: 'all',
          bytes: memoryBytes,
          filledShare: 1,
          compressedShare: 1,
          placement: { kind: 'spread' },
          writes: { kind: 'none' },
          phases: [],
          pacedBy: 'cpu',
        },
      ],
    },
    evacuationNodeName: null,
    migrating: false,
    phase: 'Running',
    origin: `guests[${input.name}]`,
    ...input,
    features: { ...FEATURES, ...input.features },
    affinity: { ...NO_AFFINITY, ...input.affinity },
  };
}

/** A shared (RWX block) volume unless told otherwise. */
export function buildVolume(input: Partial<GuestVolume> & { readonly name: string }): GuestVolume {
  return {
    source: 'persistentVolumeClaim',
    claim: {
      name: input.name,
      accessModes: ['ReadWriteMany'],
      capacityBytes: 10 * GIB,
      requestBytes: 10 * GIB,
      volumeMode: 'Block',
    },
    bytes: 10 * GIB,
    device: 'disk',
    readOnly: false,
    hostDiskShared: false,
    persistentReservation: false,
    migration: null,
    writeBytesPerSecond: 0,
    ...input,
  };
}

function nodeInputs(nodes: number | readonly NodeInput[]): readonly NodeInput[] {
  if (typeof nodes !== 'number') return nodes;
  return Array.from({ length: nodes }, (_, i) => ({
    name: `node-${String(i + 1).padStart(2, '0')}`,
  }));
}

function guestInputs(
  guests: number | readonly GuestInput[],
  nodes: readonly FleetNode[],
): readonly GuestInput[] {
  if (typeof guests !== 'number') return guests;
  return nodes.flatMap((node) =>
    Array.from({ length: guests }, (_, i) => ({
      name: `${node.name}-guest-${String(i + 1).padStart(2, '0')}`,
      node: node.name,
    })),
  );
}

function buildNode(input: NodeInput): FleetNode {
  return {
    labels: { 'kubernetes.io/hostname': input.name },
    taints: [],
    cordoned: false,
    ready: true,
    allocatable: { cpu: 64, memory: 256 * GIB, pods: 250 },
    known: true,
    ...input,
  };
}

function buildNetwork(nodes: readonly FleetNode[], input: Partial<NetworkSpec> = {}): NetworkSpec {
  return {
    nics: nodes.map((node) => buildNic({ node: node.name })),
    racks: [],
    zones: [],
    wans: [],
    spineBytesPerSecond: null,
    proxyBytesPerSecond: 3e9,
    channelBytesPerSecond: 1.25e9,
    roundTripTimeUs: 200,
    tcp: DEFAULT_TCP,
    background: [],
    timeOfDayUs: 0,
    ...input,
  };
}

/** One 25 Gbit/s link for any network, outside any rack. */
export function buildNic(input: Partial<Nic> & { readonly node: string }): Nic {
  return {
    name: '',
    bytesPerSecond: 3.125e9,
    members: 1,
    hashing: 'layer3+4',
    carries: 'any',
    rack: null,
    ...input,
  };
}

function buildKubeVirt(input: FleetInput['kubevirt'] = {}): KubeVirtSettings {
  return {
    release: '1.9',
    evictionStrategy: 'None',
    featureGates: [],
    cpuAllocationRatio: 10,
    memoryOvercommit: 100,
    additionalGuestMemoryOverheadRatio: null,
    nodeSelectors: {},
    mediatedDevices: [],
    pciHostDevices: [],
    migratableBindings: [],
    workloadUpdates: {
      methods: [],
      batchEvictionSize: 10,
      batchEvictionIntervalUs: 60 * SECOND_US,
    },
    ...input,
    migrations: { ...MIGRATIONS, ...input.migrations },
  };
}

function buildPolicy(input: Partial<MigrationPolicy> & { readonly name: string }): MigrationPolicy {
  return {
    selectors: null,
    allowAutoConverge: null,
    bandwidthPerMigrationBytesPerSecond: null,
    completionTimeoutPerGiB: null,
    maxDowntimeMs: null,
    allowPostCopy: null,
    allowWorkloadDisruption: null,
    stallDetector: null,
    downtimeTuning: null,
    compression: null,
    ...input,
  };
}

function buildNamespaces(
  guests: readonly Guest[],
  given: readonly Namespace[],
): readonly Namespace[] {
  const byName = new Map(given.map((namespace) => [namespace.name, namespace]));
  for (const { namespace } of guests) {
    if (!byName.has(namespace)) byName.set(namespace, { name: namespace, labels: {}, quota: {} });
  }
  return [...byName.values()].sort((a, b) => order(a.name, b.name));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const NO_AFFINITY: Affinity = {
  nodeRequired: [],
  nodePreferred: [],
  podRequired: [],
  podPreferred: [],
  podAntiRequired: [],
  podAntiPreferred: [],
};

const FEATURES: GuestFeatures = {
  tpm: false,
  sev: false,
  tdx: false,
  secureExecution: false,
  hypervPassthrough: false,
  hypervReenlightenment: false,
  tscFrequencyKnown: true,
  realtime: false,
  autoattachGraphicsDevice: true,
  autoattachMemBalloon: true,
  downwardMetrics: false,
  livenessExecProbe: false,
  readinessExecProbe: false,
};

/** KubeVirt's defaults (spec/kubevirt.md 1.1). */
const MIGRATIONS: ClusterMigrationConfiguration = {
  nodeDrainTaintKey: 'kubevirt.io/drain',
  parallelOutboundMigrationsPerNode: 2,
  parallelMigrationsPerCluster: 5,
  allowAutoConverge: false,
  bandwidthPerMigrationBytesPerSecond: 0,
  completionTimeoutPerGiB: 150,
  maxDowntimeMs: 900,
  progressTimeout: 150,
  utilityVolumesTimeout: 150,
  unsafeMigrationOverride: false,
  allowPostCopy: false,
  allowWorkloadDisruption: false,
  disableTLS: false,
  network: null,
  matchSELinuxLevelOnMigration: true,
};

const TIMINGS: ControlPlaneTimings = {
  schedulingUs: 200_000,
  podStartUs: 4 * SECOND_US,
  handOffUs: 300_000,
  targetPreparationUs: 1_500_000,
  migrateCallUs: 100_000,
  finalisationUs: 500_000,
};

const HOST: HostProfile = {
  qemuVersion: '10.1',
  dirtyTracking: 'chunk-clear',
  syncFixedUs: 1_000,
  syncUsPerGiB: 400,
  setupSyncFixedUs: 2_000,
  setupSyncUsPerGiB: 500,
  chunkClearUs: 300,
  zeroPageScanPagesPerSecond: 3_000_000,
  tlsChannelBytesPerSecond: 700e6,
  availSwitchoverBytesPerSecond: 0,
  storageCopyMode: 'background',
  compressor: 'zstd',
  zstdChannelBytesPerSecond: 350e6,
  zlibChannelBytesPerSecond: 80e6,
  qatzipChannelBytesPerSecond: 500e6,
  stopUs: 3_000,
  deviceStateBytes: 2_000_000,
  deviceStateUs: 20_000,
  preSwitchoverUs: 3_000,
  finishUs: 10_000,
  busyVcpuShare: 0.5,
  socketBacklogBytes: 0,
  postcopyPreempt: true,
  postcopyFaultUs: 100,
  postcopyQueueBytes: 3_000_000,
  postcopyRecoveryUs: null,
  postcopyPlaceUs: 1,
  maxPostcopyBytesPerSecond: 0,
  dirtyRingEntries: 4096,
  dirtyLimit: null,
  dirtyRateFactorDuringMigration: 1,
};

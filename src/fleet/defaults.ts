/**
 * What is assumed where nobody says otherwise. Every figure names its source or its range; the
 * fleet file can set each of them. Pure data, shared by the fleet file and the dump importer.
 */
import type {
  Affinity,
  ClusterMigrationConfiguration,
  ControlPlaneTimings,
  DirtyLimitSettings,
  DrainSpec,
  HostProfile,
  IfBlocked,
  KubeVirtSettings,
  Labels,
  MigrationPolicy,
  WorkloadUpdateStrategy,
} from './model.js';
import type { BondHashing, TcpSettings } from './network-spec.js';

const GIGABIT_BYTES_PER_SECOND = 125_000_000;
const MIB = 1024 * 1024;

/** Raw link speed to TCP payload at an MTU of 1500: 1448 of 1538 bytes on the wire (0.99 at 9000). */
export const GOODPUT_FACTOR = 0.94;

/** Raw speed of a node's NIC when neither metrics nor file name it. */
export const DEFAULT_NIC_BYTES_PER_SECOND = 25 * GIGABIT_BYTES_PER_SECOND;

/** One sender thread on an idle decent core (spec/qemu.md 9: 9 to 12 Gbit/s). */
export const DEFAULT_CHANNEL_BYTES_PER_SECOND = 10 * GIGABIT_BYTES_PER_SECOND;

/**
 * virt-handler's proxy copies in user space, with TLS unless disabled, on a few cores: 3 to
 * 5 Gbit/s a TLS thread (spec/qemu.md 9) times the 4 to 8 connections that are busy. A guess with
 * a range of about 1.5e9 to 6e9: measure it with one migration over an idle link.
 */
export const DEFAULT_PROXY_BYTES_PER_SECOND = 3_000_000_000;

/** Within a data centre: 50 to 500 µs. */
export const DEFAULT_ROUND_TRIP_TIME_US = 200;

/** LACP as it is set up where many streams are to use all members; Linux' own default is layer2. */
export const DEFAULT_BOND_HASHING: BondHashing = 'layer3+4';

/** Of a background's flow against a migration's 1 to 8. */
export const DEFAULT_BACKGROUND_CONNECTIONS = 64;

/**
 * Linux: net.ipv4.tcp_wmem 4 MiB at most (the receiver's 6 MiB are no limit then), TCP_RTO_MIN
 * 200 ms, TCP_RTO_MAX 120 s, tcp_retries2 15 (in all 924.6 s). libvirt: keepalive_interval 5,
 * keepalive_count 5, which virt-launcher leaves as they are.
 */
export const DEFAULT_TCP: TcpSettings = {
  socketBufferBytes: 4 * MIB,
  retransmissionTimeoutUs: 200_000,
  longestRetransmissionTimeoutUs: 120_000_000,
  retransmissions: 15,
  keepAliveIntervalUs: 5_000_000,
  keepAliveCount: 5,
};

/** Guest memory where a description has none at all. */
export const DEFAULT_GUEST_MEMORY_BYTES = 1024 * MIB;

/** Distinct bytes dirtied in one second by a guest that nothing is known about. */
export const DEFAULT_DIRTY_RATE_BYTES_PER_SECOND = 8 * MIB;

/** Compressed size over plain size of filled pages; matters only with compression. 0.3 to 0.7 is usual. */
export const DEFAULT_COMPRESSED_SHARE = 0.5;

/** cloud-init's generated disk as KubeVirt reports it (volumeStatus.size 1 MiB). */
export const DEFAULT_GENERATED_VOLUME_BYTES = MIB;

/** spec/kubevirt.md 1.1. */
export const DEFAULT_MIGRATIONS: ClusterMigrationConfiguration = {
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

/** Releases whose differences are known (spec/kubevirt.md 11), oldest first. */
export const KUBEVIRT_RELEASES = ['1.4', '1.5', '1.6', '1.7', '1.8', '1.9'] as const;
export const NEWEST_KUBEVIRT_RELEASE = '1.9';

/** spec/kubevirt.md 7: no method, so nothing is updated; evictions by tens, a minute apart. */
export const DEFAULT_WORKLOAD_UPDATES: WorkloadUpdateStrategy = {
  methods: [],
  batchEvictionSize: 10,
  batchEvictionIntervalUs: 60_000_000,
};

/** A KubeVirt without a CR: spec/kubevirt.md 1.1, 5.7, 6. */
export const DEFAULT_KUBEVIRT: KubeVirtSettings = {
  release: NEWEST_KUBEVIRT_RELEASE,
  evictionStrategy: 'None',
  featureGates: [],
  cpuAllocationRatio: 10,
  memoryOvercommit: 100,
  additionalGuestMemoryOverheadRatio: null,
  nodeSelectors: {},
  mediatedDevices: [],
  pciHostDevices: [],
  migratableBindings: [],
  migrations: DEFAULT_MIGRATIONS,
  workloadUpdates: DEFAULT_WORKLOAD_UPDATES,
};

/** QEMU that a KubeVirt release ships (spec/kubevirt.md 11); `null` for an unknown release. */
export function qemuVersionOfRelease(release: string): string | null {
  switch (release) {
    case '1.4':
      return '9.0';
    case '1.5':
    case '1.6':
    case '1.7':
      return '9.1';
    case '1.8':
    case '1.9':
      return '10.1';
    default:
      return null;
  }
}

/** kubectl drain; retries and timeout: DESIGN "Commands and files". */
export const DEFAULT_DRAIN: DrainSpec = {
  nodes: [],
  method: 'evict',
  startUs: 0,
  timeoutUs: 24 * 3600 * 1_000_000,
  retryUs: 5_000_000,
  order: 'name',
  atOnce: { kind: 'all' },
  byRack: false,
  rebootUs: null,
  soakUs: 0,
  nodeTimeoutUs: null,
  ifBlocked: 'leave',
  cordon: 'each',
  window: null,
};

/** Who rolls nodes takes one that cannot be emptied back into use, as kured does. */
export function defaultIfBlocked(rebootUs: number | null): IfBlocked {
  return rebootUs === null ? 'leave' : 'uncordon';
}

export const DEFAULT_TIMINGS: ControlPlaneTimings = {
  // A queue-free scheduler binds in 0.05 to 1 s.
  schedulingUs: 300_000,
  // Sandbox, network, container start and readiness probe of virt-launcher: 3 to 20 s, more with
  // images to pull or volumes to attach.
  podStartUs: 8_000_000,
  // One pass of virt-controller after the pod's Ready event: 0.1 to 1 s.
  handOffUs: 500_000,
  // Target virt-handler, launcher and libvirt define the domain and open ports; the source retries
  // every 1 s (spec/kubevirt.md 5.4): 1 to 4 s.
  targetPreparationUs: 2_000_000,
  // Launcher to libvirt's Begin, Prepare, and QEMU's migrate: 0.1 to 0.5 s.
  migrateCallUs: 200_000,
  // Launcher, virt-handler and virt-controller each see the end once: 0.5 to 3 s.
  finalisationUs: 1_000_000,
};

/** Measured on KVM unless said otherwise: spec/qemu.md 2.5, 5.1, 7.1, 9. */
export const DEFAULT_HOST_PROFILE: HostProfile = {
  qemuVersion: '10.1',
  // KVM with manual dirty-log protect: every kernel since 5.x (spec/qemu.md 2.2).
  dirtyTracking: 'chunk-clear',
  syncFixedUs: 40,
  syncUsPerGiB: 10.5,
  setupSyncFixedUs: 250,
  setupSyncUsPerGiB: 52,
  // Round 1: 1.8 to 2.0 ms; later 25 µs (sparse) to 4 ms (dense).
  chunkClearUs: 2000,
  // 3 to 4.2 M pages/s measured, with clears.
  zeroPageScanPagesPerSecond: 4_000_000,
  // TLS with AES-NI: 3 to 5 Gbit/s a thread.
  tlsChannelBytesPerSecond: 4 * GIGABIT_BYTES_PER_SECOND,
  // zstd level 1 of mixed memory, input side: 300 to 600 MB/s a core.
  availSwitchoverBytesPerSecond: 0,
  storageCopyMode: 'background',
  compressor: 'zstd',
  zstdChannelBytesPerSecond: 450_000_000,
  // zlib level 1: 60 to 150 MB/s a core.
  zlibChannelBytesPerSecond: 90_000_000,
  // 437 MB/s at least: 54 GiB in 16.6 s over 8 channels, bound by the link (spec/qemu.md 4).
  qatzipChannelBytesPerSecond: 600_000_000,
  // vm_stop, block drain and flush: 1 to some 10 ms.
  stopUs: 5_000,
  deviceStateBytes: 10 * MIB,
  deviceStateUs: 20_000,
  // Event, libvirt, migrate-continue: milliseconds without disks to finish.
  preSwitchoverUs: 5_000,
  // Finish over RPC, image activation, cont: 20 to 100 ms.
  finishUs: 60_000,
  // A guess: most guests leave most of their cores idle.
  busyVcpuShare: 0.5,
  // Window bandwidths were fitted without; 2.6 MB recorded over a shaped link, some MB with proxies.
  socketBacklogBytes: 0,
  // libvirt 11.3 does, 9.0 did not (spec/qemu.md 6).
  postcopyPreempt: true,
  // 200 µs recorded with 10.0, vCPU to vCPU; notification alone 10 to 30 µs.
  postcopyFaultUs: 200,
  // Recorded with 7.2: a request each 3.2 MB, at 48 MB/s as well as unshaped.
  postcopyQueueBytes: 3_200_000,
  // spec/kubevirt.md 8: no recovery is attempted.
  postcopyRecoveryUs: null,
  // UFFDIO_COPY of 4 KiB, recorded.
  postcopyPlaceUs: 2,
  // KubeVirt never sets it.
  maxPostcopyBytesPerSecond: 0,
  // QEMU's usual dirty-ring-size; matters with dirty-limit only.
  dirtyRingEntries: 4096,
  dirtyLimit: null,
  // 2 to 3 in VEP 246; used by the draw for observed workloads only.
  dirtyRateFactorDuringMigration: 2.5,
};

/** QEMU's vcpu-dirty-limit and x-vcpu-dirty-limit-period (spec/qemu.md 3.5). */
export const DEFAULT_DIRTY_LIMIT: DirtyLimitSettings = { vcpuMBps: 1, periodUs: 1_000_000 };

/** ACPI unplug by a guest that answers: a guess of 1 to 6 s. KubeVirt waits for 30 s. */
export const DEFAULT_SRIOV_UNPLUG_US = 2_000_000;

/** A policy that leaves everything to the cluster. */
export function emptyPolicy(name: string, virtualMachineInstance: Labels): MigrationPolicy {
  return {
    name,
    selectors: { namespace: null, virtualMachineInstance },
    allowAutoConverge: null,
    bandwidthPerMigrationBytesPerSecond: null,
    completionTimeoutPerGiB: null,
    maxDowntimeMs: null,
    allowPostCopy: null,
    allowWorkloadDisruption: null,
    stallDetector: null,
    downtimeTuning: null,
    compression: null,
  };
}

export const NO_AFFINITY: Affinity = {
  nodeRequired: [],
  nodePreferred: [],
  podRequired: [],
  podPreferred: [],
  podAntiRequired: [],
  podAntiPreferred: [],
};

/**
 * The fleet as every other room reads it: resolved, validated, sorted by name, in base units.
 * Loaders (fleet file, kubectl dump) make it; nothing else does. Bytes, microseconds (`Us`),
 * and shares (0 to 1) throughout; no field is optional where a default exists.
 */
import type { NetworkSpec } from './network-spec.js';
import type { Workload } from './workload.js';

export type { NetworkSpec };

export type Labels = Readonly<Record<string, string>>;

export interface Fleet {
  readonly name: string;
  /** Nodes sorted by name. */
  readonly nodes: readonly FleetNode[];
  /** Guests sorted by namespace, then name. */
  readonly guests: readonly Guest[];
  readonly network: NetworkSpec;
  readonly kubevirt: KubeVirtSettings;
  /** Sorted by name. */
  readonly policies: readonly MigrationPolicy[];
  /** Sorted by name; a namespace that only guests name has no labels. */
  readonly namespaces: readonly Namespace[];
  /** Pods other than virt-launchers, as requests per node; empty when no pod list was given. */
  readonly otherPods: readonly OtherPod[];
  readonly disruptionBudgets: readonly DisruptionBudget[];
  readonly drain: DrainSpec;
  readonly timings: ControlPlaneTimings;
  readonly host: HostProfile;
  readonly events: readonly FleetEvent[];
  /** By time. */
  readonly userMigrations: readonly UserMigration[];
}

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface FleetNode {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  /** spec.unschedulable: cordoned before the drain began. */
  readonly cordoned: boolean;
  readonly ready: boolean;
  /** Resource name to amount: `cpu` in cores, `memory` and `hugepages-*` in bytes, others in counts. */
  readonly allocatable: Readonly<Record<string, number>>;
  /** False for a node that only guests name: it exists as a source, never as a target. */
  readonly known: boolean;
}

// ---------------------------------------------------------------------------------------------
// KubeVirt

/** KubeVirt CR, reduced to what decides about migrations. Defaults: spec/kubevirt.md 1.1. */
export interface KubeVirtSettings {
  /** `1.4` … `1.9`, from status.observedKubeVirtVersion or the fleet file. */
  readonly release: string;
  /** spec.configuration.evictionStrategy; KubeVirt's own default is None. */
  readonly evictionStrategy: EvictionStrategy;
  readonly featureGates: readonly string[];
  readonly cpuAllocationRatio: number;
  /** percent; developerConfiguration.memoryOvercommit */
  readonly memoryOvercommit: number;
  /** KubeVirt's additionalGuestMemoryOverheadRatio, or null. */
  readonly additionalGuestMemoryOverheadRatio: number | null;
  /** Cluster-wide nodeSelectors that every launcher gets (spec.workloads / nodeSelectors). */
  readonly nodeSelectors: Labels;
  /** resourceName of permitted mediated devices (vGPU) and of passthrough PCI devices. */
  readonly mediatedDevices: readonly string[];
  readonly pciHostDevices: readonly string[];
  /** Network binding plugins that declare migration support. */
  readonly migratableBindings: readonly string[];
  readonly migrations: ClusterMigrationConfiguration;
  readonly workloadUpdates: WorkloadUpdateStrategy;
}

export type EvictionStrategy = 'None' | 'LiveMigrate' | 'LiveMigrateIfPossible' | 'External';

/** spec.workloadUpdateStrategy: what happens to VMIs whose launcher is outdated (spec/kubevirt.md 7). */
export interface WorkloadUpdateStrategy {
  /** Empty: nothing. */
  readonly methods: readonly ('LiveMigrate' | 'Evict')[];
  readonly batchEvictionSize: number;
  readonly batchEvictionIntervalUs: number;
}

/** spec.configuration.migrations with its defaults filled in (spec/kubevirt.md 1.1). */
export interface ClusterMigrationConfiguration {
  readonly nodeDrainTaintKey: string;
  readonly parallelOutboundMigrationsPerNode: number;
  readonly parallelMigrationsPerCluster: number;
  readonly allowAutoConverge: boolean;
  /** 0: no limit. */
  readonly bandwidthPerMigrationBytesPerSecond: number;
  readonly completionTimeoutPerGiB: number;
  readonly maxDowntimeMs: number;
  readonly progressTimeout: number;
  readonly utilityVolumesTimeout: number;
  readonly unsafeMigrationOverride: boolean;
  readonly allowPostCopy: boolean;
  /** Resolved: unset means allowPostCopy. */
  readonly allowWorkloadDisruption: boolean;
  readonly disableTLS: boolean;
  readonly network: string | null;
  readonly matchSELinuxLevelOnMigration: boolean;
}

/** migrations.kubevirt.io/v1alpha1 MigrationPolicy; null: the field is unset. */
export interface MigrationPolicy {
  readonly name: string;
  /** null: no `selectors` at all, which never matches. */
  readonly selectors: {
    readonly namespace: Labels | null;
    readonly virtualMachineInstance: Labels | null;
  } | null;
  readonly allowAutoConverge: boolean | null;
  readonly bandwidthPerMigrationBytesPerSecond: number | null;
  readonly completionTimeoutPerGiB: number | null;
  readonly maxDowntimeMs: number | null;
  readonly allowPostCopy: boolean | null;
  readonly allowWorkloadDisruption: boolean | null;
  readonly stallDetector: StallDetectorPolicy | null;
  readonly downtimeTuning: DowntimeTuningPolicy | null;
  readonly compression: string | null;
}

/** Factors stay Quantity strings: KubeVirt's doubles come from digits × 10^scale (spec 1.3). */
export interface StallDetectorPolicy {
  readonly stallMargin: number | null;
  readonly stallProgressTimeout: number | null;
  readonly switchoverTimeout: number | null;
  readonly ewmaAlpha: string | null;
  readonly precopyPossibleFactor: string | null;
  readonly patienceWindowDecayFactor: string | null;
  readonly searchLocalMinima: boolean | null;
  readonly completionTimeoutFactor: string | null;
}

export interface DowntimeTuningPolicy {
  readonly initialMs: number | null;
  readonly steps: number | null;
  readonly startAfterIteration: number | null;
  readonly cooldownSeconds: number | null;
}

export interface Namespace {
  readonly name: string;
  readonly labels: Labels;
  /** Hard limits of ResourceQuotas on `requests.memory`, `requests.cpu`, `pods`; what is used now comes from guests. */
  readonly quota: Readonly<Record<string, number>>;
}

export interface OtherPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly labels: Labels;
  readonly requests: Readonly<Record<string, number>>;
  /** DaemonSet pods stay when a node is drained. */
  readonly daemonSet: boolean;
}

export interface DisruptionBudget {
  readonly namespace: string;
  readonly name: string;
  readonly matchLabels: Labels;
  readonly disruptionsAllowed: number;
}

// ---------------------------------------------------------------------------------------------
// Guests

export interface Guest {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** status.nodeName; null: not running anywhere (never part of a drain). */
  readonly node: string | null;
  /** Guest memory: spec.domain.memory.guest, else requests.memory. */
  readonly memoryBytes: number;
  /** True when the guest's `memory.guest` is set (the overhead formula asks: spec 5.8). */
  readonly memoryGuestIsSet: boolean;
  readonly vcpus: number;
  /** `host-model`, `host-passthrough` or a named model; '' is KubeVirt's default (host-model). */
  readonly cpuModel: string;
  readonly cpuFeatures: readonly { readonly name: string; readonly policy: string }[];
  readonly dedicatedCpus: boolean;
  readonly isolateEmulatorThread: boolean;
  /** Bytes of one huge page, or null for normal memory. */
  readonly hugepageBytes: number | null;
  readonly machineType: string;
  readonly architecture: string;
  /** spec.domain.resources, as given: `cpu` in cores, `memory` in bytes; missing keys are unset. */
  readonly resourceRequests: Readonly<Record<string, number>>;
  readonly resourceLimits: Readonly<Record<string, number>>;
  readonly overcommitGuestOverhead: boolean;
  readonly reservedOverheadBytes: number;
  readonly nodeSelector: Labels;
  readonly affinity: Affinity;
  readonly tolerations: readonly Toleration[];
  readonly topologySpread: readonly TopologySpreadConstraint[];
  /** null: takes the cluster's. */
  readonly evictionStrategy: EvictionStrategy | null;
  /** status.conditions LiveMigratable; null: the dump has none, and the rules of spec 4 are applied. */
  readonly liveMigratable: LiveMigratableCondition | null;
  readonly migrationMethod: 'LiveMigration' | 'BlockMigration';
  readonly gpus: readonly string[];
  readonly hostDevices: readonly string[];
  /** State that its VFIO devices migrate; null: none, as with SR-IOV, which KubeVirt unplugs first. */
  readonly vfio: VfioState | null;
  readonly interfaces: readonly GuestInterface[];
  readonly features: GuestFeatures;
  readonly volumes: readonly GuestVolume[];
  readonly workload: Workload;
  /** status.evacuationNodeName, when a drain had marked it before. */
  readonly evacuationNodeName: string | null;
  /** A migration that is under way in the dump: counted, and let finish by assumption. */
  readonly migrating: boolean;
  readonly phase: string;
  /** Where the description came from, for messages: `items[12]` or `guests[3]`. */
  readonly origin: string;
}

export interface LiveMigratableCondition {
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

/** A guest's migratable VFIO devices together (spec/qemu.md 5.3). */
export interface VfioState {
  /** What the driver gives as stop-copy size: it has to fit the downtime limit with the memory. */
  readonly stateBytes: number;
  /** Who logs the device's writes; `none`: all memory is dirty at every sync. */
  readonly dirtyTracking: 'device' | 'iommu' | 'none';
}

export interface GuestInterface {
  readonly name: string;
  readonly binding: 'masquerade' | 'bridge' | 'passt' | 'sriov' | 'plugin' | 'other';
  /** Name of the plugin when binding is `plugin`. */
  readonly plugin: string;
  readonly podNetwork: boolean;
}

export interface GuestFeatures {
  readonly tpm: boolean;
  readonly sev: boolean;
  readonly tdx: boolean;
  readonly secureExecution: boolean;
  readonly hypervPassthrough: boolean;
  readonly hypervReenlightenment: boolean;
  readonly tscFrequencyKnown: boolean;
  readonly realtime: boolean;
  readonly autoattachGraphicsDevice: boolean;
  readonly autoattachMemBalloon: boolean;
  readonly downwardMetrics: boolean;
  readonly livenessExecProbe: boolean;
  readonly readinessExecProbe: boolean;
}

export interface GuestVolume {
  readonly name: string;
  /** KubeVirt's volume source: persistentVolumeClaim, dataVolume, containerDisk, cloudInitNoCloud, … */
  readonly source: string;
  readonly claim: VolumeClaim | null;
  /** Virtual size of the disk, 0 where nothing is known. */
  readonly bytes: number;
  readonly device: 'disk' | 'cdrom' | 'lun' | 'filesystem' | 'none';
  readonly readOnly: boolean;
  readonly hostDiskShared: boolean;
  readonly persistentReservation: boolean;
  /** Set when status.migratedVolumes names the volume: it is copied. */
  readonly migration: VolumeMigration | null;
  /** Bytes a second that the guest writes to it, distinct blocks (mirror's re-dirtying). */
  readonly writeBytesPerSecond: number;
}

export interface VolumeClaim {
  readonly name: string;
  readonly accessModes: readonly string[];
  readonly capacityBytes: number | null;
  readonly requestBytes: number | null;
  readonly volumeMode: 'Block' | 'Filesystem';
}

export interface VolumeMigration {
  readonly sourceCapacityBytes: number | null;
  readonly sourceRequestBytes: number | null;
  readonly destinationCapacityBytes: number | null;
}

export interface Toleration {
  readonly key: string;
  readonly operator: 'Equal' | 'Exists';
  readonly value: string;
  /** '' tolerates every effect. */
  readonly effect: string;
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

export interface LabelSelector {
  readonly matchLabels: Labels;
  readonly matchExpressions: readonly LabelRequirement[];
}

export interface PodAffinityTerm {
  readonly topologyKey: string;
  readonly selector: LabelSelector;
  /** Empty: the guest's own namespace. */
  readonly namespaces: readonly string[];
}

export interface Affinity {
  /** Alternatives, each a list of requirements that all must hold; empty: no requirement. */
  readonly nodeRequired: readonly (readonly LabelRequirement[])[];
  readonly nodePreferred: readonly {
    readonly weight: number;
    readonly requirements: readonly LabelRequirement[];
  }[];
  readonly podRequired: readonly PodAffinityTerm[];
  readonly podPreferred: readonly { readonly weight: number; readonly term: PodAffinityTerm }[];
  readonly podAntiRequired: readonly PodAffinityTerm[];
  readonly podAntiPreferred: readonly { readonly weight: number; readonly term: PodAffinityTerm }[];
}

export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  readonly selector: LabelSelector;
}

// ---------------------------------------------------------------------------------------------
// Drain, timings, host profile, events

export interface DrainSpec {
  /** Node names, sorted; from the file, or from --drain / --drain-selector. */
  readonly nodes: readonly string[];
  /** `evict`: kubectl drain (eviction, retried every 5 s); `taint`: nodeDrainTaintKey. */
  readonly method: 'evict' | 'taint';
  readonly startUs: number;
  /** The run ends here even when guests are left. Default 24 h. */
  readonly timeoutUs: number;
  /** Seconds between two eviction attempts of kubectl drain. */
  readonly retryUs: number;
}

/** Times that the control plane takes; spec names them, clusters differ. Each a plain duration. */
export interface ControlPlaneTimings {
  /** Target pod creation to scheduled. */
  readonly schedulingUs: number;
  /** Scheduled to Ready. */
  readonly podStartUs: number;
  /** Ready to the VMI's hand-off to virt-handler. */
  readonly handOffUs: number;
  /** Target virt-handler and libvirt prepare the domain and the proxies. */
  readonly targetPreparationUs: number;
  /** Source launcher called to QEMU's migrate command. */
  readonly migrateCallUs: number;
  /** Target's `cont` to the VMI shown on its new node. */
  readonly finalisationUs: number;
}

/** What hosts and hypervisors cost; all stated parameters (spec/qemu.md 2.5, 5, 9). */
export interface HostProfile {
  /** QEMU's version as major.minor, e.g. `10.1`. */
  readonly qemuVersion: string;
  readonly dirtyTracking: 'chunk-clear' | 'sync-clear' | 'dirty-ring';
  readonly syncFixedUs: number;
  readonly syncUsPerGiB: number;
  readonly setupSyncFixedUs: number;
  readonly setupSyncUsPerGiB: number;
  readonly chunkClearUs: number;
  /** Pages a second that one thread can scan and find zero. */
  readonly zeroPageScanPagesPerSecond: number;
  /** One zstd/TLS-free sender thread. */
  readonly tlsChannelBytesPerSecond: number;
  readonly zstdChannelBytesPerSecond: number;
  /** vm_stop, block flush. */
  readonly stopUs: number;
  /** Device state in bytes, saved and loaded in the pause. */
  readonly deviceStateBytes: number;
  readonly deviceStateUs: number;
  /** libvirt: pre-switchover event to migrate-continue. */
  readonly preSwitchoverUs: number;
  /** libvirt: Perform's end to `cont` on the target. */
  readonly finishUs: number;
  /** Share of its vCPUs that a guest keeps busy: what a CPU limit leaves to the sender. */
  readonly busyVcpuShare: number;
  /** Sockets and proxies hold so much while the network limits; it drains in the pause. */
  readonly socketBacklogBytes: number;
  /** Post-copy: requested pages have a socket of their own (libvirt turns it on by itself). */
  readonly postcopyPreempt: boolean;
  /** A page fault's round trip besides the network's and the page's own transfer. */
  readonly postcopyFaultUs: number;
  /** Without preempt a requested page waits behind so much. */
  readonly postcopyQueueBytes: number;
  /** Target: placing one page of the stream. */
  readonly postcopyPlaceUs: number;
  /** Rate during a migration over the rate measured before it (VEP 246: 2 to 3). */
  readonly dirtyRateFactorDuringMigration: number;
}

/** `link`: a link's name, or what it begins with (`nic/a`: both directions, all of a bond). */
export type FleetEvent =
  | {
      readonly kind: 'link-down';
      readonly atUs: number;
      readonly link: string;
      readonly forUs: number;
    }
  | {
      readonly kind: 'link-degraded';
      readonly atUs: number;
      readonly link: string;
      readonly forUs: number;
      readonly share: number;
    }
  /** Down and up again in turn, down first. */
  | {
      readonly kind: 'link-flapping';
      readonly atUs: number;
      readonly link: string;
      readonly forUs: number;
      readonly downUs: number;
      readonly upUs: number;
    }
  /** Share of packets lost: takes goodput from the link, and bounds each connection. */
  | {
      readonly kind: 'packet-loss';
      readonly atUs: number;
      readonly link: string;
      readonly forUs: number;
      readonly loss: number;
    }
  /** All its NICs, for good. */
  | { readonly kind: 'nic-lost'; readonly atUs: number; readonly node: string }
  | { readonly kind: 'node-lost'; readonly atUs: number; readonly node: string };

/** A VMIM that a user makes or deletes, as `virtctl migrate` and `virtctl migrate-cancel` do. */
export interface UserMigration {
  readonly action: 'create' | 'delete';
  readonly atUs: number;
  readonly namespace: string;
  readonly name: string;
  /** Of the VMIM; two of them set time limits (spec/kubevirt.md 5.5). */
  readonly annotations: Labels;
  /** The VMIM's spec.addedNodeSelector: labels that its target has to have. */
  readonly addedNodeSelector: Labels;
}

/** KubeVirt's side of a fleet: its settings, policies, namespaces, other pods, budgets (part of model.ts). */
import type { Labels } from './labels.js';

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

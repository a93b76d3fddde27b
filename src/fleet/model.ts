/**
 * The fleet as every other room reads it: resolved, validated, sorted by name, in base units.
 * Loaders (fleet file, kubectl dump) make it; nothing else does. Bytes, microseconds (`Us`),
 * and shares (0 to 1) throughout; no field is optional where a default exists.
 */
import type { Guest } from './guest-model.js';
import type {
  DisruptionBudget,
  KubeVirtSettings,
  MigrationPolicy,
  Namespace,
  OtherPod,
} from './kubevirt-model.js';
import type { Labels } from './labels.js';
import type { NetworkSpec } from './network-spec.js';
import type {
  ControlPlaneTimings,
  DrainSpec,
  FleetEvent,
  HostProfile,
  UserMigration,
} from './run-model.js';

export type {
  Affinity,
  Guest,
  GuestFeatures,
  GuestInterface,
  GuestVolume,
  LabelRequirement,
  LabelSelector,
  LiveMigratableCondition,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
  VfioState,
  VolumeClaim,
  VolumeMigration,
} from './guest-model.js';
export type {
  ClusterMigrationConfiguration,
  DisruptionBudget,
  DowntimeTuningPolicy,
  EvictionStrategy,
  KubeVirtSettings,
  MigrationPolicy,
  Namespace,
  OtherPod,
  StallDetectorPolicy,
  WorkloadUpdateStrategy,
} from './kubevirt-model.js';
export type { Labels } from './labels.js';
export type { NetworkSpec } from './network-spec.js';
export type {
  ControlPlaneTimings,
  DirtyLimitSettings,
  DrainSpec,
  FleetEvent,
  HostProfile,
  IfBlocked,
  NodesAtOnce,
  UserMigration,
} from './run-model.js';

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

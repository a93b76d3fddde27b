/** A guest: a VMI with what decides about its migration (part of model.ts). */
import type { EvictionStrategy } from './kubevirt-model.js';
import type { Labels } from './labels.js';
import type { Workload } from './workload.js';

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
  /** How long the guest takes to let go of its SR-IOV interfaces; KubeVirt waits for 30 s. */
  readonly sriovUnplugUs: number;
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
  /** What the devices send while the guest runs (QEMU 8.1 on); null: all of it in the pause. */
  readonly precopy: VfioPrecopy | null;
  /**
   * Who logs the device's writes; `none`: all memory is dirty at every sync, `at-stop`: at the last
   * one only (QEMU's x-pre-copy-dirty-page-tracking=off).
   */
  readonly dirtyTracking: 'device' | 'iommu' | 'none' | 'at-stop';
}

interface VfioPrecopy {
  /** The target has to have them before the switchover. */
  readonly initialBytes: number;
  readonly dirtyBytesPerSecond: number;
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

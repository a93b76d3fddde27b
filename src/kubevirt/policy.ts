/**
 * Which settings a migration runs with: the cluster's configuration, then at most one
 * MigrationPolicy over it, then what the release and the guest decide (spec/kubevirt.md 1).
 */
import type {
  ClusterMigrationConfiguration,
  DowntimeTuningPolicy,
  Fleet,
  Guest,
  Labels,
  MigrationPolicy,
  StallDetectorPolicy,
} from '../fleet/model.js';
import { hasFeatureGate, releaseProfile } from './release.js';

/** Where a value comes from; `policy`: from the one whose name is `policyName`. */
type SettingSource = 'default' | 'cluster' | 'policy' | 'guest' | 'release';

/** spec/kubevirt.md 1.3; factors are Quantity strings, as the policy gives them. */
export interface StallDetectorSettings {
  /** percent */
  readonly stallMargin: number;
  /** seconds */
  readonly stallProgressTimeout: number;
  /** seconds */
  readonly switchoverTimeout: number;
  readonly ewmaAlpha: string;
  readonly precopyPossibleFactor: string;
  readonly patienceWindowDecayFactor: string;
  readonly searchLocalMinima: boolean;
  readonly completionTimeoutFactor: string;
}

/** spec/kubevirt.md 1.4, before the launcher sanitises the values. */
interface DowntimeTuningSettings {
  readonly initialMs: number;
  readonly steps: number;
  readonly startAfterIteration: number;
  readonly cooldownSeconds: number;
}

interface ResolvedSettings {
  readonly allowAutoConverge: boolean;
  /** 0: no limit. */
  readonly bandwidthPerMigrationBytesPerSecond: number;
  /** seconds per decimal GB; 0: no completion timeout. */
  readonly completionTimeoutPerGiB: number;
  readonly maxDowntimeMs: number;
  /** seconds */
  readonly progressTimeout: number;
  readonly allowPostCopy: boolean;
  readonly allowWorkloadDisruption: boolean;
  readonly unsafeMigrationOverride: boolean;
  readonly disableTLS: boolean;
  readonly compression: 'none' | 'zstd';
  /** multifd connections; 0: no PARALLEL flag, one stream. */
  readonly multifdChannels: number;
  /** null: the gate MigrationStallDetection is off, the legacy path decides. */
  readonly stallDetector: StallDetectorSettings | null;
  /** null: off. */
  readonly downtimeTuning: DowntimeTuningSettings | null;
}

type SettingName = keyof ResolvedSettings;

/** Frozen at hand-off (vmi.status.migrationState.migrationConfiguration). */
export interface MigrationSettings extends ResolvedSettings {
  /** '' when no policy matched. */
  readonly policyName: string;
  readonly sources: Readonly<Record<SettingName, SettingSource>>;
}

/** KubeVirt's defaults of what a migration can be set to (spec/kubevirt.md 1.1). */
const CLUSTER_DEFAULTS = {
  allowAutoConverge: false,
  bandwidthPerMigrationBytesPerSecond: 0,
  completionTimeoutPerGiB: 150,
  maxDowntimeMs: 900,
  progressTimeout: 150,
  allowPostCopy: false,
  unsafeMigrationOverride: false,
  disableTLS: false,
} as const;

/** spec/kubevirt.md 1.3 */
const STALL_DETECTOR_DEFAULTS: StallDetectorSettings = {
  stallMargin: 4,
  stallProgressTimeout: 40,
  switchoverTimeout: 60,
  ewmaAlpha: '0.4',
  precopyPossibleFactor: '1.5',
  patienceWindowDecayFactor: '0.5',
  searchLocalMinima: true,
  completionTimeoutFactor: '2',
};

/** spec/kubevirt.md 1.4 */
const DOWNTIME_TUNING_DEFAULTS: DowntimeTuningSettings = {
  initialMs: 150,
  steps: 7,
  startAfterIteration: 3,
  cooldownSeconds: 10,
};

/** spec/kubevirt.md 1.5: what virt-handler asks for where the VMI has no CPU limit. */
const MULTIFD_CHANNELS = 8;

/**
 * The settings of a migration of `guest` that is handed off now: cluster, policy, release, guest,
 * each with its source. Never fails; a fleet without policies gives the cluster's settings.
 */
export function settingsFor(fleet: Fleet, guest: Guest): MigrationSettings {
  const namespace = fleet.namespaces.find(({ name }) => name === guest.namespace);
  const policy = matchingPolicy(fleet.policies, guest.labels, namespace?.labels ?? {});
  const cluster = fleet.kubevirt.migrations;
  const stallDetectorOn = hasFeatureGate(fleet.kubevirt, 'MigrationStallDetection');
  const tuning = policy?.downtimeTuning ?? null;
  const tuningOn = tuning !== null && hasFeatureGate(fleet.kubevirt, 'MigrationDowntimeTuning');
  const disruption = workloadDisruption(cluster, policy);
  const postCopy = policy?.allowPostCopy ?? cluster.allowPostCopy;
  const threads = multifd(fleet, guest, postCopy);
  const sources = { ...clusterSources(cluster), ...policySources(policy) };
  return {
    policyName: policy?.name ?? '',
    allowAutoConverge: policy?.allowAutoConverge ?? cluster.allowAutoConverge,
    bandwidthPerMigrationBytesPerSecond:
      policy?.bandwidthPerMigrationBytesPerSecond ?? cluster.bandwidthPerMigrationBytesPerSecond,
    completionTimeoutPerGiB: policy?.completionTimeoutPerGiB ?? cluster.completionTimeoutPerGiB,
    maxDowntimeMs: policy?.maxDowntimeMs ?? cluster.maxDowntimeMs,
    progressTimeout: cluster.progressTimeout,
    allowPostCopy: postCopy,
    allowWorkloadDisruption: disruption.value,
    unsafeMigrationOverride: cluster.unsafeMigrationOverride,
    disableTLS: cluster.disableTLS,
    compression: policy?.compression === 'zstd' ? 'zstd' : 'none',
    multifdChannels: threads.value,
    stallDetector: stallDetectorOn ? stallSettings(policy?.stallDetector ?? null) : null,
    downtimeTuning: tuningOn ? tuningSettings(tuning) : null,
    sources: {
      ...sources,
      allowWorkloadDisruption: disruption.source,
      compression: policy?.compression != null ? 'policy' : 'default',
      multifdChannels: threads.source,
      stallDetector: stallDetectorSource(stallDetectorOn, policy),
      downtimeTuning: tuningOn ? 'policy' : 'default',
    },
  };
}

/**
 * The one policy that applies, or null. Most pairs matched wins, then most VMI pairs, then the
 * smallest name. That KubeVirt's code passes over selectors for a VMI without any label
 * (spec/kubevirt.md 1.2) never shows: at the hand-off the VMI has got the label of its target node
 * before its policy is looked for (5.4).
 */
export function matchingPolicy(
  policies: readonly MigrationPolicy[],
  guestLabels: Labels,
  namespaceLabels: Labels,
): MigrationPolicy | null {
  let best: { policy: MigrationPolicy; total: number; vmi: number } | null = null;
  for (const policy of policies) {
    if (policy.selectors === null) continue;
    const { virtualMachineInstance, namespace } = policy.selectors;
    const vmi = pairsMatched(virtualMachineInstance, guestLabels);
    const ns = pairsMatched(namespace, namespaceLabels);
    if (vmi === null || ns === null) continue;
    const total = vmi + ns;
    const better =
      best === null ||
      total > best.total ||
      (total === best.total && vmi > best.vmi) ||
      (total === best.total && vmi === best.vmi && policy.name < best.policy.name);
    if (better) best = { policy, total, vmi };
  }
  return best?.policy ?? null;
}

/** Number of pairs, all matched; null when one is missing or differs. */
function pairsMatched(selector: Labels | null, labels: Labels): number | null {
  if (selector === null) return 0;
  const pairs = Object.entries(selector);
  return pairs.every(([key, value]) => labels[key] === value) ? pairs.length : null;
}

/**
 * A policy that sets allowPostCopy and not allowWorkloadDisruption gives the latter the former's
 * value, over the cluster's own (spec/kubevirt.md 1.2).
 */
function workloadDisruption(
  cluster: ClusterMigrationConfiguration,
  policy: MigrationPolicy | null,
): { readonly value: boolean; readonly source: SettingSource } {
  const fromPolicy = policy?.allowWorkloadDisruption ?? policy?.allowPostCopy ?? null;
  if (fromPolicy !== null) return { value: fromPolicy, source: 'policy' };
  const value = cluster.allowWorkloadDisruption;
  return { value, source: value === cluster.allowPostCopy && !value ? 'default' : 'cluster' };
}

/**
 * spec/kubevirt.md 1.5: no PARALLEL flag with a CPU limit or dedicated CPUs; up to release 1.8
 * (section 11) none with post-copy either.
 */
function multifd(
  fleet: Fleet,
  guest: Guest,
  postCopy: boolean,
): { readonly value: number; readonly source: SettingSource } {
  if ((guest.resourceLimits.cpu ?? 0) > 0 || guest.dedicatedCpus) {
    return { value: 0, source: 'guest' };
  }
  if (postCopy && !releaseProfile(fleet.kubevirt).multifdWithPostCopy) {
    return { value: 0, source: 'release' };
  }
  return { value: MULTIFD_CHANNELS, source: 'default' };
}

function stallSettings(policy: StallDetectorPolicy | null): StallDetectorSettings {
  const d = STALL_DETECTOR_DEFAULTS;
  return {
    stallMargin: policy?.stallMargin ?? d.stallMargin,
    stallProgressTimeout: policy?.stallProgressTimeout ?? d.stallProgressTimeout,
    switchoverTimeout: policy?.switchoverTimeout ?? d.switchoverTimeout,
    ewmaAlpha: policy?.ewmaAlpha ?? d.ewmaAlpha,
    precopyPossibleFactor: policy?.precopyPossibleFactor ?? d.precopyPossibleFactor,
    patienceWindowDecayFactor: policy?.patienceWindowDecayFactor ?? d.patienceWindowDecayFactor,
    searchLocalMinima: policy?.searchLocalMinima ?? d.searchLocalMinima,
    completionTimeoutFactor: policy?.completionTimeoutFactor ?? d.completionTimeoutFactor,
  };
}

function tuningSettings(policy: DowntimeTuningPolicy): DowntimeTuningSettings {
  const d = DOWNTIME_TUNING_DEFAULTS;
  return {
    initialMs: policy.initialMs ?? d.initialMs,
    steps: policy.steps ?? d.steps,
    startAfterIteration: policy.startAfterIteration ?? d.startAfterIteration,
    cooldownSeconds: policy.cooldownSeconds ?? d.cooldownSeconds,
  };
}

/** With the gate on every migration has a stall detector, whether a policy matched or not. */
function stallDetectorSource(on: boolean, policy: MigrationPolicy | null): SettingSource {
  if (!on) return 'default';
  return policy?.stallDetector != null ? 'policy' : 'cluster';
}

type ClusterSettingName = keyof typeof CLUSTER_DEFAULTS;

/** The fleet holds resolved values only, so a cluster value equal to the default counts as it. */
function clusterSources(
  cluster: ClusterMigrationConfiguration,
): Record<ClusterSettingName, SettingSource> {
  const source = (name: ClusterSettingName): SettingSource =>
    cluster[name] === CLUSTER_DEFAULTS[name] ? 'default' : 'cluster';
  return {
    allowAutoConverge: source('allowAutoConverge'),
    bandwidthPerMigrationBytesPerSecond: source('bandwidthPerMigrationBytesPerSecond'),
    completionTimeoutPerGiB: source('completionTimeoutPerGiB'),
    maxDowntimeMs: source('maxDowntimeMs'),
    progressTimeout: source('progressTimeout'),
    allowPostCopy: source('allowPostCopy'),
    unsafeMigrationOverride: source('unsafeMigrationOverride'),
    disableTLS: source('disableTLS'),
  };
}

const OVERRIDABLE = [
  'allowAutoConverge',
  'bandwidthPerMigrationBytesPerSecond',
  'completionTimeoutPerGiB',
  'maxDowntimeMs',
  'allowPostCopy',
] as const;

function policySources(
  policy: MigrationPolicy | null,
): Partial<Record<ClusterSettingName, SettingSource>> {
  const sources: Partial<Record<ClusterSettingName, SettingSource>> = {};
  if (policy === null) return sources;
  for (const name of OVERRIDABLE) if (policy[name] !== null) sources[name] = 'policy';
  return sources;
}

/** KubeVirt's CR, in whichever part it was pasted, to the settings that decide. */
import { DEFAULT_KUBEVIRT, DEFAULT_MIGRATIONS, KUBEVIRT_RELEASES } from '../defaults.js';
import type {
  ClusterMigrationConfiguration,
  DowntimeTuningPolicy,
  KubeVirtSettings,
  MigrationPolicy,
  StallDetectorPolicy,
  WorkloadUpdateStrategy,
} from '../model.js';
import { byText, type ReadContext, warnAt, wrongAt } from './context.js';
import { misplacedField } from './kubevirt-place.js';
import type { FleetField } from './schema.js';
import type {
  ConfigurationField,
  DowntimeTuningField,
  KubeVirtField,
  MigrationPolicyField,
  StallDetectorField,
} from './schema-kubevirt.js';

export function readKubeVirt(
  context: ReadContext,
  field: KubeVirtField | undefined,
): KubeVirtSettings {
  if (field === undefined) {
    return DEFAULT_KUBEVIRT;
  }
  refuseMisplaced(context, field);
  const configuration: ConfigurationField =
    field.spec?.configuration ?? field.configuration ?? field;
  const developer = configuration.developerConfiguration;
  const devices = configuration.permittedHostDevices;
  const bindings = Object.entries(configuration.network?.binding ?? {});
  return {
    release: readRelease(context, field),
    evictionStrategy: configuration.evictionStrategy ?? DEFAULT_KUBEVIRT.evictionStrategy,
    featureGates: developer?.featureGates ?? [],
    cpuAllocationRatio: developer?.cpuAllocationRatio ?? DEFAULT_KUBEVIRT.cpuAllocationRatio,
    memoryOvercommit: developer?.memoryOvercommit ?? DEFAULT_KUBEVIRT.memoryOvercommit,
    additionalGuestMemoryOverheadRatio: configuration.additionalGuestMemoryOverheadRatio ?? null,
    nodeSelectors: developer?.nodeSelectors ?? {},
    mediatedDevices: (devices?.mediatedDevices ?? []).map((device) => device.resourceName),
    pciHostDevices: (devices?.pciHostDevices ?? []).map((device) => device.resourceName),
    migratableBindings: bindings
      .filter(([, binding]) => binding.migration !== undefined)
      .map(([name]) => name)
      .sort(),
    migrations: readMigrations(configuration.migrations ?? {}),
    workloadUpdates: readWorkloadUpdates(field),
  };
}

function refuseMisplaced(context: ReadContext, field: KubeVirtField): void {
  const misplaced = misplacedField(field);
  if (misplaced === null) return;
  const { place } = misplaced;
  const problem = `stands beside ${place[0]}; it belongs into kubevirt.${place.join('.')}`;
  throw wrongAt(context, ['kubevirt', misplaced.field], problem);
}

function readWorkloadUpdates(field: KubeVirtField): WorkloadUpdateStrategy {
  const given = field.spec?.workloadUpdateStrategy ?? field.workloadUpdateStrategy ?? {};
  const usual = DEFAULT_KUBEVIRT.workloadUpdates;
  return {
    methods: given.workloadUpdateMethods ?? usual.methods,
    batchEvictionSize: given.batchEvictionSize ?? usual.batchEvictionSize,
    batchEvictionIntervalUs: given.batchEvictionInterval ?? usual.batchEvictionIntervalUs,
  };
}

/** `1.9` from the file, or from the CR's `v1.9.0`; an unknown one becomes the nearest that is known. */
function readRelease(context: ReadContext, field: KubeVirtField): string {
  const observed = field.status?.observedKubeVirtVersion;
  const text = field.release ?? observed;
  if (text === undefined) {
    return DEFAULT_KUBEVIRT.release;
  }
  const minor = /^v?1\.(\d+)(?:\.|-|\+|$)/.exec(text)?.[1];
  const known = KUBEVIRT_RELEASES.map((release) => Number(release.slice(2)));
  const path = [
    'kubevirt',
    ...(field.release === undefined ? ['status', 'observedKubeVirtVersion'] : ['release']),
  ];
  if (minor === undefined) {
    const problem = `"${text}" is not a release of KubeVirt such as "${DEFAULT_KUBEVIRT.release}"`;
    throw wrongAt(context, path, problem);
  }
  const nearest = Math.min(Math.max(Number(minor), Math.min(...known)), Math.max(...known));
  if (nearest !== Number(minor)) {
    warnAt(
      context,
      path,
      `KubeVirt ${text} is not known; its rules are taken as those of 1.${nearest}`,
    );
  }
  return `1.${nearest}`;
}

function readMigrations(
  field: NonNullable<ConfigurationField['migrations']>,
): ClusterMigrationConfiguration {
  const { bandwidthPerMigration, ...rest } = field;
  const given = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as Partial<ClusterMigrationConfiguration>;
  const allowPostCopy = given.allowPostCopy ?? DEFAULT_MIGRATIONS.allowPostCopy;
  return {
    ...DEFAULT_MIGRATIONS,
    // Unset means allowPostCopy (spec/kubevirt.md 1.1).
    allowWorkloadDisruption: allowPostCopy,
    ...given,
    bandwidthPerMigrationBytesPerSecond:
      bandwidthPerMigration ?? DEFAULT_MIGRATIONS.bandwidthPerMigrationBytesPerSecond,
  };
}

export function readPolicies(
  context: ReadContext,
  field: FleetField['migrationPolicies'],
): readonly MigrationPolicy[] {
  const items = field === undefined ? [] : Array.isArray(field) ? field : field.items;
  const policies = new Map<string, MigrationPolicy>();
  for (const [index, item] of items.entries()) {
    if (policies.has(item.metadata.name)) {
      const path = ['migrationPolicies', ...(Array.isArray(field) ? [] : ['items']), index];
      throw wrongAt(context, path, `there are two policies named ${item.metadata.name}`);
    }
    policies.set(item.metadata.name, readPolicy(item));
  }
  return [...policies.values()].sort((a, b) => byText(a.name, b.name));
}

function readPolicy({ metadata, spec = {} }: MigrationPolicyField): MigrationPolicy {
  const { selectors, experimental } = spec;
  return {
    name: metadata.name,
    selectors:
      selectors === undefined
        ? null
        : {
            namespace: selectors.namespaceSelector ?? null,
            virtualMachineInstance: selectors.virtualMachineInstanceSelector ?? null,
          },
    allowAutoConverge: spec.allowAutoConverge ?? null,
    bandwidthPerMigrationBytesPerSecond: spec.bandwidthPerMigration ?? null,
    completionTimeoutPerGiB: spec.completionTimeoutPerGiB ?? null,
    maxDowntimeMs: spec.maxDowntimeMs ?? null,
    allowPostCopy: spec.allowPostCopy ?? null,
    allowWorkloadDisruption: spec.allowWorkloadDisruption ?? null,
    stallDetector: readStallDetector(experimental?.stallDetector),
    downtimeTuning: readDowntimeTuning(experimental?.downtimeTuning),
    compression: experimental?.compression ?? null,
  };
}

function readStallDetector(field: StallDetectorField | undefined): StallDetectorPolicy | null {
  if (field === undefined) {
    return null;
  }
  return {
    stallMargin: field.stallMargin ?? null,
    stallProgressTimeout: field.stallProgressTimeout ?? null,
    switchoverTimeout: field.switchoverTimeout ?? null,
    ewmaAlpha: field.ewmaAlpha ?? null,
    precopyPossibleFactor: field.precopyPossibleFactor ?? null,
    patienceWindowDecayFactor: field.patienceWindowDecayFactor ?? null,
    searchLocalMinima: field.searchLocalMinima ?? null,
    completionTimeoutFactor: field.completionTimeoutFactor ?? null,
  };
}

function readDowntimeTuning(field: DowntimeTuningField | undefined): DowntimeTuningPolicy | null {
  if (field === undefined) {
    return null;
  }
  return {
    initialMs: field.initialMs ?? null,
    steps: field.steps ?? null,
    startAfterIteration: field.startAfterIteration ?? null,
    cooldownSeconds: field.cooldownSeconds ?? null,
  };
}

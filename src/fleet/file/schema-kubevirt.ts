/**
 * KubeVirt's own YAML inside a fleet file (spec/kubevirt.md 1). What decides about migrations is
 * strict, so that a slip is told; the rest of a pasted CR is passed over.
 */
import { z } from 'zod';
import { closest } from '../closest.js';
import { parseQuantity } from '../quantity.js';
import {
  duration,
  flag,
  labels,
  noun,
  number,
  objectName,
  quantities,
  rate,
  whole,
} from './fields.js';

const EVICTION_STRATEGIES = ['None', 'LiveMigrate', 'LiveMigrateIfPossible', 'External'] as const;

export const evictionStrategy = () => z.enum(EVICTION_STRATEGIES);

const ignored = () => z.unknown().optional();

/** An object of an API that grows: other keys pass, unless they look like a slip of one of these. */
function pasted<Shape extends z.core.$ZodLooseShape>(shape: Shape, others: readonly string[]) {
  const known = new Set([...Object.keys(shape), ...others]);
  return z.looseObject(shape).superRefine((value, context) => {
    for (const key of Object.keys(value)) {
      const meant = known.has(key) ? null : closest(key, Object.keys(shape));
      if (meant !== null) {
        const message = `unknown key "${key}"; did you mean "${meant}"?`;
        context.addIssue({ code: 'custom', message, path: [key] });
      }
    }
  });
}

/** spec.configuration.migrations, wholly (spec 1.1). */
const migrations = noun({
  nodeDrainTaintKey: z.string().optional(),
  parallelOutboundMigrationsPerNode: whole(0).optional(),
  parallelMigrationsPerCluster: whole(0).optional(),
  allowAutoConverge: flag().optional(),
  bandwidthPerMigration: rate().optional(),
  completionTimeoutPerGiB: whole(0).optional(),
  maxDowntimeMs: whole(1, 2_000_000).optional(),
  progressTimeout: whole(0).optional(),
  utilityVolumesTimeout: whole(0).optional(),
  unsafeMigrationOverride: flag().optional(),
  allowPostCopy: flag().optional(),
  allowWorkloadDisruption: flag().optional(),
  disableTLS: flag().optional(),
  network: z.string().optional(),
  matchSELinuxLevelOnMigration: flag().optional(),
});

const resourceName = z.looseObject({ resourceName: z.string() });

const configurationShape = {
  migrations: migrations.optional(),
  evictionStrategy: evictionStrategy().optional(),
  developerConfiguration: pasted(
    {
      featureGates: z.array(z.string()).optional(),
      cpuAllocationRatio: number(0).optional(),
      memoryOvercommit: number(1).optional(),
      nodeSelectors: labels().optional(),
    },
    [
      'clusterProfiler',
      'diskVerification',
      'disabledFeatureGates',
      'logVerbosity',
      'pvcTolerateLessSpaceUpToPercent',
      'minimumReservePVCBytes',
      'minimumClusterTSCFrequency',
      'useEmulation',
    ],
  ).optional(),
  additionalGuestMemoryOverheadRatio: number(0).optional(),
  permittedHostDevices: z
    .looseObject({
      mediatedDevices: z.array(resourceName).optional(),
      pciHostDevices: z.array(resourceName).optional(),
    })
    .optional(),
  network: z
    .looseObject({
      binding: z
        .record(z.string(), z.looseObject({ migration: z.looseObject({}).optional() }))
        .optional(),
    })
    .optional(),
};

/** Of KubeVirt's configuration, what decides anything here. */
export const CONFIGURATION_FIELDS: readonly string[] = Object.keys(configurationShape);

/** Other fields of KubeVirt's configuration, known so that they are no slips. */
const CONFIGURATION_KEYS = `apiConfiguration architectureConfiguration
  autoCPULimitNamespaceLabelSelector changedBlockTrackingLabelSelectors
  commonInstancetypesDeployment controllerConfiguration cpuModel cpuRequest defaultRuntimeClass
  emulatedMachines handlerConfiguration hypervisors imagePullPolicy instancetype ksmConfiguration
  liveUpdateConfiguration machineType mediatedDevicesConfiguration memBalloonStatsPeriod
  minCPUModel obsoleteCPUModels ovmfPath roleAggregationStrategy seccompConfiguration
  selinuxLauncherType smbios supportContainerResources supportedGuestAgentVersions
  tlsConfiguration virtualMachineInstancesPerNode virtualMachineOptions vmRolloutStrategy
  vmStateStorageClass webhookConfiguration`.split(/\s+/);

const configuration = pasted(configurationShape, CONFIGURATION_KEYS).meta({ id: 'configuration' });

const workloadUpdateStrategy = noun({
  workloadUpdateMethods: z.array(z.enum(['LiveMigrate', 'Evict'])).optional(),
  batchEvictionSize: whole(1).optional(),
  batchEvictionInterval: duration().optional(),
});

const SPEC_KEYS = `certificateRotateStrategy customizeComponents imagePullPolicy imagePullSecrets
  imageRegistry imageTag infra monitorAccount monitorNamespace productComponent productName
  productVersion serviceMonitorNamespace synchronizationPort uninstallStrategy
  workloads`.split(/\s+/);

/** The CR, or its spec, or its spec.configuration; `release` may stand beside any of them. */
export const kubevirt = pasted(
  {
    release: z.string().describe("KubeVirt's release, such as '1.9' (in quotes)").optional(),
    apiVersion: ignored(),
    kind: z.literal('KubeVirt').optional(),
    metadata: ignored(),
    spec: pasted(
      {
        configuration: configuration.optional(),
        workloadUpdateStrategy: workloadUpdateStrategy.optional(),
      },
      SPEC_KEYS,
    ).optional(),
    status: z.looseObject({ observedKubeVirtVersion: z.string().optional() }).optional(),
    configuration: configuration.optional(),
    workloadUpdateStrategy: workloadUpdateStrategy.optional(),
    ...configurationShape,
  },
  [...CONFIGURATION_KEYS, ...SPEC_KEYS],
).describe("KubeVirt's own YAML: the CR, its spec, or its spec.configuration");

/** A Quantity whose digits decide (spec 1.3): checked, but kept as text. */
const factor = () =>
  z
    .union([z.string(), z.number()])
    .refine((value) => parseQuantity(value).ok, { error: 'expected a quantity, such as "1.5"' })
    .transform(String);

const stallDetector = noun({
  stallMargin: whole(0).optional(),
  stallProgressTimeout: whole(0).optional(),
  switchoverTimeout: whole(0).optional(),
  ewmaAlpha: factor().optional(),
  precopyPossibleFactor: factor().optional(),
  patienceWindowDecayFactor: factor().optional(),
  searchLocalMinima: flag().optional(),
  completionTimeoutFactor: factor().optional(),
});

const downtimeTuning = noun({
  initialMs: number(-Infinity).optional(),
  steps: number(-Infinity).optional(),
  startAfterIteration: number(-Infinity).optional(),
  cooldownSeconds: number(-Infinity).optional(),
});

const migrationPolicy = noun({
  apiVersion: ignored(),
  kind: z.literal('MigrationPolicy').optional(),
  metadata: z.looseObject({ name: objectName() }),
  spec: noun({
    selectors: noun({
      namespaceSelector: labels().optional(),
      virtualMachineInstanceSelector: labels().optional(),
    }).optional(),
    allowAutoConverge: flag().optional(),
    bandwidthPerMigration: rate().optional(),
    completionTimeoutPerGiB: whole(0).optional(),
    maxDowntimeMs: whole(1, 2_000_000).optional(),
    allowPostCopy: flag().optional(),
    allowWorkloadDisruption: flag().optional(),
    experimental: noun({
      stallDetector: stallDetector.optional(),
      downtimeTuning: downtimeTuning.optional(),
      compression: z.string().optional(),
    }).optional(),
  }).optional(),
  status: ignored(),
});

/** The CRs as they are, or a List of them. */
export const migrationPolicies = z.union([
  z.array(migrationPolicy),
  z.looseObject({ items: z.array(migrationPolicy) }),
]);

export const namespace = noun({
  name: objectName(),
  labels: labels().optional(),
  quota: quantities().optional(),
});

export type KubeVirtField = z.output<typeof kubevirt>;
export type ConfigurationField = z.output<typeof configuration>;
export type MigrationPolicyField = z.output<typeof migrationPolicy>;
export type StallDetectorField = z.output<typeof stallDetector>;
export type DowntimeTuningField = z.output<typeof downtimeTuning>;

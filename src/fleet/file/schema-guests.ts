/** Guests and groups of guests, as a fleet file has them. */
import { z } from 'zod';
import {
  duration,
  flag,
  labels,
  namePattern,
  noun,
  number,
  objectName,
  quantities,
  rate,
  size,
  whole,
} from './fields.js';
import { affinity, toleration, topologySpreadConstraint } from './schema-kubernetes.js';
import { evictionStrategy } from './schema-kubevirt.js';
import { workload } from './schema-workload.js';

const claim = noun({
  name: z.string().optional(),
  accessModes: z.array(z.string()).optional(),
  capacity: size().nullable().optional(),
  request: size().nullable().optional(),
  volumeMode: z.enum(['Block', 'Filesystem']).optional(),
});

const volume = noun({
  name: z.string().min(1),
  source: z
    .string()
    .describe('KubeVirt volume source: persistentVolumeClaim, dataVolume, containerDisk, …')
    .optional(),
  claim: claim.nullable().optional(),
  size: size().optional(),
  device: z.enum(['disk', 'cdrom', 'lun', 'filesystem', 'none']).optional(),
  readOnly: flag().optional(),
  hostDiskShared: flag().optional(),
  persistentReservation: flag().optional(),
  migration: noun({
    sourceCapacity: size().nullable().optional(),
    sourceRequest: size().nullable().optional(),
    destinationCapacity: size().nullable().optional(),
  })
    .nullable()
    .describe('set: the volume is copied by the migration (migratedVolumes)')
    .optional(),
  writeRate: rate().describe('what the guest writes to it, distinct blocks').optional(),
});

const guestInterface = noun({
  name: z.string().min(1),
  binding: z.enum(['masquerade', 'bridge', 'passt', 'sriov', 'plugin', 'other']),
  plugin: z.string().optional(),
  podNetwork: flag().optional(),
});

/** As in model.ts; each flag's usual value is in guests.ts. */
const features = noun({
  tpm: flag().optional(),
  sev: flag().optional(),
  tdx: flag().optional(),
  secureExecution: flag().optional(),
  hypervPassthrough: flag().optional(),
  hypervReenlightenment: flag().optional(),
  tscFrequencyKnown: flag().optional(),
  realtime: flag().optional(),
  autoattachGraphicsDevice: flag().optional(),
  autoattachMemBalloon: flag().optional(),
  downwardMetrics: flag().optional(),
  livenessExecProbe: flag().optional(),
  readinessExecProbe: flag().optional(),
});

const liveMigratable = noun({
  status: flag(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

/** All but what makes a guest this one. */
const guestFields = {
  namespace: objectName().optional(),
  memory: size().optional(),
  vcpus: number(0).optional(),
  workload: workload.optional(),
  labels: labels().optional(),
  annotations: labels().optional(),
  evictionStrategy: evictionStrategy().nullable().optional(),
  liveMigratable: liveMigratable
    .nullable()
    .describe("KubeVirt's condition; null: KubeVirt's rules decide")
    .optional(),
  migrationMethod: z.enum(['LiveMigration', 'BlockMigration']).optional(),
  volumes: z.array(volume).optional(),
  interfaces: z.array(guestInterface).optional(),
  sriovUnplug: duration()
    .describe('until the guest lets go of its SR-IOV interfaces (default 2s; 30s: too late)')
    .optional(),
  gpus: z.array(z.string()).optional(),
  hostDevices: z.array(z.string()).optional(),
  vfio: noun({
    state: size().describe("stop-copy size that the devices' driver tells"),
    precopy: noun({
      initial: size().describe('the target has it before the switchover').optional(),
      dirtyRate: rate().describe('what the devices change while the guest runs').optional(),
    })
      .nullable()
      .describe('sent while the guest runs; null: all in the pause')
      .optional(),
    dirtyTracking: z
      .enum(['device', 'iommu', 'none', 'at-stop'])
      .describe('who logs their writes; none: all memory is dirty at every sync, or at the last')
      .optional(),
  })
    .nullable()
    .describe('migratable VFIO devices; null: none (KubeVirt unplugs SR-IOV before)')
    .optional(),
  features: features.optional(),
  nodeSelector: labels().optional(),
  affinity: affinity.optional(),
  tolerations: z.array(toleration).optional(),
  topologySpreadConstraints: z.array(topologySpreadConstraint).optional(),
  resources: noun({
    requests: quantities().optional(),
    limits: quantities().optional(),
  }).optional(),
  hugepages: size().nullable().describe('size of one huge page: 2Mi, 1Gi').optional(),
  cpuModel: z.string().optional(),
  cpuFeatures: z.array(noun({ name: z.string(), policy: z.string() })).optional(),
  dedicatedCpus: flag().optional(),
  isolateEmulatorThread: flag().optional(),
  machineType: z.string().optional(),
  architecture: z.string().optional(),
  memoryGuestIsSet: flag().optional(),
  overcommitGuestOverhead: flag().optional(),
  reservedOverhead: size().optional(),
  evacuationNodeName: z.string().nullable().optional(),
  migrating: flag().optional(),
  phase: z.string().optional(),
};

export const guest = noun({
  name: namePattern(),
  count: whole(1, 1_000_000).describe('makes a group: names are numbered by their {00}').optional(),
  node: objectName().nullable().describe('its node; null: not running').optional(),
  nodes: z
    .union([z.string(), z.array(z.string())])
    .describe('for a group: nodes or patterns (a-*), taken in turn')
    .optional(),
  ...guestFields,
});

/** What every guest of the file starts from; a guest's own fields replace these one by one. */
export const guestDefaults = noun(guestFields);

export type GuestField = z.output<typeof guest>;
export type VolumeField = z.output<typeof volume>;
export type InterfaceField = z.output<typeof guestInterface>;

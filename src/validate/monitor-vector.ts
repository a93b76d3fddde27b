/** Lines of recorded monitor decisions (shared/data/monitor/README.md), checked field by field. */
import { z } from 'zod';

const nullable = <T extends z.ZodType>(schema: T) => schema.nullable();
const names = z.array(z.string());

const jobType = z.union([
  z.literal(-1),
  z.literal(0),
  z.literal(1),
  z.literal(2),
  z.literal(3),
  z.literal(4),
  z.literal(5),
]);
const abortStatus = z.enum(['', 'Aborting', 'Succeeded', 'Failed']);

const stallDetector = z.strictObject({
  stallMargin: z.number(),
  stallProgressTimeout: z.number(),
  switchoverTimeout: z.number(),
  ewmaAlpha: z.string(),
  precopyPossibleFactor: z.string(),
  patienceWindowDecayFactor: z.string(),
  searchLocalMinima: z.boolean(),
  completionTimeoutFactor: z.string(),
});

const stallDetectorFloats = z.strictObject({
  ewmaAlpha: z.number(),
  precopyPossibleFactor: z.number(),
  patienceWindowDecayFactor: z.number(),
  completionTimeoutFactor: z.number(),
});

const downtimeTuning = z.strictObject({
  initialMs: nullable(z.number()),
  steps: nullable(z.number()),
  startAfterIteration: nullable(z.number()),
  cooldownSeconds: nullable(z.number()),
});

const vmi = z.strictObject({
  guestMemory: nullable(z.string()),
  requestsMemory: nullable(z.string()),
  blockMigration: z.boolean(),
  ephemeralFileBytes: z.array(z.number()).optional(),
  migratedVolumes: z
    .array(
      z.strictObject({
        requests: nullable(z.string()),
        capacity: nullable(z.string()),
        noSourcePVCInfo: z.boolean().optional(),
      }),
    )
    .optional(),
  hostDevices: z.number(),
  gpus: z.number(),
  sriovInterfaces: z.number(),
  dataSize: z.number(),
  hasVFIO: z.boolean(),
});

const statistic = nullable(z.number());
const monitorRow = z.union([
  z.tuple([z.number(), z.enum(['p', 'i']), jobType, statistic, statistic, statistic, statistic]),
  z.tuple([
    z.number(),
    z.enum(['p', 'i']),
    jobType,
    statistic,
    statistic,
    statistic,
    statistic,
    z.number().int().min(0).max(3),
  ]),
  z.tuple([
    z.number(),
    z.enum(['p', 'i']),
    jobType,
    statistic,
    statistic,
    statistic,
    statistic,
    z.number().int().min(0).max(3),
    z.number().int().min(0).max(127),
  ]),
]);

const monitor = z.strictObject({
  kind: z.literal('monitor'),
  id: z.string(),
  group: z.string(),
  description: z.string(),
  vmi,
  options: z.strictObject({
    completionTimeoutPerGiB: z.number(),
    progressTimeout: z.number(),
    maxDowntimeMs: z.number(),
    allowPostCopy: z.boolean(),
    allowWorkloadDisruption: z.boolean(),
    stallDetector: nullable(stallDetector),
    stallDetectorFloats: stallDetectorFloats.optional(),
    downtimeTuning: nullable(downtimeTuning),
    iterationCallbackRegistrationFails: z.boolean().optional(),
  }),
  inputs: z.array(monitorRow),
  expect: z.unknown(),
});

/** [elapsedMs, remaining, iteration]; all three zero: unset. */
const record = z.tuple([z.number(), z.number(), z.number()]);

const detectorState = z.strictObject({
  options: stallDetector,
  maxDowntimeMs: z.number(),
  allowPostCopy: z.boolean(),
  allowWorkloadDisruption: z.boolean(),
  hasVFIO: z.boolean(),
  ewma: z.number(),
  bestRemainingBytes: z.number(),
  outsideMin: nullable(record),
  candidates: z.array(record),
  stallDetected: z.boolean(),
  switchoverInitiated: z.boolean(),
  history: z.array(z.number()),
  relaxationDeadlineMs: z.number(),
  relaxationPatienceMs: z.number(),
});

const onRecord = z.strictObject({ record });
const detectorCall = z.discriminatedUnion('fn', [
  call('updateBandwidthEstimate', z.strictObject({ sample: z.number() })),
  call('updateCandidates', onRecord),
  call('checkStallCondition', z.strictObject({ remaining: z.number() })),
  call('findBestRemainingBytes', z.strictObject({})),
  call('initializeRelaxationState', onRecord),
  call('relaxBestRemainingBytes', onRecord),
  call('processStallDetectionIteration', onRecord),
  call('estimateDowntimeMs', onRecord),
  call('isAtLocalMinima', onRecord),
  call(
    'canFinishByDeadline',
    z.strictObject({
      deadlineSeconds: z.number(),
      elapsedSeconds: z.number(),
      estimatedDowntimeMs: z.number(),
    }),
  ),
  call(
    'decideAction',
    z.strictObject({
      acceptableCompletionTime: z.number(),
      elapsedMs: z.number(),
      estimatedDowntimeMs: z.number(),
      record,
    }),
  ),
]);

function call<Fn extends string, Args extends z.ZodType>(fn: Fn, args: Args) {
  return z.strictObject({ fn: z.literal(fn), state: detectorState, args });
}

const volumes = z.array(
  z.strictObject({
    name: z.string(),
    source: z.string(),
    hostDiskShared: nullable(z.boolean()).optional(),
  }),
);
const disks = z.array(
  z.strictObject({
    alias: z.string(),
    device: z.string(),
    type: z.string(),
    readOnly: z.boolean(),
    target: z.string(),
  }),
);
const result = z.strictObject({ failed: z.boolean(), reason: z.string() });

function line<Kind extends string, Input extends z.ZodType>(kind: Kind, input: Input) {
  return z.strictObject({ kind: z.literal(kind), id: z.string(), input, expect: z.unknown() });
}

export const monitorVector = z.discriminatedUnion('kind', [
  monitor,
  line('detector', detectorCall),
  line(
    'flags',
    z.strictObject({
      isBlockMigration: z.boolean(),
      migratePaused: z.boolean(),
      unsafeMigration: z.boolean(),
      allowAutoConverge: z.boolean(),
      allowPostCopy: z.boolean(),
      parallelMigrationThreads: nullable(z.number()),
      compression: nullable(z.string()),
    }),
  ),
  line('volumes', z.strictObject({ volumes, migratedVolumes: names })),
  line('disk-targets', z.strictObject({ volumes, migratedVolumes: names, disks })),
  line(
    'params',
    z.strictObject({
      volumes,
      migratedVolumes: names,
      disks,
      bandwidth: z.string(),
      compression: nullable(z.string()),
      parallelMigrationThreads: nullable(z.number()),
    }),
  ),
  line('bandwidth', z.strictObject({ quantity: z.string() })),
  line('failure-reason', z.strictObject({ abortStatus, failed: z.boolean(), reason: z.string() })),
  line('result-once', z.strictObject({ first: result, second: result })),
  line(
    'cancel',
    z.strictObject({
      abortStatus,
      started: z.boolean(),
      ended: z.boolean(),
      failed: z.boolean(),
      jobType,
      faults: z.number().int(),
      lookupFails: z.boolean(),
    }),
  ),
  line('data-size', z.strictObject({ vmi })),
  line(
    'downtime-config',
    z.strictObject({ maxDowntimeMs: z.number(), downtimeTuning: nullable(downtimeTuning) }),
  ),
]);

export type MonitorVector = z.infer<typeof monitorVector>;
export type VectorOfKind<Kind extends MonitorVector['kind']> = Extract<
  MonitorVector,
  { kind: Kind }
>;

/** Calls of a turn that fail (bit mask). */
export const FAULT = {
  startPostCopy: 1,
  setMaxDowntime: 2,
  suspend: 4,
  getState: 8,
  getJobStats: 16,
  abortJob: 32,
  getJobInfo: 64,
} as const;

/** libvirt's number of a job type; null for -1, statistics unavailable. */
export function jobTypeOf(value: z.infer<typeof jobType>) {
  if (value === -1) return null;
  return (['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const)[value];
}

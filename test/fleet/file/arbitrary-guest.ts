/** Any guest that the model allows, for property tests: every field varies. */
import fc from 'fast-check';
import type {
  Affinity,
  Guest,
  GuestVolume,
  LabelRequirement,
  LabelSelector,
  PodAffinityTerm,
} from '../../../src/fleet/model.js';
import type {
  Phase,
  Placement,
  Region,
  Workload,
  WriteProcess,
} from '../../../src/fleet/workload.js';

export const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/);
export const text = fc.oneof(
  fc.constantFrom('', 'true', '1.9', 'null', '~', `\${a}`, `$\${`, 'a: b', '# x', 'ü\n"', ' x '),
  fc.string({ maxLength: 6 }),
);
const key = fc.stringMatching(/^[a-zA-Z][a-z./-]{0,8}$/);
export const labels = fc.dictionary(key, text, { maxKeys: 3, noNullPrototype: true });
export const amounts = fc.dictionary(
  fc.constantFrom('cpu', 'memory', 'pods', 'hugepages-1Gi', 'example.com/gpu'),
  fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constant(64 * 2 ** 30)),
  { noNullPrototype: true },
);
export const bytes = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 44 }),
  fc.integer({ min: 1, max: 4096 }).map((gib) => gib * 2 ** 30),
);
export const rate = fc.oneof(
  fc.constantFrom(0, 3.125e9, 200 * 2 ** 20),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
);
export const us = fc.integer({ min: 0, max: 1e12 });
export const fineUs = fc.oneof(us, fc.double({ min: 0, max: 1e9, noNaN: true }));
export const share = fc.oneof(
  fc.constantFrom(0, 0.2, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
export const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
export const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 2 });
export const effect = fc.constantFrom('NoSchedule', 'PreferNoSchedule', 'NoExecute');

const requirement: fc.Arbitrary<LabelRequirement> = fc.record({
  key,
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'),
  values: few(text),
});
const selector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: labels,
  matchExpressions: few(requirement),
});
const term: fc.Arbitrary<PodAffinityTerm> = fc.record({
  topologyKey: key,
  selector,
  namespaces: few(name),
});
const weight = fc.integer({ min: 1, max: 100 });
const affinity: fc.Arbitrary<Affinity> = fc.record({
  nodeRequired: few(few(requirement)),
  nodePreferred: few(fc.record({ weight, requirements: few(requirement) })),
  podRequired: few(term),
  podPreferred: few(fc.record({ weight, term })),
  podAntiRequired: few(term),
  podAntiPreferred: few(fc.record({ weight, term })),
});

export const pagesPerSecond = fc.oneof(
  fc.constant(40_000),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
);
const writes: fc.Arbitrary<WriteProcess> = fc.oneof(
  fc.constant({ kind: 'none' as const }),
  fc.record({ kind: fc.constant('random' as const), pagesPerSecond }),
  fc.record({
    kind: fc.constant('hotcold' as const),
    pagesPerSecond,
    hotShare: share,
    hotWritesShare: share,
  }),
  fc.record({
    kind: fc.constant('zipf' as const),
    pagesPerSecond,
    exponent: fc.double({ min: 0, max: 10, noNaN: true }),
  }),
  fc.record({ kind: fc.constant('sweep' as const), pagesPerSecond, startShare: share }),
);
const placement: fc.Arbitrary<Placement> = fc.oneof(
  fc.constant({ kind: 'spread' as const }),
  fc.constant({ kind: 'contiguous-seeded' as const }),
  fc.record({ kind: fc.constant('contiguous' as const), at: share }),
);
const factor = fc.double({ min: 0, max: 10, noNaN: true });
const phase: fc.Arbitrary<Phase> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 1e9 }), us, share, factor)
    .map(([periodUs, startUs, part, times]) => ({
      kind: 'periodic' as const,
      periodUs,
      startUs,
      lengthUs: Math.floor(periodUs * part),
      factor: times,
    })),
  fc.tuple(us, us, factor).map(([fromUs, more, times]) => ({
    kind: 'once' as const,
    fromUs,
    toUs: fromUs + more,
    factor: times,
  })),
);
const region: fc.Arbitrary<Region> = fc.record({
  name: fc.string({ minLength: 1, maxLength: 5 }),
  bytes: fc.integer({ min: 1, max: 2 ** 28 }).map((pages) => pages * 4096),
  filledShare: share,
  compressedShare: share,
  placement,
  writes,
  phases: few(phase),
  pacedBy: fc.constantFrom('cpu', 'clock'),
});
const workload: fc.Arbitrary<Workload> = fc.oneof(
  fc.record({
    kind: fc.constant('regions' as const),
    regions: fc.array(region, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('observed' as const),
    filledBytes: bytes,
    dirtyRates: few(
      fc.record({
        windowSeconds: fc.oneof(
          fc.constantFrom(1, 0.3),
          fc.double({ min: 0, max: 100, noNaN: true }),
        ),
        bytesPerSecond: rate,
      }),
    ),
    compressedShare: share,
  }),
);

const source = fc.constantFrom('persistentVolumeClaim', 'dataVolume', 'containerDisk', 'hostDisk');
const volume: fc.Arbitrary<GuestVolume> = fc.record({
  name,
  source,
  claim: orNull(
    fc.record({
      name,
      accessModes: few(fc.constantFrom('ReadWriteMany', 'ReadWriteOnce')),
      capacityBytes: orNull(bytes),
      requestBytes: orNull(bytes),
      volumeMode: fc.constantFrom('Block', 'Filesystem'),
    }),
  ),
  bytes,
  device: fc.constantFrom('disk', 'cdrom', 'lun', 'filesystem', 'none'),
  readOnly: fc.boolean(),
  hostDiskShared: fc.boolean(),
  persistentReservation: fc.boolean(),
  migration: orNull(
    fc.record({
      sourceCapacityBytes: orNull(bytes),
      sourceRequestBytes: orNull(bytes),
      destinationCapacityBytes: orNull(bytes),
    }),
  ),
  writeBytesPerSecond: rate,
});

const flags = [
  ...['tpm', 'sev', 'tdx', 'secureExecution', 'hypervPassthrough', 'hypervReenlightenment'],
  ...['tscFrequencyKnown', 'realtime', 'autoattachGraphicsDevice', 'autoattachMemBalloon'],
  ...['downwardMetrics', 'livenessExecProbe', 'readinessExecProbe'],
];
const features = fc.record(
  Object.fromEntries(flags.map((flag) => [flag, fc.boolean()])),
) as unknown as fc.Arbitrary<Guest['features']>;

export const evictionStrategy = fc.constantFrom(
  'None' as const,
  'LiveMigrate' as const,
  'LiveMigrateIfPossible' as const,
  'External' as const,
);

/** Memory and regions agree: the regions decide. */
export const guest: fc.Arbitrary<Guest> = fc
  .record({
    namespace: name,
    name,
    labels,
    annotations: labels,
    node: orNull(name),
    memoryBytes: bytes.filter((amount) => amount > 0),
    memoryGuestIsSet: fc.boolean(),
    vcpus: fc.integer({ min: 1, max: 64 }),
    cpuModel: text,
    cpuFeatures: few(fc.record({ name: text, policy: text })),
    dedicatedCpus: fc.boolean(),
    isolateEmulatorThread: fc.boolean(),
    hugepageBytes: orNull(bytes),
    machineType: text,
    architecture: text,
    resourceRequests: amounts,
    resourceLimits: amounts,
    overcommitGuestOverhead: fc.boolean(),
    reservedOverheadBytes: bytes,
    nodeSelector: labels,
    affinity,
    tolerations: few(
      fc.record({
        key: text,
        operator: fc.constantFrom('Equal' as const, 'Exists' as const),
        value: text,
        effect: fc.oneof(fc.constant(''), effect),
      }),
    ),
    topologySpread: few(
      fc.record({
        maxSkew: fc.integer({ min: 1, max: 9 }),
        topologyKey: key,
        whenUnsatisfiable: fc.constantFrom('DoNotSchedule' as const, 'ScheduleAnyway' as const),
        selector,
      }),
    ),
    evictionStrategy: orNull(evictionStrategy),
    liveMigratable: orNull(fc.record({ status: fc.boolean(), reason: text, message: text })),
    migrationMethod: fc.constantFrom('LiveMigration' as const, 'BlockMigration' as const),
    gpus: few(text),
    hostDevices: few(text),
    vfio: orNull(
      fc.record({
        stateBytes: bytes,
        precopy: orNull(fc.record({ initialBytes: bytes, dirtyBytesPerSecond: rate })),
        dirtyTracking: fc.constantFrom('device', 'iommu', 'none', 'at-stop'),
      }),
    ),
    sriovUnplugUs: us,
    interfaces: few(
      fc.record({
        name,
        binding: fc.constantFrom('masquerade', 'bridge', 'passt', 'sriov', 'plugin', 'other'),
        plugin: text,
        podNetwork: fc.boolean(),
      }),
    ),
    features,
    volumes: few(volume),
    workload,
    evacuationNodeName: orNull(name),
    migrating: fc.boolean(),
    phase: text,
    origin: fc.constant('items[0]'),
  })
  .map((some) =>
    some.workload.kind === 'observed'
      ? some
      : {
          ...some,
          memoryBytes: some.workload.regions.reduce((sum, { bytes: own }) => sum + own, 0),
        },
  );

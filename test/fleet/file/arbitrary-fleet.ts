/** Any fleet that the model allows, for property tests: every field varies. */
import fc from 'fast-check';
import { DEFAULT_MIGRATIONS } from '../../../src/fleet/defaults.js';
import type {
  Affinity,
  Fleet,
  FleetEvent,
  FleetNode,
  Guest,
  GuestVolume,
  HostProfile,
  KubeVirtSettings,
  LabelRequirement,
  LabelSelector,
  MigrationPolicy,
  NetworkSpec,
  PodAffinityTerm,
} from '../../../src/fleet/model.js';
import type {
  Phase,
  Placement,
  Region,
  Workload,
  WriteProcess,
} from '../../../src/fleet/workload.js';

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/);
const text = fc.oneof(
  fc.constantFrom('', 'true', '1.9', 'null', '~', `\${a}`, `$\${`, 'a: b', '# x', 'ü\n"', ' x '),
  fc.string({ maxLength: 6 }),
);
const key = fc.stringMatching(/^[a-zA-Z][a-z./-]{0,8}$/);
const labels = fc.dictionary(key, text, { maxKeys: 3, noNullPrototype: true });
const amounts = fc.dictionary(
  fc.constantFrom('cpu', 'memory', 'pods', 'hugepages-1Gi', 'example.com/gpu'),
  fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constant(64 * 2 ** 30)),
  { noNullPrototype: true },
);
const bytes = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 44 }),
  fc.integer({ min: 1, max: 4096 }).map((gib) => gib * 2 ** 30),
);
const rate = fc.oneof(
  fc.constantFrom(0, 3.125e9, 200 * 2 ** 20),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
);
const us = fc.integer({ min: 0, max: 1e12 });
const fineUs = fc.oneof(us, fc.double({ min: 0, max: 1e9, noNaN: true }));
const share = fc.oneof(fc.constantFrom(0, 0.2, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 2 });
const effect = fc.constantFrom('NoSchedule', 'PreferNoSchedule', 'NoExecute');

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

const pagesPerSecond = fc.oneof(fc.constant(40_000), fc.double({ min: 0, max: 1e9, noNaN: true }));
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

const evictionStrategy = fc.constantFrom(
  'None' as const,
  'LiveMigrate' as const,
  'LiveMigrateIfPossible' as const,
  'External' as const,
);

/** Memory and regions agree: the regions decide. */
const guest: fc.Arbitrary<Guest> = fc
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

const kubevirt: fc.Arbitrary<KubeVirtSettings> = fc.record({
  release: fc.constantFrom('1.4', '1.8', '1.9'),
  evictionStrategy,
  featureGates: few(text),
  cpuAllocationRatio: fc.integer({ min: 1, max: 20 }),
  memoryOvercommit: fc.integer({ min: 100, max: 200 }),
  additionalGuestMemoryOverheadRatio: orNull(fc.double({ min: 1, max: 3, noNaN: true })),
  nodeSelectors: labels,
  mediatedDevices: few(text),
  pciHostDevices: few(text),
  migratableBindings: fc.uniqueArray(name, { maxLength: 2 }).map((list) => list.sort()),
  migrations: fc.record({
    ...Object.fromEntries(
      Object.entries(DEFAULT_MIGRATIONS).map(([field, value]) => [
        field,
        typeof value === 'boolean' ? fc.boolean() : fc.integer({ min: 1, max: 1000 }),
      ]),
    ),
    bandwidthPerMigrationBytesPerSecond: rate,
    nodeDrainTaintKey: text,
    network: orNull(text),
  }) as unknown as fc.Arbitrary<KubeVirtSettings['migrations']>,
});

const count = fc.integer({ min: 1, max: 1000 });
const quantityText = fc.constantFrom('0.3', '1.50', '2');
const policy: fc.Arbitrary<MigrationPolicy> = fc.record({
  name,
  selectors: orNull(
    fc.record({ namespace: orNull(labels), virtualMachineInstance: orNull(labels) }),
  ),
  allowAutoConverge: orNull(fc.boolean()),
  bandwidthPerMigrationBytesPerSecond: orNull(rate),
  completionTimeoutPerGiB: orNull(count),
  maxDowntimeMs: orNull(count),
  allowPostCopy: orNull(fc.boolean()),
  allowWorkloadDisruption: orNull(fc.boolean()),
  stallDetector: orNull(
    fc.record({
      stallMargin: orNull(count),
      stallProgressTimeout: orNull(count),
      switchoverTimeout: orNull(count),
      ewmaAlpha: orNull(quantityText),
      precopyPossibleFactor: orNull(quantityText),
      patienceWindowDecayFactor: orNull(quantityText),
      searchLocalMinima: orNull(fc.boolean()),
      completionTimeoutFactor: orNull(quantityText),
    }),
  ),
  downtimeTuning: orNull(
    fc.record({
      initialMs: orNull(fc.integer({ min: -5, max: 500 })),
      steps: orNull(count),
      startAfterIteration: orNull(count),
      cooldownSeconds: orNull(count),
    }),
  ),
  compression: orNull(text),
});

const node: fc.Arbitrary<FleetNode> = fc.record({
  name,
  labels,
  taints: few(fc.record({ key: text, value: text, effect: effect as fc.Arbitrary<'NoSchedule'> })),
  cordoned: fc.boolean(),
  ready: fc.boolean(),
  allocatable: amounts,
  known: fc.boolean(),
});

const host: fc.Arbitrary<HostProfile> = fc.record({
  qemuVersion: fc.constantFrom('7.2', '10.1'),
  dirtyTracking: fc.constantFrom('chunk-clear', 'sync-clear', 'dirty-ring'),
  syncFixedUs: fineUs,
  syncUsPerGiB: fineUs,
  setupSyncFixedUs: fineUs,
  setupSyncUsPerGiB: fineUs,
  chunkClearUs: fineUs,
  zeroPageScanPagesPerSecond: pagesPerSecond,
  tlsChannelBytesPerSecond: rate,
  zstdChannelBytesPerSecond: rate,
  stopUs: fineUs,
  deviceStateBytes: bytes,
  deviceStateUs: fineUs,
  preSwitchoverUs: fineUs,
  finishUs: fineUs,
  dirtyRateFactorDuringMigration: fc.double({ min: 1, max: 5, noNaN: true }),
});

const place = fc.string({ minLength: 1, maxLength: 5 });
const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name < b.name ? -1 : 1;
const byNamespace = (
  a: { readonly namespace: string; readonly name: string },
  b: { readonly namespace: string; readonly name: string },
) => (a.namespace === b.namespace ? byName(a, b) : a.namespace < b.namespace ? -1 : 1);

function network(nodes: readonly FleetNode[]): fc.Arbitrary<NetworkSpec> {
  const racks = fc.uniqueArray(
    fc.record({ name: fc.stringMatching(/^[a-z]{1,3}$/), uplinkBytesPerSecond: orNull(rate) }),
    { selector: (rack) => rack.name, minLength: 1, maxLength: 3 },
  );
  return racks.chain((list) =>
    fc.record({
      nics: fc
        .tuple(
          ...nodes.map((one) =>
            orNull(
              fc.record({
                node: fc.constant(one.name),
                bytesPerSecond: rate,
                rack: orNull(fc.constantFrom(...list.map((rack) => rack.name))),
              }),
            ),
          ),
        )
        .map((nics) => nics.filter((nic) => nic !== null)),
      racks: fc.constant([...list].sort(byName)),
      spineBytesPerSecond: orNull(rate),
      proxyBytesPerSecond: rate,
      channelBytesPerSecond: rate,
      roundTripTimeUs: us,
    }),
  );
}

function event(nodes: readonly FleetNode[]): fc.Arbitrary<FleetEvent> {
  return fc.oneof(
    fc.record({ kind: fc.constant('link-down' as const), atUs: us, link: place, forUs: us }),
    fc.record({
      kind: fc.constant('link-degraded' as const),
      atUs: us,
      link: place,
      forUs: us,
      share,
    }),
    fc.record({
      kind: fc.constant('node-lost' as const),
      atUs: us,
      node: fc.constantFrom(...nodes.map((one) => one.name)),
    }),
  );
}

const timings = fc.record({
  schedulingUs: us,
  podStartUs: us,
  handOffUs: us,
  targetPreparationUs: us,
  migrateCallUs: us,
  finalisationUs: us,
});

function uniqueNames<T extends { readonly name: string }>(
  arbitrary: fc.Arbitrary<T>,
  most: number,
) {
  return fc
    .uniqueArray(arbitrary, { selector: (one) => one.name, maxLength: most })
    .map((list) => list.sort(byName));
}

function fleetOn(nodes: readonly FleetNode[]): fc.Arbitrary<Fleet> {
  const nodeName = fc.constantFrom(...nodes.map((one) => one.name));
  const guests = fc
    .uniqueArray(
      fc.tuple(guest, orNull(nodeName)).map(([one, where]): Guest => ({ ...one, node: where })),
      { selector: (one) => `${one.namespace}/${one.name}`, maxLength: 4 },
    )
    .map((list) => list.sort(byNamespace));
  const pods = fc
    .uniqueArray(
      fc.record({
        namespace: name,
        name,
        node: name,
        labels,
        requests: amounts,
        daemonSet: fc.boolean(),
      }),
      { selector: (one) => `${one.namespace}/${one.name}`, maxLength: 2 },
    )
    .map((list) => list.sort(byNamespace));
  const budgets = fc
    .uniqueArray(
      fc.record({ namespace: name, name, matchLabels: labels, disruptionsAllowed: fc.nat(5) }),
      { selector: (one) => `${one.namespace}/${one.name}`, maxLength: 2 },
    )
    .map((list) => list.sort(byNamespace));
  return fc
    .record({
      name: fc.string({ minLength: 1, maxLength: 5 }),
      nodes: fc.constant(nodes),
      guests,
      network: network(nodes),
      kubevirt,
      policies: uniqueNames(policy, 2),
      namespaces: uniqueNames(fc.record({ name, labels, quota: amounts }), 3),
      otherPods: pods,
      disruptionBudgets: budgets,
      drain: fc.record({
        nodes: fc.subarray(nodes.map((one) => one.name)),
        method: fc.constantFrom('evict', 'taint'),
        startUs: us,
        timeoutUs: us,
        retryUs: us,
      }),
      timings,
      host,
      events: fc.array(event(nodes), { maxLength: 1 }),
    })
    .map(withGuestsNamespaces);
}

function withGuestsNamespaces(fleet: Fleet): Fleet {
  const known = new Set(fleet.namespaces.map((one) => one.name));
  const missing = new Set(
    fleet.guests.map((one) => one.namespace).filter((one) => !known.has(one)),
  );
  const added = [...missing].map((one) => ({ name: one, labels: {}, quota: {} }));
  return { ...fleet, namespaces: [...fleet.namespaces, ...added].sort(byName) };
}

export const arbitraryFleet: fc.Arbitrary<Fleet> = fc
  .uniqueArray(node, { selector: (one) => one.name, minLength: 1, maxLength: 4 })
  .chain((nodes) => fleetOn(nodes.sort(byName)));

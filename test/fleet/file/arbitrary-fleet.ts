/** Any fleet that the model allows, for property tests: every field varies. */
import fc from 'fast-check';
import { DEFAULT_MIGRATIONS } from '../../../src/fleet/defaults.js';
import type {
  Fleet,
  FleetNode,
  Guest,
  HostProfile,
  KubeVirtSettings,
  MigrationPolicy,
} from '../../../src/fleet/model.js';
import { namespaceLabels, nodeLabels } from '../../../src/fleet/usual-labels.js';
import {
  amounts,
  bytes,
  effect,
  evictionStrategy,
  few,
  fineUs,
  guest,
  labels,
  name,
  orNull,
  pagesPerSecond,
  rate,
  share,
  text,
  us,
} from './arbitrary-guest.js';
import { arbitraryEvent, arbitraryNetwork } from './arbitrary-network.js';

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
  workloadUpdates: fc.record({
    methods: fc.subarray(['LiveMigrate', 'Evict'] as const),
    batchEvictionSize: fc.integer({ min: 1, max: 50 }),
    batchEvictionIntervalUs: us,
  }),
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

const anyHost: fc.Arbitrary<HostProfile> = fc.record({
  qemuVersion: fc.constantFrom('7.2', '10.1'),
  dirtyTracking: fc.constantFrom('chunk-clear', 'sync-clear', 'dirty-ring'),
  syncFixedUs: fineUs,
  syncUsPerGiB: fineUs,
  setupSyncFixedUs: fineUs,
  setupSyncUsPerGiB: fineUs,
  chunkClearUs: fineUs,
  zeroPageScanPagesPerSecond: pagesPerSecond,
  tlsChannelBytesPerSecond: rate,
  availSwitchoverBytesPerSecond: rate,
  storageCopyMode: fc.constantFrom('background', 'write-blocking'),
  compressor: fc.constantFrom('zstd', 'zlib'),
  zstdChannelBytesPerSecond: rate,
  zlibChannelBytesPerSecond: rate,
  qatzipChannelBytesPerSecond: rate,
  stopUs: fineUs,
  deviceStateBytes: bytes,
  deviceStateUs: fineUs,
  preSwitchoverUs: fineUs,
  finishUs: fineUs,
  busyVcpuShare: share,
  socketBacklogBytes: bytes,
  postcopyPreempt: fc.boolean(),
  postcopyFaultUs: fineUs,
  postcopyQueueBytes: bytes,
  postcopyRecoveryUs: orNull(us),
  postcopyPlaceUs: fineUs,
  maxPostcopyBytesPerSecond: rate,
  dirtyRingEntries: fc.constantFrom(1024, 4096, 65_536),
  dirtyLimit: orNull(fc.record({ vcpuMBps: fc.integer({ min: 1, max: 100_000 }), periodUs: us })),
  dirtyRateFactorDuringMigration: fc.double({ min: 1, max: 5, noNaN: true }),
});

/** What is newer than 7.2; and dirty-limit needs the dirty ring. */
const host = anyHost.map((one) => ({
  ...one,
  dirtyLimit:
    one.dirtyTracking === 'dirty-ring' && one.qemuVersion !== '7.2' ? one.dirtyLimit : null,
  availSwitchoverBytesPerSecond: one.qemuVersion === '7.2' ? 0 : one.availSwitchoverBytesPerSecond,
}));

const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name < b.name ? -1 : 1;
const byNamespace = (
  a: { readonly namespace: string; readonly name: string },
  b: { readonly namespace: string; readonly name: string },
) => (a.namespace === b.namespace ? byName(a, b) : a.namespace < b.namespace ? -1 : 1);

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
      network: arbitraryNetwork(nodes),
      kubevirt,
      policies: uniqueNames(policy, 2),
      namespaces: uniqueNames(fc.record({ name, labels, quota: amounts }), 3),
      otherPods: pods,
      disruptionBudgets: budgets,
      drain: fc.record({
        nodes: fc.shuffledSubarray(nodes.map((one) => one.name)),
        method: fc.constantFrom('evict', 'taint'),
        startUs: us,
        timeoutUs: us,
        retryUs: us,
        order: fc.constantFrom('name', 'listed', 'most-memory'),
        atOnce: fc.oneof(
          fc.constant({ kind: 'all' } as const),
          fc.record({
            kind: fc.constant('nodes' as const),
            count: fc.integer({ min: 1, max: 99 }),
          }),
          fc.record({
            kind: fc.constant('share' as const),
            share: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
          }),
        ),
        byRack: fc.boolean(),
        rebootUs: fc.option(us),
        soakUs: us,
        nodeTimeoutUs: fc.option(us),
        ifBlocked: fc.constantFrom('leave', 'uncordon', 'stop', 'restart'),
        cordon: fc.constantFrom('each', 'all'),
        window: fc.option(
          fc.record({
            // After the latest start.
            endUs: us.map((value) => value + 2e12),
            atEnd: fc.constantFrom('let-finish', 'stop-starting', 'abort'),
          }),
        ),
      }),
      timings,
      host,
      events: fc.constant([]),
      userMigrations: fc.constant([]),
    })
    .map(withGuestsNamespaces)
    .chain(withUserMigrations)
    .chain(withEvents);
}

function withEvents(fleet: Fleet): fc.Arbitrary<Fleet> {
  const guests = fleet.guests.map((one) => `${one.namespace}/${one.name}`);
  return fc
    .array(arbitraryEvent(fleet.nodes, guests), { maxLength: 1 })
    .map((events) => ({ ...fleet, events }));
}

function withUserMigrations(fleet: Fleet): fc.Arbitrary<Fleet> {
  if (fleet.guests.length === 0) return fc.constant(fleet);
  return fc
    .array(
      fc.record({
        action: fc.constantFrom('create' as const, 'delete' as const),
        atUs: us,
        guest: fc.constantFrom(...fleet.guests),
        annotations: labels,
        addedNodeSelector: labels,
      }),
      { maxLength: 1 },
    )
    .map((list) => ({
      ...fleet,
      userMigrations: list.map(({ guest: { namespace, name: own }, ...one }) => ({
        ...one,
        namespace,
        name: own,
      })),
    }));
}

function withGuestsNamespaces(fleet: Fleet): Fleet {
  const known = new Set(fleet.namespaces.map((one) => one.name));
  const missing = new Set(
    fleet.guests.map((one) => one.namespace).filter((one) => !known.has(one)),
  );
  const added = [...missing].map((one) => ({ name: one, labels: {}, quota: {} }));
  const namespaces = [...fleet.namespaces, ...added].map((one) => ({
    ...one,
    labels: namespaceLabels(one.name, one.labels),
  }));
  const nodes = fleet.nodes.map((one) => ({ ...one, labels: nodeLabels(one.name, one.labels) }));
  return { ...fleet, nodes, namespaces: namespaces.sort(byName) };
}

export const arbitraryFleet: fc.Arbitrary<Fleet> = fc
  .uniqueArray(node, { selector: (one) => one.name, minLength: 1, maxLength: 4 })
  .chain((nodes) => fleetOn(nodes.sort(byName)));

/** Any network that the model allows, for property tests: every field varies. */
import fc from 'fast-check';
import type { FleetEvent, FleetNode, NetworkSpec } from '../../../src/fleet/model.js';
import type {
  BackgroundTraffic,
  Nic,
  RateStep,
  TcpSettings,
} from '../../../src/fleet/network-spec.js';

const rate = fc.oneof(
  fc.constantFrom(0, 3.125e9, 200 * 2 ** 20),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
);
const nicRate = rate.filter((bytesPerSecond) => bytesPerSecond > 0);
const us = fc.integer({ min: 0, max: 1e12 });
const share = fc.oneof(fc.constantFrom(0, 0.2, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const shortName = fc.stringMatching(/^[a-z]{1,3}$/);
const place = fc.string({ minLength: 1, maxLength: 5 });
const members = fc.integer({ min: 1, max: 8 });
const hashing = fc.constantFrom('layer3+4', 'layer2+3', 'balanced');
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const steps = (mostUs: number): fc.Arbitrary<readonly RateStep[]> =>
  fc
    .uniqueArray(fc.record({ atUs: fc.integer({ min: 0, max: mostUs }), bytesPerSecond: rate }), {
      selector: (step) => step.atUs,
      minLength: 1,
      maxLength: 4,
    })
    .map((list) => list.sort((a, b) => a.atUs - b.atUs));

const background: fc.Arbitrary<BackgroundTraffic> = fc.record({
  link: place,
  profile: fc.oneof(
    fc.record({ kind: fc.constant('constant' as const), bytesPerSecond: rate }),
    fc.record({ kind: fc.constant('daily' as const), steps: steps(86_399_999_999) }),
    fc.record({ kind: fc.constant('series' as const), steps: steps(1e12) }),
  ),
  connections: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
  priority: fc.constantFrom('first', 'fair', 'last'),
  reservedShare: share,
});

const tcp: fc.Arbitrary<TcpSettings> = fc.record({
  socketBufferBytes: fc.integer({ min: 0, max: 2 ** 40 }),
  retransmissionTimeoutUs: us,
  longestRetransmissionTimeoutUs: us,
  retransmissions: fc.integer({ min: 0, max: 100 }),
  keepAliveIntervalUs: us,
  keepAliveCount: fc.integer({ min: 0, max: 100 }),
});

/** None, one of any kind, or two with names. */
function nicsOf(node: string, racks: readonly string[]): fc.Arbitrary<readonly Nic[]> {
  const nic = (name: fc.Arbitrary<string>, network: fc.Arbitrary<Nic['carries']>) =>
    fc.record({
      node: fc.constant(node),
      name,
      bytesPerSecond: nicRate,
      members,
      hashing,
      carries: network,
      rack: orNull(fc.constantFrom(...racks)),
    });
  const carries = fc.constantFrom('any' as const, 'pod' as const, 'migration' as const);
  return fc.oneof(
    fc.constant([]),
    nic(fc.constant(''), fc.constant('any' as const)).map((one) => [one]),
    fc
      .uniqueArray(nic(shortName, carries), {
        selector: (one) => one.name,
        minLength: 1,
        maxLength: 2,
      })
      .map((list) => list.sort((a, b) => byText(a.name, b.name))),
  );
}

export function arbitraryNetwork(nodes: readonly FleetNode[]): fc.Arbitrary<NetworkSpec> {
  const zoneNames = fc.uniqueArray(shortName, { maxLength: 3 }).map((list) => list.sort());
  const rackNames = fc
    .uniqueArray(shortName, { minLength: 1, maxLength: 3 })
    .map((list) => list.sort());
  return fc.tuple(zoneNames, rackNames).chain(([zones, racks]) =>
    fc.record({
      nics: fc.tuple(...nodes.map((node) => nicsOf(node.name, racks))).map((lists) => lists.flat()),
      racks: fc.tuple(
        ...racks.map((name) =>
          fc.record({
            name: fc.constant(name),
            uplinkBytesPerSecond: orNull(rate),
            uplinkMembers: members,
            zone: fc.constantFrom(null, ...zones),
          }),
        ),
      ),
      zones: fc.tuple(
        ...zones.map((name) =>
          fc.record({ name: fc.constant(name), spineBytesPerSecond: orNull(rate) }),
        ),
      ),
      // A chain through all zones, so that a way leads to each.
      wans: fc.tuple(
        ...zones.slice(1).map((to, i) =>
          fc.record({
            from: fc.constant(zones[i] ?? ''),
            to: fc.constant(to),
            bytesPerSecond: rate,
            roundTripTimeUs: us,
          }),
        ),
      ),
      spineBytesPerSecond: orNull(rate),
      proxyBytesPerSecond: rate,
      channelBytesPerSecond: rate,
      roundTripTimeUs: us,
      tcp,
      background: fc.array(background, { maxLength: 2 }),
      timeOfDayUs: us,
    }),
  );
}

/** `guests`: NAMESPACE/NAME; none where the list is empty. */
export function arbitraryEvent(
  nodes: readonly FleetNode[],
  guests: readonly string[],
): fc.Arbitrary<FleetEvent> {
  const names = nodes.map((one) => one.name);
  const node = fc.constantFrom(...names);
  const link = { atUs: us, link: place, forUs: us };
  return fc.oneof(
    fc.record({ kind: fc.constant('link-down' as const), ...link }),
    fc.record({ kind: fc.constant('link-degraded' as const), ...link, share }),
    fc
      .record({ kind: fc.constant('link-flapping' as const), ...link, downUs: us, upUs: us })
      .filter(({ downUs, upUs }) => downUs + upUs > 0),
    fc.record({ kind: fc.constant('packet-loss' as const), ...link, loss: share }),
    fc.record({ kind: fc.constant('nic-lost' as const), atUs: us, node }),
    fc.record({ kind: fc.constant('node-lost' as const), atUs: us, node }),
    fc.record({
      kind: fc.constant('network-partitioned' as const),
      atUs: us,
      nodes: fc.subarray(names, { minLength: 1 }).map((list) => [...list].sort()),
      forUs: us,
    }),
    fc.record({ kind: fc.constant('virt-handler-restarted' as const), atUs: us, node, forUs: us }),
    fc.record({
      kind: fc.constant('clock-off' as const),
      atUs: us,
      node,
      aheadUs: fc.integer({ min: -1e9, max: 1e9 }),
    }),
    ...(guests.length === 0 ? [] : [arbitraryGuestEvent(fc.constantFrom(...guests))]),
  );
}

function arbitraryGuestEvent(guest: fc.Arbitrary<string>): fc.Arbitrary<FleetEvent> {
  return fc.oneof(
    fc.record({
      kind: fc.constantFrom('target-pod-lost' as const, 'target-disk-full' as const),
      atUs: us,
      guest,
    }),
    fc.record({
      kind: fc.constant('libvirt-restarted' as const),
      atUs: us,
      guest,
      side: fc.constantFrom('source', 'target'),
    }),
    fc.record({ kind: fc.constant('qemu-monitor-hangs' as const), atUs: us, guest, forUs: us }),
  );
}

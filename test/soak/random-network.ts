/** Random networks: bonds, racks, zones, WAN, other traffic; and what goes wrong on them. */
import { DEFAULT_TCP } from '../../src/fleet/defaults.js';
import type { FleetEvent, NetworkSpec } from '../../src/fleet/model.js';
import type { BackgroundTraffic, Nic, RateProfile } from '../../src/fleet/network-spec.js';
import { buildNic, SECOND_US } from '../fleet-builder.js';
import type { Draw } from './draw.js';

export function randomNetwork(draw: Draw, nodes: readonly string[]): Partial<NetworkSpec> {
  const hasRacks = draw.chance(0.5);
  const hasZones = hasRacks && draw.chance(0.3);
  const rate = draw.pick([1.25e8, 1.25e9, 3.125e9, 1.25e10]);
  const zoneOf = (name: string) => (hasZones ? `z-${name}` : null);
  return {
    nics: nodes.flatMap((node, i) =>
      randomNics(draw, node, rate, hasRacks ? (i % 2 ? 'b' : 'a') : null),
    ),
    racks: hasRacks
      ? ['a', 'b'].map((name) => ({
          name,
          uplinkBytesPerSecond: draw.pick([null, rate, rate / 3]),
          uplinkMembers: draw.between(1, 3),
          zone: zoneOf(name),
        }))
      : [],
    zones: hasZones
      ? ['z-a', 'z-b'].map((name) => ({ name, spineBytesPerSecond: draw.pick([null, rate]) }))
      : [],
    wans: hasZones
      ? [{ from: 'z-a', to: 'z-b', bytesPerSecond: rate / 2, roundTripTimeUs: draw.upTo(50_000) }]
      : [],
    spineBytesPerSecond: draw.pick([null, null, rate, rate / 2]),
    proxyBytesPerSecond: draw.pick([3e9, 3e9, 5e8]),
    channelBytesPerSecond: draw.pick([1.25e9, 1e8, 3e9]),
    roundTripTimeUs: draw.pick([0, 200, 5000]),
    tcp: draw.chance(0.2)
      ? { ...DEFAULT_TCP, keepAliveCount: draw.upTo(6), retransmissions: draw.between(1, 15) }
      : DEFAULT_TCP,
    background: draw.list(2, () => randomTraffic(draw, nodes, rate)),
    timeOfDayUs: draw.upTo(24) * 3600 * SECOND_US,
  };
}

function randomNics(draw: Draw, node: string, rate: number, rack: string | null): readonly Nic[] {
  if (draw.chance(0.05)) return [];
  const members = draw.chance(0.3) ? draw.between(2, 4) : 1;
  const hashing = draw.pick(['layer3+4', 'layer2+3', 'balanced'] as const);
  return [buildNic({ node, bytesPerSecond: rate, members, hashing, rack })];
}

function randomTraffic(draw: Draw, nodes: readonly string[], rate: number): BackgroundTraffic {
  return {
    link: draw.pick(['nic', `nic/${draw.pick(nodes)}`, 'nic/*/up', 'proxy']),
    profile: randomProfile(draw, rate),
    connections: draw.pick([1, 8, 64]),
    priority: draw.pick(['first', 'fair', 'last'] as const),
    reservedShare: draw.pick([0, 0.05, 0.5]),
  };
}

function randomProfile(draw: Draw, rate: number): RateProfile {
  const bytesPerSecond = () => Math.floor(rate * draw.pick([0, 0.1, 0.7, 2]));
  const steps = (apartUs: number) =>
    [0, 1, 2].map((i) => ({ atUs: i * apartUs, bytesPerSecond: bytesPerSecond() }));
  return draw.pick<RateProfile>([
    { kind: 'constant', bytesPerSecond: bytesPerSecond() },
    { kind: 'daily', steps: steps(6 * 3600 * SECOND_US) },
    { kind: 'series', steps: steps((1 + draw.upTo(60)) * SECOND_US) },
  ]);
}

/** Names of links that are there whatever the draw: all of a node's, or those of many. */
export function randomEvent(
  draw: Draw,
  nodes: readonly string[],
  guests: readonly string[],
): FleetEvent {
  const guest = draw.pick(guests);
  const atUs = Math.floor(draw.unit() * 150 * SECOND_US);
  const forUs = Math.floor((0.1 + draw.unit() ** 2 * 200) * SECOND_US);
  const node = draw.pick(nodes);
  const link = draw.pick([`nic/${node}`, `proxy/${node}`, 'nic', 'nic/*/up', 'nic/*/down']);
  return draw.pick<FleetEvent>([
    { kind: 'link-down', atUs, forUs, link },
    { kind: 'link-down', atUs, forUs, link },
    { kind: 'link-degraded', atUs, forUs, link, share: draw.pick([0, 0.01, draw.unit()]) },
    {
      kind: 'link-flapping',
      atUs,
      forUs,
      link,
      downUs: Math.floor((0.01 + draw.unit()) * 5 * SECOND_US),
      upUs: Math.floor((0.01 + draw.unit()) * 20 * SECOND_US),
    },
    { kind: 'packet-loss', atUs, forUs, link, loss: draw.pick([1e-4, 0.02, draw.unit(), 1]) },
    {
      kind: 'network-partitioned',
      atUs,
      forUs,
      nodes: nodes.slice(0, draw.between(1, nodes.length)),
    },
    { kind: 'virt-handler-restarted', atUs, node, forUs: Math.floor(forUs / 10) },
    { kind: 'clock-off', atUs, node, aheadUs: draw.between(-10, 10) * SECOND_US },
    { kind: 'target-pod-lost', atUs, guest },
    { kind: 'target-disk-full', atUs, guest },
    { kind: 'libvirt-restarted', atUs, guest, side: draw.pick(['source', 'target'] as const) },
    { kind: 'qemu-monitor-hangs', atUs, guest, forUs: Math.floor(forUs / 4) },
    { kind: 'nic-lost', atUs, node },
    { kind: 'node-lost', atUs, node },
    { kind: 'node-lost', atUs, node },
  ]);
}

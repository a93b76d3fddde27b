import { describe, expect, it } from 'vitest';
import type { NetworkSpec } from '../../src/fleet/model.js';
import { type RouteRequest, roundTripTimeUs, strandsBetween } from '../../src/network/routes.js';
import { buildTopology, linksNamed, type Topology } from '../../src/network/topology.js';
import { buildFleet, buildNic } from '../fleet-builder.js';

function topologyOf(network: NetworkSpec, names: readonly string[], usesMigrationNetwork = false) {
  const migrations = { network: usesMigrationNetwork ? 'migration' : null };
  return buildTopology({
    network,
    nodes: names.map((name) => ({ name })),
    kubevirt: { migrations },
  });
}

const rack = (name: string, uplinkBytesPerSecond: number | null) => ({
  name,
  uplinkBytesPerSecond,
  uplinkMembers: 1,
  zone: null as string | null,
});

const NETWORK: NetworkSpec = {
  ...buildFleet().network,
  nics: [
    buildNic({ node: 'a1', bytesPerSecond: 3000, rack: 'a' }),
    buildNic({ node: 'a2', bytesPerSecond: 2000, rack: 'a' }),
    buildNic({ node: 'b1', bytesPerSecond: 3000, rack: 'b' }),
    buildNic({ node: 'c1', bytesPerSecond: 3000, rack: 'c' }),
    buildNic({ node: 'x', bytesPerSecond: 5000, rack: null }),
  ],
  racks: [rack('b', 7000), rack('a', 6000), rack('c', null)],
  spineBytesPerSecond: 9000,
  proxyBytesPerSecond: 4000,
  roundTripTimeUs: 100,
};
const NODES = ['a1', 'a2', 'b1', 'c1', 'x', 'y'];

function strands(
  topology: Topology,
  sourceNode: string,
  targetNode: string,
  more: Partial<RouteRequest> = {},
) {
  const request = { connections: 8, seed: 1, key: 1, isUp: () => true, ...more };
  return strandsBetween(topology, { sourceNode, targetNode, ...request }).map((strand) => ({
    names: strand.route.map((link) => topology.links[link].name),
    connections: strand.connections,
  }));
}

function names(topology: Topology, source: string, target: string): readonly string[] {
  const [only, ...others] = strands(topology, source, target);
  expect(others).toEqual([]);
  return only?.names ?? [];
}

describe('topology', () => {
  it('lists links in a fixed order, with their capacities', () => {
    const { links, linkByName } = topologyOf(NETWORK, ['a1', 'b1']);
    expect(links.map((link) => [link.name, link.capacityBytesPerSecond])).toEqual([
      ['proxy/a1', 4000],
      ['nic/a1/up', 3000],
      ['nic/a1/down', 3000],
      ['proxy/b1', 4000],
      ['nic/b1/up', 3000],
      ['nic/b1/down', 3000],
      ['rack/a/up', 6000],
      ['rack/a/down', 6000],
      ['rack/b/up', 7000],
      ['rack/b/down', 7000],
      ['spine', 9000],
    ]);
    expect(linkByName.get('rack/a/down')).toBe(7);
  });

  it('routes between racks over both uplinks and the spine', () => {
    expect(names(topologyOf(NETWORK, NODES), 'a1', 'b1')).toEqual([
      'proxy/a1',
      'nic/a1/up',
      'rack/a/up',
      'spine',
      'rack/b/down',
      'nic/b1/down',
      'proxy/b1',
    ]);
  });

  it('keeps traffic of one rack inside it', () => {
    expect(names(topologyOf(NETWORK, NODES), 'a2', 'a1')).toEqual([
      'proxy/a2',
      'nic/a2/up',
      'nic/a1/down',
      'proxy/a1',
    ]);
  });

  it('leaves out what never limits', () => {
    const topology = topologyOf({ ...NETWORK, spineBytesPerSecond: null }, NODES);
    expect(names(topology, 'c1', 'x')).toEqual(['proxy/c1', 'nic/c1/up', 'nic/x/down', 'proxy/x']);
    expect(topology.linkByName.has('rack/c/up')).toBe(false);
    expect(topology.linkByName.has('spine')).toBe(false);
  });

  it('assumes the smallest NIC for a node without one, and says so', () => {
    const topology = topologyOf(NETWORK, NODES);
    expect(topology.assumedNics).toEqual(['y']);
    const nic = topology.linkByName.get('nic/y/up') ?? -1;
    expect(topology.links[nic].capacityBytesPerSecond).toBe(2000);
    expect(names(topology, 'y', 'b1')).toContain('spine');
  });

  it('assumes 10 Gbit/s where no NIC is known at all', () => {
    const { links } = topologyOf({ ...NETWORK, nics: [], racks: [] }, ['y']);
    expect(links[1].capacityBytesPerSecond).toBe(1.25e9);
  });

  it('takes every link at most once', () => {
    const topology = topologyOf(NETWORK, NODES);
    for (const source of NODES) {
      for (const target of NODES) {
        const route = names(topology, source, target);
        expect(new Set(route).size).toBe(route.length);
      }
    }
    expect(() => names(topology, 'a1', 'zz')).toThrow('node zz');
  });

  it('finds links by name, by what a name begins with, and by pattern', () => {
    const topology = topologyOf(NETWORK, ['a1', 'b1']);
    const found = (name: string) =>
      linksNamed(topology, name).map((link) => topology.links[link].name);
    expect(found('rack/a/up')).toEqual(['rack/a/up']);
    expect(found('nic/a1')).toEqual(['nic/a1/up', 'nic/a1/down']);
    expect(found('nic/*/down')).toEqual(['nic/a1/down', 'nic/b1/down']);
    expect(found('nic/a')).toEqual([]);
  });
});

describe('bundled links', () => {
  const bonded: NetworkSpec = {
    ...NETWORK,
    nics: ['a1', 'b1'].map((node) =>
      buildNic({ node, bytesPerSecond: 6000, members: 2, rack: node.slice(0, 1) }),
    ),
    racks: ['a', 'b'].map((name) => ({ ...rack(name, 8000), uplinkMembers: 4 })),
    spineBytesPerSecond: null,
  };
  const topology = topologyOf(bonded, ['a1', 'b1']);

  it('share their capacity and spread connections, the same for the same seed', () => {
    const member = topology.linkByName.get('nic/a1/up/2') ?? -1;
    expect(topology.links[member].capacityBytesPerSecond).toBe(3000);
    const spread = strands(topology, 'a1', 'b1');
    expect(spread.length).toBeGreaterThan(2);
    expect(spread.reduce((sum, one) => sum + one.connections, 0)).toBe(8);
    expect(strands(topology, 'a1', 'b1')).toEqual(spread);
    expect(strands(topology, 'a1', 'b1', { key: 2 })).not.toEqual(spread);
  });

  it('spread evenly over many migrations', () => {
    const counts = new Map<string, number>();
    for (let key = 0; key < 500; key++) {
      for (const one of strands(topology, 'a1', 'b1', { key })) {
        const up = one.names[2] ?? '';
        counts.set(up, (counts.get(up) ?? 0) + one.connections);
      }
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4].map((i) => `rack/a/up/${i}`));
    // 4000 draws of a quarter: a standard deviation of 27.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(140);
  });

  it('lead down in the plane that the way up leads to', () => {
    for (const { names: route } of strands(topology, 'a1', 'b1')) {
      expect(route[3]?.slice(-1)).toBe(route[2]?.slice(-1));
    }
  });

  it('take over from a member that is down', () => {
    const downs = ['nic/a1/up/1', 'rack/b/down/3'].map((name) => topology.linkByName.get(name));
    const spread = strands(topology, 'a1', 'b1', { isUp: (link) => !downs.includes(link) });
    const used = spread.flatMap((one) => one.names);
    expect(used).not.toContain('nic/a1/up/1');
    expect(used).not.toContain('rack/b/down/3');
    const none = strands(topology, 'a1', 'b1', { isUp: () => false });
    expect(none.reduce((sum, one) => sum + one.connections, 0)).toBe(8);
  });

  it('hash by pair of nodes where the bond does, and are one pipe where it is balanced', () => {
    const by = (hashing: 'layer2+3' | 'balanced') => {
      const nics = bonded.nics.map((nic) => ({ ...nic, hashing }));
      return topologyOf({ ...bonded, nics, racks: [] }, ['a1', 'b1']);
    };
    expect(strands(by('layer2+3'), 'a1', 'b1')).toHaveLength(1);
    expect(names(by('balanced'), 'a1', 'b1')).toContain('nic/a1/up');
  });
});

describe('several NICs', () => {
  const network: NetworkSpec = {
    ...NETWORK,
    nics: [
      buildNic({ node: 'a1', name: 'mig', carries: 'migration', bytesPerSecond: 9000 }),
      buildNic({ node: 'a1', name: 'pods', carries: 'pod', rack: 'a' }),
      buildNic({ node: 'b1', rack: 'b' }),
    ],
  };

  it('take the migration network where there is one', () => {
    expect(names(topologyOf(network, ['a1', 'b1'], true), 'a1', 'b1').slice(0, 3)).toEqual([
      'proxy/a1',
      'nic/a1/mig/up',
      'spine',
    ]);
    expect(names(topologyOf(network, ['a1', 'b1']), 'a1', 'b1').slice(0, 3)).toEqual([
      'proxy/a1',
      'nic/a1/pods/up',
      'rack/a/up',
    ]);
  });
});

describe('zones', () => {
  const zoned = (name: string, zone: string) => ({ ...rack(name, null), zone });
  const wan = (from: string, to: string, roundTripTimeUs: number) => ({
    from,
    to,
    bytesPerSecond: 500,
    roundTripTimeUs,
  });
  const network: NetworkSpec = {
    ...NETWORK,
    racks: [zoned('a', 'east'), zoned('b', 'west'), zoned('c', 'north')],
    zones: [
      { name: 'east', spineBytesPerSecond: 100 },
      { name: 'north', spineBytesPerSecond: null },
      { name: 'west', spineBytesPerSecond: null },
    ],
    wans: [wan('east', 'north', 3000), wan('east', 'west', 9000), wan('north', 'west', 4000)],
    spineBytesPerSecond: null,
  };
  const topology = topologyOf(network, NODES.slice(0, 4));

  it('are joined by the quickest way, with its round-trip time', () => {
    expect(names(topology, 'a1', 'b1')).toEqual([
      'proxy/a1',
      'nic/a1/up',
      'spine/east',
      'wan/east/north',
      'wan/north/west',
      'nic/b1/down',
      'proxy/b1',
    ]);
    expect(roundTripTimeUs(topology, 'a1', 'b1')).toBe(100 + 7000);
    expect(roundTripTimeUs(topology, 'b1', 'a1')).toBe(100 + 7000);
    expect(roundTripTimeUs(topology, 'a1', 'a2')).toBe(100);
  });
});

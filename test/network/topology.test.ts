import { describe, expect, it } from 'vitest';
import type { NetworkSpec } from '../../src/fleet/model.js';
import { buildTopology, routeBetween, type Topology } from '../../src/network/topology.js';

const NETWORK: NetworkSpec = {
  nics: [
    { node: 'a1', bytesPerSecond: 3000, rack: 'a' },
    { node: 'a2', bytesPerSecond: 2000, rack: 'a' },
    { node: 'b1', bytesPerSecond: 3000, rack: 'b' },
    { node: 'c1', bytesPerSecond: 3000, rack: 'c' },
    { node: 'x', bytesPerSecond: 5000, rack: null },
  ],
  racks: [
    { name: 'b', uplinkBytesPerSecond: 7000 },
    { name: 'a', uplinkBytesPerSecond: 6000 },
    { name: 'c', uplinkBytesPerSecond: null },
  ],
  spineBytesPerSecond: 9000,
  proxyBytesPerSecond: 4000,
  channelBytesPerSecond: 1000,
  roundTripTimeUs: 0,
};
const NODES = ['a1', 'a2', 'b1', 'c1', 'x', 'y'];

function names(topology: Topology, source: string, target: string): readonly string[] {
  return routeBetween(topology, source, target).map((link) => topology.links[link].name);
}

describe('topology', () => {
  it('lists links in a fixed order, with their capacities', () => {
    const { links, linkByName } = buildTopology(NETWORK, ['a1', 'b1']);
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
    expect(names(buildTopology(NETWORK, NODES), 'a1', 'b1')).toEqual([
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
    expect(names(buildTopology(NETWORK, NODES), 'a2', 'a1')).toEqual([
      'proxy/a2',
      'nic/a2/up',
      'nic/a1/down',
      'proxy/a1',
    ]);
  });

  it('leaves out what never limits', () => {
    const topology = buildTopology({ ...NETWORK, spineBytesPerSecond: null }, NODES);
    expect(names(topology, 'c1', 'x')).toEqual(['proxy/c1', 'nic/c1/up', 'nic/x/down', 'proxy/x']);
    expect(topology.linkByName.has('rack/c/up')).toBe(false);
    expect(topology.linkByName.has('spine')).toBe(false);
  });

  it('assumes the smallest NIC for a node without one, and says so', () => {
    const topology = buildTopology(NETWORK, NODES);
    expect(topology.assumedNics).toEqual(['y']);
    const nic = topology.linkByName.get('nic/y/up') ?? -1;
    expect(topology.links[nic].capacityBytesPerSecond).toBe(2000);
    expect(names(topology, 'y', 'b1')).toContain('spine');
  });

  it('assumes 10 Gbit/s where no NIC is known at all', () => {
    const { links } = buildTopology({ ...NETWORK, nics: [], racks: [] }, ['y']);
    expect(links[1].capacityBytesPerSecond).toBe(1.25e9);
  });

  it('takes every link at most once', () => {
    const topology = buildTopology(NETWORK, NODES);
    for (const source of NODES) {
      for (const target of NODES) {
        const route = routeBetween(topology, source, target);
        expect(new Set(route).size).toBe(route.length);
      }
    }
    expect(() => routeBetween(topology, 'a1', 'zz')).toThrow('node zz');
  });
});

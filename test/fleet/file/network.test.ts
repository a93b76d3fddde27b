import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fleetFromFile } from '../../../src/fleet/file/fleet-file.js';
import { parseDocument } from '../../../src/fleet/load/document.js';
import { refusal } from '../load/temporary-files.js';

const GBIT = 125e6;
const read = (text: string) =>
  fleetFromFile(parseDocument('fleet.yaml', `sluice: 1\n${text}`)).fleet;
const network = (text: string) => read(`network: { goodput: 100%, ${text} }`).network;

describe('links in the fleet file', () => {
  it('are bundles where their rate is a multiple, or members are given', () => {
    const { nics, racks } = network(
      'racks: 1, nodesPerRack: 1, nic: 2x25Gbit/s, uplink: 4x100Gbit/s, hashing: layer2+3',
    );
    expect(nics[0]).toMatchObject({ bytesPerSecond: 50 * GBIT, members: 2, hashing: 'layer2+3' });
    expect(racks[0]).toMatchObject({ uplinkBytesPerSecond: 400 * GBIT, uplinkMembers: 4 });
    const fleet = read('nodes: [{ name: a, nic: 75Gbit/s, members: 3, hashing: balanced }]');
    expect(fleet.network.nics[0]).toMatchObject({ members: 3, hashing: 'balanced' });
  });

  it.each([
    [
      'network: { nic: 1000000x1Mbit/s }',
      'network.nic (2:17): "1000000x1Mbit/s" is of 1000000 links; 1 to 64 are possible',
    ],
    [
      'network: { uplink: 1025x1Mbit/s }',
      'network.uplink (2:20): "1025x1Mbit/s" is of 1025 links; 1 to 1024 are possible',
    ],
    [
      'nodes: [{ name: a, nic: 0x1Gbit/s }]',
      'nodes[0].nic (2:25): "0x1Gbit/s" is of 0 links; 1 to 64 are possible',
    ],
    [
      'nodes: [{ name: a, nics: [{ name: x, rate: 2x0Gbit/s }] }]',
      'nodes[0].nics[0].rate (2:44): "2x0Gbit/s" carries nothing; a NIC\'s rate is more than 0',
    ],
    ['nodeDefaults: { nic: 0 }', 'nodeDefaults.nic (2:22): 0 carries nothing'],
  ])('are refused where a run cannot have them: %s', async (text, problem) => {
    expect(await refusal(() => read(text))).toContain(`fleet.yaml: ${problem}`);
  });

  it('may hold as many members as are allowed', () => {
    const { nics } = network('racks: 1, nodesPerRack: 1, nic: 64x1Gbit/s');
    expect(nics[0]).toMatchObject({ bytesPerSecond: 64 * GBIT, members: 64 });
  });

  it('may be several a node, each for its network', () => {
    const { nics } = read(`
nodeDefaults: { nics: [{ name: pods, rate: 10Gbit/s, network: pod }, { name: mig, network: migration }] }
nodes: [{ name: a, rack: r }, { name: b, nic: 25Gbit/s }]
network: { goodput: 100%, nic: 100Gbit/s }`).network;
    expect(nics.map(({ node, name, carries, rack }) => [node, name, carries, rack])).toEqual([
      ['a', 'mig', 'migration', 'r'],
      ['a', 'pods', 'pod', 'r'],
      ['b', '', 'any', null],
    ]);
    expect(nics.map((nic) => nic.bytesPerSecond / GBIT)).toEqual([100, 10, 25]);
  });

  it('deals counted racks out to zones, and labels their nodes', () => {
    const { nodes, network: spec } = read(
      'network: { racks: 4, nodesPerRack: 1, zones: 2, wan: [{ between: [zone-2, zone-1], rate: 1Gbit/s, rtt: 5ms }] }',
    );
    expect(spec.racks.map(({ zone }) => zone)).toEqual(['zone-1', 'zone-1', 'zone-2', 'zone-2']);
    expect(spec.wans[0]).toMatchObject({ from: 'zone-1', to: 'zone-2', roundTripTimeUs: 5000 });
    expect(nodes[3]?.labels['topology.kubernetes.io/zone']).toBe('zone-2');
  });

  it('carry other traffic by rate, day or series', () => {
    const { background, timeOfDayUs } = network(`timeOfDay: 22h, background: [
      { link: 'nic/*/up', rate: 1Gbit/s, priority: first, reserved: 20% },
      { link: rack/a, daily: [{ at: 20h, rate: 1Gbit/s }, { at: 8h, rate: 9Gbit/s }] }]`);
    expect(timeOfDayUs).toBe(22 * 3600e6);
    expect(background[0]).toEqual({
      link: 'nic/*/up',
      profile: { kind: 'constant', bytesPerSecond: GBIT },
      connections: 64,
      priority: 'first',
      reservedShare: 0.2,
    });
    const { profile } = background[1] ?? {};
    expect(profile?.kind === 'daily' && profile.steps.map((step) => step.atUs / 3600e6)).toEqual([
      8, 20,
    ]);
  });

  it('of docs/network.md are read', () => {
    const page = readFileSync(new URL('../../../docs/network.md', import.meta.url), 'utf8');
    const examples = [...page.matchAll(/```yaml\n([^`]*)```/g)].map((match) => match[1] ?? '');
    expect(examples).toHaveLength(2);
    expect(read(examples[0] ?? '').nodes).toHaveLength(24);
    const { nics, wans } = read(examples[1] ?? '').network;
    expect([nics.length, wans.length]).toEqual([3, 1]);
  });
});

describe('a network that cannot be is refused', () => {
  it.each([
    ['network: { zones: 3, wan: [{ between: [zone-1, zone-2], rate: 1G, rtt: 1ms }] }', '"zone-3"'],
    ['network: { zones: 2, wan: [{ between: [zone-1, x], rate: 1G, rtt: 1ms }] }', 'no zone "x"'],
    ['network: { zones: 1, wan: [{ between: [zone-1, zone-1], rate: 1G, rtt: 1ms }] }', 'itself'],
    ['network: { racks: [{ name: a, zone: z }] }', 'no zone "z"'],
    ['network: { zones: [{ name: z }, { name: z }] }', 'two zones named z'],
    ['network: { background: [{ link: a }] }', 'one of rate, daily and series'],
    ['network: { background: [{ link: a, daily: [{ at: 24h, rate: 1G }] }] }', 'less than 24h'],
    [
      'network: { background: [{ link: a, series: [{ at: 1s, rate: 1G }, { at: 1s, rate: 2G }] }] }',
      'at one time',
    ],
    ['nodes: [{ name: a, nic: 1G, nics: [{ name: x }] }]', 'nic or nics'],
    ['nodes: [{ name: a, nics: [{ name: x }, { name: x }] }]', 'same name'],
    ['nodes: [{ name: a, nics: [{ name: x/y }] }]', 'a name without'],
    ['events: [{ kind: nic-lost, at: 1s, node: z }]', 'no node "z"'],
  ])('%s', async (text, problem) => {
    expect(await refusal(() => read(text))).toContain(problem);
  });
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matcher } from '../../../src/fleet/file/names.js';
import { fleetOf, problem, read, TWO_NODES } from './read-text.js';

const example = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../fleets/${name}.yaml`, import.meta.url)), 'utf8');

describe('groups', () => {
  it('number their members from the number in braces, and take nodes in turn', () => {
    const { nodes, guests } = fleetOf(`
sluice: 1
nodes: [{ name: "n-{01}", count: 3 }]
guests:
  - { name: "web-{00}", count: 4, nodes: "n-*", memory: 1Gi, workload: idle }
  - { name: one, node: n-02, memory: 1Gi, workload: idle }`);
    expect(nodes.map(({ name }) => name)).toEqual(['n-01', 'n-02', 'n-03']);
    expect(guests.map(({ name, node }) => [name, node])).toEqual([
      ['one', 'n-02'],
      ['web-00', 'n-01'],
      ['web-01', 'n-02'],
      ['web-02', 'n-03'],
      ['web-03', 'n-01'],
    ]);
  });

  it('with the same nodes go on where the one before, by name, ended', () => {
    const { guests } = fleetOf(`${TWO_NODES}
guests:
  - { name: "b-{0}", count: 1, nodes: "*", memory: 1Gi, workload: idle }
  - { name: "a-{0}", count: 1, nodes: "*", memory: 1Gi, workload: idle }`);
    expect(guests.map(({ name, node }) => `${name} ${node}`)).toEqual(['a-0 a', 'b-0 b']);
  });

  it('racks by number make their nodes, with a label to spread over', () => {
    const { nodes, network } = fleetOf(`
sluice: 1
network: { racks: 2, nodesPerRack: 2, nic: 2x25Gbit/s, uplink: 100Gbit/s, goodput: 50% }`);
    expect(nodes.map(({ name }) => name)).toEqual([
      'rack-1-node-01',
      'rack-1-node-02',
      'rack-2-node-01',
      'rack-2-node-02',
    ]);
    expect(nodes[2]?.labels).toEqual({
      'kubernetes.io/hostname': 'rack-2-node-01',
      'topology.kubernetes.io/rack': 'rack-2',
    });
    expect(network.nics[2]).toMatchObject({
      members: 2,
      node: 'rack-2-node-01',
      bytesPerSecond: 3.125e9,
      rack: 'rack-2',
    });
    expect(network.racks).toEqual([
      { name: 'rack-1', uplinkBytesPerSecond: 6.25e9, uplinkMembers: 1, zone: null },
      { name: 'rack-2', uplinkBytesPerSecond: 6.25e9, uplinkMembers: 1, zone: null },
    ]);
  });

  it('numbered racks fill one after the other', () => {
    const { network } = fleetOf(`
sluice: 1
nodes: [{ name: "n-{0}", count: 4, rack: "r{0}", nodesPerRack: 3 }]
network: { uplink: unlimited }`);
    expect(network.nics.map(({ rack }) => rack)).toEqual(['r0', 'r0', 'r0', 'r1']);
    expect(network.racks).toEqual([
      { name: 'r0', uplinkBytesPerSecond: null, uplinkMembers: 1, zone: null },
      { name: 'r1', uplinkBytesPerSecond: null, uplinkMembers: 1, zone: null },
    ]);
  });
});

describe('patterns of names', () => {
  /** The definition: a star is nothing, or one letter and the star again. */
  const fits = (pattern: string, name: string): boolean => {
    if (pattern === '') return name === '';
    const [letter, rest] = [pattern[0], pattern.slice(1)];
    if (letter === '*') return fits(rest, name) || (name !== '' && fits(pattern, name.slice(1)));
    return letter === name[0] && fits(rest, name.slice(1));
  };

  it('fit the names that they are defined to fit', () => {
    const text = (letters: string, maxLength: number) =>
      fc.string({ unit: fc.constantFrom(...letters), maxLength });
    fc.assert(
      fc.property(text('ab.**', 7), text('ab.', 8), (pattern, name) => {
        expect(matcher(pattern)(name)).toBe(fits(pattern, name));
      }),
      { numRuns: 2000 },
    );
  });

  it('of many stars take no longer than others', () => {
    expect(matcher(`${'*a'.repeat(40)}*b`)('a'.repeat(60))).toBe(false);
    expect(matcher(`${'*a'.repeat(40)}*`)('a'.repeat(60))).toBe(true);
  });
});

describe("KubeVirt's own YAML", () => {
  const migrations = 'migrations: { bandwidthPerMigration: 64Mi, allowPostCopy: true }';
  it.each([
    [
      'the CR',
      `apiVersion: kubevirt.io/v1, kind: KubeVirt, metadata: { name: kubevirt }, spec: { configuration: { ${migrations} }, infra: {} }, status: { observedKubeVirtVersion: v1.8.2 }`,
    ],
    ['its spec', `configuration: { ${migrations}, vmRolloutStrategy: LiveUpdate }, release: "1.8"`],
    ['its configuration', `${migrations}, release: "1.8"`],
  ])('is taken as %s', (_, yaml) => {
    const { kubevirt, host } = fleetOf(`sluice: 1\nkubevirt: { ${yaml} }`);
    expect(kubevirt).toMatchObject({
      release: '1.8',
      evictionStrategy: 'None',
      migrations: {
        bandwidthPerMigrationBytesPerSecond: 64 * 2 ** 20,
        allowPostCopy: true,
        allowWorkloadDisruption: true,
        parallelMigrationsPerCluster: 5,
      },
    });
    expect(host.qemuVersion).toBe('10.1');
  });

  it('an unknown release becomes the nearest, with a warning', () => {
    const { fleet, warnings } = read('sluice: 1\nkubevirt: { release: "1.12" }');
    expect(fleet.kubevirt.release).toBe('1.9');
    expect(warnings).toHaveLength(1);
    expect(problem('sluice: 1\nkubevirt: { release: "two" }')).toContain('"two" is not a release');
  });

  it('policies come as objects or as a List, factors keep their digits', () => {
    const policy =
      '{ metadata: { name: p }, spec: { selectors: { namespaceSelector: {} }, experimental: { stallDetector: { ewmaAlpha: "0.30", precopyPossibleFactor: 1.5 } } } }';
    for (const yaml of [`[${policy}]`, `{ apiVersion: v1, kind: List, items: [${policy}] }`]) {
      const { policies } = fleetOf(`sluice: 1\nmigrationPolicies: ${yaml}`);
      expect(policies).toMatchObject([
        {
          name: 'p',
          selectors: { namespace: {}, virtualMachineInstance: null },
          allowPostCopy: null,
          stallDetector: { ewmaAlpha: '0.30', precopyPossibleFactor: '1.5', stallMargin: null },
        },
      ]);
    }
  });
});

describe('workloads', () => {
  const guest = (workload: string) =>
    `${TWO_NODES}guests: [{ name: g, node: a, memory: 1Gi, workload: ${workload} }]`;
  const regionsOf = (workload: string) => {
    const declared = fleetOf(guest(workload)).guests[0]?.workload;
    return declared?.kind === 'regions' ? declared.regions : [];
  };

  it('regions in shares, sizes and the rest add up to the memory', () => {
    const regions = regionsOf('{ regions: [{ name: a, share: 33.3% }] }');
    expect(regions.map(({ name }) => name)).toEqual(['a', 'rest']);
    expect(regions.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2 ** 30);
    expect(
      regionsOf('{ regions: [{ name: a, size: 1Mi }, { name: b, size: rest }] }').map(
        ({ bytes }) => bytes,
      ),
    ).toEqual([2 ** 20, 2 ** 30 - 2 ** 20]);
    const thirds = [1, 2, 3].map((n) => `{ name: r${n}, share: ${1 / 3} }`).join(', ');
    expect(regionsOf(`{ regions: [${thirds}] }`)).toHaveLength(3);
  });

  it('hot and cold rates a page give the rate of the region', () => {
    const writes =
      '{ process: hotcold, hot: 25%, hotRatePerPage: 1 writes/s per page, coldRatePerPage: 0.01 writes/s per page }';
    const [region] = regionsOf(`{ regions: [{ name: a, share: 100%, writes: ${writes} }] }`);
    expect(region?.writes).toMatchObject({ kind: 'hotcold', hotShare: 0.25 });
    expect(region?.writes.kind === 'hotcold' && region.writes.pagesPerSecond).toBe(
      65_536 + 196_608 * 0.01,
    );
  });

  it('an observation stays one', () => {
    const observed = '{ observed: { filled: 50%, dirtyRates: [{ window: 1s, rate: 12MiB/s }] } }';
    expect(fleetOf(guest(observed)).guests[0]?.workload).toEqual({
      kind: 'observed',
      filledBytes: 2 ** 29,
      dirtyRates: [{ windowSeconds: 1, bytesPerSecond: 12 * 2 ** 20 }],
      compressedShare: 0.5,
    });
  });

  it.each([
    ['{ preset: web, regions: [] }', 'expected one of preset, regions and observed'],
    ['wbe', 'expected idle or web or oltp'],
    ['{ regions: [{ name: a, share: 80% }, { name: b, share: 30% }] }', 'the regions add up to'],
    ['{ regions: [{ name: a }] }', 'expected either share or size'],
    [
      '{ regions: [{ name: a, share: 1, writes: { process: random } }] }',
      'either rate or ratePerPage',
    ],
    [
      '{ regions: [{ name: a, share: 1, writes: { process: rand } }] }',
      'expected random, hotcold, zipf, sweep',
    ],
    [
      '{ regions: [{ name: a, share: 1, phases: [{ every: 5s, factor: 2 }] }] }',
      'every and length',
    ],
    ['{ observed: { dirtyRates: [{ window: 1s, rate: fast }] } }', '"fast" is not a rate'],
  ])('%s is told', (workload, text) => {
    expect(problem(guest(workload))).toContain(text);
  });

  it('none is idle, with a warning', () => {
    const text = `${TWO_NODES}guests: [{ name: g, node: a, memory: 1Gi }]`;
    expect(read(text).warnings).toEqual([
      {
        file: 'fleet.yaml',
        path: 'guests[0]',
        message: 'this entry has no workload; taken as idle',
      },
    ]);
  });
});

describe('what is wrong is told with its place', () => {
  it.each([
    ['guests: []', 'fleet.yaml: 1:1: a fleet file says sluice: 1 at its top; this one does not'],
    ['sluice: 2', 'fleet.yaml: sluice (1:9): the format of this file is 1: write sluice: 1'],
    [
      'sluice: 1\ngests: []',
      'fleet.yaml: gests (2:8): unknown key "gests"; did you mean "guests"?',
    ],
    [
      `${TWO_NODES}guests:\n  - name: g\n    node: a\n    memory: 8gi\n    workload: idle`,
      'fleet.yaml: guests[0].memory (6:13): "8gi" is not a size such as 64Gi, 512MiB or 1T; did you mean Gi?',
    ],
    [`${TWO_NODES}guests: [{ name: g, node: c, memory: 1Gi }]`, 'there is no node "c"'],
    [`${TWO_NODES}guests: [{ name: g, memory: 1Gi }]`, 'expected either node or nodes'],
    [`${TWO_NODES}guests: [{ name: g, node: a }]`, 'guests[0].memory (3:10): missing; a guest has'],
    [`${TWO_NODES}guests: [{ name: G_1, node: a, memory: 1Gi }]`, '"G_1" is not a name'],
    [`${TWO_NODES}guests: [{ name: g, count: 2, node: a, memory: 1Gi }]`, 'need numbered names'],
    [`${TWO_NODES}drain: { nodes: [a, "x*"] }`, 'drain.nodes[1] (3:21): there is no node "x*"'],
    [`${TWO_NODES}drain: { selector: { x: y } }`, 'no node has these labels'],
    ['sluice: 1\nnodes: [{ name: a }, { name: a }]', 'there are two nodes named a'],
    [
      'sluice: 1\nnodes: [{ name: a, labels: { x: true } }]',
      'nodes[0].labels.x (2:33): expected a text, found the boolean true',
    ],
    [
      'sluice: 1\nkubevirt: { migrations: { allowPostCoppy: true } }',
      'did you mean "allowPostCopy"?',
    ],
    ['sluice: 1\nkubevirt: { migration: { } }', 'did you mean "migrations"?'],
    ['sluice: 1\nevents: [{ kind: node-lost, at: 5m, node: z }]', 'there is no node "z"'],
    [
      'sluice: 1\nevents: [{ kind: link-flapping, at: 0s, for: 1m, link: spine, down: 0s, up: 0s }]',
      'fleet.yaml: events[0] (2:10): down and up are both 0; a link that flaps needs a period',
    ],
    ['sluice: 1\nevents: [{ kind: fire, at: 5m }]', 'events[0]'],
    ['sluice: 1\ntimings: { podStart: 5 }', '5 is not a duration with its unit'],
    ['sluice: 1\n__proto__: { a: 1 }', '__proto__'],
  ])('%s', (text, expected) => {
    const told = problem(text);
    expect(told).toContain(expected);
    expect(told).not.toContain('\n');
  });
});

describe('the example fleets', () => {
  it('single-guest.yaml', () => {
    const { fleet, warnings } = read(example('single-guest'));
    expect(warnings).toEqual([]);
    expect(fleet.guests).toHaveLength(1);
    expect(fleet.drain.nodes).toEqual(['node-a']);
  });

  it('three-racks.yaml drains one rack of three', () => {
    const { fleet, warnings } = read(example('three-racks'));
    expect(warnings).toEqual([]);
    expect(fleet.nodes).toHaveLength(24);
    expect(fleet.drain.nodes).toHaveLength(8);
    expect(fleet.guests.length).toBeGreaterThan(90);
  });

  it('hundred-thousand.yaml is as large as its parameter says', () => {
    const { fleet, warnings } = read(example('hundred-thousand'));
    expect(warnings).toEqual([]);
    expect(fleet.guests).toHaveLength(100_000);
    expect(fleet.drain.nodes).toHaveLength(2000);
    const few = fleetOf(example('hundred-thousand'), [['parameters.nodes', '2']]);
    expect(few.guests).toHaveLength(100);
    expect(new Set(few.guests.map(({ node }) => node))).toEqual(new Set(few.drain.nodes));
  });

  it('terabyte.yaml is as large as its parameters say', () => {
    const fleet = fleetOf(example('terabyte'), [
      ['parameters.guests', '80'],
      ['parameters.workingSet', '5'],
      ['parameters.placement', 'spread'],
    ]);
    expect(fleet.nodes).toHaveLength(80);
    expect(fleet.network.racks).toHaveLength(4);
    expect(fleet.drain.nodes).toHaveLength(40);
    expect(fleet.kubevirt.migrations.parallelMigrationsPerCluster).toBe(80);
    const perNode = new Map<string | null, number>();
    for (const { node, memoryBytes, workload } of fleet.guests) {
      perNode.set(node, (perNode.get(node) ?? 0) + 1);
      expect(memoryBytes).toBe(2 ** 40);
      const [workingSet] = workload.kind === 'regions' ? workload.regions : [];
      expect(workingSet?.bytes).toBe(Math.round((2 ** 28 * 5) / 100) * 4096);
      expect(workingSet?.placement.kind).toBe('spread');
    }
    expect(new Set(perNode.values())).toEqual(new Set([2]));
    const declared = fleetOf(example('terabyte'));
    expect(declared.guests).toHaveLength(1000);
  });
});

import { describe, expect, it } from 'vitest';
import { addPod, chooseNode, createPlacement } from '../../src/kubevirt/placement.js';
import {
  buildFleet,
  type FleetInput,
  GIB,
  type GuestInput,
  type NodeInput,
} from '../fleet-builder.js';

/** Where a guest on `source` may go: the node's name, or the scheduler's message. */
function place(nodes: readonly NodeInput[], guest: Partial<GuestInput>, more: FleetInput = {}) {
  const others = Array.isArray(more.guests) ? (more.guests as readonly GuestInput[]) : [];
  const fleet = buildFleet({
    ...more,
    nodes: [{ name: 'source' }, ...nodes],
    guests: [{ name: 'g', node: 'source', ...guest }, ...others],
  });
  const placement = createPlacement(fleet, 1);
  const index = fleet.guests.findIndex(({ name }) => name === 'g');
  const source = placement.indexOfNode.get('source') ?? -1;
  const result = chooseNode(placement, index, source, 1);
  return result.node === null ? result.message : fleet.nodes[result.node]?.name;
}

const selector = (app: string) => ({ matchLabels: { app }, matchExpressions: [] });
const term = (app: string, topologyKey = 'zone') => ({
  topologyKey,
  selector: selector(app),
  namespaces: [],
});

describe('filters (spec/kubevirt.md 5.7)', () => {
  it('never takes the source node', () => {
    expect(place([], {})).toBe(
      "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.",
    );
  });

  it('counts reasons and sorts them as Kubernetes does', () => {
    const taints = [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' as const }];
    const nodes: NodeInput[] = [
      { name: 'a', allocatable: { cpu: 64, memory: GIB, pods: 10 } },
      { name: 'b', allocatable: { cpu: 0.05, memory: GIB, pods: 0 } },
      { name: 'c', taints },
      { name: 'd', taints },
      { name: 'e', cordoned: true },
      { name: 'f', labels: { zone: 'z' } },
    ];
    const affinity = {
      nodeRequired: [[{ key: 'zone', operator: 'DoesNotExist' as const, values: [] }]],
    };
    expect(place(nodes, { affinity })).toBe(
      '0/7 nodes are available: 1 Insufficient cpu, 1 Too many pods, ' +
        "1 node(s) didn't match Pod's node affinity/selector, " +
        "1 node(s) didn't match pod anti-affinity rules, 1 node(s) were unschedulable, " +
        '2 Insufficient memory, 2 node(s) had untolerated taint {dedicated: gpu}.',
    );
  });

  it('knows tolerations', () => {
    const taints = [{ key: 'k', value: 'v', effect: 'NoExecute' as const }];
    const tolerate = (operator: 'Equal' | 'Exists', value: string, effect = '') => ({
      tolerations: [{ key: 'k', operator, value, effect }],
    });
    const nodes = [{ name: 'a', taints }];
    expect(place(nodes, tolerate('Equal', 'v'))).toBe('a');
    expect(place(nodes, tolerate('Exists', ''))).toBe('a');
    expect(place(nodes, tolerate('Equal', 'w'))).toContain('untolerated taint {k: v}');
    expect(place(nodes, tolerate('Equal', 'v', 'NoSchedule'))).toContain('untolerated taint');
  });

  it('leaves out nodes that only guests name, and refuses nodes that are not ready', () => {
    expect(
      place(
        [
          { name: 'a', known: false },
          { name: 'b', ready: false },
        ],
        {},
      ),
    ).toBe(
      "0/2 nodes are available: 1 node(s) didn't match pod anti-affinity rules, " +
        '1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.',
    );
  });

  it('counts what is used: launchers, other pods, reservations', () => {
    const nodes = [{ name: 'a', allocatable: { memory: 20 * GIB } }];
    expect(place(nodes, {})).toBe('a');
    const other = { namespace: 'x', name: 'p', labels: {}, daemonSet: false };
    const otherPods = [{ ...other, node: 'a', requests: { memory: 12 * GIB } }];
    expect(place(nodes, {}, { otherPods })).toContain('Insufficient memory');
    expect(
      place(nodes, {}, { guests: [{ name: 'h', node: 'a', memoryBytes: 16 * GIB }] }),
    ).toContain('Insufficient memory');
  });

  it('asks for hugepages and devices by name', () => {
    const nodes = [{ name: 'a', allocatable: { memory: 64 * GIB, 'hugepages-1Gi': 4 * GIB } }];
    expect(place(nodes, { hugepageBytes: GIB })).toContain('Insufficient hugepages-1Gi');
    expect(place(nodes, { hugepageBytes: GIB, memoryBytes: 4 * GIB })).toBe('a');
    expect(place(nodes, { gpus: ['example.com/G40'] })).toContain('Insufficient example.com/G40');
  });
});

describe("KubeVirt's node labels", () => {
  const host = { 'host-model-cpu.node.kubevirt.io/Old': 'true', 'kubevirt.io/schedulable': 'true' };
  const source = (labels: Record<string, string>): NodeInput => ({ name: 'source', labels });
  const target = (name: string, ...keys: string[]): NodeInput => ({
    name,
    labels: {
      'kubevirt.io/schedulable': 'true',
      ...Object.fromEntries(keys.map((key) => [key, 'true'])),
    },
  });
  function choose(nodes: readonly NodeInput[], guest: Partial<GuestInput> = {}) {
    const fleet = buildFleet({ nodes, guests: [{ name: 'g', node: 'source', ...guest }] });
    const placement = createPlacement(fleet, 1);
    const result = chooseNode(placement, 0, placement.indexOfNode.get('source') ?? -1, 1);
    return result.node === null ? null : fleet.nodes[result.node]?.name;
  }

  it('asks for kubevirt.io/schedulable only where the fleet has it', () => {
    expect(choose([source({}), { name: 'a', labels: {} }])).toBe('a');
    expect(choose([source({}), { name: 'a', labels: {} }, target('b')])).toBe('b');
  });

  it('sends a host-model guest only where its model can run', () => {
    const migration = 'cpu-model-migration.node.kubevirt.io/';
    const nodes = [source(host), target('a', `${migration}New`), target('b', `${migration}Old`)];
    expect(choose(nodes, { cpuModel: 'host-model' })).toBe('b');
    expect(choose(nodes)).toBe('b');
    expect(choose(nodes, { cpuModel: 'host-passthrough' })).not.toBeNull();
  });

  it('asks for a named model, its features and the vendor of the source', () => {
    const model = 'cpu-model.node.kubevirt.io/M';
    const feature = 'cpu-feature.node.kubevirt.io/aes';
    const intel = 'cpu-vendor.node.kubevirt.io/Intel';
    const nodes = [
      source({ ...host, [intel]: 'true' }),
      target('a', model, feature),
      target('b', model, intel),
      target('c', model, feature, intel),
      target('d', feature, intel),
    ];
    const named = { cpuModel: 'M', cpuFeatures: [{ name: 'aes', policy: 'require' }] };
    expect(choose(nodes, named)).toBe('c');
    const forbid = { cpuModel: 'M', cpuFeatures: [{ name: 'aes', policy: 'forbid' }] };
    expect(choose(nodes, forbid)).toBe('b');
  });

  it('asks for cpumanager and the machine type', () => {
    const machine = 'machine-type.node.kubevirt.io/pc-q35-9';
    const nodes = [source(host), target('a', machine), target('b', 'kubevirt.io/cpumanager')];
    expect(choose(nodes, { machineType: 'pc-q35-9' })).toBe('a');
    expect(choose(nodes, { dedicatedCpus: true, machineType: '' })).toBe('b');
  });
});

describe('topology', () => {
  const zone = (name: string, value: string): NodeInput => ({ name, labels: { zone: value } });
  const on = (name: string, node: string, labels: Record<string, string>): GuestInput => ({
    name,
    node,
    labels,
  });

  it('keeps away from pods by required anti-affinity, both ways', () => {
    const nodes = [zone('a', 'x'), zone('b', 'y')];
    const guests = [on('h', 'a', { app: 'db' })];
    const away = { affinity: { podAntiRequired: [term('db')] } };
    expect(place(nodes, away, { guests })).toBe('b');
    const repelling = [{ ...on('h', 'a', {}), affinity: { podAntiRequired: [term('web')] } }];
    expect(place(nodes, { labels: { app: 'web' } }, { guests: repelling })).toBe('b');
    expect(place([zone('a', 'x')], { labels: { app: 'web' } }, { guests: repelling })).toContain(
      "1 node(s) didn't satisfy existing pods anti-affinity rules",
    );
  });

  it('joins pods by required affinity, and may be the first of its kind', () => {
    const nodes = [zone('a', 'x'), zone('b', 'y')];
    const near = { affinity: { podRequired: [term('db')] } };
    expect(place(nodes, near, { guests: [on('h', 'b', { app: 'db' })] })).toBe('b');
    expect(place(nodes, near)).toContain("3 node(s) didn't match pod affinity rules");
  });

  it('filters by DoNotSchedule spread and scores by ScheduleAnyway', () => {
    const nodes = [zone('a', 'x'), zone('b', 'y')];
    const guests = [on('h', 'a', { app: 'db' }), on('i', 'a', { app: 'db' })];
    const spread = (whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway') => ({
      labels: { app: 'db' },
      topologySpread: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable, selector: selector('db') },
      ],
    });
    expect(place(nodes, spread('DoNotSchedule'), { guests })).toBe('b');
    expect(place(nodes, spread('ScheduleAnyway'), { guests })).toBe('b');
    expect(place([{ name: 'c' }], spread('DoNotSchedule'), { guests: [] })).toContain(
      "2 node(s) didn't match pod topology spread constraints (missing required label)",
    );
  });

  it('prefers by weights of node and pod affinity', () => {
    const nodes = [zone('a', 'x'), zone('b', 'y')];
    const nodePreferred = [
      { weight: 10, requirements: [{ key: 'zone', operator: 'In' as const, values: ['y'] }] },
    ];
    expect(place(nodes, { affinity: { nodePreferred } })).toBe('b');
    const podAntiPreferred = [{ weight: 100, term: term('db') }];
    const guests = [on('h', 'b', { app: 'db' })];
    expect(place(nodes, { affinity: { podAntiPreferred } }, { guests })).toBe('a');
  });
});

describe('scores', () => {
  it('prefers the emptier node', () => {
    const nodes = [{ name: 'a' }, { name: 'b' }];
    const guests = [{ name: 'h', node: 'a', memoryBytes: 64 * GIB }];
    expect(place(nodes, {}, { guests })).toBe('b');
  });

  it('draws among equals by seed and attempt, and always the same', () => {
    const fleet = buildFleet({ nodes: 30, guests: [{ name: 'g' }] });
    const draw = (seed: number, attempt: number) =>
      chooseNode(createPlacement(fleet, seed), 0, 0, attempt).node;
    expect(draw(1, 1)).toBe(draw(1, 1));
    const drawn = new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => draw(seed, 1)));
    expect(drawn.size).toBeGreaterThan(3);
    expect(new Set([1, 2, 3, 4].map((attempt) => draw(1, attempt))).size).toBeGreaterThan(1);
  });

  it('takes a reservation into account at once', () => {
    const fleet = buildFleet({
      nodes: [{ name: 's' }, { name: 't', allocatable: { memory: 10 * GIB } }],
      guests: [
        { name: 'g', node: 's' },
        { name: 'h', node: 's' },
      ],
    });
    const placement = createPlacement(fleet, 1);
    expect(chooseNode(placement, 0, 0, 1).node).toBe(1);
    addPod(placement, 0, 1);
    expect(chooseNode(placement, 1, 0, 1).message).toContain('1 Insufficient memory');
  });
});

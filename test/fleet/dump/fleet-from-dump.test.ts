import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { fleetFromDump } from '../../../src/fleet/dump/fleet-from-dump.js';
import { parseDocument } from '../../../src/fleet/load/document.js';
import { refusal } from '../load/temporary-files.js';
import { importDump, type SmallDump, smallDump } from './small-dump.js';

const GIB = 2 ** 30;

const refuse = (change: (dump: SmallDump) => void) => refusal(() => importDump(change));

describe('a dump', () => {
  it('becomes a fleet in base units, sorted, with the defaults of the specification', () => {
    const { fleet } = importDump();
    expect(
      fleet.nodes.map(({ name, known, cordoned, ready }) => [name, known, cordoned, ready]),
    ).toEqual([
      ['wrk-a1', true, false, true],
      ['wrk-a2', true, false, true],
    ]);
    expect(fleet.nodes[0]?.allocatable).toMatchObject({ cpu: 126.5, memory: 459174912 * 1024 });
    const [guest] = fleet.guests;
    expect(guest).toMatchObject({
      namespace: 'analytics',
      name: 'warehouse-1',
      node: 'wrk-a1',
      memoryBytes: 128 * GIB,
      memoryGuestIsSet: true,
      vcpus: 32,
      cpuModel: 'host-model',
      hugepageBytes: null,
      resourceRequests: { cpu: 3.2 },
      evictionStrategy: 'LiveMigrate',
      liveMigratable: { status: true, reason: '', message: '' },
      migrationMethod: 'BlockMigration',
      interfaces: [{ name: 'default', binding: 'masquerade', plugin: '', podNetwork: true }],
      migrating: false,
      phase: 'Running',
    });
    expect(guest?.volumes.map(({ source, bytes, device }) => [source, bytes, device])).toEqual([
      ['dataVolume', 60 * GIB, 'disk'],
      ['dataVolume', 2000 * GIB, 'disk'],
      ['cloudInitNoCloud', 2 ** 20, 'disk'],
    ]);
    expect(guest?.affinity.podAntiRequired).toEqual([
      {
        topologyKey: 'kubernetes.io/hostname',
        selector: { matchLabels: { 'app.kubernetes.io/name': 'warehouse' }, matchExpressions: [] },
        namespaces: [],
      },
    ]);
    expect(fleet.kubevirt).toMatchObject({ release: '1.9', evictionStrategy: 'LiveMigrate' });
    expect(fleet.kubevirt.migrations).toMatchObject({
      parallelMigrationsPerCluster: 6,
      bandwidthPerMigrationBytesPerSecond: GIB,
      maxDowntimeMs: 900,
      utilityVolumesTimeout: 150,
      allowWorkloadDisruption: false,
    });
    expect(fleet.network.racks).toEqual([
      { name: 'rack-a', uplinkBytesPerSecond: null, uplinkMembers: 1, zone: null },
    ]);
    expect(fleet.host.qemuVersion).toBe('10.1');
  });

  it('is the same from YAML, in any order, and in several files', () => {
    const document = smallDump();
    const { items } = document.value as { items: unknown[] };
    const list = (part: unknown[]) => ({ kind: 'List', apiVersion: 'v1', items: part });
    const reversed = parseDocument('r.json', JSON.stringify(list([...items].reverse())));
    const parts = [items.slice(0, 3), items.slice(3)].map((part, i) =>
      parseDocument(`part${i}.yaml`, part.map((item) => stringify(item)).join('---\n')),
    );
    const plain = (fleet: object) => JSON.stringify(fleet).replace(/"origin":"[^"]*"/g, '');
    const expected = plain(fleetFromDump([document], {}, 'x').fleet);
    expect(plain(fleetFromDump([reversed], {}, 'x').fleet)).toBe(expected);
    const yaml = parseDocument('a.yaml', stringify(document.value));
    expect(plain(fleetFromDump([yaml], {}, 'x').fleet)).toBe(expected);
    const [first, second] = parts;
    if (first === undefined || second === undefined) throw new Error('two parts');
    expect(plain(fleetFromDump([first, second], {}, 'x').fleet)).toBe(expected);
  });

  it('without much in it gives warned defaults', () => {
    const { fleet, warnings } = importDump(({ list, guest, nodes }) => {
      list.items = [...nodes, guest];
      guest.spec.domain.memory = undefined;
      guest.status = { nodeName: 'elsewhere' };
      nodes[0].status.allocatable = undefined;
      nodes[1].status.conditions = [];
    });
    expect(fleet.guests[0]).toMatchObject({
      memoryBytes: GIB,
      liveMigratable: null,
      node: 'elsewhere',
    });
    expect(fleet.guests[0]?.migrationMethod).toBe('BlockMigration');
    expect(fleet.nodes[0]).toMatchObject({ name: 'elsewhere', known: false });
    expect(fleet.namespaces).toEqual([
      { name: 'analytics', labels: { 'kubernetes.io/metadata.name': 'analytics' }, quota: {} },
    ]);
    expect(fleet.kubevirt.evictionStrategy).toBe('None');
    const all = warnings.join('\n');
    for (const warning of [
      'guest has no memory size; 1 GiB is taken',
      'guest has no LiveMigratable condition',
      'elsewhere: guest is on a node that is not in the dump',
      'node has no status.allocatable; it can take no guest',
      'node has no Ready condition; taken as ready',
      'no KubeVirt object',
      'every guest dirties 8 MiB/s',
      'volume claim is not in the dump',
    ]) {
      expect(all).toContain(warning);
    }
  });

  it('takes memory from requests, limits or status where memory.guest is unset', () => {
    const memoryOf = (memory: object, resources: object, status: object) =>
      importDump(({ guest }) => {
        guest.spec.domain.memory = memory;
        guest.spec.domain.resources = resources;
        guest.status.memory = status;
      }).fleet.guests[0];
    const requests = { requests: { memory: '3Gi' }, limits: { memory: '4Gi' } };
    expect(memoryOf({ guest: '2Gi' }, requests, {})?.memoryBytes).toBe(2 * GIB);
    expect(memoryOf({}, requests, {})).toMatchObject({
      memoryBytes: 3 * GIB,
      memoryGuestIsSet: false,
    });
    expect(memoryOf({}, { limits: { memory: '4Gi' } }, {})?.memoryBytes).toBe(4 * GIB);
    expect(memoryOf({}, {}, { guestCurrent: '5Gi' })?.memoryBytes).toBe(5 * GIB);
    expect(memoryOf({ guest: '1G' }, {}, {})?.memoryBytes).toBe(Math.floor(1e9 / 4096) * 4096);
  });

  it('passes over what it does not know, counted', () => {
    const { warnings } = importDump(({ list, guest, kubevirt }) => {
      list.items.push(
        { kind: 'ConfigMap' },
        { kind: 'ConfigMap' },
        { apiVersion: 'x.io/v1', kind: 'Node' },
      );
      guest.spec.fantasy = 1;
      kubevirt.spec.configuration.migrations.newOption = true;
    });
    expect(warnings).toContain(
      ': passed over: 2 ConfigMap, 1 KubeVirt migrations field newOption, 1 Node of x.io, ' +
        '1 VirtualMachineInstance spec field fantasy',
    );
  });

  it('marks guests whose migration is unfinished', () => {
    const vmim = (phase: string) => ({
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstanceMigration',
      metadata: { name: `m-${phase.toLowerCase()}`, namespace: 'analytics' },
      spec: { vmiName: 'warehouse-1' },
      status: { phase },
    });
    const migrating = (change: (dump: SmallDump) => void) =>
      importDump(change).fleet.guests[0]?.migrating;
    expect(migrating(({ list }) => list.items.push(vmim('Succeeded'), vmim('Failed')))).toBe(false);
    expect(migrating(({ list }) => list.items.push(vmim('Running')))).toBe(true);
    const state = { migrationUid: 'x', startTimestamp: '2026-09-08T02:24:09Z' };
    const withState = (more: object) =>
      migrating(({ guest }) => {
        guest.status.migrationState = { ...state, ...more };
      });
    expect(withState({})).toBe(true);
    expect(withState({ completed: true })).toBe(false);
  });

  it('does not tell how much of an emptyDisk is written: all of it is taken, and that is said', () => {
    const withDisk = (volumeStatus: readonly object[]) =>
      importDump(({ guest }) => {
        guest.spec.volumes = [{ name: 'scratch', emptyDisk: { capacity: '20Gi' } }];
        guest.status.volumeStatus = volumeStatus;
      });
    const { fleet, warnings } = withDisk([]);
    expect(fleet.guests[0]?.volumes[0]?.bytes).toBe(20 * GIB);
    expect(warnings.join()).toMatch(/volumes\[0\].*emptyDisk is written is not in the dump/);
    const reported = withDisk([{ name: 'scratch', size: GIB, target: 'vdb' }]);
    expect(reported.fleet.guests[0]?.volumes[0]?.bytes).toBe(GIB);
    expect(reported.warnings.join()).not.toContain('emptyDisk');
  });

  it('that contradicts itself is told and read as it stands', () => {
    const { fleet, warnings } = importDump(({ guest }) => {
      guest.metadata.creationTimestamp = '3026-02-30T10:00:00Z';
      guest.spec.domain.memory.guest = '9000Gi';
    });
    expect(fleet.guests[0]?.memoryBytes).toBe(9000 * GIB);
    expect(warnings).toContain('items[0]: node wrk-a1: 9000 GiB requested, 437.9 GiB allocatable');
    expect(warnings.join()).toContain('items[2].metadata.creationTimestamp: ');
  });

  it('takes the nearest release it knows', () => {
    const release = (version: string) =>
      importDump(({ kubevirt }) => {
        kubevirt.status.observedKubeVirtVersion = version;
      });
    expect(release('v1.6.3').fleet).toMatchObject({
      kubevirt: { release: '1.6' },
      host: { qemuVersion: '9.1' },
    });
    expect(release('v1.6.3').warnings.join()).not.toContain('is not known');
    expect(release('v1.2.0').fleet.kubevirt.release).toBe('1.4');
    expect(release('v1.12.0').fleet.kubevirt.release).toBe('1.9');
    expect(release('devel').warnings.join()).toContain(
      '"devel" is not known; release 1.9 is taken',
    );
  });

  it('counts the requests of other pods as Kubernetes does', () => {
    const container = (cpu: string, memory: string) => ({
      resources: { requests: { cpu, memory } },
    });
    const pod = (name: string, spec: object, labels: object = {}) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'x', labels, ownerReferences: [{ kind: 'DaemonSet' }] },
      spec: { nodeName: 'wrk-a2', ...spec },
    });
    const pods = parseDocument(
      'pods.json',
      JSON.stringify({
        kind: 'List',
        items: [
          pod('b', {
            containers: [container('1', '1Gi'), container('500m', '1Gi')],
            initContainers: [
              container('4', '512Mi'),
              { ...container('1', '0'), restartPolicy: 'Always' },
            ],
            overhead: { memory: '128Mi' },
          }),
          pod(
            'launcher',
            { containers: [container('9', '9Gi')] },
            { 'kubevirt.io': 'virt-launcher' },
          ),
          pod('unplaced', { containers: [], nodeName: null }),
        ],
      }),
    );
    expect(importDump(undefined, { pods }).fleet.otherPods).toEqual([
      {
        namespace: 'x',
        name: 'b',
        node: 'wrk-a2',
        labels: {},
        requests: { cpu: 4, memory: 2 * GIB + 128 * 2 ** 20 },
        daemonSet: true,
      },
    ]);
  });

  it('reads policies, budgets and quotas', () => {
    const { fleet } = importDump(({ list }) => {
      list.items.push(
        {
          apiVersion: 'migrations.kubevirt.io/v1alpha1',
          kind: 'MigrationPolicy',
          metadata: { name: 'p' },
          spec: {
            selectors: { virtualMachineInstanceSelector: { a: 'b' } },
            bandwidthPerMigration: '64Mi',
            experimental: { stallDetector: { ewmaAlpha: '0.3' }, compression: 'zstd' },
          },
        },
        {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'b', namespace: 'analytics' },
          spec: { selector: { matchLabels: { a: 'b' } } },
          status: { disruptionsAllowed: 2 },
        },
        {
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          metadata: { name: 'q', namespace: 'analytics' },
          spec: { hard: { memory: '10Gi', pods: '5' } },
        },
      );
    });
    expect(fleet.policies[0]).toMatchObject({
      name: 'p',
      selectors: { namespace: null, virtualMachineInstance: { a: 'b' } },
      bandwidthPerMigrationBytesPerSecond: 64 * 2 ** 20,
      allowPostCopy: null,
      stallDetector: { ewmaAlpha: '0.3', stallMargin: null },
      compression: 'zstd',
    });
    expect(fleet.disruptionBudgets).toEqual([
      { namespace: 'analytics', name: 'b', matchLabels: { a: 'b' }, disruptionsAllowed: 2 },
    ]);
    expect(fleet.namespaces[0]).toMatchObject({
      name: 'analytics',
      quota: { 'requests.memory': 10 * GIB, pods: 5 },
    });
  });

  it.each<[string, (dump: SmallDump) => void, RegExp]>([
    [
      'kind',
      ({ guest }) => (guest.kind = ['Node']),
      /^items\[2\]\.kind .*expected a string, found an array/,
    ],
    ['no kind', ({ guest }) => (guest.kind = undefined), /^items\[2\]\.kind .*missing/],
    [
      'no name',
      ({ guest }) => (guest.metadata.name = undefined),
      /^items\[2\]\.metadata\.name .*missing/,
    ],
    [
      'label',
      ({ guest }) => (guest.metadata.labels.on = true),
      /labels\.on .*expected a string, found the boolean true \(quote it\)/,
    ],
    [
      'namespace',
      ({ guest }) => (guest.metadata.namespace = '../../etc'),
      /namespace .*"\.\.\/\.\.\/etc" is not a Kubernetes name/,
    ],
    [
      'zero memory',
      ({ guest }) => (guest.spec.domain.memory.guest = '0'),
      /memory\.guest .*"0": memory must be positive/,
    ],
    [
      'eviction',
      ({ guest }) => (guest.spec.evictionStrategy = 'Live'),
      /"Live" is not one of None, LiveMigrate/,
    ],
    [
      'vcpus',
      ({ guest }) => (guest.spec.domain.cpu.sockets = 0),
      /sockets .*0: must be at least 1/,
    ],
    [
      'uint32',
      ({ kubevirt }) =>
        (kubevirt.spec.configuration.migrations.parallelMigrationsPerCluster = 2 ** 32),
      /4294967296 does not fit uint32/,
    ],
    [
      'endless wait',
      ({ kubevirt }) =>
        (kubevirt.spec.configuration.migrations.parallelOutboundMigrationsPerNode = 0),
      /0: must be at least 1/,
    ],
    [
      'huge',
      ({ kubevirt }) => (kubevirt.spec.configuration.migrations.progressTimeout = 1e308),
      /1e\+308 does not fit int64/,
    ],
    [
      'negative',
      ({ kubevirt }) => (kubevirt.spec.configuration.migrations.bandwidthPerMigration = '-1Gi'),
      /"-1Gi": must not be negative/,
    ],
    [
      'downtime',
      ({ kubevirt }) => (kubevirt.spec.configuration.migrations.maxDowntimeMs = 0),
      /0 does not fit the range 1 to 2000000/,
    ],
    [
      'double',
      ({ nodes }) => (nodes[1].metadata.name = 'wrk-a1'),
      /^items\[1\] .*Node wrk-a1 appears twice \(first at items\[0\]\)/,
    ],
    ['items', ({ list }) => (list.items = {}), /^items .*expected an array, found an object/],
    [
      'null item',
      ({ list }) => (list.items[0] = null),
      /^items\[0\] .*expected an object, found null/,
    ],
    [
      'nothing',
      ({ list }) => (list.items = [{ kind: 'ConfigMap' }]),
      /no Node and no VirtualMachineInstance found \(kinds seen: ConfigMap\)/,
    ],
  ])('is refused for its %s, with the path', async (_, change, problem) => {
    expect((await refuse(change)).replace('dump.json: ', '')).toMatch(problem);
  });
});

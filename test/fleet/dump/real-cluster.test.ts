import { describe, expect, it } from 'vitest';
import { fleetFromDump } from '../../../src/fleet/dump/fleet-from-dump.js';
import { loadDocument } from '../../../src/fleet/load/document.js';
import type { Guest } from '../../../src/fleet/model.js';
import { sharedData } from '../../shared-data.js';

const folder = sharedData('cluster');
const load = (name: string) => loadDocument(`${folder}/${name}`);

let imported: ReturnType<typeof readCluster> | null = null;

/** The whole cluster with all its metrics, read once. */
function importCluster(): ReturnType<typeof readCluster> {
  imported ??= readCluster();
  return imported;
}

async function readCluster() {
  return fleetFromDump(
    [await load('cluster.json'), await load('vmims.json')],
    {
      dirtyRates: await load('prometheus-dirty-rate.json'),
      memory: await load('prometheus-memory.json'),
      network: await load('prometheus-node-network.json'),
      pods: await load('pods.json.gz'),
    },
    'cluster',
  );
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

/** A guest's samples in an answer to a range query. */
function samplesOf(answer: unknown, name: string): number[] {
  const { data } = answer as {
    readonly data: {
      readonly result: readonly {
        readonly metric: { readonly namespace: string; readonly name: string };
        readonly values: readonly (readonly [number, string])[];
      }[];
    };
  };
  return data.result
    .filter(({ metric }) => `${metric.namespace}/${metric.name}` === name)
    .flatMap(({ values }) => values.map(([, rate]) => Number(rate)));
}

describe.skipIf(folder === null)('shared/data/cluster (skipped where it is absent)', () => {
  it('is 24 nodes in 3 racks with their bonds', async () => {
    const { fleet } = await importCluster();
    expect(fleet.nodes).toHaveLength(24);
    expect(fleet.nodes.filter(({ cordoned }) => cordoned).map(({ name }) => name)).toEqual([
      'wrk-b3',
    ]);
    expect(countBy(fleet.network.nics, ({ rack }) => rack ?? '')).toEqual({
      'rack-a': 8,
      'rack-b': 8,
      'rack-c': 8,
    });
    expect(countBy(fleet.network.nics, ({ bytesPerSecond }) => `${bytesPerSecond / 0.94}`)).toEqual(
      {
        '1250000000': 3,
        '6250000000': 21,
      },
    );
  });

  it('is 329 guests of 11.8 TiB, with what decides about their migrations', async () => {
    const { fleet } = await importCluster();
    const { guests } = fleet;
    expect(guests).toHaveLength(329);
    expect(guests.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) / 2 ** 40).toBeCloseTo(
      11.827,
      3,
    );
    expect(countBy(guests, ({ evictionStrategy }) => evictionStrategy ?? 'cluster')).toEqual({
      LiveMigrate: 228,
      None: 40,
      cluster: 31,
      LiveMigrateIfPossible: 24,
      External: 6,
    });
    expect(countBy(guests, ({ liveMigratable }) => liveMigratable?.reason || 'migratable')).toEqual(
      {
        migratable: 297,
        InterfaceNotLiveMigratable: 11,
        HostDeviceNotLiveMigratable: 11,
        DisksNotLiveMigratable: 8,
        SEVNotLiveMigratable: 1,
        HypervPassthroughNotLiveMigratable: 1,
      },
    );
    const copied = guests.flatMap(({ volumes }) =>
      volumes.filter(({ migration }) => migration !== null),
    );
    expect(copied.map(({ name, migration }) => [name, migration?.sourceCapacityBytes])).toEqual(
      Array.from({ length: 3 }, () => ['data0', 400 * 2 ** 30]),
    );
    expect(guests.filter(({ evacuationNodeName }) => evacuationNodeName === 'wrk-b3')).toHaveLength(
      1,
    );
    expect(guests.filter(({ migrating }) => migrating)).toHaveLength(0);
  });

  it('computes the migration method as KubeVirt did, where the status is cut off', async () => {
    const document = await load('cluster.json');
    const { fleet } = fleetFromDump([document], {}, 'x');
    const text = JSON.stringify(document.value).replaceAll('"migrationMethod":', '"unused":');
    const without = { ...document, value: JSON.parse(text) as unknown };
    const methods = (guests: readonly Guest[]) =>
      guests.map(({ migrationMethod }) => migrationMethod);
    expect(methods(fleetFromDump([without], {}, 'x').fleet.guests)).toEqual(methods(fleet.guests));
  });

  it('gives every guest a workload: rates, filled memory, hugepages in full', async () => {
    const { fleet, warnings } = await importCluster();
    const cube = fleet.guests.find(({ name }) => name === 'cube-01');
    expect(cube?.workload).toMatchObject({
      dirtyRates: [{ windowSeconds: 1, bytesPerSecond: 602931200 }],
    });
    for (const { workload, memoryBytes, hugepageBytes } of fleet.guests) {
      if (workload.kind !== 'observed') throw new Error('observed');
      expect(workload.filledBytes).toBeLessThanOrEqual(memoryBytes);
      expect(workload.filledBytes % 4096).toBe(0);
      if (hugepageBytes !== null) expect(workload.filledBytes).toBe(memoryBytes);
    }
    expect(fleet.guests.filter(({ hugepageBytes }) => hugepageBytes !== null)).toHaveLength(7);
    const messages = warnings.map(({ message }) => message);
    expect(messages).toContain(
      '32 times, first analytics/spark-worker-05: guest has no dirty rate; the median of its workload label is taken',
    );
    expect(messages).toContain('passed over: 80 finished VirtualMachineInstanceMigration');
    expect(messages.join()).not.toContain('requested');
  });

  it('has KubeVirt’s settings, policies and surroundings', async () => {
    const { fleet } = await importCluster();
    expect(fleet.kubevirt).toMatchObject({
      release: '1.9',
      evictionStrategy: 'LiveMigrate',
      migratableBindings: ['l2bridge'],
      mediatedDevices: ['gpu.example.com/G40-8Q'],
    });
    expect(fleet.kubevirt.migrations).toMatchObject({
      parallelMigrationsPerCluster: 6,
      parallelOutboundMigrationsPerNode: 2,
      completionTimeoutPerGiB: 60,
      network: 'kubevirt/migration-vlan44',
    });
    expect(fleet.policies.map(({ name }) => name)).toEqual([
      'batch-guard',
      'best-effort-postcopy',
      'edge-latency',
      'inmemory-db',
      'legacy-no-selectors',
      'oltp-autoconverge',
      'warehouse-pause',
    ]);
    expect(fleet.disruptionBudgets).toHaveLength(13);
    expect(fleet.otherPods).toHaveLength(102);
    expect(fleet.namespaces).toHaveLength(18);
  });

  it('gives the median of an hour as the rate', async () => {
    const range = await load('prometheus-dirty-rate-range.json');
    const { fleet } = fleetFromDump([await load('cluster.json')], { dirtyRates: range }, 'x');
    const rateOf = ({ workload }: Guest): number =>
      workload.kind === 'observed' ? (workload.dirtyRates[0]?.bytesPerSecond ?? -1) : -1;
    // Guests in bursts: means and last samples are far from the medians; the last two have gaps.
    const medians = ['analytics/cube-01', 'shop-prod/orders-db-3', 'shop-prod/search-02'].map(
      (name) => {
        const samples = samplesOf(range.value, name);
        expect(samples.length % 2).toBe(1);
        return [name, samples.sort((a, b) => a - b)[(samples.length - 1) / 2]] as const;
      },
    );
    const rates = new Map(
      fleet.guests.map((guest) => [`${guest.namespace}/${guest.name}`, rateOf(guest)]),
    );
    expect(medians.map(([name]) => [name, rates.get(name)])).toEqual(medians);
    const all = [...rates.values()];
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    expect(all.every((rate) => rate % 2 ** 20 === 0)).toBe(true);
  });
});

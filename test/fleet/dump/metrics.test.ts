import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../src/fleet/load/document.js';
import { refusal } from '../load/temporary-files.js';
import { importDump, prometheusVector, type SmallDump } from './small-dump.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const DIRTY = 'kubevirt_vmi_dirty_rate_bytes_per_second';
const GUEST = { namespace: 'analytics', name: 'warehouse-1' };

const workload = (change: (dump: SmallDump) => void, inputs: Parameters<typeof importDump>[1]) => {
  const { fleet, warnings } = importDump(change, inputs);
  const [guest] = fleet.guests;
  if (guest?.workload.kind !== 'observed') throw new Error('observed');
  return { ...guest.workload, rate: guest.workload.dirtyRates[0]?.bytesPerSecond, warnings };
};
const asIs = () => {};

const matrix = (values: readonly unknown[]) =>
  parseDocument(
    'range.json',
    JSON.stringify({
      status: 'success',
      data: { resultType: 'matrix', result: [{ metric: { __name__: DIRTY, ...GUEST }, values }] },
    }),
  );

describe('dirty rates', () => {
  it('are the sample of a vector, the median of a range', () => {
    const vector = prometheusVector([[{ __name__: DIRTY, ...GUEST }, String(7 * MIB)]]);
    expect(workload(asIs, { dirtyRates: vector }).rate).toBe(7 * MIB);
    const range = matrix([1, 900, 2, 3, 2].map((rate, i) => [i * 30, String(rate * MIB)]));
    expect(workload(asIs, { dirtyRates: range }).rate).toBe(2 * MIB);
    expect(workload(asIs, { dirtyRates: range }).dirtyRates[0]?.windowSeconds).toBe(1);
  });

  it('skip samples that cannot be, counted by cause', () => {
    const odd = [[1, 'NaN'], [2, '+Inf'], [3, -5], [4, '7'], ['x', '1'], [5], [6, ''], [7, '1,5']];
    const { rate, warnings } = workload(asIs, { dirtyRates: matrix(odd) });
    expect(rate).toBe(7);
    expect(warnings.filter((warning) => warning.includes('samples skipped'))).toEqual([
      'data.result[0].values[0]: samples skipped: 1 NaN, 1 infinite, 1 negative, 1 not a timestamp, ' +
        '1 not a pair of time and value, 2 not a number',
    ]);
  });

  it('are decimal numbers only, as Prometheus writes them', () => {
    const odd = [' ', '0x1000', '0b1', ' 5', 'Infinity', '1_0', '.', '-Inf'];
    const samples = [...odd, '7.5e+06'].map((text, i) => [i, text]);
    const { rate, warnings } = workload(asIs, { dirtyRates: matrix(samples) });
    expect(rate).toBe(7.5e6);
    expect(warnings).toContain(
      'data.result[0].values[0]: samples skipped: 7 not a number, 1 infinite',
    );
  });

  it('of guests that have none are those of guests alike, else of all, else 8 MiB/s', () => {
    const more = ({ list, guest }: SmallDump, label: string | undefined) => {
      for (const [name, kind] of [
        ['x', label],
        ['y', label],
        ['z', 'other'],
      ] as const) {
        const copy = JSON.parse(JSON.stringify(guest));
        copy.metadata.name = name;
        copy.metadata.labels.workload = kind;
        list.items.push(copy);
      }
    };
    const rates = prometheusVector(
      (
        [
          ['x', 10],
          ['y', 30],
          ['z', 20],
        ] as const
      ).map(([name, rate]) => [
        { __name__: DIRTY, namespace: 'analytics', name },
        String(rate * MIB),
      ]),
    );
    const alike = workload((dump) => more(dump, 'batch'), { dirtyRates: rates });
    expect(alike.rate).toBe(10 * MIB);
    expect(alike.warnings.join()).toContain('the median of its workload label is taken');
    const all = workload((dump) => more(dump, 'web'), { dirtyRates: rates });
    expect(all.rate).toBe(20 * MIB);
    expect(all.warnings.join()).toContain('the median of all guests is taken');
    const none = workload(asIs, { dirtyRates: rates });
    expect(none.rate).toBe(8 * MIB);
    expect(none.warnings.join()).toContain('3 times, first analytics/x: series is about no guest');
    expect(workload(asIs, {}).rate).toBe(8 * MIB);
  });

  it.each<[string, RegExp]>([
    ['{"status":"error","error":"bad query"}', /Prometheus answered with an error: bad query/],
    [
      '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}',
      /data\.resultType .*scalar, expected vector or matrix/,
    ],
    [
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up"},"value":[1,"1"]}]}}',
      /__name__ .*up is not kubevirt_vmi_dirty_rate_bytes_per_second/,
    ],
    ['{"status":"success"}', /data .*expected an object, found nothing/],
    [
      '{"kind":"List","items":[]}',
      /expected a Prometheus answer with status and data, found Kubernetes kind List/,
    ],
    ['[]', /expected a Prometheus answer with status and data, found an array/],
  ])('are refused: %s', async (text, problem) => {
    const load = () => importDump(asIs, { dirtyRates: parseDocument('p.json', text) });
    expect(await refusal(load)).toMatch(problem);
  });
});

describe('filled memory', () => {
  const metrics = (resident: number, domain: number) =>
    prometheusVector([
      [{ __name__: 'kubevirt_vmi_memory_resident_bytes', ...GUEST }, String(resident)],
      [{ __name__: 'kubevirt_vmi_memory_domain_bytes', ...GUEST }, String(domain)],
    ]);

  it('is resident over domain, at most all', () => {
    expect(workload(asIs, { memory: metrics(32 * GIB, 128 * GIB) }).filledBytes).toBe(32 * GIB);
    expect(workload(asIs, { memory: metrics(130 * GIB, 128 * GIB) }).filledBytes).toBe(128 * GIB);
    expect(workload(asIs, { memory: metrics(1, 0) }).filledBytes).toBe(128 * GIB);
  });

  it('of a guest that moved is that of the node where it was seen last', () => {
    const labels = (what: string, node: string) => ({
      __name__: `kubevirt_vmi_memory_${what}_bytes`,
      node,
      ...GUEST,
    });
    const memory = parseDocument(
      'memory.json',
      JSON.stringify({
        status: 'success',
        data: {
          resultType: 'matrix',
          result: [
            // Without its domain memory a node says nothing, however late.
            { metric: labels('resident', 'wrk-c1'), values: [[900, String(GIB)]] },
            {
              metric: labels('resident', 'wrk-b1'),
              values: [
                [300, String(32 * GIB)],
                [240, String(8 * GIB)],
              ],
            },
            { metric: labels('domain', 'wrk-b1'), values: [[300, String(128 * GIB)]] },
            { metric: labels('resident', 'wrk-a1'), values: [[60, String(16 * GIB)]] },
            { metric: labels('domain', 'wrk-a1'), values: [[60, String(128 * GIB)]] },
          ],
        },
      }),
    );
    expect(workload(asIs, { memory }).filledBytes).toBe(32 * GIB);
  });

  it('is all of it with hugepages or without metrics', () => {
    const hugepages = ({ guest }: SmallDump) => {
      guest.spec.domain.memory.hugepages = { pageSize: '1Gi' };
    };
    expect(workload(hugepages, { memory: metrics(GIB, 128 * GIB) }).filledBytes).toBe(128 * GIB);
    const other = prometheusVector([]);
    const { filledBytes, warnings } = workload(asIs, { memory: other });
    expect(filledBytes).toBe(128 * GIB);
    expect(warnings.join()).toContain('guest has no memory metrics');
  });
});

describe('link speeds', () => {
  const speeds = (...devices: readonly (readonly [string, number, Record<string, string>?])[]) =>
    prometheusVector(
      devices.map(([device, speed, labels]) => [
        { __name__: 'node_network_speed_bytes', node: 'wrk-a1', ...labels, device },
        String(speed),
      ]),
    );
  const nicOf = (network: ReturnType<typeof speeds>) => {
    const { fleet, warnings } = importDump(asIs, { network });
    return { nic: (fleet.network.nics[0]?.bytesPerSecond ?? 0) / 0.94, warnings, fleet };
  };

  it('count a bond once, and no virtual device', () => {
    const members = [
      ['ens1f0', 3.125e9],
      ['ens1f1', 3.125e9],
    ] as const;
    expect(nicOf(speeds(...members, ['bond0', 6.25e9], ['bond0.44', 6.25e9])).nic).toBeCloseTo(
      6.25e9,
      0,
    );
    expect(nicOf(speeds(...members, ['veth12', 1.25e12], ['lo', 1e12])).nic).toBeCloseTo(
      3.125e9,
      0,
    );
    expect(nicOf(speeds(['ens9', 12.5e9], ['bond0', 6.25e9])).nic).toBeCloseTo(6.25e9, 0);
    expect(nicOf(speeds(['migration0', 1.25e9], ['bond0', 6.25e9])).nic).toBeCloseTo(1.25e9, 0);
  });

  it('find nodes by address, and take 25 Gbit/s for the rest with a warning', () => {
    const byAddress = speeds(['eno1', 1.25e9, { node: '', instance: '10.40.1.12:9100' }]);
    expect(nicOf(byAddress).nic).toBeCloseTo(1.25e9, 0);
    const { nic, warnings } = nicOf(speeds(['eno1', -125000], ['x', 1e9, { node: 'nobody' }]));
    expect(nic).toBeCloseTo(3.125e9, 0);
    expect(warnings.join('\n')).toMatch(
      /2 times, first wrk-a1: node has no link speed; 25 Gbit\/s is taken/,
    );
    expect(warnings.join('\n')).toContain('nobody: link speed is about no node of the dump');
  });

  it('lie in racks by a rack label, else by zone', () => {
    const racks = (labels: object) =>
      importDump(({ nodes }) => {
        for (const node of nodes) node.metadata.labels = labels;
      }).fleet.network.racks.map(({ name }) => name);
    const zone = { 'topology.kubernetes.io/zone': 'z' };
    expect(racks(zone)).toEqual(['z']);
    expect(racks({ ...zone, 'example.com/rack': 'e' })).toEqual(['e']);
    expect(racks({ ...zone, 'a.com/rack': 'e', 'topology.kubernetes.io/rack': 'k' })).toEqual([
      'k',
    ]);
    expect(racks({})).toEqual([]);
  });
});

describe('background traffic', () => {
  const series = (labels: object, values: readonly (readonly [number, string])[]) => ({
    metric: labels,
    values,
  });
  const answer = (result: readonly object[]) =>
    parseDocument(
      'traffic.json',
      JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }),
    );

  it('is a series a node and direction, from the first sample on, of the migration device', () => {
    const { fleet, warnings } = importDump(() => {}, {
      background: answer([
        series({ node: 'wrk-a1', device: 'bond0' }, [
          [1000, '5'],
          [1060, '5'],
          [1120, '7'],
        ]),
        series({ node: 'wrk-a1', device: 'ens1f0' }, [[1000, '900']]),
        series({ node: 'wrk-a1', device: 'bond0', direction: 'receive' }, [[1030, '1']]),
        series({ node: 'elsewhere' }, [[0, '1']]),
      ]),
    });
    expect(fleet.network.background.map(({ link, profile }) => [link, profile])).toEqual([
      ['nic/wrk-a1/down', { kind: 'series', steps: [{ atUs: 30_000_000, bytesPerSecond: 1 }] }],
      [
        'nic/wrk-a1/up',
        {
          kind: 'series',
          steps: [
            { atUs: 0, bytesPerSecond: 5 },
            { atUs: 120_000_000, bytesPerSecond: 7 },
          ],
        },
      ],
    ]);
    expect(warnings.join()).toContain('traffic is about no node of the dump');
  });

  it('of raw counters is refused', () => {
    const counter = { __name__: 'node_network_transmit_bytes_total', node: 'wrk-a1' };
    const background = answer([series(counter, [[0, '1']])]);
    expect(() => importDump(() => {}, { background })).toThrow('node_network_transmit_bytes_total');
  });
});

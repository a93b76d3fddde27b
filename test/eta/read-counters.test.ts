import { describe, expect, it } from 'vitest';
import { readCounters } from '../../src/eta/read-counters.js';

const MIB = 2 ** 20;

const line = (elapsed: number, guest = 'shop/db-0') =>
  `Migration info for ${guest}: TimeElapsed:${elapsed}ms DataProcessed:2205MiB DataRemaining:1996MiB DataTotal:4196MiB ` +
  'MemoryProcessed:2205MiB MemoryRemaining:1896MiB MemoryTotal:4096MiB MemoryBandwidth:2312Mbps DirtyRate:80Mbps ' +
  'Iteration:2 PostcopyRequests:0 ConstantPages:10 NormalPages:20 NormalData:1MiB ExpectedDowntime:300ms DiskMbps:8';

const DOMJOBINFO = `Job type:         Unbounded
Operation:        Outgoing migration
Time elapsed:     8000         ms
Data processed:   2.153        GiB
Data remaining:   1.949        GiB
Memory processed: 2.153        GiB
Memory remaining: 1.949        GiB
Memory total:     4.000        GiB
Memory bandwidth: 275.612      MiB/s
Dirty rate:       2441         pages/s
Page size:        4096         bytes
Iteration:        2
Auto converge throttle: 20 %
Expected downtime: 300          ms
`;

function metrics(series: readonly (readonly [string, string])[]): string {
  const result = series.map(([name, value]) => ({
    metric: { __name__: name, namespace: 'shop', name: 'db-0' },
    value: [1789378200, value],
  }));
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
}

describe('counters of a migration under way', () => {
  it("are read from virt-launcher's log, plain and as JSON lines, by guest", () => {
    const logged = `{"level":"info","msg":"${line(4000)}","pos":"x.go:1"}`;
    const list = readCounters('log', [line(2000), 'other', logged, line(1, 'a/b')].join('\n'), '');
    expect(list.map(({ guest, samples }) => [guest, samples.length])).toEqual([
      ['shop/db-0', 2],
      ['a/b', 1],
    ]);
    expect(list[0]?.samples[1]).toMatchObject({
      elapsedMs: 4000,
      memTotal: 4096 * MIB,
      memRemaining: 1896 * MIB,
      diskRemaining: 100 * MIB,
      memBps: 289_000_000,
      dirtyBytesPerSecond: 10_000_000,
      iteration: 2,
      isDone: false,
    });
  });

  it('begin anew when the clock goes back: another attempt', () => {
    const [series] = readCounters('log', [line(9000), line(100)].join('\n'), '');
    expect(series?.samples.map(({ elapsedMs }) => elapsedMs)).toEqual([100]);
  });

  it('are read from virsh domjobinfo, units and all', () => {
    const [series] = readCounters('jobs', `${DOMJOBINFO}\n${DOMJOBINFO}`, 'shop/db-0');
    expect(series?.guest).toBe('shop/db-0');
    expect(series?.samples).toHaveLength(2);
    expect(series?.samples[0]).toMatchObject({
      memTotal: 4 * 2 ** 30,
      dirtyBytesPerSecond: 2441 * 4096,
      throttlePercent: 20,
      iteration: 2,
    });
  });

  it('are read from Prometheus, whose dirty rate is in pages', () => {
    const text = metrics([
      ['kubevirt_vmi_migration_data_remaining_bytes', '1000'],
      ['kubevirt_vmi_migration_data_bytes_total', '4000'],
      ['kubevirt_vmi_migration_dirty_memory_rate_bytes', '7'],
    ]);
    const [series] = readCounters('m.json', text, '');
    expect(series).toMatchObject({ guest: 'shop/db-0' });
    expect(series?.samples[0]).toMatchObject({
      memProcessed: 3000,
      dirtyBytesPerSecond: 7 * 4096,
      elapsedMs: null,
      iteration: null,
    });
  });

  it('are refused in one line where they are none', () => {
    const refused: readonly [string, RegExp][] = [
      ['hello', /no counters of a migration found/],
      ['Job type:         None\n', /no job is under way/],
      [DOMJOBINFO.replace(/Memory total.*\n/, ''), /1:1: job without "Memory total"/],
      [DOMJOBINFO.replace('4.000 ', 'NaN'), /\d+:1: Memory total is "NaN GiB", not a number/],
      [
        DOMJOBINFO.replace('275.612', '275,612'),
        /\d+:1: Memory bandwidth is "275,612 MiB\/s".*LC_ALL=C/,
      ],
      [DOMJOBINFO.replace('2441         pages', '1 toString'), /Dirty rate is "1 toString/],
      [DOMJOBINFO.replace('4.000        GiB', '4.000 Gi'), /\d+:1: Memory total is "4.000 Gi"/],
      [DOMJOBINFO.replace('4.000 ', '1.000 '), /1:1: 1996 MiB of memory remain of 1024 MiB in all/],
      [
        line(1).replace(/MemoryTotal:\d+/, 'MemoryTotal:1'),
        /1:1: 1896 MiB of memory remain of 1 MiB/,
      ],
      [line(1).replace(/Iteration:2 /, ''), /1:1: migration info without Iteration/],
      [metrics([['up', '1']]), /up is not kubevirt_vmi_migration/],
      [metrics([['kubevirt_vmi_migration_data_remaining_bytes', '1']]), /with a total/],
      ['{"kind": "List", "items": []}', /expected a Prometheus answer/],
    ];
    for (const [text, problem] of refused) {
      expect(() => readCounters('file', text, '')).toThrow(problem);
    }
  });
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadFleet } from '../../src/fleet/load/load-fleet.js';
import { type SimulatePublished, validatePublished } from '../../src/validate/published.js';
import { parsePublished } from '../../src/validate/published-files.js';
import {
  alignRounds,
  constantRateBound,
  traceErrors,
} from '../../src/validate/published-traces.js';
import { sharedData } from '../shared-data.js';
import { runFleet } from '../simulation/run-fleet.js';

const data = sharedData('published');
const why = data === null ? ' (skipped: no shared/data/published)' : '';

const simulatePublished: SimulatePublished = async (which, seed) => {
  const file = fileURLToPath(
    new URL(`../../fleets/published/${which.fleet}.yaml`, import.meta.url),
  );
  const set = 'arm' in which ? [{ path: 'parameters.arm', value: which.arm }] : [];
  return runFleet((await loadFleet({ files: [file], set })).fleet, { seed, decisions: false });
};

describe('published cases', () => {
  it.skipIf(data === null)(
    `are met within a tenth by their fleets${why}`,
    async () => {
      const files = ['cases.json', 'vep248-traces.json'].map((name) => ({
        file: name,
        text: readFileSync(`${data}/${name}`, 'utf8'),
      }));
      const report = await validatePublished(files, simulatePublished);
      expect(report.withinBounds).toBe(true);
      expect(report.traces.map(({ name }) => name)).toEqual([
        'ex1_redis',
        'ex4_stressng',
        'ex5_kernelbuild',
      ]);
      expect(report.vep291?.figures.filter(({ bound }) => bound !== null)).toHaveLength(5);
      // The ramp trades a longer pause for an earlier end.
      expect(report.vep291?.prediction.total_s).toBeLessThan(112);
      expect(report.vep291?.prediction.downtime_ms).toBeGreaterThan(484);
    },
    30_000,
  );

  it('of another shape are refused in one line', () => {
    expect(() => parsePublished('f', '{')).toThrow('not JSON');
    expect(() => parsePublished('f', '[]')).toThrow('not a file of published cases');
    expect(() => parsePublished('f', '{}')).toThrow('no trace in it');
    expect(() => parsePublished('f', '{"x": 1}')).toThrow('Unrecognized key');
    expect(() => parsePublished('f', '[{"id": "VEP291-fixed300", "inp": {}}]')).toThrow(
      'VEP291-fixed300.inp.dirty_mbps',
    );
    const backwards = '{"ex1_redis": {"ram_mib": 9, "pts": [[0,9],[2,8],[1,7]]}}';
    expect(() => parsePublished('f', backwards)).toThrow('1 s comes after 2 s');
  });
});

describe('a published trace', () => {
  const rounds = [0, 10, 14, 18, 22].map((fromSeconds, i) => ({
    namespace: 'n',
    name: 'g',
    attempt: 1,
    round: i + 1,
    startedUs: fromSeconds * 1e6,
    endedUs: (i === 0 ? 10 : fromSeconds + 4) * 1e6,
    remainingStartBytes: (i === 0 ? 100 : 40) * 2 ** 20,
    remainingEndBytes: 0,
    dirtiedBytes: 0,
    sentBytes: 0,
    bandwidthBytesPerSecond: 0,
    thresholdBytes: 0,
    downtimeLimitMs: 300,
    throttlePercent: 0,
    decision: '',
  }));

  it('is laid beside the rounds, markers merged in the figure too', () => {
    const pts: [number, number][] = [
      [0, 100],
      [10, 50],
      [18, 40],
      [22, 40],
    ];
    const aligned = alignRounds({ ram_mib: 100, pts }, rounds);
    expect(aligned.map((one) => one.simulatedAtSeconds)).toEqual([0, 10, 18, 22]);
    expect(aligned.map((one) => one.simulatedSeconds)).toEqual([10, 8, 4, 4]);
    expect(traceErrors(aligned)).toEqual({ remaining: 0.19999999999999996, length: 0 });
  });

  it('that the simulation ends before is out of every bound', () => {
    const pts: [number, number][] = [0, 10, 14, 18, 22, 26].map((at) => [at, 40]);
    const { remaining } = traceErrors(alignRounds({ ram_mib: 100, pts }, rounds));
    expect(remaining).toBe(Number.POSITIVE_INFINITY);
  });

  it('of a constant rate is one that a constant rate explains', () => {
    const pts: [number, number][] = [
      [0, 100],
      [10, 50],
      [15, 25],
      [17.5, 12.5],
    ];
    const bound = constantRateBound({ ram_mib: 100, pts });
    expect(bound.leastWorstError).toBeCloseTo(0, 9);
    expect(bound.bestMiBPerSecond).toBeCloseTo(5, 1);
    expect(bound.bestWorstError).toBeLessThan(0.01);
  });
});

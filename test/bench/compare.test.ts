/** What counts as slower, as other, as gone; and which files can be a reference. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBench } from '../../bench/bench.js';
import { compareResults, missingBenches } from '../../bench/compare.js';
import { comparisonLines } from '../../bench/report.js';
import { type BenchResult, readReference } from '../../bench/result-file.js';
import { inFolder } from '../cli/sluice.js';

function result(bench: string, ratio: number, hash = 'aa'): BenchResult {
  return {
    ...{ suite: 'kernels', bench, value: 1, unit: 'GB/s', ratio, native: null, ratioSpread: 0 },
    repeats: 3,
    hash,
    run: null,
  };
}

describe('comparison with a reference', () => {
  it('goes by the ratio alone, to the share that is allowed', () => {
    const reference = ['a', 'b', 'c'].map((bench) => result(bench, 10));
    const now = [result('a', 8.1), result('b', 7.9), result('c', 11)];
    const fell = compareResults(now, reference, 0.2).map((one) => one.fell);
    expect(fell).toEqual([false, true, false]);
    expect(comparisonLines(compareResults(now, reference, 0.2))[2]).toMatch(
      /b +7.9 +10 +-21 % +FELL$/,
    );
  });

  it('tells what is new, what is gone and what computes something else', () => {
    const now = [result('a', 10, 'bb'), result('new', 1)];
    const reference = [result('a', 10), result('gone', 10)];
    const compared = compareResults(now, reference, 0.2);
    expect(compared.map((one) => [one.computesOther, one.fell])).toEqual([
      [true, false],
      [false, false],
    ]);
    const lines = comparisonLines(compared);
    expect(lines[1]).toMatch(/computes other: bb, was aa$/);
    expect(lines[2]).toMatch(/new$/);
    expect(missingBenches(now, reference, ['kernels'])).toEqual([reference[1]]);
    expect(missingBenches(now, reference, ['network'])).toEqual([]);
  });

  it('reads only what the benches wrote, of the same sizes', () =>
    inFolder(async (folder) => {
      const whole = {
        format: 'sluice-bench-2',
        size: 'usual',
        machine: { cpu: 'any', cores: 2, node: 'v20' },
        loopSecondsPerPass: 1e-4,
        results: [result('a', 10)],
      };
      const file = join(folder, 'reference.json');
      const reading = (text: string) => () => {
        writeFileSync(file, text);
        return readReference(file, 'usual');
      };
      expect(reading(JSON.stringify(whole))()).toEqual(whole);
      const needed = 'a results.json of "npm run bench" is needed';
      expect(reading('a: b')).toThrow(`${file}: is not JSON; ${needed}`);
      expect(reading('{}')).toThrow(/format: .*"sluice-bench-2"/);
      expect(reading(JSON.stringify({ ...whole, results: [result('a', -1)] }))).toThrow(
        /results\.0\.ratio: Too small/,
      );
      expect(reading(JSON.stringify({ ...whole, size: 'quick' }))).toThrow(
        'size: holds quick sizes, this run has usual ones',
      );
      expect(() => readReference(join(folder, 'none'), 'usual')).toThrow('there is no such file');
      expect(() => readReference(folder, 'usual')).toThrow('cannot be read (EISDIR)');
    }));
});

describe('repeats', () => {
  const never = new AbortController().signal;
  const bench = (timing: 'best' | 'median', values: number[], hashes: string[] = []) => {
    let repeat = 0;
    return runBench(
      {
        ...{ suite: 'kernels', title: 't', repeats: values.length, timing },
        sample: () => {
          const value = values[repeat] ?? 0;
          const hash = hashes[repeat] ?? 'aa';
          repeat += 1;
          const wallSeconds = 10 / value;
          const run = { wallSeconds, cpuSeconds: 1, peakMemoryBytes: value, neededMemoryBytes: 5 };
          const counts = { migrations: 10, rounds: 30, pages: 300 };
          const native = { v2: 2 * value, v3: null };
          return [
            {
              ...{ bench: 'b', value, unit: 'GB/s', workPerSecond: value, native, hash },
              run: { ...run, ...counts },
            },
          ];
        },
      },
      0.002,
      never,
    );
  };

  it('gives the best, or the median, and the greatest memory', async () => {
    const [best] = await bench('best', [5, 2, 10]);
    expect(best).toMatchObject({ value: 10, repeats: 3, run: { wallSeconds: 2 } });
    expect(best?.native).toEqual({ v2: 0.5, v3: null });
    const [middle] = await bench('median', [5, 2, 10, 1]);
    expect(middle).toMatchObject({ value: 3.5, run: { peakMemoryBytes: 10 } });
    expect(middle?.ratio).toBeGreaterThan(0);
  });

  it('refuses repeats that compute different things', async () => {
    await expect(bench('best', [1, 1], ['aa', 'bb'])).rejects.toThrow(
      'kernels, b: two repeats computed aa, bb',
    );
  });
});

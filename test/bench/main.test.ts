/** `npm run bench`, small: that every suite still runs, what it writes, and what its gate says. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BenchFile, readBenchFile } from '../../bench/result-file.js';
import { buildFirst, contentsOf, inFolder, root } from '../cli/sluice.js';

function bench(...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'bin/bench.mjs'), ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

/** The file with every ratio times a factor, and other changes. */
function altered(file: string, change: (content: BenchFile) => BenchFile): string {
  const path = `${file}.altered.json`;
  writeFileSync(path, JSON.stringify(change(readBenchFile(file))));
  return path;
}

const timesRatio =
  (factor: number) =>
  (content: BenchFile): BenchFile => ({
    ...content,
    results: content.results.map((result) => ({ ...result, ratio: result.ratio * factor })),
  });

const EMPTY_FULL: BenchFile = {
  format: 'sluice-bench-1',
  size: 'full',
  machine: { cpu: 'any', cores: 2, node: 'v20' },
  loopSecondsPerPass: 1e-4,
  results: [],
};

describe('npm run bench', () => {
  beforeAll(buildFirst, 120_000);

  it('runs every suite and writes what it printed as CSV and JSON', () =>
    inFolder(async (folder) => {
      const { status, stdout, stderr } = bench('--quick', '--out', folder);
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(Object.keys(contentsOf(folder))).toHaveLength(2);
      const { size, results } = readBenchFile(join(folder, 'results.json'));
      expect(size).toBe('quick');
      expect(new Set(results.map(({ suite }) => suite))).toEqual(
        new Set(['kernels', 'network', 'scale', 'fleet']),
      );
      for (const { bench: name, hash } of results) {
        const line = stdout.split('\n').find((one) => one.includes(` ${name} `));
        expect(line).toMatch(new RegExp(` ${hash}$`));
      }
      const csv = readFileSync(join(folder, 'results.csv'), 'utf8').trimEnd().split('\r\n');
      expect(csv).toHaveLength(1 + results.length);
      expect(csv[0]).toMatch(/^suite,bench,value,unit,ratio,.*,peak_memory_bytes,migrations,/);
      const scale = results.filter(({ suite }) => suite === 'scale');
      expect(scale.map(({ run }) => run?.migrations)).toEqual([4, 4]);
      for (const { run } of scale) {
        expect(run?.cpuSeconds).toBeGreaterThan(0.05);
        // A Node process takes some 40 MiB; a figure in other units is far from it.
        expect(run?.peakMemoryBytes).toBeGreaterThan(20 * 2 ** 20);
        expect(run?.peakMemoryBytes).toBeLessThan(2 ** 31);
      }
    }));

  it('fails when a ratio fell by more than allowed, and tells what computes something else', () =>
    inFolder(async (folder) => {
      const run = (...args: string[]) =>
        bench('--quick', '--only', 'network', '--out', folder, ...args);
      expect(run().status).toBe(0);
      const file = join(folder, 'results.json');

      const slower = run('--compare', altered(file, timesRatio(0.01)), '--max-fall', '50%');
      expect(slower.stdout).toContain('No ratio fell by more than 50 %.');
      expect(slower.status).toBe(0);

      const faster = run('--compare', altered(file, timesRatio(1000)));
      expect(faster.stdout).toContain('5 fell by more than 20 %, 0 no longer measured.');
      expect(faster.status).toBe(1);

      const other = altered(file, (content) => ({
        ...timesRatio(0.01)(content),
        results: timesRatio(0.01)(content).results.map((result, i) =>
          i === 0 ? { ...result, hash: 'f00' } : { ...result, bench: `${result.bench} of old` },
        ),
      }));
      const changed = run('--compare', other);
      expect(changed.stdout).toMatch(/computes other: \w+, was f00/);
      expect(changed.stdout).toContain('0 fell by more than 20 %, 4 no longer measured.');
      expect(changed.status).toBe(1);
    }));

  it('answers wrong input with one line and code 2, before it measures anything', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'full.json');
      writeFileSync(file, JSON.stringify(EMPTY_FULL));
      const cases: [string[], RegExp][] = [
        [['--compare', join(folder, 'none.json')], /none\.json: there is no such file$/],
        [['--compare', folder], /cannot be read \(EISDIR\)$/],
        [['--compare', 'fleets/three-racks.yaml'], /three-racks\.yaml: is not JSON; /],
        [['--compare', 'package.json'], /package\.json: format: .*"sluice-bench-1"/],
        [['--quick', '--compare', file], /full\.json: size: holds full sizes, this run has quick/],
        [
          ['--only', 'kernels,pages'],
          /^--only: "pages" is none of kernels, network, scale, fleet$/,
        ],
        [['--max-fall', '20'], /^--max-fall: "20" is not a share such as 20% or 0\.2$/],
        [['--comparison'], /^bench: Unknown argument: comparison \(see .* --help\)$/],
        [['all'], /^bench: takes options only/],
      ];
      for (const [args, message] of cases) {
        const { status, stdout, stderr } = bench('--out', folder, ...args);
        expect({ args, status, stdout }).toEqual({ args, status: 2, stdout: '' });
        expect(stderr.trimEnd()).toMatch(message);
        expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      }
      expect(Object.keys(contentsOf(folder))).toEqual(['full.json']);
    }));
});

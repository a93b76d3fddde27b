/** `npm run bench`, small: that every suite still runs, what it writes, and what its gate says. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchKernels } from '../../bench/kernels.js';
import { type BenchFile, readBenchFile } from '../../bench/result-file.js';
import { buildFirst, contentsOf, inFolder, root } from '../cli/sluice.js';

function bench(...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'bin/bench.mjs'), ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 180_000,
  });
}

/** A reference beside the file, with every ratio times a factor. */
function withRatiosTimes(factor: number, file: string): string {
  const content: BenchFile = readBenchFile(file);
  const results = content.results.map((one) => ({ ...one, ratio: one.ratio * factor }));
  const path = `${file}-times-${factor}`;
  writeFileSync(path, JSON.stringify({ ...content, results }));
  return path;
}

describe('npm run bench', () => {
  let folder: string;
  let whole: ReturnType<typeof bench>;
  beforeAll(() => {
    buildFirst();
    folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
    whole = bench('--quick', '--out', folder);
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const written = (): BenchFile => readBenchFile(join(folder, 'results.json'));

  it('runs every suite and writes what it printed as CSV and JSON', () => {
    const { status, stdout, stderr } = whole;
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(Object.keys(contentsOf(folder))).toEqual(['results.csv', 'results.json']);
    const { size, results } = written();
    expect(size).toBe('quick');
    expect(new Set(results.map(({ suite }) => suite))).toEqual(
      new Set(['kernels', 'network', 'scale', 'fleet', 'long']),
    );
    for (const { bench: name, hash } of results) {
      const line = stdout.split('\n').find((one) => one.includes(` ${name} `));
      expect(line).toMatch(new RegExp(` ${hash}$`));
    }
    const csv = readFileSync(join(folder, 'results.csv'), 'utf8').trimEnd().split('\r\n');
    expect(csv).toHaveLength(1 + results.length);
    expect(csv[0]).toMatch(
      /^suite,bench,value,unit,ratio,.*,peak_memory_bytes,needed_memory_bytes,migrations,/,
    );
    const scale = results.filter(({ suite }) => suite === 'scale');
    expect(scale.map(({ run }) => run?.migrations)).toEqual([4, 4]);
    for (const { run } of scale) {
      // Four guests in some rounds each.
      expect(run?.pages).toBe((run?.rounds ?? 0) * 2 ** 28);
      expect(run?.rounds).toBeGreaterThan(8);
      expect(run?.cpuSeconds).toBeGreaterThan(0.05);
      // A Node process takes some 40 MiB; a figure in other units is far from it.
      expect(run?.peakMemoryBytes).toBeGreaterThan(20 * 2 ** 20);
      expect(run?.peakMemoryBytes).toBeLessThan(2 ** 31);
      expect(run?.neededMemoryBytes).toBeGreaterThan(20 * 2 ** 20);
    }
  });

  it('computes the same every time, on one thread and on two', () => {
    const hashes = new Map(written().results.map(({ bench: name, hash }) => [name, hash]));
    const rows = benchKernels(true, null);
    expect(rows.every((row) => row.value > 0 && Number.isFinite(row.value))).toBe(true);
    expect(rows.map(({ name }) => hashes.get(name))).toEqual(rows.map(({ hash }) => hash));
    const onTwo = [...hashes].filter(
      ([name]) => name.endsWith('page, 2 threads') && /rounds/.test(name),
    );
    expect(onTwo).toHaveLength(5);
    for (const [name, hash] of onTwo)
      expect(hashes.get(name.replace('2 threads', '1 thread'))).toBe(hash);
  });

  it('ran the same algorithms in C beside it, where a compiler is', (test) => {
    const native = written().results.filter((one) => (one.native?.v2 ?? 0) > 0);
    // Where C computes something else than the kernels the run ends with an error.
    if (native.length === 0) return test.skip('there is no C compiler');
    expect(native.length).toBeGreaterThan(20);
  });

  it('compares with an earlier run, and fails when a ratio fell', () =>
    inFolder(async (other) => {
      const network = ['--quick', '--only', 'network', '--out', other];
      const file = join(other, 'earlier.json');
      const { results, ...rest } = written();
      const earlier = { ...rest, results: results.filter(({ suite }) => suite === 'network') };
      writeFileSync(file, JSON.stringify(earlier));
      const [slow, fast] = [withRatiosTimes(0.01, file), withRatiosTimes(100, file)];

      const better = bench(...network, '--compare', slow, '--max-fall', '50%');
      expect(better.stdout).toContain('No ratio fell by more than 50 %.');
      expect(better.status).toBe(0);

      const worse = bench(...network, '--compare', fast);
      expect(worse.stdout).toMatch(/^\d+ fell by more than 20 %, 0 no longer measured\.$/m);
      expect(worse.status).toBe(1);
    }));

  it('answers wrong input with one line and code 2', () => {
    const { status, stdout, stderr } = bench('--compare', 'no-such-file.json');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('no-such-file.json: there is no such file\n');
  });
});

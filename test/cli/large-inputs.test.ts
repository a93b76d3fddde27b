/**
 * bad-inputs/make-large.py's files: refused in bounded time and memory by every command that reads.
 * They take a minute: `LARGE=1` asks for them, as .ci/run does.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedData } from '../shared-data.js';
import { buildFirst, root } from './sluice.js';

const data = sharedData('bad-inputs');
const folder = mkdtempSync(join(tmpdir(), 'sluice-large-'));
const hasPython = spawnSync('python3', ['--version']).status === 0;
const GIB_IN_KIB = 1024 ** 2;
const SECONDS_MOST = 5;
const LARGE = /^L\d/;

/** Processor seconds and peak memory, as `getrusage` has them for the child. */
const MEASURE = `
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stdout, done.stderr, use.ru_utime + use.ru_stime, use.ru_maxrss]))
`;

function measured(args: readonly string[]) {
  const command = [process.execPath, join(root, 'bin/sluice.mjs'), ...args];
  const { stdout } = spawnSync('python3', ['-c', MEASURE, ...command], {
    cwd: folder,
    encoding: 'utf8',
  });
  const [code, out, err, seconds, peakKiB] = JSON.parse(stdout) as [
    number,
    string,
    string,
    number,
    number,
  ];
  return { code, out, err, seconds, peakKiB };
}

const isAsked = process.env.LARGE !== undefined && data !== null && hasPython;

describe.skipIf(!isAsked)('large inputs (LARGE=1, ../shared/data and python3)', () => {
  const good = join(data ?? '', '00-good-baseline.json');
  beforeAll(() => {
    buildFirst();
    spawnSync('python3', [join(data ?? '', 'make-large.py'), folder]);
    expect(readdirSync(folder).filter((name) => LARGE.test(name)).length).toBeGreaterThan(7);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['run', (file: string) => ['run', file]],
    ['import', (file: string) => ['import', file, '-o', 'fleet.yaml']],
    ['--dirty-rates', (file: string) => ['run', good, '--dirty-rates', file]],
  ] as const)(
    '%s refuses each, or reads it, within its bounds',
    (_, line) => {
      for (const name of readdirSync(folder).filter((one) => LARGE.test(one))) {
        const { code, out, err, seconds, peakKiB } = measured(line(name));
        expect({ name, code }).toEqual({ name, code: 2 });
        expect(out).toBe('');
        expect(err.split('\n')).toHaveLength(2);
        expect(seconds, `${name}: seconds`).toBeLessThan(SECONDS_MOST);
        expect(peakKiB, `${name}: memory`).toBeLessThan(GIB_IN_KIB);
      }
      expect(readdirSync(folder).some((one) => one === 'out' || one === 'fleet.yaml')).toBe(false);
      expect(readFileSync(good).length).toBeGreaterThan(0);
    },
    180_000,
  );
});

/** What becomes of files and of the command when the world around it fails. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildFirst, contentsOf, inFolder, root, SIMULATES, sluice } from './sluice.js';

beforeAll(buildFirst, 120_000);

const racks = join(root, 'fleets/three-racks.yaml');
const single = join(root, 'fleets/single-guest.yaml');
const terabyte = join(root, 'fleets/terabyte.yaml');
const launcher = join(root, 'bin/sluice.mjs');
const isRoot = process.getuid?.() === 0;

/** What a shell does with a command line of ours; `$SLUICE` is the command. */
function shell(script: string, cwd: string, env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, SLUICE: `${process.execPath} ${launcher}`, ...env },
  });
  return { status, stdout, stderr };
}

/** Names that are no file of a run: what a run that was killed may leave. */
const isLeftover = (name: string) => name.startsWith('.');

describe('a run that is killed', () => {
  it('leaves each file whole, old or new, and the next run goes well', () =>
    inFolder(async (cwd) => {
      const args = ['run', racks, '--quiet', '--threads', '1', '--fidelity', 'chunk'];
      await sluice([...args, '--seed', '1', '--out', 'one'], { cwd });
      await sluice([...args, '--seed', '2', '--out', 'two'], { cwd });
      const [one, two] = [contentsOf(join(cwd, 'one')), contentsOf(join(cwd, 'two'))];
      expect(one).not.toEqual(two);
      for (let kill = 0; kill < 2; kill += 1) {
        const child = spawn(process.execPath, [launcher, ...args, '--seed', '2', '--out', 'one'], {
          cwd,
          stdio: 'ignore',
        });
        const ended = new Promise((resolve) => child.on('close', resolve));
        // As soon as it writes, or anywhere before.
        const writes = () => readdirSync(join(cwd, 'one')).some(isLeftover);
        const untilMs = performance.now() + (kill < 1 ? 20_000 : 700);
        while (!writes() && child.exitCode === null && performance.now() < untilMs) await sleep(1);
        child.kill('SIGKILL');
        await ended;
        for (const name of readdirSync(join(cwd, 'one'))) {
          if (isLeftover(name)) continue;
          expect([one[name], two[name]]).toContain(readFileSync(join(cwd, 'one', name), 'utf8'));
        }
      }
      expect(await sluice([...args, '--seed', '2', '--out', 'one'], { cwd })).toMatchObject({
        code: 0,
      });
      for (const [name, text] of Object.entries(two)) {
        expect(readFileSync(join(cwd, 'one', name), 'utf8')).toBe(text);
      }
    }));

  it('ends at once on the second signal', () =>
    inFolder(async (cwd) => {
      let startMs = 0;
      const interrupts = async (child: ChildProcess): Promise<void> => {
        startMs = performance.now();
        for (let i = 0; i < 20 && child.exitCode === null && child.signalCode === null; i += 1) {
          child.kill('SIGINT');
          await sleep(100);
        }
      };
      const args = ['run', terabyte, '--set', 'parameters.guests=10000'];
      const { code } = await sluice(args, { cwd, onceSaid: { what: SIMULATES, does: interrupts } });
      expect(code).toBe(130);
      // The run itself takes several times as long.
      expect(performance.now() - startMs).toBeLessThan(8000);
      expect(existsSync(join(cwd, 'out'))).toBe(false);
    }));
});

it.skipIf(process.platform !== 'linux')('too few addresses for WebAssembly: one line', () =>
  inFolder(async (cwd) => {
    const { status, stdout, stderr } = shell(`ulimit -v 4000000; $SLUICE run ${single}`, cwd);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/\nsluice: the system leaves the process too few addresses.*\n$/);
    expect(existsSync(join(cwd, 'out'))).toBe(false);
  }),
);

describe('a disk that is full', () => {
  it('behind the folder: one line, no file', () =>
    inFolder(async (cwd) => {
      mkdirSync(join(cwd, 'out'));
      writeFileSync(join(cwd, 'out/guests.csv'), 'as it was\n');
      // A limit of the file size ends writes as a full disk does.
      const { status, stdout, stderr } = shell(`ulimit -f 1; $SLUICE run ${racks} --quiet`, cwd);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^out: no room left on the disk\n$/);
      expect(readdirSync(join(cwd, 'out'))).toEqual(['guests.csv']);
      expect(readFileSync(join(cwd, 'out/guests.csv'), 'utf8')).toBe('as it was\n');
    }));

  it.skipIf(!existsSync('/dev/full'))('behind standard output: one line', () =>
    inFolder(async (cwd) => {
      const { status, stderr } = shell(`$SLUICE run ${single} > /dev/full`, cwd);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^Needs .*\nstandard output: no room left on the disk\n$/);
      const silent = shell(`$SLUICE run no-such-file 2> /dev/full`, cwd);
      expect(silent.status).toBe(2);
    }),
  );
});

describe('an output that goes away', () => {
  it('a pipe that is closed is no error', () =>
    inFolder(async (cwd) => {
      const { status, stderr } = shell(`set -o pipefail; $SLUICE --help | head -1`, cwd);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const run = shell(
        `$SLUICE run ${single} --json --quiet | true; echo "\${PIPESTATUS[0]}"`,
        cwd,
      );
      expect(run.stdout).toBe('0\n');
      expect(run.stderr).toBe('');
    }));

  it('a folder that vanishes during the run is made again', () =>
    inFolder(async (cwd) => {
      mkdirSync(join(cwd, 'out'));
      const vanish = () => rmSync(join(cwd, 'out'), { recursive: true });
      // Long enough that it is not yet writing when it is told to.
      const args = ['run', terabyte, '--set', 'parameters.guests=200'];
      const answer = await sluice(args, { cwd, onceSaid: { what: SIMULATES, does: vanish } });
      expect(answer).toMatchObject({ code: 0 });
      expect(readdirSync(join(cwd, 'out'))).toContain('migrations.csv');
    }));

  it.skipIf(isRoot)('a folder without rights is told before the run (not as root)', () =>
    inFolder(async (cwd) => {
      mkdirSync(join(cwd, 'out'));
      chmodSync(join(cwd, 'out'), 0o500);
      const answer = await sluice(['run', racks], { cwd });
      expect(answer).toMatchObject({
        code: 2,
        stdout: '',
        stderr: 'out: no right to write here\n',
      });
    }),
  );
});

describe('two at once in one folder', () => {
  it('runs leave the files of one of them', () =>
    inFolder(async (cwd) => {
      const args = ['run', single, '--quiet', '--threads', '1'];
      const seeds = ['1', '2'];
      for (const seed of seeds) await sluice([...args, '--seed', seed, '--out', seed], { cwd });
      await Promise.all(seeds.map((seed) => sluice([...args, '--seed', seed], { cwd })));
      const wanted = seeds.map((seed) => contentsOf(join(cwd, seed)));
      expect(wanted).toContainEqual(contentsOf(join(cwd, 'out')));
    }));

  it('the second sweep is refused, but not one after a sweep that was killed', () =>
    inFolder(async (cwd) => {
      const axis = 'kubevirt.migrations.parallelMigrationsPerCluster=2,4';
      const args = ['sweep', racks, '--set', axis, '--replicas', '40', '--quiet'];
      const first = spawn(process.execPath, [launcher, ...args], { cwd, stdio: 'ignore' });
      const ended = new Promise((resolve) => first.on('close', resolve));
      while (!existsSync(join(cwd, 'out/sweep-journal.jsonl'))) await sleep(20);
      const second = await sluice(args, { cwd });
      expect(second).toMatchObject({ code: 2, stdout: '' });
      expect(second.stderr).toMatch(/^out: process \d+ writes here; take another --out\n$/);
      first.kill('SIGKILL');
      await ended;
      const small = ['sweep', single, '--replicas', '1', '--quiet'];
      expect(await sluice(small, { cwd })).toMatchObject({ code: 0 });
    }));
});

describe('symbolic links in the output folder', () => {
  it('are replaced; what they lead to stays as it was', () =>
    inFolder(async (cwd) => {
      mkdirSync(join(cwd, 'out'));
      const victim = join(cwd, 'victim');
      writeFileSync(victim, 'mine\n');
      const names = ['migrations.csv', 'summary.csv', 'sweep-journal.jsonl'];
      for (const name of names) symlinkSync(victim, join(cwd, 'out', name));
      expect(await sluice(['run', single, '--quiet'], { cwd })).toMatchObject({ code: 0 });
      const sweep = await sluice(['sweep', single, '--replicas', '1', '--quiet'], { cwd });
      expect(sweep).toMatchObject({ code: 2, stdout: '' });
      expect(sweep.stderr).toMatch(/^out\/sweep-journal\.jsonl: is a symbolic link.*\n$/);
      expect(readFileSync(victim, 'utf8')).toBe('mine\n');
      expect(readFileSync(join(cwd, 'out/migrations.csv'), 'utf8')).toMatch(/^namespace,/);
    }));
});

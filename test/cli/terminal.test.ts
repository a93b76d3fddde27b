/** What people meet at a terminal: first file, doctor, completion, help; width, colour, time to go. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasColours } from '../../src/cli/terminal-text.js';
import { createTimeToGo } from '../../src/cli/time-to-go.js';
import { tableLines, wrapLine } from '../../src/outcome/text-table.js';
import { sluiceInSession } from './session.js';
import { buildFirst, inFolder, root, sluice } from './sluice.js';

beforeAll(buildFirst, 120_000);

describe('sluice init', () => {
  it('writes a fleet that runs, from options alone', () =>
    inFolder(async (cwd) => {
      const args = ['init', '--yes', '--guests', '4', '--guest-memory', '2Gi', '-o', 'mine.yaml'];
      expect(await sluiceInSession(args, { cwd })).toMatchObject({ code: 0, stderr: '' });
      const run = await sluiceInSession(['run', 'mine.yaml', '--json', '--quiet'], { cwd });
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(run.stdout)).toMatchObject({ fleet: 'mine', guests: { moved: 2 } });
    }));

  it('takes answers line by line from a pipe; an empty line is the usual one', () =>
    inFolder(async (cwd) => {
      const input = '4\n\n\n10Gbit/s\n7\n';
      expect(await sluice(['init', '-o', '-'], { cwd, input })).toMatchObject({ code: 0 });
      const { stdout } = await sluice(['init', '-o', '-'], { cwd, input });
      expect(stdout).toMatch(/node-\{1\}\n +count: 4\n/);
      expect(stdout).toContain('nic: 10Gbit/s');
      expect(stdout).toMatch(/guest-\{1\}\n[^#]*count: 7\n/);
    }));

  it('replaces nothing unasked, and says which answer is wrong', () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'fleet.yaml'), 'mine');
      const refused = await sluice(['init', '--yes'], { cwd });
      expect(refused).toMatchObject({
        code: 2,
        stderr: 'fleet.yaml: is there already; --force replaces it\n',
      });
      expect(readFileSync(join(cwd, 'fleet.yaml'), 'utf8')).toBe('mine');
      const wrong = await sluice(['init', '--workload', 'olpt', '-o', 'x.yaml'], { cwd });
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toMatch(/^--workload: "olpt" is not .*did you mean "oltp"\?\n$/);
      const piped = await sluice(['init', '-o', 'x.yaml'], { cwd, input: '3\nmany\n' });
      expect(piped).toMatchObject({ code: 2, stdout: '' });
      expect(piped.stderr).toMatch(/^-: line 2: "many" is not a whole number.*\n$/);
      expect(existsSync(join(cwd, 'x.yaml'))).toBe(false);
    }));
});

describe('sluice doctor', () => {
  it('measures the kernels', async () => {
    const { code, stdout } = await sluice(['doctor', '--json']);
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as { simd: boolean; speeds: Record<string, number>[] };
    expect(found.simd).toBe(true);
    for (const speed of found.speeds) {
      expect(speed.sparseRoundsPerSecond).toBeGreaterThan(1);
      expect(speed.densePagesPerSecond).toBeGreaterThan(1e6);
    }
  });
});

describe('completion', () => {
  const complete = (words: readonly string[]) =>
    sluice(['--get-yargs-completions', 'sluice', ...words]).then(({ stdout }) =>
      stdout.trim().split('\n'),
    );

  it('knows the options of a command, and the names in a fleet', async () => {
    expect(await complete(['run', '--'])).toContain('--fidelity');
    const single = 'fleets/single-guest.yaml';
    expect(await complete(['trace', single, '--guest', ''])).toEqual(['shop/database']);
    expect(await complete(['run', single, '--drain', ''])).toEqual(['node-a', 'node-b']);
    expect(await complete(['run', 'no-such.yaml', '--drain', ''])).toEqual(['']);
  });

  it('prints a script for each shell, and refuses others', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await sluiceInSession(['completion', shell]);
      expect(code).toBe(0);
      expect(stdout).toContain(`SHELL=${shell} sluice --get-yargs-completions`);
    }
    expect(await sluiceInSession(['completion', 'dash'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('completes in bash', () =>
    inFolder(async (cwd) => {
      const { stdout } = await sluiceInSession(['completion', 'bash']);
      const script = `sluice() { node ${join(root, 'bin/sluice.mjs')} "$@"; }
${stdout}
COMP_WORDS=(sluice val); COMP_CWORD=1; _sluice_complete; printf '%s\n' "\${COMPREPLY[@]}"`;
      const bash = spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8' });
      expect(bash.stdout.trim()).toBe('validate');
    }));
});

describe('help', () => {
  it('has examples at every command', async () => {
    const { stdout } = await sluice(['--get-yargs-completions', 'sluice', '']);
    const commands = stdout.trim().split('\n');
    expect(commands).toContain('run');
    for (const command of commands) {
      const answer = await sluiceInSession([command, '--help']);
      expect(answer, command).toMatchObject({ code: 0, stderr: '' });
      expect(answer.stdout, command).toMatch(/Examples:\n +sluice/);
    }
  });
});

describe('text at a terminal', () => {
  it('is broken at blanks, loses no word, and keeps to the width where words allow', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        words,
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 30, max: 90 }),
        (...all) => {
          const [list, indent, width] = all;
          const line = ' '.repeat(indent) + list.join(' ');
          const lines = wrapLine(line, width);
          expect(lines.join(' ').split(/\s+/).filter(Boolean)).toEqual(list);
          for (const one of lines) expect(one.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('leaves out the columns that can be spared first, and names them', () => {
    const columns = [
      { title: 'name', align: 'left' },
      { title: 'first to go', align: 'right', spare: 2 },
      { title: 'second', align: 'right', spare: 1 },
    ] as const;
    const rows = [['a', '1', '2']];
    expect(tableLines(columns, rows)[0]).toBe('name  first to go  second');
    expect(tableLines(columns, rows, 20)).toEqual([
      'name  second',
      'a          2',
      '(too narrow for: first to go)',
    ]);
    expect(tableLines(columns, rows, 3)[0]).toBe('name');
  });

  it('has no colour in a pipe, nor where NO_COLOR asks for none', () => {
    const terminal = (colours: boolean) =>
      ({ isTTY: true, hasColors: () => colours }) as unknown as NodeJS.WriteStream;
    expect(hasColours(terminal(true))).toBe(true);
    expect(hasColours(terminal(false))).toBe(false);
    expect(hasColours({ isTTY: undefined } as unknown as NodeJS.WriteStream)).toBe(false);
  });
});

describe('time to go', () => {
  it('is silent at first, then right for steady work', () => {
    const toGo = createTimeToGo(0);
    toGo.note(0.01, 500);
    expect(toGo.leftMs()).toBeNull();
    for (let ms = 1000; ms <= 50_000; ms += 100) toGo.note(ms / 100_000, ms);
    expect(toGo.leftMs()).toBeCloseTo(50_000, -2);
  });

  it('follows work that becomes slower', () => {
    const toGo = createTimeToGo(0);
    for (let ms = 100; ms <= 10_000; ms += 100) toGo.note(ms / 20_000, ms);
    for (let ms = 10_100; ms <= 30_000; ms += 100) toGo.note(0.5 + (ms - 10_000) / 200_000, ms);
    // 0.4 is left: 80 s at the present speed, 20 s at the mean one.
    expect(toGo.leftMs()).toBeGreaterThan(25_000);
    expect(toGo.leftMs()).toBeLessThan(80_000);
  });
});

/** The built `sluice compare`: pairs of the same seeds, bounds, exit codes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sluiceInSession } from './session.js';
import { buildFirst, inFolder } from './sluice.js';

beforeAll(buildFirst, 120_000);

type Figures = readonly (readonly [seed: number, drainTimeS: number, moved: number])[];

function writeSweep(folder: string, scenarios: Readonly<Record<string, Figures>>): void {
  mkdirSync(folder);
  const rows = Object.entries(scenarios).flatMap(([value, replicas], at) =>
    replicas.map((cells) => ['f', 'chunk', at + 1, value, ...cells].join(',')),
  );
  const header = 'fleet,fidelity,scenario,drain.method,seed,drain_time_s,guests_moved';
  writeFileSync(join(folder, 'replicas.csv'), `${[header, ...rows].join('\r\n')}\r\n`);
}

const before = {
  evict: [
    [1, 100, 9],
    [2, 200, 9],
    [3, 300, 9],
  ],
} as const;

async function comparing(after: Readonly<Record<string, Figures>>, ...args: readonly string[]) {
  return inFolder((cwd) => {
    writeSweep(join(cwd, 'a'), before);
    writeSweep(join(cwd, 'b'), after);
    return sluiceInSession(['compare', 'a', 'b', ...args], { cwd });
  });
}

describe('sluice compare', () => {
  it('tells what is real from what chance did, seed by seed', async () => {
    const slower = {
      evict: [
        [1, 110, 9],
        [2, 211, 9],
        [3, 309, 9],
      ],
    } as const;
    const real = await comparing(slower, '--max-increase', 'drain_time_s=4%');
    expect(real.code).toBe(1);
    expect(real.stdout).toMatch(/drain_time_s .* \+5\.00 % .* past its bound\n/);
    expect(real.stderr).toBe('sluice: drain_time_s is past its bound (drain.method=evict)\n');
    expect((await comparing(slower, '--max-increase', 'drain_time_s=10')).code).toBe(0);
    const uneven = {
      evict: [
        [1, 20, 9],
        [2, 290, 9],
        [3, 400, 9],
      ],
    } as const;
    const chance = await comparing(uneven, '--max-increase', 'drain_time_s=4%');
    expect(chance.code).toBe(0);
    expect(chance.stdout).toMatch(/chance explains it/);
  });

  it('takes what one replica says as it is, and bounds what shrinks', async () => {
    const one = { evict: [[1, 100, 8]] } as const;
    const answer = await comparing(one, '--max-decrease', 'guests_moved=0', '--json');
    expect(answer.code).toBe(1);
    const { scenarios } = JSON.parse(answer.stdout);
    expect(scenarios[0].figures.guests_moved).toMatchObject({
      before: 9,
      after: 8,
      p_value: null,
      paired: false,
      verdict: 'past',
    });
  });

  it('takes a run for what was written last where an earlier sweep left its replicas', async () => {
    const answer = await inFolder((cwd) => {
      const header = 'fleet,fidelity,seed,drain_time_s';
      const write = (folder: string, seconds: number) =>
        writeFileSync(join(cwd, folder, 'summary.csv'), `${header}\r\nf,chunk,1,${seconds}\r\n`);
      writeSweep(join(cwd, 'a'), before);
      writeSweep(join(cwd, 'b'), before);
      write('a', 100);
      write('b', 1000);
      const bound = ['--max-increase', 'drain_time_s=5%'];
      return sluiceInSession(['compare', 'a', 'b/summary.csv', ...bound], { cwd });
    });
    expect(answer.code).toBe(1);
    expect(answer.stdout).toMatch(/drain_time_s .* \+900 %/);
  });

  it.each([
    [['--max-increase', 'drain_time=5%'], /did you mean "drain_time_s"\?\n$/],
    [['--max-increase', 'drain_time_s'], /^--max-increase: "drain_time_s" is not COLUMN=5%.*\n$/],
  ])('%j exits with 2 and one line', async (args, line) => {
    const answer = await comparing(before, ...args);
    expect(answer).toMatchObject({ code: 2, stdout: '' });
    expect(answer.stderr).toMatch(line);
  });

  it('says what is no result, and what has nothing in common', async () => {
    const none = await inFolder((cwd) => sluiceInSession(['compare', '.', 'no'], { cwd }));
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toMatch(/^\.: holds no summary\.csv.*\n$/);
    const cut = await inFolder((cwd) => {
      writeSweep(join(cwd, 'a'), before);
      writeFileSync(join(cwd, 'summary.csv'), 'fleet,fidelity,seed,drain_time_s\r\nf,chunk,1,10');
      return sluiceInSession(['compare', 'a', '.'], { cwd });
    });
    expect(cut).toMatchObject({ code: 2, stdout: '' });
    expect(cut.stderr).toMatch(/^summary\.csv: does not end in a line end \(file cut off\?\)\n$/);
    const other = await comparing({ taint: before.evict, other: before.evict });
    expect(other.stderr).toMatch(/^b: none of its scenarios is in a.*\n$/);
  });
});

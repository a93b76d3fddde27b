/** The built command: exit codes, usage, whole files, Ctrl-C. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sluiceInSession } from './session.js';
import { buildFirst, contentsOf, inFolder, root, SIMULATES, sluice } from './sluice.js';

beforeAll(buildFirst, 120_000);

const single = join(root, 'fleets/single-guest.yaml');
const racks = join(root, 'fleets/three-racks.yaml');

describe('usage', () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^sluice: name a command.*\n$/],
    [['rum', 'x'], /^sluice: .*did you mean run\?.*\n$/],
    [['run'], /^sluice: name a FILE.*\n$/],
    [['run', single, '--ou', 'x'], /^sluice: .*did you mean --out\?.*\n$/],
    [['run', single, '--seed', 'x'], /^--seed: "x" is not a whole number.*\n$/],
    [['run', single, '--seed', '1', '--seed', '2'], /^--seed: given more than once\n$/],
    [['run', single, '--threads', '0'], /^--threads: "0".*\n$/],
    [['run', single, '--fidelity', 'exact'], /^sluice: .*"exact".*page.*chunk.*\n$/],
    [['run', single, '--link-step', '-1'], /^--link-step: "-1".*\n$/],
    [['run', single, '--set', 'drain'], /^--set: "drain" is not PATH=VALUE.*\n$/],
    [['run', single, '--set', 'drian.method=taint'], /drian.*\n$/],
    [['run', 'no-such-file.yaml'], /^no-such-file\.yaml: .*\n$/],
    [['trace', single], /^sluice: .*guest.*\n$/],
    [['trace', single, '--guest', 'no/such'], /^--guest: no guest "no\/such".*\n$/],
    [['explain', single], /^sluice: .*guest.*\n$/],
    [['explain', single, '--guest', 'shop/databse'], /did you mean "shop\/database"\?\n$/],
    [['validate'], /^sluice: name what to validate.*\n$/],
  ];
  it.each(wrong)('sluice %j exits with 2 and one line', async (args, line) => {
    const answer = await inFolder((cwd) => sluiceInSession(args, { cwd }));
    expect(answer).toMatchObject({ code: 2, stdout: '' });
    expect(answer.stderr).toMatch(line);
    expect(answer.stderr.trimEnd()).not.toContain('\n');
  });

  it('names the node that was meant', async () => {
    const answer = await sluiceInSession(['run', racks, '--drain', 'rack-1-nod-03']);
    expect(answer).toMatchObject({ code: 2, stdout: '' });
    expect(answer.stderr).toMatch(
      /^--drain: no node "rack-1-nod-03".*did you mean "rack-1-node-03"/,
    );
  });

  it('says where a link is named that is not there', () =>
    inFolder(async (cwd) => {
      const events = (link: string) => `events:
  - { kind: link-down, at: 9s, link: nic/a/up, for: 1s }
  - { kind: link-down, at: 5s, link: ${link}, for: 1s }
`;
      const fleet = `sluice: 1
nodes: [{ name: a }, { name: b }]
guests: [{ name: g, node: a, memory: 1Gi }]
drain: { nodes: [a] }
`;
      writeFileSync(join(cwd, 'f.yaml'), `${fleet}${events('nic/b/upp')}`);
      for (const command of [['run'], ['trace', '--guest', 'default/g'], ['sweep'], ['check']]) {
        const answer = await sluiceInSession([...command, 'f.yaml'], { cwd });
        expect(answer).toMatchObject({ code: 2, stdout: '' });
        expect(answer.stderr).toBe(
          'f.yaml: events[1].link (7:38): there is no link "nic/b/upp"; did you mean "nic/b/up"?\n',
        );
      }
      writeFileSync(join(cwd, 'f.yaml'), `${fleet}${events('nic/b/up')}`);
      const set = ['--set', 'network.background=[{link: rack/x, rate: 1Mbit/s}]'];
      const answer = await sluiceInSession(['run', 'f.yaml', ...set], { cwd });
      expect(answer.stderr).toMatch(/^f\.yaml: network\.background.*no link "rack\/x"/);
    }));

  it('helps with examples', async () => {
    for (const command of ['run', 'trace', 'import', 'validate', 'report']) {
      const answer = await sluiceInSession([command, '--help']);
      expect(answer).toMatchObject({ code: 0, stderr: '' });
      expect(answer.stdout).toMatch(/Examples:\n +sluice/);
    }
  });
});

describe('sluice run', () => {
  it('writes seven whole files and tells an operator what came of it', () =>
    inFolder(async (cwd) => {
      const answer = await sluice(['run', racks], { cwd });
      expect(answer.code).toBe(0);
      expect(answer.stdout).toMatch(/^Drain[\s\S]*Guests[\s\S]*What to look at next/);
      const files = ['guests', 'links', 'migrations', 'nodes', 'receivers', 'settings', 'summary'];
      expect(readdirSync(join(cwd, 'out')).sort()).toEqual(files.map((name) => `${name}.csv`));
    }));

  it('gives the same bytes for any number of threads', () =>
    inFolder(async (cwd) => {
      const wanted = ['--rounds', '--decisions', '--quiet'];
      for (const threads of ['1', '2']) {
        const args = ['run', racks, ...wanted, '--threads', threads, '--out', `out${threads}`];
        expect(await sluice(args, { cwd })).toMatchObject({ code: 0, stdout: '' });
      }
      const files = contentsOf(join(cwd, 'out1'));
      expect(Object.keys(files)).toHaveLength(9);
      expect(contentsOf(join(cwd, 'out2'))).toEqual(files);
    }));

  it('prints JSON and nothing else on request, and reads standard input', () =>
    inFolder(async (cwd) => {
      const call = { cwd, input: readFileSync(single, 'utf8') };
      const answer = await sluice(['run', '-', '--json'], call);
      expect(answer.code).toBe(0);
      expect(JSON.parse(answer.stdout)).toMatchObject({ fidelity: 'page', seed: 1 });
    }));

  it('refuses a file in the place of its folder, before it simulates', () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'out'), 'mine');
      const answer = await sluice(['run', racks], { cwd });
      expect(answer).toMatchObject({ code: 2, stdout: '' });
      expect(answer.stderr).toBe('out: is a file, a folder is needed here\n');
      expect(readFileSync(join(cwd, 'out'), 'utf8')).toBe('mine');
    }));

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'leaves nothing behind on %s, and exits with 130',
    (signal) =>
      inFolder(async (cwd) => {
        const args = ['run', join(root, 'fleets/terabyte.yaml')];
        const interrupt = (child: ChildProcess) => child.kill(signal);
        const { code, stderr } = await sluice(args, {
          cwd,
          onceSaid: { what: SIMULATES, does: interrupt },
        });
        expect(code).toBe(130);
        expect(stderr).toMatch(/interrupted, no file was written\n$/);
        expect(existsSync(join(cwd, 'out'))).toBe(false);
      }),
  );
});

describe('sluice trace', () => {
  it('shows a migration round by round, for people and for spreadsheets', async () => {
    const guest =
      /^([^,\s]+),([^,\s]+),/m
        .exec(await guestsCsv())
        ?.slice(1, 3)
        .join('/') ?? '';
    const text = await sluice(['trace', single, '--guest', guest]);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/remaining +dirtied +sent +bandwidth +threshold/);
    const csv = await sluice(['trace', single, '--guest', guest, '--csv']);
    expect(csv.code).toBe(0);
    expect(csv.stdout).toMatch(/^namespace,name,attempt,round,started_s,/);
    expect(csv.stdout.split('\r\n').length).toBeGreaterThan(2);
  });

  function guestsCsv(): Promise<string> {
    return inFolder(async (cwd) => {
      await sluice(['run', single, '--quiet'], { cwd });
      const csv = readFileSync(join(cwd, 'out/guests.csv'), 'utf8');
      return csv.split('\r\n').slice(1).join('\n');
    });
  }
});

/** The built `sluice sweep`: rows, threads, Ctrl-C, kills and --resume. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sluiceInSession } from './session.js';
import { buildFirst, contentsOf, inFolder, root, sluice } from './sluice.js';

beforeAll(buildFirst, 120_000);

const single = join(root, 'fleets/single-guest.yaml');
const bandwidth = 'kubevirt.migrations.bandwidthPerMigration=1Gi,2Gi,0';
const outbound = 'kubevirt.migrations.parallelOutboundMigrationsPerNode=1,2';
const grid = ['sweep', single, '--set', bandwidth, '--set', outbound, '--quiet'];
const sweep = [...grid, '--replicas', '6'];
const JOURNAL = 'sweep-journal.jsonl';

/** Once so many replicas are on disk. */
function replicasDone(folder: string, count: number): () => boolean {
  const path = join(folder, JOURNAL);
  return () => existsSync(path) && readFileSync(path, 'utf8').split('\n').length - 2 >= count;
}

describe('sluice sweep', () => {
  it('ends with the same bytes on any number of threads, resumed or not', () =>
    inFolder(async (cwd) => {
      const whole = await sluiceInSession([...sweep, '--out', 'whole'], { cwd });
      expect(whole).toMatchObject({ code: 0, stdout: '', stderr: '' });
      const expected = contentsOf(join(cwd, 'whole'));
      expect(Object.keys(expected)).toEqual(['replicas.csv', 'summary.csv']);
      const rows = expected['summary.csv']?.trimEnd().split('\r\n').slice(1);
      expect(rows?.map((row) => row.split(',').slice(2, 6).join())).toEqual([
        '1,1Gi,1,6',
        '2,1Gi,2,6',
        '3,2Gi,1,6',
        '4,2Gi,2,6',
        '5,0,1,6',
        '6,0,2,6',
      ]);
      const out = join(cwd, 'cut');
      const interruptWhen = { signal: 'SIGKILL', when: replicasDone(out, 2) } as const;
      await sluice([...sweep, '--out', 'cut', '--resume'], { cwd, interruptWhen });
      const last = await sluiceInSession([...sweep, '--out', 'cut', '--resume', '--threads', '1'], {
        cwd,
      });
      expect(last.code).toBe(0);
      expect(last.stderr).toMatch(/^sluice: \d+ replicas taken over\n$/);
      expect(contentsOf(out)).toEqual(expected);
    }));

  it('keeps on Ctrl-C the scenarios that are whole', () =>
    inFolder(async (cwd) => {
      const out = join(cwd, 'out');
      const interruptWhen = { signal: 'SIGINT', when: replicasDone(out, 350) } as const;
      const answer = await sluice([...grid, '--replicas', '300'], { cwd, interruptWhen });
      expect(answer.code).toBe(130);
      expect(answer.stderr).toMatch(/interrupted, \d of 6 scenarios in out; .*--resume goes on\n$/);
      expect(Object.keys(contentsOf(out))).toEqual(['replicas.csv', 'summary.csv', JOURNAL]);
      const replicas = readFileSync(join(out, 'replicas.csv'), 'utf8').trimEnd().split('\r\n');
      expect((replicas.length - 1) % 300).toBe(0);
    }));

  it('refuses to resume what belongs to another fleet', () =>
    inFolder(async (cwd) => {
      const fleet = join(cwd, 'fleet.yaml');
      const text = readFileSync(single, 'utf8');
      writeFileSync(fleet, text);
      const args = ['sweep', fleet, '--replicas', '9999'];
      const interruptWhen = { signal: 'SIGKILL', when: replicasDone(join(cwd, 'out'), 1) } as const;
      await sluice(args, { cwd, interruptWhen });
      writeFileSync(fleet, `${text}\nhost: { stop: 1ms }\n`);
      const answer = await sluiceInSession([...args, '--resume'], { cwd });
      expect(answer).toMatchObject({ code: 2, stdout: '' });
      expect(answer.stderr).toMatch(/^out\/sweep-journal\.jsonl: belongs to another fleet.*\n$/);
    }));

  it.each([
    [['--set', 'kubevirt.migrations.paralel=1,2'], /paralel.*\n$/],
    [['--set', 'drain.method=evict,taint,tain'], /tain.*\n$/],
    [['--set', 'name=a,b', '--set', 'name=c'], /^--set: name: is swept twice; list all.*\n$/],
    [['--set', 'name=a,b,a'], /^--set: name: lists "a" twice\n$/],
    [['--set', 'drain.method=evict,'], /^--set: drain\.method: .*empty value.*\n$/],
    [['--replicas', '0'], /^--replicas: "0".*\n$/],
  ])('%j exits with 2 and one line before anything is run', (args, line) =>
    inFolder(async (cwd) => {
      const answer = await sluiceInSession(['sweep', single, ...args], { cwd });
      expect(answer).toMatchObject({ code: 2, stdout: '' });
      expect(answer.stderr).toMatch(line);
      expect(existsSync(join(cwd, 'out'))).toBe(false);
    }),
  );
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRun } from '../../../src/outcome/report/read-run.js';
import { runFiles } from '../../../src/outcome/run-files.js';
import { summarise } from '../../../src/outcome/summary.js';
import { writeWholeFiles } from '../../../src/outcome/whole-files.js';
import { migrationRecord, roundRecord, runResult } from '../records.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-report-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function writeRun(changes: Parameters<typeof runResult>[0] = {}): Promise<void> {
  const result = runResult(changes);
  const settings = [
    { scope: 'drain', name: 'method', value: 'evict', unit: '', source: 'fleet', guests: 1 },
  ];
  const wanted = { rounds: result.rounds.length > 0, decisions: false, parquet: false };
  await writeWholeFiles(folder, runFiles(result, summarise('test', result), settings, wanted));
}

function change(name: string, from: string | RegExp, to: string): void {
  const file = join(folder, name);
  const before = readFileSync(file, 'utf8');
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${name} has no ${from}`);
  writeFileSync(file, after);
}

const problem = (): Promise<string> =>
  readRun(folder).then(
    () => 'read',
    (error: Error) => error.message.replace(folder, ''),
  );

describe('readRun', () => {
  it('gives back what a run wrote, names as they were', async () => {
    const waits = { ...migrationRecord().waits, queueUs: 3_000_000, targetUs: 1_000_000 };
    const slow = { slowCause: 'queue', waits } as const;
    const migrations = [migrationRecord({ name: '1e5', failReason: '=1+1', ...slow })];
    await writeRun({ migrations, rounds: [] });
    const { tables, detail } = await readRun(folder);
    expect(tables.migrations.name).toEqual(['1e5']);
    expect(tables.migrations.fail_reason).toEqual(['=1+1']);
    expect(tables.migrations.started_s).toEqual([12.000001]);
    expect(tables.migrations.slow_share).toEqual([0.75]);
    expect(tables.migrations.waited_queue_s).toEqual([3]);
    expect(tables.summary.fleet).toEqual(['test']);
    expect(tables.settings?.value).toEqual(['evict']);
    expect(detail).toEqual({ rounds: null, decisions: null, guestsLeftOut: 0 });
  });

  it('reads columns by name: order and columns of later versions do not matter', async () => {
    await writeRun();
    change('nodes.csv', 'node,cordoned_s', 'later,node,cordoned_s');
    change('nodes.csv', /\r\n(?=.)/, '\r\nnews,');
    expect((await readRun(folder)).tables.nodes.node).toHaveLength(1);
  });

  it('says in one line what is no folder of a run', async () => {
    expect(await problem()).toBe('/summary.csv: no such file');
    rmSync(folder, { recursive: true });
    expect(await problem()).toBe(': no such folder; name the --out of a run');
    writeFileSync(folder, '');
    expect(await problem()).toBe(': is a file; name the folder of a run');
  });

  it('says where a file is broken', async () => {
    await writeRun();
    change('summary.csv', 'drain_time_s', 'drain_time');
    expect(await problem()).toBe(
      '/summary.csv: drain_time_s (1:1): no such column; is it a file of "sluice run"?',
    );
    await writeRun();
    change('migrations.csv', '12.000001', 'noon');
    expect(await problem()).toBe('/migrations.csv: started_s (2:8): "noon" is not a number');
    await writeRun();
    change('guests.csv', /,[^,]*\r\n$/, '');
    expect(await problem()).toMatch(
      /^\/guests.csv: row 1: row has \d+ cells, the header \d+ \(file cut off/,
    );
    await writeRun();
    change('links.csv', /$/, '"open');
    expect(await problem()).toMatch(/^\/links.csv: is not CSV: /);
  });

  it('refuses rounds that another run left in the folder', async () => {
    await writeRun({ rounds: [roundRecord()] });
    expect((await readRun(folder)).detail.rounds?.round).toHaveLength(1);
    await writeRun({ migrations: [migrationRecord({ name: 'other' })], rounds: [] });
    expect(await problem()).toMatch(/^\/rounds.csv: row 1: is of another run than migrations.csv/);
  });
});

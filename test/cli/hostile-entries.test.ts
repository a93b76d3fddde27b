import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkCommand } from '../../src/cli/check.js';
import { importCommand } from '../../src/cli/import.js';
import { planCommand } from '../../src/cli/plan.js';
import { reportCommand } from '../../src/cli/report.js';
import { readCounters } from '../../src/eta/read-counters.js';
import { readPastMigrations } from '../../src/fleet/dump/past-migrations.js';
import { InputError } from '../../src/fleet/input-error.js';
import { decodeText } from '../../src/fleet/load/decode-text.js';
import { loadDocument } from '../../src/fleet/load/document.js';
import { readGuestTable } from '../../src/fleet/load/guest-table.js';
import { readLibvirtHost } from '../../src/fleet/load/libvirt-files.js';
import { readInputBytes } from '../../src/fleet/load/read-bytes.js';
import { runFiles } from '../../src/outcome/run-files.js';
import { summarise } from '../../src/outcome/summary.js';
import { writeWholeFiles } from '../../src/outcome/whole-files.js';
import { migrationRecord, roundRecord, runResult } from '../outcome/records.js';
import { sharedData } from '../shared-data.js';
import { inFolder } from './sluice.js';

const folder = sharedData('bad-inputs');
const files = folder === null ? [] : readdirSync(folder).filter((name) => /^\d/.test(name));

const HOST = {
  file: 'host.xml',
  text: "<domain type='kvm'><name>a</name><memory>1048576</memory></domain>",
};

/** What reads each of the files that `backtest`, `eta`, a table and a libvirt host are given. */
const ENTRIES: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  'backtest --history': async (file) => readPastMigrations([await loadDocument(file)]),
  'eta --counters': async (file) =>
    readCounters(file, decodeText(file, await readInputBytes(file)), ''),
  'a table of guests': async (file) =>
    readGuestTable(file, new TextDecoder().decode(await readInputBytes(file))),
  'a libvirt host': async (file) => readLibvirtHost(HOST, { files: [HOST.file, file] }),
};

describe.skipIf(folder === null)('bad inputs at other entries (skipped without data)', () => {
  it.each(Object.keys(ENTRIES))('%s answers each in one line', async (entry) => {
    for (const name of files) {
      const problem = await ENTRIES[entry]?.(`${folder}/${name}`).then(
        () => null,
        (error: unknown) => error,
      );
      // None of the files holds a migration, counters or a table that is whole.
      expect(problem, name).toBeInstanceOf(InputError);
      expect((problem as InputError).message, name).toMatch(/^[^\n]+$/);
      expect((problem as InputError).message.length, name).toBeLessThan(1000);
    }
  });
});

const GOOD = join(folder ?? '', '00-good-baseline.json');
/** As `run` takes them (bad-inputs/INDEX.md); the last one is an answer about dirty rates. */
const ACCEPTED = /^(00|16|22|38)-/;
const RATES = /^3[0-4]-/;
const ODD_RATES = /^34-/;

type Handler = (args: never) => void | Promise<void>;

/** Null where a command takes its arguments; else the line that it ends with. */
async function lineOf(handler: Handler, args: object): Promise<string | null> {
  try {
    await handler(args as never);
    return null;
  } catch (error) {
    // Anything else would be told as a bug, with exit code 70.
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^[^\n]+$/);
    expect(error.message.length).toBeLessThan(1000);
    return error.message;
  }
}

describe.skipIf(folder === null)('bad inputs as fleets (skipped without data)', () => {
  let printed = '';
  beforeEach(() => {
    printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    // check tells its findings by it.
    process.exitCode = undefined;
  });

  const inputs = files.flatMap((name) => {
    const path = join(folder ?? '', name);
    const alone = { name, args: { file: [path] }, isAccepted: ACCEPTED.test(name) };
    const beside = { file: [GOOD], 'dirty-rates': path };
    const rates = { name: `${name} as rates`, args: beside, isAccepted: ODD_RATES.test(name) };
    return RATES.test(name) ? [alone, rates] : [alone];
  });
  const read: readonly (readonly [string, Handler])[] = [
    ['check', checkCommand.handler],
    ['import', importCommand.handler],
  ];
  it.each(read)('%s answers each in one line, or takes it', async (_, handler) => {
    for (const { name, args, isAccepted } of inputs) {
      printed = '';
      const line = await lineOf(handler, { ...args, json: false });
      expect(line === null, `${name}: ${line}`).toBe(isAccepted);
      expect(printed !== '', name).toBe(isAccepted);
    }
  });

  it('plan answers each in one line: what it takes has no goal yet', async () => {
    await inFolder(async (out) => {
      for (const { name, args, isAccepted } of inputs) {
        const line = await lineOf(planCommand.handler, { ...args, out });
        expect(line, name).not.toBeNull();
        expect(/: goal: /.test(line ?? ''), `${name}: ${line}`).toBe(isAccepted);
      }
      expect([printed, readdirSync(out)]).toEqual(['', []]);
    });
  });

  it('plan answers each as a goal in one line', async () => {
    await inFolder(async (out) => {
      for (const name of files) {
        const goal = join(folder ?? '', name);
        const line = await lineOf(planCommand.handler, { file: [GOOD], goal, out });
        expect(line, name).toContain(name);
      }
      expect([printed, readdirSync(out)]).toEqual(['', []]);
    });
  });

  it('report answers each in one line: as its folder, and as any file in it', async () => {
    await inFolder(async (temporary) => {
      const out = join(temporary, 'out');
      mkdirSync(out);
      await writeRun(out);
      const page = join(temporary, 'page.html');
      const tables = readdirSync(out);
      expect(tables).toContain('rounds.csv');
      for (const name of files) {
        const path = join(folder ?? '', name);
        expect(await lineOf(reportCommand.handler, { folder: [path], out: page })).toContain(name);
      }
      for (const table of tables.filter((one) => READ.includes(one))) {
        const kept = join(temporary, 'kept');
        copyFileSync(join(out, table), kept);
        for (const name of files) {
          rmSync(join(out, table), { recursive: true });
          cpSync(join(folder ?? '', name), join(out, table), { recursive: true });
          const line = await lineOf(reportCommand.handler, { folder: [out], out: page });
          expect(line, `${name} as ${table}`).toContain(table);
        }
        rmSync(join(out, table), { recursive: true });
        copyFileSync(kept, join(out, table));
      }
      expect([printed, existsSync(page)]).toEqual(['', false]);
    });
  });
});

/** What `report` takes from a folder; the others it leaves alone. */
const READ = [
  'summary.csv',
  'migrations.csv',
  'guests.csv',
  'nodes.csv',
  'links.csv',
  'settings.csv',
  'rounds.csv',
];

async function writeRun(out: string): Promise<void> {
  const result = runResult({ migrations: [migrationRecord()], rounds: [roundRecord()] });
  const settings = [
    { scope: 'drain', name: 'method', value: 'evict', unit: '', source: 'fleet', guests: 1 },
  ];
  const wanted = { rounds: true, decisions: false, parquet: false };
  await writeWholeFiles(out, runFiles(result, summarise('test', result), settings, wanted));
}

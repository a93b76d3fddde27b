/** What is broken at random, by kind of input: whole examples of it, and how each is read. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { readCounters } from '../../src/eta/read-counters.js';
import { fleetFromDump } from '../../src/fleet/dump/fleet-from-dump.js';
import { fleetFromFile } from '../../src/fleet/file/fleet-file.js';
import { goalFromFile } from '../../src/fleet/file/goal.js';
import { readDomains } from '../../src/fleet/libvirt/domain.js';
import { readDomstats } from '../../src/fleet/libvirt/domstats.js';
import { parseXml } from '../../src/fleet/libvirt/xml-tree.js';
import { parseDocument } from '../../src/fleet/load/document.js';
import { readGuestTable } from '../../src/fleet/load/guest-table.js';
import { readRun } from '../../src/outcome/report/read-run.js';
import { runFiles } from '../../src/outcome/run-files.js';
import { settingsInForce } from '../../src/outcome/settings-table.js';
import { summarise } from '../../src/outcome/summary.js';
import { openJournal } from '../../src/plan/journal.js';
import { readResults } from '../../src/plan/read-results.js';
import { runFleet } from '../simulation/run-fleet.js';
import { fleetOf } from './soak-case.js';

export interface InputKind {
  readonly name: string;
  /** Paths within the repository. */
  readonly corpus: readonly string[];
  /** Has keys and values: whole parts of it may be changed. */
  readonly isTree: boolean;
  /** @throws InputError where it is refused */
  readonly read: (text: string) => unknown;
}

const EMPTY_DUMP = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'wrk-a1' }, status: {} }],
});

export const INPUT_KINDS: readonly InputKind[] = [
  {
    name: 'fleet',
    corpus: [
      'fleets/single-guest.yaml',
      'fleets/three-racks.yaml',
      'fleets/convergence-stalls.yaml',
      'fleets/rolling-upgrade.yaml',
      'fleets/published/vep291.yaml',
    ],
    isTree: true,
    read: (text) => fleetFromFile(parseDocument('fleet.yaml', text)).fleet,
  },
  {
    name: 'goal',
    corpus: ['fleets/goals/shortest-window.yaml', 'fleets/goals/half-the-uplinks.yaml'],
    isTree: true,
    read: (text) => {
      const { fleet } = fleetFromFile(
        parseDocument('fleet.yaml', 'sluice: 1\nnodes: [{name: a}]\n'),
      );
      return goalFromFile(parseDocument('goal.yaml', text), fleet);
    },
  },
  {
    name: 'dump',
    corpus: ['test/data/small-dump.json'],
    isTree: true,
    read: (text) => fleetFromDump([parseDocument('dump.json', text)], {}, 'x').fleet,
  },
  {
    name: 'rates',
    corpus: ['test/data/fuzz/dirty-rates.json'],
    isTree: true,
    read: (text) => {
      const dirtyRates = parseDocument('rates.json', text);
      return fleetFromDump([parseDocument('dump.json', EMPTY_DUMP)], { dirtyRates }, 'x').fleet;
    },
  },
  {
    name: 'guest table',
    corpus: ['test/data/fuzz/guests.csv'],
    isTree: false,
    read: async (text) => fleetFromFile((await readGuestTable('guests.csv', text)).document).fleet,
  },
  {
    name: 'domains',
    corpus: ['test/data/libvirt/host-a.xml'],
    isTree: false,
    read: (text) => readDomains(parseXml('host.xml', text)),
  },
  {
    name: 'domstats',
    corpus: ['test/data/libvirt/domstats.txt'],
    isTree: false,
    read: (text) => readDomstats('domstats.txt', text),
  },
  {
    name: 'counters',
    corpus: ['test/data/fuzz/domjobinfo.txt', 'test/data/fuzz/launcher.log'],
    isTree: false,
    read: (text) => readCounters('counters', text, 'shop/db-0'),
  },
  {
    name: 'results',
    corpus: ['test/data/fuzz/summary.csv'],
    isTree: false,
    read: (text) => inFolder({ 'summary.csv': text }, readResults),
  },
  {
    name: 'journal',
    corpus: ['test/data/fuzz/sweep-journal.jsonl'],
    isTree: false,
    read: (text) =>
      inFolder({ 'sweep-journal.jsonl': text }, async (folder) => {
        const path = join(folder, 'sweep-journal.jsonl');
        const journal = await openJournal({ path, digest: 'corpus', resume: true });
        await journal.close();
        return journal.found;
      }),
  },
];

export const RUN_FILES = 'run files';

let runFilesOnce: Promise<Readonly<Record<string, string>>> | null = null;

/** Every file of a run, as this version writes them. */
export function wholeRunFiles(): Promise<Readonly<Record<string, string>>> {
  runFilesOnce ??= writeRunFiles();
  return runFilesOnce;
}

async function writeRunFiles(): Promise<Readonly<Record<string, string>>> {
  const fleet = fleetOf(
    'sluice: 1\nnodes: [{name: a}, {name: b}]\nguests: [{name: g, node: a, memory: 1Gi}]\ndrain: {nodes: [a]}\n',
  );
  const result = await runFleet(fleet);
  const wanted = { rounds: true, decisions: true, parquet: false };
  const files = runFiles(result, summarise('x', result), settingsInForce(fleet, result), wanted);
  const texts: Record<string, string> = {};
  for (const { name, content } of files) texts[name] = await textOf(content());
  return texts;
}

/** The report's reader, on a run of which one file is another. */
export async function readBrokenRun(name: string, text: string): Promise<unknown> {
  return inFolder({ ...(await wholeRunFiles()), [name]: text }, readRun);
}

async function inFolder<T>(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function corpusText(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

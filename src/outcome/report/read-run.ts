/** A run as the report needs it: from its folder, or from its files before they are written. */
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { InputError } from '../../fleet/input-error.js';
import type { WholeFile } from '../whole-files.js';
import { detailOf } from './detail.js';
import { linkUse } from './link-use.js';
import { parseTable, readTable } from './read-table.js';
import {
  type Columns,
  decisionFields,
  type Fields,
  guestFields,
  linkFields,
  migrationFields,
  nodeFields,
  type RunDetail,
  type RunTables,
  roundFields,
  settingFields,
  summaryFields,
} from './run-tables.js';

export interface ReadRun {
  readonly tables: RunTables;
  readonly detail: RunDetail;
}

/** Where tables come from. */
interface TableSource {
  /** As messages name it. */
  readonly nameOf: (table: string) => string;
  readonly has: (table: string) => Promise<boolean>;
  /** @throws InputError */
  readonly read: <F extends Fields>(table: string, fields: F) => Promise<Columns<F>>;
}

/** @throws InputError when the folder is none, or not one of `sluice run` */
export async function readRun(folder: string): Promise<ReadRun> {
  await checkFolder(folder);
  const nameOf = (table: string): string => join(folder, table);
  return runOf({
    nameOf,
    has: (table) =>
      access(nameOf(table)).then(
        () => true,
        () => false,
      ),
    read: (table, fields) => readTable(nameOf(table), fields),
  });
}

/** The run whose files these are. */
export async function runOfFiles(files: readonly WholeFile[]): Promise<ReadRun> {
  const found = (table: string) => files.find(({ name }) => name === table);
  return runOf({
    nameOf: (table) => table,
    has: async (table) => found(table) !== undefined,
    read: async (table, fields) => {
      const file = found(table);
      return parseTable(table, file === undefined ? '' : await text(file.content()), fields);
    },
  });
}

async function runOf({ nameOf, has, read }: TableSource): Promise<ReadRun> {
  const readIfThere = async <F extends Fields>(
    table: string,
    fields: F,
  ): Promise<Columns<F> | null> => ((await has(table)) ? read(table, fields) : null);
  const summary = await read('summary.csv', summaryFields);
  if (summary.fleet.length !== 1) {
    const problem = `has ${summary.fleet.length} rows, the folder of one run has one`;
    throw new InputError(nameOf('summary.csv'), '', problem);
  }
  const migrations = await read('migrations.csv', migrationFields);
  const tables: RunTables = {
    summary,
    migrations,
    guests: await read('guests.csv', guestFields),
    nodes: await read('nodes.csv', nodeFields),
    links: linkUse(await read('links.csv', linkFields)),
    settings: await readIfThere('settings.csv', settingFields),
  };
  const rounds = await readIfThere('rounds.csv', roundFields);
  const decisions = await readIfThere('decisions.csv', decisionFields);
  if (rounds !== null) checkSameRun(nameOf('rounds.csv'), migrations, rounds);
  if (decisions !== null) checkSameRun(nameOf('decisions.csv'), migrations, decisions);
  return { tables, detail: detailOf(migrations, rounds, decisions) };
}

/** Rows about migrations that the run did not make were left by another. */
function checkSameRun(
  file: string,
  migrations: RunTables['migrations'],
  rows: {
    readonly namespace: readonly string[];
    readonly name: readonly string[];
    readonly attempt: readonly number[];
    readonly ended_s?: readonly number[];
  },
): void {
  const ends = new Map(
    migrations.name.map((name, i) => [
      `${migrations.namespace[i]}/${name} ${migrations.attempt[i]}`,
      migrations.ended_s[i] ?? Number.POSITIVE_INFINITY,
    ]),
  );
  rows.name.forEach((name, i) => {
    if (rows.attempt[i] === 0) return;
    const end = ends.get(`${rows.namespace[i]}/${name} ${rows.attempt[i]}`);
    if (end !== undefined && (rows.ended_s?.[i] ?? 0) <= end) return;
    const problem = 'is of another run than migrations.csv: run again with --report, or remove it';
    throw new InputError(file, `row ${i + 1}`, problem);
  });
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found === null) throw new InputError(folder, '', 'no such folder; name the --out of a run');
  if (!found.isDirectory()) throw new InputError(folder, '', 'is a file; name the folder of a run');
}

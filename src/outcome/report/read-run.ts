/** The folder of a run as the report needs it. */
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../fleet/input-error.js';
import { detailOf } from './detail.js';
import { linkUse } from './link-use.js';
import { readTable } from './read-table.js';
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

/** @throws InputError when the folder is none, or not one of `sluice run` */
export async function readRun(folder: string): Promise<ReadRun> {
  await checkFolder(folder);
  const read = <F extends Fields>(name: string, fields: F): Promise<Columns<F>> =>
    readTable(join(folder, name), fields);
  const summary = await read('summary.csv', summaryFields);
  if (summary.fleet.length !== 1) {
    const problem = `has ${summary.fleet.length} rows, the folder of one run has one`;
    throw new InputError(join(folder, 'summary.csv'), '', problem);
  }
  const migrations = await read('migrations.csv', migrationFields);
  const tables: RunTables = {
    summary,
    migrations,
    guests: await read('guests.csv', guestFields),
    nodes: await read('nodes.csv', nodeFields),
    links: linkUse(await read('links.csv', linkFields)),
    settings: await readIfThere(folder, 'settings.csv', settingFields),
  };
  const rounds = await readIfThere(folder, 'rounds.csv', roundFields);
  const decisions = await readIfThere(folder, 'decisions.csv', decisionFields);
  if (rounds !== null) checkSameRun(join(folder, 'rounds.csv'), migrations, rounds);
  if (decisions !== null) checkSameRun(join(folder, 'decisions.csv'), migrations, decisions);
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

async function readIfThere<F extends Fields>(
  folder: string,
  name: string,
  fields: F,
): Promise<Columns<F> | null> {
  const file = join(folder, name);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  return isThere ? readTable(file, fields) : null;
}

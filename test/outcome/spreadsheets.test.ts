/** The tables as other programs read them: a second CSV parser, and a reader of Parquet. */
import { buffer, text } from 'node:stream/consumers';
import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/outcome/column.js';
import { runFiles } from '../../src/outcome/run-files.js';
import { settingsInForce } from '../../src/outcome/settings-table.js';
import { summarise } from '../../src/outcome/summary.js';
import type { WholeFile } from '../../src/outcome/whole-files.js';
import { buildFleet } from '../fleet-builder.js';
import { guestRecord, linkRecord, migrationRecord, runResult } from './records.js';

/** Names that Kubernetes allows or a fleet file holds, and programs stumble over. */
const NAMES = ['1e5', '007', 'mar-1', '10-11', '=HYPERLINK("x")', '-1', 'a,b', 'say "hi"', 'größe'];

const result = runResult({
  guests: NAMES.map((name) => guestRecord({ name })),
  migrations: NAMES.map((name, i) =>
    migrationRecord({ name, failReason: 'two\nlines', wireBytes: 2 ** 50 + i, downtimeUs: 1 }),
  ),
  links: [linkRecord({ bytes: 0 }), linkRecord()],
});
const files = runFiles(
  result,
  summarise('a fleet', result),
  settingsInForce(buildFleet({ guests: 1 }), result),
  { rounds: true, decisions: true, parquet: true },
);
const csvOf = async (file: WholeFile): Promise<Record<string, string>[]> =>
  parse(await text(file.content()), { columns: true, relax_column_count: false });

const tables = files
  .filter(({ name }) => name.endsWith('.csv'))
  .map((csv) => {
    const name = csv.name.replace('.csv', '');
    const parquet = files.find((file) => file.name === `${name}.parquet`);
    if (parquet === undefined) throw new Error(`no ${name}.parquet`);
    return { name, csv, parquet };
  });

describe.each(tables)('$name', ({ csv, parquet }) => {
  it('has no cell that runs or turns into another, and figures without exponents', async () => {
    for (const row of await csvOf(csv)) {
      for (const [column, cell] of Object.entries(row)) {
        const isName = /^(namespace|name|link|node|reason|fail_reason)$/.test(column);
        if (isName) expect(cell).toMatch(/^('|(?![=+\-@\t\r\n])(?!\d+e\d+$)(?!\d+$))/);
        else expect(cell).not.toMatch(/^\d[\d.]*e[+-]?\d+$|NaN|Infinity|undefined/);
      }
    }
  });

  it('says the same as Parquet, cell by cell', async () => {
    const rows = await csvOf(csv);
    const bytes = await buffer(parquet.content());
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const types = new Map(parquetMetadata(file).schema.map(({ name, type }) => [name, type]));
    const read = await parquetReadObjects({ file });
    expect(read).toHaveLength(rows.length);
    read.forEach((row, i) => {
      expect(Object.keys(row)).toEqual(Object.keys(rows[i] ?? {}));
      for (const [column, cell] of Object.entries(rows[i] ?? {})) {
        expect(asParquet(cell, types.get(column))).toEqual(row[column] ?? null);
      }
    });
  });
});

/** Six places are all that CSV keeps of a share. */
function asParquet(cell: string, type: string | undefined): unknown {
  if (cell === '') return null;
  if (type === 'INT64') return BigInt(cell);
  return type === 'DOUBLE' ? expect.closeTo(Number(cell), 5) : plainText(cell);
}

it('gives names back as they were', async () => {
  const guests = tables.find(({ name }) => name === 'guests');
  if (guests === undefined) throw new Error('no guests');
  const rows = await csvOf(guests.csv);
  expect(rows.map(({ name = '' }) => plainText(name))).toEqual(NAMES);
  expect(rows.map(({ name = '' }) => name.startsWith("'"))).toEqual([
    ...[true, true, true, true, true, true],
    ...[false, false, false],
  ]);
});

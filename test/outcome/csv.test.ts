import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { textColumn, wholeColumn } from '../../src/outcome/column.js';
import { csvStream } from '../../src/outcome/csv.js';

interface Row {
  readonly reason: string;
  readonly bytes: number | null;
}

const columns = [
  textColumn<Row>('reason', (row) => row.reason),
  wholeColumn<Row>('bytes', (row) => row.bytes),
];

describe('csvStream', () => {
  it('writes RFC 4180: header, CRLF, quotes where needed and doubled inside', async () => {
    const rows = [
      { reason: 'plain', bytes: 1 },
      { reason: 'a, "b"', bytes: null },
      { reason: 'two\nlines', bytes: 3 },
      { reason: '=cmd(x)', bytes: 4 },
      { reason: 'größer', bytes: 5 },
    ];
    expect(await text(csvStream(columns, rows))).toBe(
      'reason,bytes\r\nplain,1\r\n"a, ""b""",\r\n"two\nlines",3\r\n\'=cmd(x),4\r\ngrößer,5\r\n',
    );
  });

  it('writes the header of a table without rows', async () => {
    expect(await text(csvStream(columns, []))).toBe('reason,bytes\r\n');
  });

  it('comes back from a CSV reader cell by cell', async () => {
    const reasons = ['', ' ', '"', ',', '\r\n', 'a\rb', '"",""', '\ud83d\ude80', "'", ';'];
    const csv = await text(
      csvStream(
        columns,
        reasons.map((reason) => ({ reason, bytes: 0 })),
      ),
    );
    const read = parseCsv(csv)
      .slice(1)
      .map((cells) => cells[0]);
    expect(read).toEqual(reasons.map((reason) => (reason === '\r\n' ? "'\r\n" : reason)));
  });

  it('surfaces an error of the rows', async () => {
    function* broken(): Generator<Row> {
      yield { reason: 'first', bytes: 1 };
      throw new Error('row two');
    }
    await expect(text(csvStream(columns, broken()))).rejects.toThrow('row two');
  });
});

/** A second, strict reader: RFC 4180 as its grammar has it. */
function parseCsv(csv: string): string[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  const rows: string[][] = [[]];
  while (field.lastIndex < csv.length) {
    const at = field.lastIndex;
    const [, quoted, plain = '', end] = field.exec(csv) ?? [];
    if (end === undefined) throw new Error(`not RFC 4180 at ${at}: ${csv.slice(at, at + 20)}`);
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\r\n' && field.lastIndex < csv.length) rows.push([]);
  }
  return rows;
}

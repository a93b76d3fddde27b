/** A table as CSV: RFC 4180 (CRLF, quotes doubled), header row, UTF-8 without a byte-order mark. */
import { Readable } from 'node:stream';
import { format } from 'fast-csv';
import type { Column } from './column.js';

/** Rows are formatted as they are read, so that a table never lies in memory as text. */
export function csvStream<Row>(columns: readonly Column<Row>[], rows: Iterable<Row>): Readable {
  const csv = format<string[], string[]>({
    headers: columns.map((column) => column.name),
    alwaysWriteHeaders: true,
    rowDelimiter: '\r\n',
    includeEndRowDelimiter: true,
  });
  const cells = Readable.from(cellsOf(columns, rows));
  cells.once('error', (error) => csv.destroy(error));
  return cells.pipe(csv);
}

function* cellsOf<Row>(columns: readonly Column<Row>[], rows: Iterable<Row>): Generator<string[]> {
  for (const row of rows) yield columns.map((column) => column.cell(row));
}

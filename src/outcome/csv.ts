/** A table as CSV: RFC 4180 (CRLF, quotes doubled), header row, UTF-8 without a byte-order mark. */
import { Readable, type Writable } from 'node:stream';
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
  feed(csv, columns, rows).catch((error: Error) => csv.destroy(error));
  // Many rows at a time: on its own the stream hands on each of them.
  return Readable.from(csv);
}

/** Row after row, as fast as they are taken; stops when the stream is closed before its end. */
async function feed<Row>(
  csv: Writable,
  columns: readonly Column<Row>[],
  rows: Iterable<Row>,
): Promise<void> {
  // Not events.once: that would reject for an error that the stream's reader is told of anyway.
  const until = (event: 'close' | 'drain') =>
    new Promise<void>((resolve) => csv.once(event, () => resolve()));
  const closed = until('close');
  for (const row of rows) {
    if (csv.destroyed) return;
    const cells = columns.map((column) => column.cell(row));
    if (!csv.write(cells)) await Promise.race([until('drain'), closed]);
  }
  csv.end();
}

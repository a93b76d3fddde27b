/** A table as Parquet, for notebooks: the same columns and rows as its CSV, with types. */
import { Readable } from 'node:stream';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import type { ExactCount } from '../fleet/exact-count.js';
import type { Column } from './column.js';

/** Text as UTF-8, whole numbers as INT64, others as DOUBLE; an empty CSV cell is null. */
export function parquetStream<Row>(columns: readonly Column<Row>[], rows: Iterable<Row>): Readable {
  const all = [...rows];
  const columnData = columns.map((column) => columnSource(column, all));
  const file = parquetWriteBuffer({ columnData, createdBy: 'sluice' });
  return Readable.from([Buffer.from(file)]);
}

function columnSource<Row>(column: Column<Row>, rows: readonly Row[]): ColumnSource {
  const values = rows.map(column.value);
  const { name, kind } = column;
  switch (kind) {
    case 'text':
      // Names are names here: nothing runs them, so nothing is guarded.
      return {
        name,
        type: 'STRING',
        data: values.map((value) => (value === null || value === '' ? null : `${value}`)),
      };
    case 'whole':
      return {
        name,
        type: 'INT64',
        data: values.map((value) =>
          typeof value === 'bigint' ? value : isFigure(value) ? BigInt(Math.round(value)) : null,
        ),
      };
    case 'decimal':
      return {
        name,
        type: 'DOUBLE',
        data: values.map((value) => (isFigure(value) ? value : null)),
      };
    default:
      return kind satisfies never;
  }
}

function isFigure(value: string | ExactCount | null): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

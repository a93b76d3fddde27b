/** A CSV file of a run back into columns, checked: what is not as docs/outputs.md says is told. */
import { InputError } from '../../fleet/input-error.js';
import { decodeUtf8 } from '../../fleet/load/decode-text.js';
import { readInputBytes } from '../../fleet/load/read-bytes.js';
import { plainText } from '../column.js';
import { parseRows } from '../csv-rows.js';
import type { Columns, FieldKind, Fields } from './run-tables.js';

/** @throws InputError naming file, line and column of what is missing, cut off or no number */
export async function readTable<F extends Fields>(file: string, fields: F): Promise<Columns<F>> {
  return parseTable(file, decodeUtf8(file, await readInputBytes(file)), fields);
}

/** The same of a text that is not on disk yet. @throws InputError */
export async function parseTable<F extends Fields>(
  file: string,
  text: string,
  fields: F,
): Promise<Columns<F>> {
  const rows = await parseRows(file, text);
  const header = rows[0];
  if (header === undefined) throw new InputError(file, '', 'has no header row');
  const columns = Object.entries(fields).map(([name, kind]) => {
    const at = header.indexOf(name);
    if (at < 0) {
      throw new InputError(file, name, 'no such column; is it a file of "sluice run"?', LINE_ONE);
    }
    return [name, columnOf(file, rows, { name, kind, at })] as const;
  });
  return Object.fromEntries(columns) as unknown as Columns<F>;
}

const LINE_ONE = { line: 1, column: 1 };

interface Place {
  readonly name: string;
  readonly kind: FieldKind;
  readonly at: number;
}

function columnOf(
  file: string,
  rows: readonly (readonly string[])[],
  { name, kind, at }: Place,
): readonly (string | number | null)[] {
  return rows.slice(1).map((cells, i) => {
    const position = { line: i + 2, column: at + 1 };
    const cell = cells[at] ?? '';
    if (kind === 'text') return plainText(cell);
    if (cell === '' && kind === 'optional') return null;
    const value = /^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : Number.NaN;
    if (Number.isFinite(value)) return value;
    throw new InputError(file, name, `"${cell.slice(0, 40)}" is not a number`, position);
  });
}

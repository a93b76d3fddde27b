/** A CSV file that sluice wrote, back into rows: whole ones only. */
import { parseString } from 'fast-csv';
import { InputError } from '../fleet/input-error.js';

/**
 * The header's cells, then each row's. Rows may hold line breaks in quotes, so the parser's own
 * count of rows is what is told.
 * @throws InputError for what is no CSV, or cut off: in a row, or in its last cell
 */
export async function parseRows(
  file: string,
  text: string,
): Promise<readonly (readonly string[])[]> {
  const rows = await cellsOf(file, text);
  const width = rows[0]?.length ?? 0;
  rows.forEach((cells, i) => {
    if (cells.length === width) return;
    const problem = `row has ${cells.length} cells, the header ${width} (file cut off?)`;
    throw new InputError(file, `row ${i}`, problem);
  });
  if (text !== '' && !text.endsWith('\n')) {
    throw new InputError(file, '', 'does not end in a line end (file cut off?)');
  }
  return rows;
}

function cellsOf(file: string, text: string): Promise<readonly (readonly string[])[]> {
  return new Promise((resolve, reject) => {
    const rows: string[][] = [];
    parseString<string[], string[]>(text, { headers: false, ignoreEmpty: true })
      .on('error', (error: Error) =>
        reject(new InputError(file, '', `is not CSV: ${firstLine(error)}`)),
      )
      .on('data', (row: string[]) => rows.push(row))
      .on('end', () => resolve(rows));
  });
}

function firstLine(error: Error): string {
  return (error.message.split('\n')[0] ?? '').slice(0, 100);
}

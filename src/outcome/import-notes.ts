/** import-notes.csv: what an import could not know, and what it took instead (docs/outputs.md). */
import type { InputWarning } from '../fleet/warnings.js';
import { type Column, textColumn, wholeColumn } from './column.js';

export const noteColumns: readonly Column<InputWarning>[] = [
  textColumn('file', ({ file }) => file.split(/[\\/]/).at(-1) ?? file),
  textColumn('path', ({ path }) => path),
  wholeColumn('count', ({ count }) => count ?? 1),
  textColumn('note', ({ message }) => message),
];

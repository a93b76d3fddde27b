/**
 * A table of guests (CSV: name, node, memory and, as far as they are known, namespace, vcpus, dirty
 * rate and filled share) to a fleet file, for those who have no dump. What it cannot say is told.
 */
import { parseString } from 'fast-csv';
import { InputError } from '../input-error.js';
import type { SourceDocument } from '../source-document.js';
import { quoteShort } from '../source-document.js';
import type { InputWarning } from '../warnings.js';

export interface GuestTable {
  /** A fleet file; paths in it lead back to rows. */
  readonly document: SourceDocument;
  readonly notes: readonly InputWarning[];
}

const COLUMNS = ['name', 'namespace', 'node', 'memory', 'vcpus', 'dirty_rate', 'filled'] as const;
type ColumnName = (typeof COLUMNS)[number];
const REQUIRED: readonly ColumnName[] = ['name', 'node', 'memory'];

const DEFAULT_RATE = '8MiB/s';
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const MOST_GUESTS = 1_000_000;

type Row = Readonly<Partial<Record<ColumnName, string>>>;

/** @throws InputError with row and column: too many guests, headers, cells in number, names (they go into files) */
export async function readGuestTable(
  file: string,
  text: string,
  mostGuests = MOST_GUESTS,
): Promise<GuestTable> {
  const [header, ...lines] = await linesOf(file, text, mostGuests);
  const columns = columnsOf(file, header ?? { row: 1, cells: [] });
  const rows = lines.map((line) => rowOf(file, columns, line));
  if (rows.length === 0) throw new InputError(file, '', 'the table has no guest');
  const rowAt = (guest: number): number => lines[guest]?.row ?? 1;
  const seen = new Map<string, number>();
  rows.forEach(({ name, namespace }, i) => {
    const guest = `${namespace ?? 'default'}/${name}`;
    const before = seen.get(guest);
    if (before !== undefined) {
      throw at(file, rowAt(i), 'name', `${guest} stands in row ${before} already`);
    }
    seen.set(guest, rowAt(i));
  });
  const value = fleetOf(rows);
  // Line and row are the same thing but for cells of several lines.
  const position = (path: readonly (string | number)[]) =>
    path[0] === 'guests' && typeof path[1] === 'number'
      ? { line: rowAt(path[1]), column: 1 }
      : null;
  return { document: { file, value, position }, notes: notesOf(file, rows) };
}

/** A row of the table that is not empty; the first one of the file is row 1. */
interface Line {
  readonly row: number;
  readonly cells: readonly string[];
}

function linesOf(file: string, text: string, mostGuests: number): Promise<readonly Line[]> {
  return new Promise((resolve, reject) => {
    const lines: Line[] = [];
    let row = 0;
    const parser = parseString<string[], string[]>(text.replace(/^\uFEFF/, ''), { trim: true });
    parser
      .on('error', (error: Error) =>
        reject(new InputError(file, '', `not CSV: ${error.message.slice(0, 120)}`)),
      )
      .on('data', (cells: string[]) => {
        row += 1;
        if (cells.every((cell) => cell === '')) return;
        lines.push({ row, cells });
        if (lines.length <= mostGuests + 1) return;
        parser.destroy();
        reject(
          new InputError(file, `row ${row}`, `more than ${mostGuests} guests; split the table`),
        );
      })
      .on('end', () => resolve(lines));
  });
}

function columnsOf(file: string, { row, cells }: Line): readonly ColumnName[] {
  const where = `row ${row}`;
  const columns = cells.map((title) => {
    const plain = title.toLowerCase().replace(/[ -]/g, '_');
    const found = COLUMNS.find((column) => column === plain);
    if (found !== undefined) return found;
    const known = COLUMNS.join(', ');
    throw new InputError(file, where, `column ${quoteShort(title)} is not one of ${known}`);
  });
  const double = columns.find((column, i) => columns.indexOf(column) !== i);
  if (double !== undefined) throw new InputError(file, where, `two columns ${double}`);
  const missing = REQUIRED.find((column) => !columns.includes(column));
  if (missing !== undefined) throw new InputError(file, where, `no column ${missing}`);
  return columns;
}

function rowOf(file: string, columns: readonly ColumnName[], { row, cells }: Line): Row {
  if (cells.length !== columns.length) {
    const problem = `${cells.length} cells, the header has ${columns.length}`;
    throw new InputError(file, `row ${row}`, problem);
  }
  const read: Partial<Record<ColumnName, string>> = {};
  columns.forEach((column, i) => {
    const cell = cells[i] ?? '';
    if (cell !== '') read[column] = cell;
    else if (REQUIRED.includes(column)) throw at(file, row, column, 'is empty');
    const isName = column === 'name' || column === 'namespace' || column === 'node';
    if (isName && cell !== '' && !NAME.test(cell)) {
      throw at(file, row, column, `${quoteShort(cell)} is not a Kubernetes name`);
    }
  });
  return read;
}

function at(file: string, row: number, column: ColumnName, problem: string): InputError {
  return new InputError(file, `row ${row}, column ${column}`, problem);
}

function fleetOf(rows: readonly Row[]): object {
  const nodes = [...new Set(rows.map(({ node }) => node ?? ''))].sort();
  return {
    sluice: 1,
    name: 'imported',
    kubevirt: { evictionStrategy: 'LiveMigrate' },
    nodes: nodes.map((name) => ({ name, allocatable: ROOM })),
    guests: rows.map(({ name, namespace, node, memory, vcpus, dirty_rate: rate, filled }) => ({
      name,
      ...(namespace === undefined ? {} : { namespace }),
      node,
      memory,
      // A text that is no number is told by the schema, with its row.
      ...(vcpus === undefined ? {} : { vcpus: /^\d+$/.test(vcpus) ? Number(vcpus) : vcpus }),
      workload: {
        observed: {
          dirtyRates: [{ window: '1s', rate: rate ?? DEFAULT_RATE }],
          ...(filled === undefined ? {} : { filled }),
        },
      },
    })),
  };
}

/** More than any guests ask for: a table does not say what nodes can take. */
const ROOM = { cpu: 100_000, memory: '1Pi', pods: 100_000 } as const;

function notesOf(file: string, rows: readonly Row[]): readonly InputWarning[] {
  const without = (column: ColumnName): number =>
    rows.filter((row) => row[column] === undefined).length;
  const nodes = new Set(rows.map(({ node }) => node)).size;
  const all: readonly (readonly [string, number, string])[] = [
    ['dirty_rate', without('dirty_rate'), `guests without a dirty rate; ${DEFAULT_RATE} is taken`],
    ['filled', without('filled'), 'guests without a filled share; all memory is taken as filled'],
    ['vcpus', without('vcpus'), 'guests without vCPUs; 1 is taken'],
    ['node', nodes, 'nodes of unknown size; room for every guest is taken'],
    ['node', nodes, 'nodes without link speeds; 25 Gbit/s is taken'],
    ['', rows.length, 'guests whose KubeVirt is unknown; its defaults and LiveMigrate are taken'],
    ['', rows.length, 'guests whose volumes and placement rules are unknown; none are taken'],
  ];
  return all.flatMap(([path, count, message]) =>
    count === 0 ? [] : [{ file, path, message: `${count} ${message}`, count }],
  );
}

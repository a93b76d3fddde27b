/**
 * How a figure becomes a CSV cell, once for all files: numbers are plain decimals with a point and
 * a fixed number of places, an unknown value is an empty cell, and text cannot run as a formula.
 */

import type { ExactCount } from '../fleet/exact-count.js';

export interface Column<Row> {
  readonly name: string;
  /** What a typed format makes of it: text, whole numbers, or numbers with places. */
  readonly kind: 'text' | 'whole' | 'decimal';
  /** As CSV has it. */
  readonly cell: (row: Row) => string;
  /** As it is, in the unit of the column's name; null: no such value. */
  readonly value: (row: Row) => string | ExactCount | null;
}

/** A spreadsheet runs a cell that begins so as a formula, whether it is quoted or not. */
const FORMULA_START = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';

/**
 * Names that a spreadsheet would turn into something else, and Kubernetes allows: `1e5`, `007` (a
 * number), `10-11`, `mar-1`, `1-sep-24` (a date), `1.2.3` (a date in some languages), `10:30`.
 */
const CONVERTED = new RegExp(
  `^(?:\\d+(?:[.,]\\d+){0,2}(?:e[+-]?\\d+)?%?|\\d{1,4}[-/]\\d{1,2}(?:[-/]\\d{1,4})?|\\d+:\\d.*` +
    `|${MONTH}[-/. ]?\\d{1,4}(?:[-/. ,]+\\d{1,4})?|\\d{1,4}[-/. ]?${MONTH}(?:[-/. ]?\\d{1,4})?)$`,
  'i',
);

/** Taken for a number, it reads as before: a setting's value, mostly. */
const UNCHANGED = /^(?:0|[1-9]\d{0,14})$/;

/**
 * Text as it is, with an apostrophe before it where a spreadsheet would run it or take it for a
 * number or a date. (CSV has no types: quotes do not help, and `="…"` would be a formula again.)
 */
export function neutralText(text: string): string {
  return isGuarded(text) ? `'${text}` : text;
}

/** An apostrophe that is the text's own gets another, so that `plainText` takes the right one. */
function isGuarded(text: string): boolean {
  if (text.startsWith("'")) return isGuarded(text.slice(1));
  if (UNCHANGED.test(text)) return false;
  return FORMULA_START.test(text) || CONVERTED.test(text);
}

/** What `neutralText` was given. */
export function plainText(cell: string): string {
  return cell.startsWith("'") && neutralText(cell.slice(1)) === cell ? cell.slice(1) : cell;
}

/** Microseconds as seconds with six places: exact, however long the run. */
export function secondsText(us: number): string {
  const whole = Math.trunc(us / 1e6);
  const rest = Math.abs(us - whole * 1e6);
  const places = rest === 0 ? '000000' : String(rest).padStart(6, '0');
  return `${us < 0 && whole === 0 ? '-' : ''}${whole}.${places}`;
}

/** Microseconds as milliseconds with three places: exact. */
export function millisecondsText(us: number): string {
  return (us / 1000).toFixed(3);
}

export function textColumn<Row>(name: string, of: (row: Row) => string): Column<Row> {
  // Sorted tables repeat a name in many rows, one behind the other.
  let last = '';
  let lastCell = '';
  const cell = (row: Row): string => {
    const text = of(row);
    if (text !== last) {
      last = text;
      lastCell = neutralText(text);
    }
    return lastCell;
  };
  return { name, kind: 'text', cell, value: of };
}

/** Column of seconds (name ends in `_s`) from microseconds; null is an empty cell. */
export function secondsColumn<Row>(name: string, of: (row: Row) => number | null): Column<Row> {
  return { ...decimals(name, of, secondsText), value: scaled(of, 1e6) };
}

/** Column of milliseconds (name ends in `_ms`) from microseconds; null is an empty cell. */
export function millisecondsColumn<Row>(
  name: string,
  of: (row: Row) => number | null,
): Column<Row> {
  return { ...decimals(name, of, millisecondsText), value: scaled(of, 1e3) };
}

/** Column of whole numbers: counts, bytes, bytes per second, per cent, milliseconds of a setting. */
export function wholeColumn<Row>(name: string, of: (row: Row) => ExactCount | null): Column<Row> {
  return { name, kind: 'whole', cell: (row) => orEmpty(of(row), wholeText), value: of };
}

/** Column of numbers with so many places: means of counts, ratios. */
export function decimalColumn<Row>(
  name: string,
  of: (row: Row) => number | null,
  places: number,
): Column<Row> {
  return decimals(name, of, (value) => value.toFixed(places));
}

/** Column of shares, 0 to 1, with six places. */
export function shareColumn<Row>(name: string, of: (row: Row) => number | null): Column<Row> {
  return decimals(name, of, (share) => share.toFixed(6));
}

function decimals<Row>(
  name: string,
  of: (row: Row) => number | null,
  text: (value: number) => string,
): Column<Row> {
  return { name, kind: 'decimal', cell: (row) => orEmpty(of(row), text), value: of };
}

function scaled<Row>(of: (row: Row) => number | null, divisor: number): Column<Row>['value'] {
  return (row) => {
    const value = of(row);
    return value === null ? null : value / divisor;
  };
}

/** Plain decimal digits for any size: `String` would write 1e21 and above with an exponent. */
function wholeText(value: ExactCount): string {
  if (typeof value === 'bigint') return value.toString();
  if (!Number.isFinite(value)) return '';
  const whole = Math.round(value);
  return Math.abs(whole) < 1e21 ? String(whole) : BigInt(whole).toString();
}

function orEmpty<Value>(value: Value | null, text: (value: Value) => string): string {
  return value === null ? '' : text(value);
}

/**
 * Quantities as operators write them, to base units and back: bytes, bytes per second,
 * microseconds, pages per second, shares. Reading is exact where a double can hold the result
 * (decimal digits are scaled as whole numbers); writing picks a readable form that reads back
 * as the very same number.
 */

export type Reading =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly problem: string };

export const PAGE_BYTES = 4096;

const BINARY = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 };
const DECIMAL = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };

/** Suffix → factor to the base unit. */
type Units = ReadonlyMap<string, number>;

function unitTable(entries: Iterable<readonly [string, number]>): Units {
  return new Map(entries);
}

const prefixes = { ...BINARY, ...DECIMAL };
const SIZES = unitTable([
  ['', 1],
  ['B', 1],
  ...Object.entries(prefixes).flatMap(([prefix, factor]): [string, number][] => [
    [prefix, factor],
    [`${prefix}B`, factor],
  ]),
]);

const RATES = unitTable([
  ['', 1],
  ['B/s', 1],
  ['bit/s', 1 / 8],
  ['bps', 1 / 8],
  // A bare Kubernetes suffix is bytes per second, as in KubeVirt's bandwidthPerMigration.
  ...Object.entries(prefixes).flatMap(([prefix, factor]): [string, number][] => [
    [prefix, factor],
    [`${prefix}B/s`, factor],
    [`${prefix}bit/s`, factor / 8],
    [`${prefix}b/s`, factor / 8],
    [`${prefix}bps`, factor / 8],
  ]),
]);

const DURATIONS_US = unitTable([
  ['us', 1],
  ['µs', 1],
  ['ms', 1e3],
  ['s', 1e6],
  ['m', 60e6],
  ['min', 60e6],
  ['h', 3600e6],
  ['d', 86_400e6],
]);

const COUNTS = unitTable([['', 1], ...Object.entries(DECIMAL)]);

/** `64Gi`, `1TiB`, `512MiB`, `16G`, `4096`: whole bytes. */
export function parseSize(value: unknown): Reading {
  const read = readWith(value, SIZES, 'a size such as 64Gi, 512MiB or 1T');
  return read.ok && !Number.isInteger(read.value)
    ? problem(`${show(value)} is not a whole number of bytes`)
    : read;
}

/** `25Gbit/s`, `2x25Gbit/s`, `200MiB/s`, or `1Gi` as KubeVirt writes it: bytes per second. */
export function parseRate(value: unknown): Reading {
  const expected = 'a rate such as 25Gbit/s, 2x25Gbit/s or 200MiB/s';
  const times = typeof value === 'string' ? /^\s*(\d+)\s*[x×]\s*(.*)$/u.exec(value) : null;
  if (times === null) {
    return readWith(value, RATES, expected);
  }
  const each = readWith(times[2], RATES, expected);
  return each.ok ? { ok: true, value: Number(times[1]) * each.value } : each;
}

/** `300ms`, `5s`, `2m`, `1h30m`: microseconds, fractions of one kept. A bare number is refused. */
export function parseDuration(value: unknown): Reading {
  const expected = 'a duration with its unit, such as 300ms, 5s, 2m or 1h';
  if (typeof value !== 'string') {
    return problem(`${show(value)} is not ${expected}`);
  }
  const parts = value.trim().match(/[\d.]+(?:e[+-]?\d+)?\s*[a-zµ]+\s*/giu);
  if (parts === null || parts.join('') !== value.trim()) {
    return value.trim() === '0'
      ? { ok: true, value: 0 }
      : problem(`${show(value)} is not ${expected}`);
  }
  let sum = 0;
  for (const part of parts) {
    const read = readWith(part, DURATIONS_US, expected);
    if (!read.ok) {
      return problem(`${show(value)} is not ${expected}`);
    }
    sum += read.value;
  }
  return { ok: true, value: sum };
}

/** `40k pages/s`, `1M pages/s`, `200MiB/s` (of 4-KiB pages): page writes per second. */
export function parsePageRate(value: unknown): Reading {
  const expected = 'a page rate such as 40k pages/s or 200MiB/s';
  if (typeof value !== 'string') {
    return problem(`${show(value)} is not ${expected}`);
  }
  const pages = /^(.*?)\s*pages?\/s$/u.exec(value.trim());
  if (pages !== null) {
    return readWith(pages[1], COUNTS, expected);
  }
  const bytes = /B\/s$/u.test(value)
    ? parseRate(value)
    : problem(`${show(value)} is not ${expected}`);
  return bytes.ok ? { ok: true, value: bytes.value / PAGE_BYTES } : bytes;
}

/** `1 write/s per page`, `0.02 writes/s per page`: writes per second of each page. */
export function parseWritesPerPage(value: unknown): Reading {
  const expected = 'a rate such as 0.02 writes/s per page';
  const text =
    typeof value === 'string' ? /^(.*?)\s*writes?\/s per page$/u.exec(value.trim()) : null;
  return text === null
    ? problem(`${show(value)} is not ${expected}`)
    : readWith(text[1], COUNTS, expected);
}

/** `20%` or `0.2`: a share from 0 to 1. */
export function parseShare(value: unknown): Reading {
  const expected = 'a share from 0 to 1, such as 20% or 0.2';
  const percent = typeof value === 'string' ? /^(.*?)\s*%$/u.exec(value.trim()) : null;
  const read =
    percent === null
      ? readWith(value, unitTable([['', 1]]), expected)
      : readWith(percent[1], unitTable([['', 0.01]]), expected);
  return read.ok && read.value > 1 ? problem(`${show(value)} is not ${expected}`) : read;
}

/** Whole bytes: `64Gi` where a binary unit divides them, the number where none does. */
export function formatSize(bytes: number): string | number {
  return largestDividing(bytes, Object.entries(BINARY)) ?? bytes;
}

/** Bytes per second: in bits as links are sold, in MiB where that is even, else plain. */
export function formatRate(bytesPerSecond: number): string {
  const candidates = [
    shortIn(bytesPerSecond, 'Gbit/s', 125e6),
    shortIn(bytesPerSecond, 'MiB/s', 2 ** 20),
    shortIn(bytesPerSecond, 'Mbit/s', 125e3),
  ];
  const short = candidates.find((text) => text !== null && sameAs(parseRate(text), bytesPerSecond));
  return short ?? `${bytesPerSecond}B/s`;
}

/** Microseconds, in the largest unit that divides them. */
export function formatDuration(microseconds: number): string {
  const units = [...DURATIONS_US].filter(([unit]) => unit !== 'µs' && unit !== 'min');
  return microseconds === 0 ? '0s' : (largestDividing(microseconds, units) ?? `${microseconds}us`);
}

/** Page writes per second. */
export function formatPageRate(pagesPerSecond: number): string {
  const scaled = largestDividing(pagesPerSecond, Object.entries(DECIMAL));
  return `${scaled ?? pagesPerSecond} pages/s`;
}

/** A share, in per cent where that reads back as the same number. */
export function formatShare(share: number): string | number {
  const percent = `${Number((share * 100).toPrecision(12))}%`;
  return percent.length <= 6 && sameAs(parseShare(percent), share) ? percent : share;
}

function largestDividing(value: number, units: Iterable<readonly [string, number]>): string | null {
  let found: string | null = null;
  if (value !== 0) {
    for (const [unit, factor] of units) {
      if (Number.isInteger(value) && value % factor === 0 && Number.isSafeInteger(value)) {
        found = `${value / factor}${unit}`;
      }
    }
  }
  return found;
}

function shortIn(value: number, unit: string, factor: number): string | null {
  const text = `${Number((value / factor).toPrecision(12))}`;
  return value >= factor / 10 && text.length <= 7 ? `${text}${unit}` : null;
}

function sameAs(read: Reading, value: number): boolean {
  return read.ok && read.value === value;
}

/** Number and unit; numbers are not negative and finite. */
function readWith(value: unknown, units: Units, expected: string): Reading {
  const text = typeof value === 'number' ? `${value}` : value;
  const parts =
    typeof text === 'string'
      ? /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d{1,3}(?![\d.]))?\s*(\S*)$/iu.exec(text.trim())
      : null;
  if (parts === null) {
    return problem(`${show(value)} is not ${expected}`);
  }
  const [, sign = '', digits = '', exponent = '', unit = ''] = parts;
  const factor = units.get(unit);
  if (factor === undefined) {
    return problem(`${show(value)} is not ${expected}${unitHint(unit, units)}`);
  }
  const size = scaled(digits, exponent === '' ? 0 : Number(exponent.slice(1)), factor);
  if (sign === '-' && size !== 0) {
    return problem(`${show(value)} is negative; expected ${expected}`);
  }
  return Number.isFinite(size) ? { ok: true, value: size } : problem(`${show(value)} is too large`);
}

/** digits × 10^exponent × factor, rounded once wherever the numbers are of everyday size. */
function scaled(digits: string, exponent: number, factor: number): number {
  const [whole = '', fraction = ''] = digits.split('.');
  const power = exponent - fraction.length;
  const mantissa = Number(`${whole}${fraction}`);
  if (factor < 1) {
    // 1/8 (bits) and 1/100 (per cent): dividing is exact where multiplying would round twice.
    return Number(`${digits}e${exponent}`) / Math.round(1 / factor);
  }
  const product = mantissa * factor;
  if (power >= 0 || power < -22 || !Number.isSafeInteger(product)) {
    return Number(`${digits}e${exponent}`) * factor;
  }
  return product / 10 ** -power;
}

function unitHint(unit: string, units: Units): string {
  const same = [...units.keys()].find((known) => known.toLowerCase() === unit.toLowerCase());
  return same === undefined || same === '' ? '' : `; did you mean ${same}?`;
}

function problem(text: string): Reading {
  return { ok: false, problem: text };
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? `${value}`);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

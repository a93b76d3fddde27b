/** Plain values on their way into a YAML file. */
import { formatSize } from '../units.js';

export type Plain = Readonly<Record<string, unknown>>;

/** An object of the file, which is no list. */
export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields whose values are not the usual ones; fields without a usual value stay. */
export function unless(usual: Plain, fields: Plain): Plain {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([key, value]) => !Object.hasOwn(usual, key) || !equalValues(usual[key], value),
    ),
  );
}

/** Equal as data, whatever the order of keys. */
export function equalValues(a: unknown, b: unknown): boolean {
  return a === b || canonicalText(a) === canonicalText(b);
}

/** The same text for equal data: JSON with its keys sorted. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonicalText).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([x], [y]) => (x < y ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalText(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'undefined';
}

export function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}

/** Amounts of memory with their unit, all others as numbers. */
export function writeQuantities(amounts: Readonly<Record<string, number>>): Plain {
  return Object.fromEntries(
    Object.entries(amounts).map(([resource, amount]) => [
      resource,
      isBytes(resource) && Number.isSafeInteger(amount) ? formatSize(amount) : amount,
    ]),
  );
}

function isBytes(resource: string): boolean {
  return /memory$|^hugepages-|storage$/.test(resource);
}

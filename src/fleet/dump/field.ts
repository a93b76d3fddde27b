/**
 * Reading values of unknown shape with their path kept, so that every complaint names the exact
 * field. As in Kubernetes, `null` means the field is unset.
 */
import type { InputError } from '../input-error.js';
import type { Labels } from '../model.js';
import { parseQuantity } from '../quantity.js';
import {
  describeValue,
  errorAt,
  type Path,
  quoteShort,
  type SourceDocument,
} from '../source-document.js';

export interface Field {
  readonly document: SourceDocument;
  readonly path: Path;
  readonly value: unknown;
}

export function rootField(document: SourceDocument): Field {
  return { document, path: [], value: document.value };
}

/** The field under `keys`; unset when anything on the way is. @throws InputError on a non-object */
export function at(field: Field, ...keys: readonly string[]): Field {
  let current = field;
  for (const key of keys) {
    const parent = isSet(current) ? asObject(current) : {};
    const value = Object.hasOwn(parent, key) ? parent[key] : undefined;
    current = { document: field.document, path: [...current.path, key], value };
  }
  return current;
}

export function isSet(field: Field): boolean {
  return field.value !== undefined && field.value !== null;
}

export function wrong(field: Field, problem: string): InputError {
  return errorAt(field.document, field.path, problem);
}

/** The value as an object. @throws InputError */
export function asObject(field: Field): Readonly<Record<string, unknown>> {
  const { value } = field;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(field, `expected an object, found ${describeValue(value)}`);
  }
  return value as Record<string, unknown>;
}

/**
 * Fields of an array, none when unset.
 * @param isLeftOut asked for each value; what it leaves out costs nothing
 * @throws InputError
 */
export function elements(
  field: Field,
  isLeftOut: (value: unknown) => boolean = () => false,
): readonly Field[] {
  if (!isSet(field)) return [];
  const { document, path, value } = field;
  if (!Array.isArray(value)) {
    throw wrong(field, `expected an array, found ${describeValue(value)}`);
  }
  return value.flatMap((element: unknown, index) =>
    isLeftOut(element) ? [] : [{ document, path: [...path, index], value: element }],
  );
}

/** Key and field of an object's entries, none when unset; in the order of the keys' code units. */
export function entries(field: Field): readonly (readonly [string, Field])[] {
  if (!isSet(field)) return [];
  return Object.keys(asObject(field))
    .sort()
    .map((key) => [key, at(field, key)] as const);
}

/** @throws InputError when set to something that is not a string */
export function textOr<T>(field: Field, fallback: T): string | T {
  if (!isSet(field)) return fallback;
  if (typeof field.value !== 'string') {
    const hint = Array.isArray(field.value) || typeof field.value === 'object' ? '' : ' (quote it)';
    throw wrong(field, `expected a string, found ${describeValue(field.value)}${hint}`);
  }
  return field.value;
}

/** @throws InputError when unset or no string */
export function requiredText(field: Field): string {
  const value = textOr(field, null);
  if (value === null) throw wrong(field, 'missing');
  return value;
}

/** One of a fixed set of words. @throws InputError that names them */
export function oneOf<T extends string, F>(field: Field, words: readonly T[], fallback: F): T | F {
  const value = textOr(field, null);
  if (value === null) return fallback;
  const found = words.find((word) => word === value);
  if (found === undefined) {
    throw wrong(field, `${quoteShort(value)} is not one of ${words.join(', ')}`);
  }
  return found;
}

/** @throws InputError when set to something that is not a boolean */
export function booleanOr<T>(field: Field, fallback: T): boolean | T {
  if (!isSet(field)) return fallback;
  if (typeof field.value !== 'boolean') {
    throw wrong(field, `expected true or false, found ${describeValue(field.value)}`);
  }
  return field.value;
}

/** Integer types of the Kubernetes API, by the range that a field accepts. */
export const UINT32 = { name: 'uint32', min: 0, max: 2 ** 32 - 1 };
export const INT64 = { name: 'int64', min: -(2 ** 63), max: 2 ** 63 };

/**
 * @param min what makes sense for the field, where it is more than the type says
 * @throws InputError when set to something that is not an integer in range
 */
export function integerOr<T>(
  field: Field,
  fallback: T,
  type: typeof UINT32 = INT64,
  min: number = type.min,
): number | T {
  if (!isSet(field)) return fallback;
  const { value } = field;
  if (typeof value !== 'number') {
    throw wrong(field, `expected an integer, found ${describeValue(value)}`);
  }
  if (!(value >= type.min && value <= type.max)) {
    throw wrong(field, `${String(value)} does not fit ${type.name}`);
  }
  if (!Number.isInteger(value)) throw wrong(field, `${String(value)} is not an integer`);
  if (value < min) throw wrong(field, `${String(value)}: must be at least ${min}`);
  return value;
}

/** A Kubernetes quantity, not negative. @throws InputError */
export function quantityOr<T>(field: Field, fallback: T): number | T {
  if (!isSet(field)) return fallback;
  const parsed = parseQuantity(field.value);
  if (!parsed.ok) throw wrong(field, parsed.problem);
  if (parsed.value < 0) throw wrong(field, `${shownValue(field)}: must not be negative`);
  return parsed.value;
}

/** An amount of memory: whole bytes, more than none. @throws InputError */
export function memoryOr<T>(field: Field, fallback: T): number | T {
  if (!isSet(field)) return fallback;
  const parsed = parseQuantity(field.value);
  if (!parsed.ok) throw wrong(field, parsed.problem.replace(/2\^63-1$/, '2^63-1 bytes'));
  if (parsed.value <= 0) throw wrong(field, `${shownValue(field)}: memory must be positive`);
  return Math.ceil(parsed.value);
}

export function shownValue(field: Field): string {
  return typeof field.value === 'string' ? quoteShort(field.value) : String(field.value);
}

/** Labels, annotations, selectors: strings by key. @throws InputError for any other value */
export function textMap(field: Field): Labels {
  return Object.fromEntries(entries(field).map(([key, item]) => [key, requiredText(item)]));
}

/** @throws InputError unless every element is a string */
export function textList(field: Field): readonly string[] {
  return elements(field).map(requiredText);
}

/** Resource amounts by resource name. @throws InputError */
export function quantityMap(field: Field): Readonly<Record<string, number>> {
  return Object.fromEntries(entries(field).map(([key, item]) => [key, quantityOr(item, 0)]));
}

/**
 * A parsed input file that still knows where its values stand in the text, so that everything
 * made from it can name file, path and line when a value is wrong.
 */
import { InputError } from './input-error.js';

export type Path = readonly (string | number)[];

export interface SourceDocument {
  /** The file as the user named it; `-` for standard input. */
  readonly file: string;
  readonly value: unknown;
  /** Where the value at `path` stands (or the nearest thing around it that exists); 1-based. */
  position(path: Path): { readonly line: number; readonly column: number } | null;
}

/** `items[2].spec.domain`; keys that would be ambiguous are quoted: `labels["a.b/c"]`. */
export function pathText(path: Path): string {
  let text = '';
  for (const key of path) {
    // A key of a megabyte must not make a line of one.
    if (typeof key === 'string' && key.length > 80) text += `[${quoteShort(key)}]`;
    else if (typeof key === 'number') text += `[${key}]`;
    else if (!/^[\w$-]+$/.test(key)) text += `[${JSON.stringify(key)}]`;
    else text += text === '' ? key : `.${key}`;
  }
  return text;
}

/** The error to throw for a wrong value at `path`. */
export function errorAt(document: SourceDocument, path: Path, problem: string): InputError {
  return new InputError(document.file, pathText(path), problem, document.position(path));
}

/** `an object`, `the number 7`, `null`: what was found where something else was expected. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `the string ${quoteShort(value)}`;
  return `the ${typeof value} ${String(value)}`;
}

/** A string of the input in quotes, cut where it is too long for one line of a message. */
export function quoteShort(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

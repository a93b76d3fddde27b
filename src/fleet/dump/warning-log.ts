/** Collects warnings while a dump is read; what concerns many objects alike is told once, counted. */
import { pathText } from '../source-document.js';
import type { InputWarning } from '../warnings.js';
import type { Field } from './field.js';

interface Tally {
  readonly first: Field;
  readonly firstName: string;
  count: number;
}

export interface WarningLog {
  readonly single: InputWarning[];
  /** What is the matter, to how often; in order of first appearance. */
  readonly tallies: Map<string, Tally>;
  /** Kinds and fields that were passed over, to how often. */
  readonly passedOver: Map<string, number>;
}

export function newWarningLog(): WarningLog {
  return { single: [], tallies: new Map(), passedOver: new Map() };
}

export function warn(log: WarningLog, field: Field, message: string): void {
  log.single.push({ file: field.document.file, path: pathText(field.path), message });
}

/** Counts one more case of `message`, told with the name of the first. */
export function tally(log: WarningLog, message: string, field: Field, name: string): void {
  const known = log.tallies.get(message);
  if (known === undefined) log.tallies.set(message, { first: field, firstName: name, count: 1 });
  else known.count += 1;
}

export function passOver(log: WarningLog, what: string): void {
  log.passedOver.set(what, (log.passedOver.get(what) ?? 0) + 1);
}

/** Counts the keys of an object that the importer does not know. */
export function passOverUnknownKeys(
  log: WarningLog,
  kind: string,
  fields: readonly (readonly [string, Field])[],
  known: readonly string[],
): void {
  for (const [key] of fields) {
    if (!known.includes(key)) passOver(log, `${kind} field ${key}`);
  }
}

/** All warnings: single ones first, then the counted ones, then one line of what was passed over. */
export function finishWarnings(log: WarningLog, file: string): readonly InputWarning[] {
  const counted = [...log.tallies].map(([message, { first, firstName, count }]) => ({
    file: first.document.file,
    path: pathText(first.path),
    message:
      count === 1 ? `${firstName}: ${message}` : `${count} times, first ${firstName}: ${message}`,
    count,
  }));
  const kinds = [...log.passedOver].sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = kinds.slice(0, 12).map(([what, count]) => `${count} ${what}`);
  if (kinds.length > 12) shown.push(`${kinds.length - 12} other kinds or fields`);
  const passed =
    shown.length === 0 ? [] : [{ file, path: '', message: `passed over: ${shown.join(', ')}` }];
  return [...log.single, ...counted, ...passed];
}

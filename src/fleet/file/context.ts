/** What the readers of a fleet file share: where errors point to, and warnings. */
import type { InputError } from '../input-error.js';
import { errorAt, type Path, pathText, type SourceDocument } from '../source-document.js';
import type { InputWarning } from '../warnings.js';

export interface ReadContext {
  readonly document: SourceDocument;
  readonly warnings: InputWarning[];
}

/** The error for a value that fits the schema but not the rest of the file. */
export function wrongAt(context: ReadContext, path: Path, problem: string): InputError {
  return errorAt(context.document, path, problem);
}

export function warnAt(context: ReadContext, path: Path, message: string): void {
  context.warnings.push({ file: context.document.file, path: pathText(path), message });
}

/** Order of names everywhere: by UTF-16 code units, the same on every machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Reads a JSON or YAML file into a value whose parts can still be found in the text. */
import { InputError } from '../input-error.js';
import { pathText, type SourceDocument } from '../source-document.js';
import { decodeText } from './decode-text.js';
import { scanJson } from './json-scan.js';
import { lineAndColumn, offsetOfPath } from './json-tokens.js';
import { readInputBytes } from './read-bytes.js';
import { parseYaml } from './yaml-document.js';

export type { SourceDocument } from '../source-document.js';

/**
 * Reads `path` (`-`: standard input; gzip is decompressed): UTF-8 text of JSON or YAML 1.2.
 * Several YAML documents in one file become a `List` of them, as kubectl reads them.
 * @throws InputError with one line for everything that can be wrong with a file
 */
export async function loadDocument(path: string): Promise<SourceDocument> {
  return parseDocument(path, decodeText(path, await readInputBytes(path)));
}

/** The same for text that is already in memory; `file` is the name that messages give it. */
export function parseDocument(file: string, text: string): SourceDocument {
  const looksLikeJson = /^\s*[{["]/.test(text.slice(0, 1000));
  if (!looksLikeJson) return parseYaml(file, text);
  // YAML's flow style starts like JSON: only a file that calls itself YAML gets a second chance.
  if (/\.ya?ml$/i.test(file) && scanJson(text) !== null) return parseYaml(file, text);
  return parseJson(file, text);
}

function parseJson(file: string, text: string): SourceDocument {
  const fault = scanJson(text);
  if (fault !== null) {
    const position = lineAndColumn(text, fault.offset);
    throw new InputError(file, pathText(fault.path), fault.problem, position);
  }
  const position = (path: readonly (string | number)[]) =>
    lineAndColumn(text, offsetOfPath(text, path));
  try {
    return { file, value: JSON.parse(text) as unknown, position };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/position (\d+)/.exec(message)?.[1] ?? Number.NaN);
    const where = Number.isNaN(offset) ? null : lineAndColumn(text, offset);
    throw new InputError(
      file,
      '',
      `not JSON: ${message.replace(/ in JSON at position.*$/s, '')}`,
      where,
    );
  }
}

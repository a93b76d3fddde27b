/** YAML 1.2 (core schema, no custom tags) to plain values, safely: see also yaml-values.ts. */
import {
  type Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
} from 'yaml';
import { InputError } from '../input-error.js';
import type { Path, SourceDocument } from '../source-document.js';
import { refuseDeepYaml } from './yaml-depth.js';
import { readPlainYaml } from './yaml-plain-reader.js';
import { type AliasTargets, yamlToValue } from './yaml-values.js';

/** YAML is read about a hundred times slower than JSON; a dump of this size should be JSON. */
const MAX_YAML_CHARACTERS = 20_000_000;

/** @throws InputError, with line and column, for whatever is not YAML 1.2 or not safe */
export function parseYaml(file: string, text: string): SourceDocument {
  if (text.length > MAX_YAML_CHARACTERS) {
    const size = `${Math.ceil(text.length / 1e6)} MB of YAML`;
    throw new InputError(file, '', `${size}, the limit is 20 MB; write it as JSON instead`);
  }
  const plain = readPlainYaml(text);
  if (plain === undefined) return parseWholeYaml(file, text);
  // Where things stand is asked when something is wrong, or never.
  let whole: SourceDocument | null = null;
  const position = (path: Path) => {
    whole ??= parseWholeYaml(file, text);
    return whole.position(path);
  };
  return { file, value: plain, position };
}

function parseWholeYaml(file: string, text: string): SourceDocument {
  refuseDeepYaml(file, text);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
    // The library compares every key with every other; yaml-values.ts does it in linear time.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: lines,
  });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (!Array.isArray(documents)) throw new InputError(file, '', 'file holds no value');
  const full = documents.filter((document) => {
    refuseErrors(file, document, at);
    return document.contents !== null && !isEmptyScalar(document);
  });
  return toSourceDocument(file, full, at);
}

type PositionOf = (offset: number) => { line: number; column: number };

function toSourceDocument(
  file: string,
  documents: Document.Parsed[],
  at: PositionOf,
): SourceDocument {
  const [first] = documents;
  if (first === undefined) throw new InputError(file, '', 'file holds no value');
  const isList = documents.length > 1;
  const targets: AliasTargets = new Map();
  const values = documents.map((document, index) =>
    yamlToValue({ file, at, targets, path: isList ? ['items', index] : [] }, document),
  );
  const position = (path: Path) => {
    const [, index] = path;
    if (!isList) return at(offsetOfPath(first, path, targets));
    const document = documents[typeof index === 'number' ? index : 0] ?? first;
    return at(offsetOfPath(document, path.slice(2), targets));
  };
  const value = isList ? { apiVersion: 'v1', kind: 'List', items: values } : values[0];
  return { file, value, position };
}

function isEmptyScalar(document: Document.Parsed): boolean {
  const { contents } = document;
  return isScalar(contents) && contents.value === null && (contents.source ?? '') === '';
}

function refuseErrors(file: string, document: Document.Parsed, at: PositionOf): void {
  const [error] = document.errors;
  if (error === undefined) return;
  const [start] = error.pos;
  const problem =
    error.code === 'TAB_AS_INDENT'
      ? 'a tab cannot indent YAML'
      : `not YAML: ${error.message.split('\n')[0] ?? ''}`;
  throw new InputError(file, '', problem, at(start));
}

function offsetOfPath(document: Document.Parsed, path: Path, targets: AliasTargets): number {
  let node: unknown = document.contents;
  let offset = rangeStart(node) ?? 0;
  for (const key of path) {
    node = child(targets.get(node) ?? node, key);
    const start = rangeStart(node);
    if (start === null) break;
    offset = start;
  }
  return offset;
}

function child(node: unknown, key: string | number): unknown {
  if (isSeq(node) && typeof key === 'number') return node.items[key];
  if (!isMap(node)) return null;
  for (const pair of node.items) {
    if (isPair(pair) && isScalar(pair.key) && String(pair.key.value) === key) {
      return pair.value ?? pair.key;
    }
  }
  return null;
}

function rangeStart(node: unknown): number | null {
  if (isScalar(node) || isCollection(node)) return node.range?.[0] ?? null;
  if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
    return Number(node.range[0]);
  }
  return null;
}

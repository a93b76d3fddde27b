/**
 * The plain part of YAML, read in one pass: block maps and lists, flow collections, scalars of one
 * line, comments. That is what `sluice import` and most people write, and it is read some twenty
 * times faster than YAML as a whole. Whatever else it meets, or only might be wrong, it leaves to
 * yaml-document.ts: the answer here is the same value, or none.
 */
import { NOT_PLAIN, type PlainText, plainFlow, plainKey, plainScalar } from './yaml-plain-flow.js';

/** Characters that YAML treats in ways of their own: tabs, other line ends, controls, halves. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SPECIAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/;
/** Deeper than any fleet file; the rest is for who refuses what is too deep. */
const MOST_DEPTH = 40;

interface Reader extends PlainText {
  /** Start of the line that is next, and its first character that is no space. */
  line: number;
  first: number;
  depth: number;
}

/** undefined: it takes more than this to read it. */
export function readPlainYaml(text: string): unknown {
  if (SPECIAL.test(text)) return undefined;
  const reader: Reader = { text, at: 0, line: 0, first: 0, depth: 0 };
  try {
    toContent(reader, 0);
    if (atEnd(reader)) return undefined;
    const value = blockValue(reader, indentOf(reader));
    return atEnd(reader) ? value : undefined;
  } catch (error) {
    if (error === NOT_PLAIN) return undefined;
    throw error;
  }
}

function atEnd({ text, line }: Reader): boolean {
  return line >= text.length;
}

function indentOf({ line, first }: Reader): number {
  return first - line;
}

/** To the next line that holds more than spaces and a comment, from the start of one. */
function toContent(reader: Reader, from: number): void {
  const { text } = reader;
  let line = from;
  while (line < text.length) {
    let first = line;
    while (text[first] === ' ') first += 1;
    const char = text[first];
    if (char !== undefined && char !== '\n' && char !== '#') {
      // `---`, `...`, `%YAML`: documents and directives.
      if (first === line && /[-.%]/.test(char) && text[line + 1] !== ' ') throw NOT_PLAIN;
      reader.first = first;
      reader.line = line;
      return;
    }
    const end = text.indexOf('\n', first);
    line = end < 0 ? text.length : end + 1;
  }
  reader.line = text.length;
  reader.first = text.length;
}

/** Behind a value: nothing but a comment may stand on its line. */
function endLine(reader: Reader): void {
  const { text } = reader;
  let at = reader.at;
  while (text[at] === ' ') at += 1;
  const isComment = text[at] === '#' && text[at - 1] === ' ';
  if (at < text.length && text[at] !== '\n' && !isComment) throw NOT_PLAIN;
  const end = text.indexOf('\n', at);
  toContent(reader, end < 0 ? text.length : end + 1);
}

/** A map or list whose lines begin at this column. */
function blockValue(reader: Reader, indent: number): unknown {
  reader.depth += 1;
  if (reader.depth > MOST_DEPTH) throw NOT_PLAIN;
  const isList = isListItem(reader, reader.first);
  const value = isList ? blockList(reader, indent) : blockMap(reader, indent, reader.first);
  reader.depth -= 1;
  // A line between two columns belongs to neither.
  if (!atEnd(reader) && indentOf(reader) > indent) throw NOT_PLAIN;
  return value;
}

function isListItem({ text }: Reader, at: number): boolean {
  return text[at] === '-' && text[at + 1] === ' ';
}

function blockList(reader: Reader, indent: number): readonly unknown[] {
  const items: unknown[] = [];
  while (!atEnd(reader) && indentOf(reader) === indent && isListItem(reader, reader.first)) {
    let at = reader.first + 1;
    while (reader.text[at] === ' ') at += 1;
    reader.at = at;
    const isMap = /["'\w]/.test(reader.text[at] ?? '') && plainKey({ ...reader }) !== null;
    items.push(isMap ? blockMap(reader, at - reader.line, at) : lineValue(reader, indent));
  }
  return items;
}

/** @param start of its first key: behind the dash in a list */
function blockMap(reader: Reader, indent: number, start: number): unknown {
  const map: Record<string, unknown> = {};
  let at = start;
  do {
    reader.at = at;
    const key = plainKey(reader);
    if (key === null || Object.hasOwn(map, key)) throw NOT_PLAIN;
    map[key] = keyValue(reader, indent);
    at = reader.first;
  } while (!atEnd(reader) && indentOf(reader) === indent && !isListItem(reader, at));
  if (!atEnd(reader) && indentOf(reader) > indent) throw NOT_PLAIN;
  return map;
}

/** Behind `key:`: on its line, or on lines further in; a list may begin in its key's column. */
function keyValue(reader: Reader, indent: number): unknown {
  const { text } = reader;
  while (text[reader.at] === ' ') reader.at += 1;
  const char = text[reader.at];
  const isOpen = char === undefined || char === '\n' || char === '#';
  if (!isOpen) return lineValue(reader, indent);
  endLine(reader);
  if (atEnd(reader)) return null;
  const inner = indentOf(reader);
  const isInside = inner > indent || (inner === indent && isListItem(reader, reader.first));
  if (!isInside) return null;
  const opens = text[reader.first];
  if (opens !== '{' && opens !== '[') return blockValue(reader, inner);
  reader.at = reader.first;
  return lineValue(reader, indent);
}

/** A flow collection, which may go on over lines further in, or a scalar of one line. */
function lineValue(reader: Reader, indent: number): unknown {
  const char = reader.text[reader.at];
  const isFlow = char === '{' || char === '[';
  const value = isFlow ? plainFlow(reader, indent, reader.depth) : plainScalar(reader, 'block');
  endLine(reader);
  // A scalar that goes on there, or a mistake.
  if (!atEnd(reader) && indentOf(reader) > indent) throw NOT_PLAIN;
  return value;
}

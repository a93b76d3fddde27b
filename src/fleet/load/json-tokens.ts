/** Where JSON tokens end, and where a value stands in JSON text that is known to be well formed. */
import type { Path } from '../source-document.js';

/** kubectl's objects nest some 20 deep; beyond this limit lies only what wants to overflow a stack. */
export const MAX_DEPTH = 200;

/** First index at or after `at` that is no white space. */
export function skipSpace(text: string, at: number): number {
  for (let i = at; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return i;
  }
  return text.length;
}

/** Index after the closing quote of the string that opens at `at`; -1 when it never closes. */
export function endOfString(text: string, at: number): number {
  let quote = text.indexOf('"', at + 1);
  while (quote >= 0) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    quote = text.indexOf('"', quote + 1);
  }
  return -1;
}

/** Index after the run of characters that a number may hold; JSON.parse judges the number. */
export function endOfNumber(text: string, at: number): number {
  let i = at;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    const isNumberPart =
      (code >= 0x30 && code <= 0x39) ||
      code === 0x2d ||
      code === 0x2b ||
      code === 0x2e ||
      (code | 0x20) === 0x65;
    if (!isNumberPart) break;
    i += 1;
  }
  return i;
}

/** 1-based line and column of an offset. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) {
    line += 1;
    lineStart = i + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** Offset of the value at `path`, or of the innermost value around it that exists. */
export function offsetOfPath(text: string, path: Path): number {
  let at = skipSpace(text, 0);
  for (const key of path) {
    const next = offsetOfChild(text, at, key);
    if (next < 0) return at;
    at = next;
  }
  return at;
}

function offsetOfChild(text: string, parent: number, key: string | number): number {
  const isObject = text[parent] === '{';
  if (!isObject && text[parent] !== '[') return -1;
  let at = skipSpace(text, parent + 1);
  for (let index = 0; at < text.length && text[at] !== '}' && text[at] !== ']'; index += 1) {
    let name: string | number = index;
    if (isObject) {
      const end = endOfString(text, at);
      name = JSON.parse(text.slice(at, end)) as string;
      at = skipSpace(text, skipSpace(text, end) + 1);
    }
    if (name === key) return at;
    at = skipSpace(text, endOfValue(text, at));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return -1;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at);
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      at += 1;
    } else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return at;
      depth -= 1;
      at += 1;
    } else if (depth === 0 && code === 0x2c) return at;
    else at += 1;
    if (depth === 0 && (code === 0x22 || code === 0x7d || code === 0x5d)) return at;
  }
  return at;
}

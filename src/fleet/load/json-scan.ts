/**
 * One pass over JSON text before JSON.parse: nesting depth, duplicate keys, and syntax errors with
 * a cause a person understands. JSON.parse alone keeps the last of duplicate keys silently.
 */
import type { Path } from '../source-document.js';
import { endOfNumber, endOfString, MAX_DEPTH, skipSpace } from './json-tokens.js';

interface JsonFault {
  readonly path: Path;
  readonly offset: number;
  readonly problem: string;
}

interface Frame {
  readonly isObject: boolean;
  /** Keys seen; an array while there are few (most objects), then a set. */
  keys: string[] | Set<string>;
  key: string;
  index: number;
}

interface Duplicate {
  readonly frame: Frame;
  readonly key: string;
  readonly path: Path;
  readonly offset: number;
  count: number;
}

type State = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'after-value';

interface Scan {
  readonly text: string;
  readonly frames: Frame[];
  at: number;
  state: State;
  duplicate: Duplicate | null;
}

const SMALL_OBJECT_KEYS = 8;
/** Kubernetes objects hold at most 1.5 MB; so many keys are no such object, only slow. */
const MAX_KEYS = 100_000;
const MAX_NUMBER_LENGTH = 400;
const CODE = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  open: 0x7b,
  close: 0x7d,
  openList: 0x5b,
  closeList: 0x5d,
};

/** The first fault of the text, or null where JSON.parse may have it. */
export function scanJson(text: string): JsonFault | null {
  const scan: Scan = { text, frames: [], at: 0, state: 'value', duplicate: null };
  for (;;) {
    scan.at = skipSpace(text, scan.at);
    if (scan.state === 'after-value' && scan.frames.length === 0) {
      if (scan.at < text.length) return fault(scan, 'text after the end of the JSON value');
      break;
    }
    if (scan.at >= text.length) return fault(scan, 'JSON ends early (file cut off?)');
    const problem = step(scan, text.charCodeAt(scan.at));
    if (problem !== null) return fault(scan, problem);
  }
  const { duplicate } = scan;
  if (duplicate === null) return null;
  const { path, offset, count } = duplicate;
  return { path, offset, problem: `key appears ${count} times` };
}

function step(scan: Scan, code: number): string | null {
  switch (scan.state) {
    case 'value-or-end':
      return code === CODE.closeList ? close(scan) : value(scan, code);
    case 'value':
      return value(scan, code);
    case 'key-or-end':
      return code === CODE.close ? close(scan) : key(scan, code);
    case 'key':
      return key(scan, code);
    case 'colon':
      if (code !== CODE.colon) return `expected ":" after a key, found ${shown(scan)}`;
      scan.at += 1;
      scan.state = 'value';
      return null;
    case 'after-value':
      return separator(scan, code);
  }
}

function value(scan: Scan, code: number): string | null {
  if (code === CODE.open || code === CODE.openList) return open(scan, code === CODE.open);
  if (code === CODE.quote) {
    const end = endOfString(scan.text, scan.at);
    if (end < 0) return 'a string is not closed (file cut off?)';
    return settle(scan, end);
  }
  const word = /-?[A-Za-z_]+/y;
  word.lastIndex = scan.at;
  const found = word.exec(scan.text)?.[0] ?? '';
  const isNumber = code === 0x2d || (code >= 0x30 && code <= 0x39);
  if (isNumber && found === '') {
    const end = endOfNumber(scan.text, scan.at);
    if (end - scan.at > MAX_NUMBER_LENGTH) return `a number of ${end - scan.at} digits`;
    return settle(scan, end);
  }
  if (found === 'true' || found === 'false' || found === 'null') {
    return settle(scan, scan.at + found.length);
  }
  if (found !== '') return `${found.slice(0, 40)} is not JSON`;
  return `expected a value, found ${shown(scan)}`;
}

function settle(scan: Scan, end: number): null {
  scan.at = end;
  scan.state = 'after-value';
  return null;
}

function open(scan: Scan, isObject: boolean): string | null {
  if (scan.frames.length >= MAX_DEPTH) return `nested deeper than the limit of ${MAX_DEPTH}`;
  scan.frames.push({ isObject, keys: [], key: '', index: 0 });
  scan.at += 1;
  scan.state = isObject ? 'key-or-end' : 'value-or-end';
  return null;
}

function close(scan: Scan): null {
  scan.frames.pop();
  return settle(scan, scan.at + 1);
}

function separator(scan: Scan, code: number): string | null {
  const frame = scan.frames[scan.frames.length - 1];
  if (frame === undefined) return null;
  if (code === (frame.isObject ? CODE.close : CODE.closeList)) return close(scan);
  if (code !== CODE.comma) {
    return `expected "," or "${frame.isObject ? '}' : ']'}", found ${shown(scan)}`;
  }
  frame.index += 1;
  scan.at += 1;
  scan.state = frame.isObject ? 'key' : 'value';
  return null;
}

function key(scan: Scan, code: number): string | null {
  if (code !== CODE.quote) return `expected a key in double quotes, found ${shown(scan)}`;
  const end = endOfString(scan.text, scan.at);
  if (end < 0) return 'a string is not closed (file cut off?)';
  const raw = scan.text.slice(scan.at + 1, end - 1);
  const name = raw.includes('\\') ? unescaped(raw) : raw;
  const frame = scan.frames[scan.frames.length - 1];
  if (frame !== undefined) {
    frame.key = name;
    if (!noteKey(frame, name)) noteDuplicate(scan, frame);
    if (frame.keys instanceof Set && frame.keys.size > MAX_KEYS) {
      return `an object of more than ${MAX_KEYS} keys`;
    }
  }
  scan.at = end;
  scan.state = 'colon';
  return null;
}

/** False when the object has the key already. */
function noteKey(frame: Frame, name: string): boolean {
  if (frame.keys instanceof Set) {
    if (frame.keys.has(name)) return false;
    frame.keys.add(name);
    return true;
  }
  if (frame.keys.includes(name)) return false;
  frame.keys.push(name);
  if (frame.keys.length > SMALL_OBJECT_KEYS) frame.keys = new Set(frame.keys);
  return true;
}

function noteDuplicate(scan: Scan, frame: Frame): void {
  const { duplicate } = scan;
  if (duplicate === null) {
    const path = currentPath(scan);
    scan.duplicate = { frame, key: frame.key, path, offset: scan.at, count: 2 };
  } else if (duplicate.frame === frame && duplicate.key === frame.key) {
    duplicate.count += 1;
  }
}

function unescaped(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

function currentPath(scan: Scan): (string | number)[] {
  return scan.frames.map((frame) => (frame.isObject ? frame.key : frame.index));
}

/** Too deep a path would fill the line, and says less than line and column do. */
function fault(scan: Scan, problem: string): JsonFault {
  return { path: [], offset: Math.min(scan.at, scan.text.length), problem };
}

function shown(scan: Scan): string {
  return JSON.stringify(scan.text.slice(scan.at, scan.at + 1));
}

/** Breaks a text: by pieces of the grammars, or, where it is a tree, by its parts. */
import { Document } from 'yaml';
import { parseDocument } from '../../src/fleet/load/document.js';
import type { Draw } from './draw.js';

const NUMBERS = ['0', '-1', '1e999', '9007199254740993', '1e-400', '0x10', '٣', 'NaN', '.inf'];
const UNITS = ['Gi', 'Ki', 'm', 'e3', 'E', 'B/s', 'pages/s', 'Gbit/s', 'us', 'h', '%', 'i'];
const YAML = [
  '&a',
  '*a',
  '!!js/x',
  '<<: ',
  '? ',
  '- ',
  ': ',
  '\t',
  '|\n',
  '{',
  '}',
  '[',
  ']',
  '---\n',
];
const JSON_PARTS = [
  '{}',
  '[]',
  'null',
  'true',
  '"',
  ',',
  ':',
  '\\u0000',
  '\\ud800',
  '"__proto__":',
];
const CSV = [',', '""', '"\r\n"', '\r\n', ';', "'=1", '\uFEFF'];
const XML = ['<a>', '</domain>', '&amp;', '&#0;', '<!DOCTYPE x [<!ENTITY a "b">]>', '<![CDATA['];
const NAMES = ['__proto__', 'constructor', 'toString', '../../x', '\u001b[31m', '\u202e', '=1+1'];
const DICTIONARY = [...NUMBERS, ...UNITS, ...YAML, ...JSON_PARTS, ...CSV, ...XML, ...NAMES];

/** What stands in for a part of a tree. */
const VALUES: readonly unknown[] = [
  null,
  true,
  '',
  [],
  {},
  [[]],
  -1,
  0,
  0.5,
  1e300,
  2 ** 53,
  '-1Gi',
  '9Ei',
  '1e9s',
  '1ns',
  '101%',
  'a'.repeat(2000),
  JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}'),
];

/** Some pieces left out, doubled, moved, or put in from the grammars. */
export function brokenText(draw: Draw, text: string): string {
  let result = text;
  for (let times = draw.between(1, 4); times > 0; times -= 1) result = brokenOnce(draw, result);
  return result;
}

function brokenOnce(draw: Draw, text: string): string {
  const at = draw.upTo(text.length + 1);
  const to = Math.min(text.length, at + draw.between(1, draw.pick([1, 8, 80])));
  const piece = text.slice(at, to);
  const word = draw.pick(DICTIONARY);
  switch (draw.pick(['cut', 'double', 'insert', 'number', 'value', 'end'] as const)) {
    case 'cut':
      return text.slice(0, at) + text.slice(to);
    case 'double':
      return text.slice(0, to) + piece + text.slice(to);
    case 'insert':
      return text.slice(0, at) + word + text.slice(at);
    case 'number':
      return text.slice(0, at) + text.slice(at).replace(/\d+(\.\d+)?/, () => draw.pick(NUMBERS));
    case 'value':
      return text.slice(0, at) + text.slice(at).replace(/[^\s:,[\]{}"]+/, () => word);
    case 'end':
      return text.slice(0, at);
  }
}

type Path = readonly (string | number)[];

/** The same tree with some of its parts gone, doubled, replaced, or in the place of others. */
export function brokenTree(draw: Draw, text: string): string {
  const tree = structuredClone(parseDocument('tree.yaml', text).value);
  for (let times = draw.between(1, 3); times > 0; times -= 1) {
    const paths = pathsIn(tree, []);
    if (paths.length === 0) break;
    changeAt(draw, tree, draw.pick(paths), draw.pick(paths));
  }
  return text.trimStart().startsWith('{')
    ? JSON.stringify(tree)
    : new Document(tree).toString({ lineWidth: 0 });
}

function changeAt(draw: Draw, tree: unknown, path: Path, other: Path): void {
  const key = path.at(-1) as string | number;
  const parent = valueAt(tree, path.slice(0, -1)) as Record<string | number, unknown>;
  switch (draw.pick(['drop', 'value', 'splice', 'double'] as const)) {
    case 'drop':
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      return;
    case 'value':
      parent[key] = structuredClone(draw.pick(VALUES));
      return;
    case 'splice':
      parent[key] = structuredClone(valueAt(tree, other));
      return;
    case 'double':
      if (Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
      else parent[draw.pick(NAMES)] = structuredClone(parent[key]);
      return;
  }
}

function pathsIn(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return path.length === 0 ? [] : [path];
  const inner = Object.entries(value).flatMap(([key, part]) =>
    pathsIn(part, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return path.length === 0 ? inner : [path, ...inner];
}

function valueAt(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], tree);
}

/**
 * A parsed YAML document to plain values: no tags but the core ones, aliases expanded within a
 * limit and never in a circle, `<<` merged, duplicate keys refused, keys as strings.
 */
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { InputError } from '../input-error.js';
import { describeValue, pathText } from '../source-document.js';
import { MAX_DEPTH } from './json-tokens.js';

/** Alias node to the node that it stands for; filled while values are made, in document order. */
export type AliasTargets = Map<unknown, unknown>;

interface Context {
  readonly file: string;
  readonly at: (offset: number) => { line: number; column: number };
  readonly targets: AliasTargets;
  /** Where the document's value stands in the file's value. */
  readonly path: readonly (string | number)[];
}

interface Walk extends Context {
  readonly anchors: Map<string, unknown>;
  readonly ancestors: unknown[];
  /** The path of the value being made. */
  readonly trail: (string | number)[];
  aliasDepth: number;
  aliasValues: number;
}

/** What aliases may expand to, all together: a billion laughs stops here. */
const MAX_ALIAS_VALUES = 100_000;

const CORE_TAG = /^(!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq))$/;

/** @throws InputError with path and position */
export function yamlToValue(context: Context, document: Document.Parsed): unknown {
  const trail = [...context.path];
  const walk: Walk = {
    ...context,
    anchors: new Map(),
    ancestors: [],
    trail,
    aliasDepth: 0,
    aliasValues: 0,
  };
  return toValue(walk, document.contents);
}

function toValue(walk: Walk, node: unknown): unknown {
  if (walk.aliasDepth > 0) {
    walk.aliasValues += 1;
    if (walk.aliasValues > MAX_ALIAS_VALUES) {
      throw fault(
        walk,
        node,
        `too many YAML aliases: they expand to over ${MAX_ALIAS_VALUES} values`,
      );
    }
  }
  if (node === null || node === undefined) return null;
  if (isAlias(node)) return aliasValue(walk, node);
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) throw fault(walk, node, 'not a YAML value');
  if (node.tag !== undefined && !CORE_TAG.test(node.tag)) {
    throw fault(walk, node, `YAML tag ${shownTag(node.tag)} is not allowed`);
  }
  if (node.anchor !== undefined && walk.aliasDepth === 0) walk.anchors.set(node.anchor, node);
  if (isScalar(node)) return node.value;
  if (walk.ancestors.length >= MAX_DEPTH) {
    throw fault(walk, node, `nested deeper than the limit of ${MAX_DEPTH}`);
  }
  walk.ancestors.push(node);
  const value = isMap(node)
    ? mapValue(walk, node)
    : node.items.map((item, i) => childValue(walk, i, item));
  walk.ancestors.pop();
  return value;
}

function childValue(walk: Walk, key: string | number, node: unknown): unknown {
  walk.trail.push(key);
  const value = toValue(walk, node);
  walk.trail.pop();
  return value;
}

function aliasValue(walk: Walk, alias: Alias): unknown {
  const target = walk.targets.get(alias) ?? walk.anchors.get(alias.source);
  if (target === undefined)
    throw fault(walk, alias, `alias *${alias.source} has no anchor before it`);
  walk.targets.set(alias, target);
  if (walk.ancestors.includes(target)) {
    throw fault(walk, alias, 'alias refers to one of its own ancestors');
  }
  walk.aliasDepth += 1;
  const value = toValue(walk, target);
  walk.aliasDepth -= 1;
  return value;
}

function mapValue(walk: Walk, map: YAMLMap): Record<string, unknown> {
  const seen = new Map<string, number>();
  const merged: unknown[] = [];
  const value: Record<string, unknown> = {};
  for (const { key, value: item } of map.items) {
    const name = keyName(walk, key);
    seen.set(name, (seen.get(name) ?? 0) + 1);
    if (name === '<<' && isScalar(key) && key.type === 'PLAIN') {
      const source = childValue(walk, name, item);
      merged.push(...(Array.isArray(source) ? (source as unknown[]) : [source]));
    } else {
      setOwn(value, name, childValue(walk, name, item));
    }
  }
  for (const [name, count] of seen) {
    if (count > 1) {
      walk.trail.push(name);
      throw fault(
        walk,
        map.items.find(({ key }) => keyName(walk, key) === name)?.key,
        `key appears ${count} times`,
      );
    }
  }
  for (const source of merged) merge(walk, map, value, source);
  return value;
}

/** YAML's merge key: what the map itself says wins, then the first source. */
function merge(walk: Walk, map: YAMLMap, value: Record<string, unknown>, source: unknown): void {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    throw fault(walk, map, `<< merges objects, found ${describeValue(source)}`);
  }
  for (const [name, item] of Object.entries(source)) {
    if (!Object.hasOwn(value, name)) setOwn(value, name, item);
  }
}

/** Assignment that makes `__proto__` a key like any other, as JSON.parse does. */
function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') target[name] = value;
  else
    Object.defineProperty(target, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

function keyName(walk: Walk, key: unknown): string {
  if (isScalar(key)) {
    const { value } = key;
    if (typeof value === 'string') return value;
    // `on: 1`, `010: x`: the text as written is what a person means by the key.
    if (value !== null) return key.source ?? String(value);
  }
  throw fault(walk, key, 'a key must be a string');
}

function shownTag(tag: string): string {
  return tag.replace('tag:yaml.org,2002:', '!!');
}

function fault(walk: Walk, node: unknown, problem: string): InputError {
  let position: { line: number; column: number } | null = null;
  if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
    position = walk.at(Number(node.range[0]));
  }
  return new InputError(walk.file, pathText(walk.trail), problem, position);
}

/** Makes a fleet file that fails smaller, as long as it fails in the same way. */
import { Document } from 'yaml';
import { parseDocument } from '../../src/fleet/load/document.js';

type Fails = (text: string) => Promise<boolean>;

type Path = readonly (string | number)[];

/**
 * The smallest file found, by leaving out list items and keys and by taking rounder numbers, until
 * nothing more can go or `untilMs` (of performance.now()) has come.
 */
export async function shrinkFile(text: string, fails: Fails, untilMs: number): Promise<string> {
  let value = parseDocument('fleet.yaml', text).value;
  let best = text;
  for (let smaller = true; smaller && performance.now() < untilMs; ) {
    smaller = false;
    for (const candidate of candidatesOf(value)) {
      if (performance.now() >= untilMs) break;
      const tried = new Document(candidate).toString({ lineWidth: 0 });
      if (tried.length >= best.length || !(await fails(tried))) continue;
      value = candidate;
      best = tried;
      smaller = true;
      break;
    }
  }
  return best;
}

/** One step smaller, the largest steps first: halves of lists, then items and keys, then numbers. */
function* candidatesOf(root: unknown): Generator<unknown> {
  const places = [...placesIn(root, [])];
  for (const { path, value } of places) {
    if (!Array.isArray(value) || value.length < 4) continue;
    const half = Math.ceil(value.length / 2);
    yield replaced(root, path, value.slice(0, half));
    yield replaced(root, path, value.slice(half));
  }
  for (const { path } of places) if (path.length > 0) yield without(root, path);
  for (const { path, value } of places) {
    for (const rounder of rounderValues(value)) yield replaced(root, path, rounder);
  }
}

function* placesIn(value: unknown, path: Path): Generator<{ path: Path; value: unknown }> {
  yield { path, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield* placesIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** `12.345s` to `12s`, `7Gi` to `1Gi`: fewer characters each. */
function rounderValues(value: unknown): readonly (string | number)[] {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return [];
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([A-Za-zµ/%]*)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return [];
  const rounder = ['0', '1', digits.replace(/\..*/, ''), digits.slice(0, -1)]
    .filter((one) => /^\d+(\.\d+)?$/.test(one) && one.length < digits.length)
    .map((one) => (typeof value === 'number' ? Number(one) : `${one}${unit}`));
  return [...new Set(rounder)];
}

function replaced(root: unknown, path: Path, by: unknown): unknown {
  return (
    changed(root, path, (parent, key) => {
      if (Array.isArray(parent)) parent[Number(key)] = by;
      else parent[key] = by;
    }) ?? by
  );
}

function without(root: unknown, path: Path): unknown {
  return changed(root, path, (parent, key) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  });
}

/** A copy of the whole with one place changed; undefined for the root itself. */
function changed(
  root: unknown,
  path: Path,
  change: (parent: Record<string, unknown> | unknown[], key: string) => void,
): unknown {
  const key = path.at(-1);
  if (key === undefined) return undefined;
  const copy: unknown = structuredClone(root);
  let parent = copy as Record<string, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>;
  change(parent, String(key));
  return copy;
}

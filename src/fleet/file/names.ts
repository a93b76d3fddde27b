/** Numbered names of groups (`web-{00}`) and patterns of names (`src-*`). */
import { didYouMean } from '../closest.js';
import type { Path } from '../source-document.js';
import { type ReadContext, wrongAt } from './context.js';

const NUMBER = /\{(\d+)\}/g;

/**
 * The name of a group's member: `{00}` counts from 0 and `{01}` from 1, both with two digits at
 * least. One object without `count` is named as it is.
 */
export function memberNames(
  context: ReadContext,
  path: Path,
  pattern: string,
  count: number | undefined,
): readonly string[] {
  const isPattern = pattern.search(NUMBER) >= 0;
  if (count === undefined) {
    if (isPattern) {
      throw wrongAt(context, [...path, 'name'], `"${pattern}" is a group's name; add count`);
    }
    return [pattern];
  }
  if (!isPattern && count > 1) {
    const problem = `${count} members need numbered names, such as "${pattern}-{00}"`;
    throw wrongAt(context, [...path, 'name'], problem);
  }
  return Array.from({ length: count }, (_, index) => numbered(pattern, index));
}

export function numbered(pattern: string, index: number): string {
  return pattern.replace(NUMBER, (_, first: string) =>
    String(Number(first) + index).padStart(first.length, '0'),
  );
}

/** Names that the patterns stand for, sorted; a pattern that fits none is an error. */
export function matchNames(
  context: ReadContext,
  path: Path,
  patterns: string | readonly string[],
  names: readonly string[],
): readonly string[] {
  const single = typeof patterns === 'string';
  const known = new Set(names);
  const found = new Set<string>();
  for (const [index, pattern] of (single ? [patterns] : patterns).entries()) {
    const matching = known.has(pattern) ? [pattern] : names.filter(matcher(pattern));
    if (matching.length === 0) {
      const at = single ? path : [...path, index];
      throw wrongAt(context, at, `there is no node "${pattern}"${didYouMean(pattern, names)}`);
    }
    for (const name of matching) {
      found.add(name);
    }
  }
  return [...found].sort();
}

/**
 * Whether a name is the pattern, `*` standing for anything. Each part is taken where it comes
 * first: that leaves the most for the others, so nothing is ever tried twice.
 */
export function matcher(pattern: string): (name: string) => boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return (name) => name === pattern;
  return (name) => {
    if (!name.startsWith(first)) return false;
    let end = first.length;
    for (const part of others) {
      const start = name.indexOf(part, end);
      if (start < 0) return false;
      end = start + part.length;
    }
    return name.length - last.length >= end && name.endsWith(last);
  };
}

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fleetFromDump } from '../../../src/fleet/dump/fleet-from-dump.js';
import { InputError } from '../../../src/fleet/input-error.js';
import { parseDocument } from '../../../src/fleet/load/document.js';
import type { SourceDocument } from '../../../src/fleet/source-document.js';

const TEXT = readFileSync(new URL('../../data/small-dump.json', import.meta.url), 'utf8');

/** A fleet with nothing in it that is not a number, or one line that says why not. */
function readOrRefuse(read: () => SourceDocument): void {
  try {
    const { fleet } = fleetFromDump([read()], {}, 'x');
    // JSON writes NaN and infinities as null: none may appear that was not there.
    JSON.stringify(fleet, (_, value: unknown) => {
      if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
      return value;
    });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).not.toContain('\n');
    expect(error.message.length).toBeLessThan(600);
  }
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
}

const HOSTILE = [
  null,
  true,
  0,
  -1,
  1e308,
  0.5,
  '',
  'x',
  '__proto__',
  '1e9',
  '\u001b[31m\n',
  'A'.repeat(100_000),
  [],
  [null],
  [[]],
  {},
  { polluted: true },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": "1", "toString": "2"}'),
];

it('a dump with any value replaced by any other is read or refused in one line', () => {
  const paths = allPaths(JSON.parse(TEXT), []);
  fc.assert(
    fc.property(fc.nat(paths.length - 1), fc.nat(HOSTILE.length - 1), (path, hostile) => {
      const list: unknown = JSON.parse(TEXT);
      replace(list, paths[path] ?? [], HOSTILE[hostile]);
      readOrRefuse(() => parseDocument('dump.json', JSON.stringify(list)));
    }),
    { seed: 6, numRuns: 600 },
  );
});

it('a dump with any characters cut out or put in is read or refused in one line', () => {
  const splice = fc.record({
    at: fc.nat(TEXT.length),
    cut: fc.nat(40),
    put: fc.constantFrom(
      '',
      '"',
      '{',
      ']',
      ',',
      '\\',
      '\u0000',
      'NaN',
      '-',
      '\t',
      '\ud800',
      '__proto__',
    ),
  });
  fc.assert(
    fc.property(splice, ({ at, cut, put }) => {
      const text = TEXT.slice(0, at) + put + TEXT.slice(at + cut);
      readOrRefuse(() => parseDocument('dump.json', text));
    }),
    { seed: 7, numRuns: 500 },
  );
});

it('YAML of any characters is read or refused in one line', () => {
  const pieces = fc.constantFrom(
    '- ',
    'a: ',
    '\n',
    '  ',
    '&x ',
    '*x',
    '!t ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|',
    '>',
    '#',
    '? ',
    '<<: ',
    '---',
    'b',
    '\t',
    '%',
    '1',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      readOrRefuse(() => parseDocument('dump.yaml', `kind: List\nitems:\n${parts.join('')}`));
    }),
    { seed: 8, numRuns: 600 },
  );
});

type Path = readonly (string | number)[];

function allPaths(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value);
  const inner = keys.flatMap((key) =>
    allPaths((value as Record<string | number, unknown>)[key], [...path, key]),
  );
  return [path, ...inner].filter(({ length }) => length > 0);
}

function replace(root: unknown, path: Path, value: unknown): void {
  let parent = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last !== undefined) parent[last] = value;
}

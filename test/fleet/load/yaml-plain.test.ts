/** The quick reader of plain YAML gives what the whole of YAML gives, or leaves it to that. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument as parseWhole } from 'yaml';
import { parseDocument } from '../../../src/fleet/load/document.js';
import { readPlainYaml } from '../../../src/fleet/load/yaml-plain-reader.js';

const root = fileURLToPath(new URL('../../../fleets', import.meta.url));

function whole(text: string): unknown {
  const document = parseWhole(text, { version: '1.2', schema: 'core', logLevel: 'silent' });
  return document.errors.length > 0 ? 'refused' : document.toJS();
}

describe('plain YAML', () => {
  const small = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml') && name !== 'cluster-dump.yaml')
    .map((name) => readFileSync(`${root}/${name}`, 'utf8'));

  it('is what fleets are written in, and gives the same value', () => {
    const plain = small.filter((text) => readPlainYaml(text) !== undefined);
    expect(plain.length).toBeGreaterThan(small.length / 2);
    for (const text of plain) expect(readPlainYaml(text)).toEqual(whole(text));
    const dump = readFileSync(`${root}/cluster-dump.yaml`, 'utf8');
    expect(readPlainYaml(dump)).toMatchObject({ sluice: 1, name: 'cluster' });
  });

  const pieces = [
    ...['a: ', 'b:', 'c: 1', 'd: x y', '- ', '- e: 2', '  ', '    ', '\n', '\n', '\n', ' # k', '#'],
    ...[
      '{ ',
      ' }',
      '[ ',
      ' ]',
      ', ',
      '"q: #"',
      "'it''s'",
      'f: "1"',
      ': ',
      ':',
      '-',
      '---',
      '~',
      '&x',
    ],
    ...[
      'null',
      '0x1f',
      '1e3',
      '-.5',
      '.inf',
      '012',
      '*x',
      '<<: ',
      '|',
      '%',
      '!',
      '@',
      ',',
      "'",
      '"',
    ],
    ...[
      'g: { h: 1, i: [ j, k ] }',
      'l:\n  - m\n  - n: 3\n    o: 4',
      'p:\n- q\n- r',
      '1: s',
      'true: t',
    ],
  ];
  it('never gives another value, whatever the pieces of a text are', () => {
    const texts = fc
      .array(fc.constantFrom(...pieces), { maxLength: 12 })
      .map((list) => list.join(''));
    let read = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const value = readPlainYaml(text);
        if (value === undefined) return;
        read += 1;
        expect(value).toEqual(whole(text));
      }),
      { seed: 20260914, numRuns: 20_000 },
    );
    expect(read).toBeGreaterThan(500);
  });

  it('never gives another value for a fleet file with a part taken out, doubled or moved', () => {
    const text = small.find((one) => one.includes('migrationPolicies:')) ?? '';
    const places = fc.tuple(fc.nat(text.length), fc.nat(40), fc.nat(text.length));
    fc.assert(
      fc.property(places, ([from, length, to]) => {
        const part = text.slice(from, from + length);
        const rest = text.slice(0, from) + text.slice(from + length);
        const edited = rest.slice(0, to) + part + rest.slice(to);
        const value = readPlainYaml(edited);
        if (value !== undefined) expect(value).toEqual(whole(edited));
      }),
      { seed: 20260914, numRuns: 150 },
    );
  });

  it('still knows where a value stands', () => {
    const document = parseDocument('f.yaml', 'a: 1\nb: { c: [ 2,\n    3 ] }\n');
    expect(document.value).toEqual({ a: 1, b: { c: [2, 3] } });
    expect(document.position(['b', 'c', 1])).toEqual({ line: 3, column: 5 });
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadDocument, parseDocument } from '../../../src/fleet/load/document.js';
import { refusal, temporaryFolder } from './temporary-files.js';

const folder = temporaryFolder();

const refuse = (name: string, content: string | Uint8Array): Promise<string> =>
  refusal(() => loadDocument(folder.write(name, content)));

describe('files', () => {
  it('are read as JSON or YAML, plain or compressed, with or without a byte-order mark', async () => {
    const json = '{"a": [1, "x"]}';
    const contents: [string, string | Uint8Array][] = [
      ['a.json', json],
      ['bom.json', `\ufeff${json}`],
      ['a.json.gz', gzipSync(json)],
      ['compressed-without-the-name', gzipSync(json)],
      ['a.yaml', 'a:\n  - 1\n  - x\n'],
      ['flow.yaml', '{a: [1, x]}'],
      ['json.yaml', json],
    ];
    for (const [name, content] of contents) {
      expect((await loadDocument(folder.write(name, content))).value, name).toEqual({
        a: [1, 'x'],
      });
    }
  });

  it('that are missing, no files, or not readable as a whole are refused in a line', async () => {
    mkdirSync(folder.path('folder'));
    symlinkSync(folder.path('circle'), folder.path('circle'));
    execFileSync('mkfifo', [folder.path('pipe')]);
    const load = (name: string) => refusal(() => loadDocument(folder.path(name)));
    expect(await load('folder')).toBe('folder: is a directory, not a file');
    expect(await load('nothing')).toBe('nothing: no such file');
    expect(await load('nothing/in/it')).toBe('it: no such file');
    expect(await load('circle')).toBe('circle: symbolic link that leads back to itself');
    expect(await load('pipe')).toMatch(/^pipe: is a named pipe, not a file/);
    expect(await refusal(() => loadDocument('/dev/null'))).toMatch(/^null: is a device/);
    expect(await refuse('empty', '')).toBe('empty: file is empty');
    expect(await refuse('blank', ' \n\t ')).toBe('blank: file holds only white space');
  });

  it('that are damaged gzip or expand without end are refused', async () => {
    const whole = gzipSync('{"a": 1}'.repeat(100));
    const flipped = Uint8Array.from(whole, (byte, i) =>
      i === whole.length - 6 ? byte ^ 255 : byte,
    );
    expect(await refuse('cut.gz', whole.subarray(0, 20))).toMatch(/gzip stream ends early/);
    expect(await refuse('bad.gz', flipped)).toMatch(/gzip stream is damaged/);
    expect(
      await refuse(
        'bomb.gz',
        Buffer.concat(Array.from({ length: 160 }, () => gzipSync(Buffer.alloc(1e6, 'A')))),
      ),
    ).toBe('bomb.gz: decompresses to more, the limit is 150 MB');
  });

  it('in another encoding are refused with the place', async () => {
    const bytes = (...list: number[]) => Uint8Array.from([...Buffer.from('{"a": "'), ...list]);
    expect(await refuse('a', Buffer.from('\ufeff{"a": 1}', 'utf16le'))).toMatch(
      /file is UTF-16; save/,
    );
    expect(await refuse('a', Buffer.from('{"a": 1}', 'utf16le'))).toMatch(/file is UTF-16; save/);
    expect(await refuse('a', bytes(0xff))).toBe('a: not valid UTF-8 at byte offset 7');
    expect(await refuse('a', bytes(0xed, 0xa0, 0x80, 0x22))).toBe(
      'a: not valid UTF-8 at byte offset 7',
    );
    expect(await refuse('a', bytes(0xe2, 0x82))).toBe('a: not valid UTF-8 at byte offset 7');
  });

  it('that are something else are recognised', async () => {
    expect(await refuse('a', '<!DOCTYPE html><html>')).toMatch(/neither JSON nor YAML.*HTML/);
    expect(await refuse('a', 'Error from server (Forbidden): no')).toMatch(
      /line 1 is a kubectl message/,
    );
    expect(await refuse('a', 'vmi,namespace,rate\nx,y,1\n')).toMatch(/looks like CSV/);
  });
});

describe('JSON', () => {
  it.each([
    ['{"a": 1', '1:8: JSON ends early (file cut off?)'],
    ['{"a": "x', '1:7: a string is not closed (file cut off?)'],
    ['{"a": 1}\n{"b": 2}', '2:1: text after the end of the JSON value'],
    ['{"a": NaN}', '1:7: NaN is not JSON'],
    ['{"a": -Infinity}', '1:7: -Infinity is not JSON'],
    ['{"a" 1}', '1:6: expected ":" after a key, found "1"'],
    ['{"a": 1 "b": 2}', '1:9: expected "," or "}", found "\\""'],
    ['{a: 1}', '1:2: expected a key in double quotes, found "a"'],
    ["['a']", '1:2: expected a value, found "\'"'],
    ['[1,]', '1:4: expected a value, found "]"'],
    ['{"a": {"b": 1, "\\u0062": 2, "b": 3}}', 'a.b (1:16): key appears 3 times'],
    ['{"a": 01}', '1:8: not JSON: Unexpected number'],
    ['{"a": "\u0001"}', '1:8: not JSON: Bad control character in string literal'],
    ['{"a": "\\x"}', '1:9: not JSON: Bad escaped character'],
  ])('%s', async (text, problem) => {
    expect(await refuse('a.json', text)).toBe(`a.json: ${problem}`);
  });

  it('says which limit was passed where', async () => {
    expect(await refuse('a', '['.repeat(300))).toBe(
      'a: 1:201: nested deeper than the limit of 200',
    );
    expect(await refuse('a', `[${'9'.repeat(500)}]`)).toBe('a: 1:2: a number of 500 digits');
  });

  it('of hostile depth, keys or size is refused in no time', async () => {
    const started = performance.now();
    await refuse('a', '['.repeat(1e6));
    await refuse('a', '{"a":'.repeat(1e6));
    await refuse('a', `{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":0`).join()}}`);
    await refuse('a', `[${'9'.repeat(1e7)}]`);
    await refuse('a', `["${'\\'.repeat(1e6)}`);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('keeps __proto__ a key like any other', () => {
    const { value } = parseDocument('a', '{"__proto__": {"polluted": true}}');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('gives what JSON.parse gives, and finds every value again', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 2), (value, indent) => {
        const text = JSON.stringify({ root: value }, null, indent);
        const document = parseDocument('a.json', text);
        expect(document.value).toEqual(JSON.parse(text));
        for (const [path, expected] of leaves(document.value, [])) {
          const shown = JSON.stringify(expected);
          expect(textAt(text, document.position(path)).startsWith(shown)).toBe(true);
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

type Path = readonly (string | number)[];

function leaves(value: unknown, path: Path): (readonly [Path, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value);
  return keys.flatMap((key) =>
    leaves((value as Record<string | number, unknown>)[key], [...path, key]),
  );
}

function textAt(text: string, position: { line: number; column: number } | null): string {
  const lines = text.split('\n');
  return (lines[(position?.line ?? 1) - 1] ?? '').slice((position?.column ?? 1) - 1);
}

describe('YAML', () => {
  it('follows 1.2: no octal, no sexagesimal, no yes and no', () => {
    const { value } = parseDocument(
      'a.yaml',
      'on: no\nt: 12:30:45\no: 010\ne: 1e3\nn: ~\nb: true\n',
    );
    expect(value).toEqual({ on: 'no', t: '12:30:45', o: 10, e: 1000, n: null, b: true });
  });

  it('merges, expands aliases, and takes several documents for a List', () => {
    const text = 'base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nsame: *b\n';
    expect(parseDocument('a.yaml', text).value).toEqual({
      base: { x: 1, y: 2 },
      use: { x: 1, y: 3 },
      same: { x: 1, y: 2 },
    });
    const several = parseDocument('a.yaml', 'kind: A\n---\nkind: B\n---\n');
    expect(several.value).toEqual({
      apiVersion: 'v1',
      kind: 'List',
      items: [{ kind: 'A' }, { kind: 'B' }],
    });
    expect(several.position(['items', 1, 'kind'])).toEqual({ line: 3, column: 7 });
  });

  it('finds values behind aliases', () => {
    const document = parseDocument('a.yaml', 'a: &x\n  b: 1\nc: *x\n');
    expect(document.position(['a', 'b'])).toEqual({ line: 2, column: 6 });
    expect(document.position(['c', 'b'])).toEqual({ line: 2, column: 6 });
    expect(document.position(['c', 'missing'])).toEqual({ line: 3, column: 4 });
  });

  it.each([
    ['a: 1\nb:\n\t- x\n', '3:1: a tab cannot indent YAML'],
    [
      'a: !!python/object/apply:os.system [x]\n',
      'a (1:36): YAML tag !!python/object/apply:os.system is not allowed',
    ],
    ['a: !ruby {}\n', 'a (1:10): YAML tag !ruby is not allowed'],
    ['a: &x [1, *x]\n', 'a[1] (1:11): alias refers to one of its own ancestors'],
    ['a: {b: 1, b: 2}\n', 'a.b (1:5): key appears 2 times'],
    ['? [a]\n: 1\n', '1:3: a key must be a string'],
    ['a: *x\n', 'a (1:4): alias *x has no anchor before it'],
    ['<<: 1\n', '1:1: << merges objects, found the number 1'],
    ['# nothing\n', 'file holds no value'],
  ])('%s', async (text, problem) => {
    expect(await refuse('a.yaml', text)).toBe(`a.yaml: ${problem}`);
  });

  it('says where nesting passed the limit', async () => {
    const problem = 'nested deeper than the limit of 200';
    expect(await refuse('a.yaml', `a: ${'['.repeat(300)}`)).toBe(`a.yaml: 1:203: ${problem}`);
    expect(await refuse('a.yaml', `${'- '.repeat(300)}x`)).toBe(`a.yaml: 1:401: ${problem}`);
  });

  it('that expands to billions, or nests without end, is refused in no time', async () => {
    const started = performance.now();
    const levels = Array.from(
      { length: 9 },
      (_, i) => `k${i}: &k${i} [${`*k${i - 1},`.repeat(i === 0 ? 0 : 9)}1]`,
    );
    expect(await refuse('a.yaml', `${levels.join('\n')}\n`)).toMatch(/too many YAML aliases/);
    await refuse('a.yaml', `a: ${'['.repeat(1e5)}`);
    await refuse('a.yaml', '- '.repeat(1e5));
    await refuse('a.yaml', '? '.repeat(1e5));
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('keeps __proto__ a key like any other', () => {
    const { value } = parseDocument('a.yaml', '__proto__: {polluted: true}\n');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

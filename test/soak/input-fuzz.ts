/**
 * Inputs of every kind, broken at random by pieces of their grammars: each is read, or refused in
 * one line, at once.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fleetFromDump } from '../../src/fleet/dump/fleet-from-dump.js';
import { fleetFromFile } from '../../src/fleet/file/fleet-file.js';
import { InputError } from '../../src/fleet/input-error.js';
import { parseDocument } from '../../src/fleet/load/document.js';
import { parseQuantity } from '../../src/fleet/quantity.js';
import { readResults } from '../../src/plan/read-results.js';
import { type Draw, drawOf } from './draw.js';

type InputKind = 'fleet' | 'dump' | 'rates' | 'results' | 'quantity';

/** What is broken, by kind; paths within the repository. */
const CORPUS: Readonly<Record<Exclude<InputKind, 'quantity'>, readonly string[]>> = {
  fleet: [
    'fleets/single-guest.yaml',
    'fleets/three-racks.yaml',
    'fleets/convergence-stalls.yaml',
    'fleets/rolling-upgrade.yaml',
    'fleets/published/vep291.yaml',
  ],
  dump: ['test/data/small-dump.json'],
  rates: ['test/data/fuzz/dirty-rates.json'],
  results: ['test/data/fuzz/summary.csv'],
};

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
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '../../x',
  '\u001b[31m',
  '\u202e',
  '=1+1',
  `$\{a}`,
];
const DICTIONARY = [...NUMBERS, ...UNITS, ...YAML, ...JSON_PARTS, ...NAMES];

const SECONDS_MOST = 5;
const LINE_MOST = 1000;

/** Breaks and reads one input of each kind. Throws an Error that holds what was not refused well. */
export async function fuzzInputs(seed: number, root: string): Promise<void> {
  const draw = drawOf(seed, 'inputs');
  for (const kind of Object.keys(CORPUS) as (keyof typeof CORPUS)[]) {
    const text = readFileSync(join(root, draw.pick(CORPUS[kind])), 'utf8');
    await tryInput(kind, broken(draw, text));
  }
  for (let i = 0; i < 50; i += 1) await tryInput('quantity', randomQuantity(draw));
}

async function tryInput(kind: InputKind, text: string): Promise<void> {
  const before = process.cpuUsage();
  try {
    await read(kind, text);
  } catch (error) {
    if (!(error instanceof InputError)) {
      throw new Error(`inputs: ${kind}: ${JSON.stringify(text)}`, { cause: error });
    }
    if ([...error.message].some((one) => one < ' ') || error.message.length > LINE_MOST) {
      throw new Error(`inputs: ${kind}: told as ${JSON.stringify(error.message)}`);
    }
  }
  const { user, system } = process.cpuUsage(before);
  if (user + system > SECONDS_MOST * 1e6) {
    throw new Error(`inputs: ${kind}: ${(user + system) / 1e6} s for ${JSON.stringify(text)}`);
  }
  if (Object.keys(Object.prototype).length > 0) throw new Error(`inputs: ${kind}: a prototype`);
}

async function read(kind: InputKind, text: string): Promise<void> {
  switch (kind) {
    case 'fleet':
      return finite(fleetFromFile(parseDocument('fleet.yaml', text)).fleet);
    case 'dump':
      return finite(fleetFromDump([parseDocument('dump.json', text)], {}, 'x').fleet);
    case 'rates': {
      const dirtyRates = parseDocument('rates.json', text);
      const nothing = parseDocument('dump.json', EMPTY_DUMP);
      return finite(fleetFromDump([nothing], { dirtyRates }, 'x').fleet);
    }
    case 'results':
      return await readFromFile(text);
    case 'quantity': {
      const parsed = parseQuantity(text);
      if (parsed.ok !== QUANTITY.test(text)) {
        // What fits no int64 is refused, though its form is right.
        const isTooLarge = !parsed.ok && /larger than|out of range/.test(parsed.problem);
        if (!isTooLarge) throw new Error('not what apimachinery says');
      }
      return;
    }
    default:
      kind satisfies never;
  }
}

const EMPTY_DUMP = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'wrk-a1' }, status: {} }],
});

/** apimachinery's grammar of a quantity, from its documentation: number, then one suffix. */
const QUANTITY = /^[+-]?([0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/;

async function readFromFile(text: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
  try {
    writeFileSync(join(folder, 'summary.csv'), text);
    await readResults(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function finite(value: unknown): void {
  JSON.stringify(value, (key, inner: unknown) => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) throw new Error(`${key} is ${inner}`);
    return inner;
  });
}

/** Some pieces left out, doubled, moved, or put in from the grammars. */
function broken(draw: Draw, text: string): string {
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
      return text.slice(0, at) + text.slice(at).replace(/\d+(\.\d+)?/, draw.pick(NUMBERS));
    case 'value':
      return text.slice(0, at) + text.slice(at).replace(/[^\s:,[\]{}"]+/, word);
    case 'end':
      return text.slice(0, at);
  }
}

function randomQuantity(draw: Draw): string {
  const parts = [
    '+',
    '-',
    '.',
    '0',
    '7',
    '12',
    '007',
    'e',
    'E',
    'Ki',
    'Ei',
    'k',
    'K',
    'm',
    'n',
    'u',
    ' ',
  ];
  return draw.list(5, () => draw.pick(parts)).join('');
}

/**
 * Inputs of every kind, broken at random by pieces of their grammars and by parts of their trees:
 * each is read, or refused in one line, at once.
 */
import { InputError } from '../../src/fleet/input-error.js';
import { parseQuantity } from '../../src/fleet/quantity.js';
import { type Draw, drawOf } from './draw.js';
import { corpusText, INPUT_KINDS, RUN_FILES, readBrokenRun, wholeRunFiles } from './fuzz-inputs.js';
import { brokenText, brokenTree } from './fuzz-mutations.js';
import { caseOfSeed } from './soak-case.js';

const SECONDS_MOST = 5;
const LINE_MOST = 1000;

/** Breaks and reads one input of each kind. Throws an Error that holds what was not refused well. */
export async function fuzzInputs(seed: number, root: string): Promise<void> {
  const draw = drawOf(seed, 'inputs');
  for (const { name, corpus, isTree, read } of INPUT_KINDS) {
    // Fleets are generated as well, with all that a random one may have.
    const isMade = name === 'fleet' && draw.chance(0.5);
    const whole = isMade ? caseOfSeed(seed).text : corpusText(root, draw.pick(corpus));
    const text = isTree && draw.chance(0.5) ? brokenTree(draw, whole) : brokenText(draw, whole);
    await tryInput(name, text, read);
  }
  const files = Object.entries(await wholeRunFiles());
  const [name, whole] = draw.pick(files);
  await tryInput(RUN_FILES, brokenText(draw, whole), (text) => readBrokenRun(name, text));
  for (let i = 0; i < 50; i += 1) await tryInput('quantity', randomQuantity(draw), readQuantity);
}

async function tryInput(
  kind: string,
  text: string,
  read: (text: string) => unknown,
): Promise<void> {
  const before = process.cpuUsage();
  try {
    checkFinite(await read(text));
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

function checkFinite(value: unknown): void {
  JSON.stringify(value, (key, inner: unknown) => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) throw new Error(`${key} is ${inner}`);
    return inner;
  });
}

/** apimachinery's grammar of a quantity, from its documentation: number, then one suffix. */
const QUANTITY = /^[+-]?([0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/;
const QUANTITY_PARTS = [
  ...['+', '-', '.', '0', '7', '12', '007', 'e', 'E', ' ', '_', '0x'],
  ...['Ki', 'Ei', 'k', 'K', 'm', 'n', 'u', 'i'],
];

function randomQuantity(draw: Draw): string {
  return draw.list(5, () => draw.pick(QUANTITY_PARTS)).join('');
}

function readQuantity(text: string): void {
  const parsed = parseQuantity(text);
  if (parsed.ok === QUANTITY.test(text)) return;
  // What fits no int64 is refused, though its form is right.
  const isTooLarge = !parsed.ok && /larger than|out of range/.test(parsed.problem);
  if (!isTooLarge) throw new Error('not what apimachinery says');
}

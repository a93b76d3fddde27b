/**
 * The arithmetic inside `${…}` of a fleet file: numbers, parameters, + - * / and parentheses,
 * so that one parameter can set several things (`count: ${guests / 2}`).
 */
import { quoteShort } from '../source-document.js';

export type ParameterValue = string | number | boolean;
export type Parameters = ReadonlyMap<string, ParameterValue>;

/** What is wrong with an expression; the caller knows where it stands. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** Parentheses and signs within one another; each takes some of the stack. */
const DEPTH_LIMIT = 64;

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_][\w-]*)|([-+*/()]))/y;

/** A single parameter as it is, of any type; anything else as a number. */
export function evaluate(expression: string, parameters: Parameters): ParameterValue {
  const alone = expression.trim();
  const value = parameters.get(alone);
  if (value !== undefined) {
    return value;
  }
  const reader = { tokens: tokens(expression), at: 0, depth: 0, parameters, expression };
  const result = sum(reader);
  if (reader.at < reader.tokens.length || !Number.isFinite(result)) {
    throw new ExpressionError(`\${${expression}} is not a sum of numbers and parameters`);
  }
  return result;
}

interface Reader {
  readonly tokens: readonly string[];
  at: number;
  depth: number;
  readonly parameters: Parameters;
  readonly expression: string;
}

function tokens(expression: string): readonly string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  const text = expression.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) {
      throw new ExpressionError(`\${${expression}} is not a sum of numbers and parameters`);
    }
    found.push(match[0].trim());
  }
  return found;
}

function sum(reader: Reader): number {
  let result = product(reader);
  while (reader.tokens[reader.at] === '+' || reader.tokens[reader.at] === '-') {
    const minus = reader.tokens[reader.at] === '-';
    reader.at += 1;
    const right = product(reader);
    result = minus ? result - right : result + right;
  }
  return result;
}

function product(reader: Reader): number {
  let result = operand(reader);
  while (reader.tokens[reader.at] === '*' || reader.tokens[reader.at] === '/') {
    const divide = reader.tokens[reader.at] === '/';
    reader.at += 1;
    const right = operand(reader);
    result = divide ? result / right : result * right;
  }
  return result;
}

function operand(reader: Reader): number {
  if (reader.depth > DEPTH_LIMIT) {
    const problem = `parentheses and signs nest deeper than ${DEPTH_LIMIT}`;
    throw new ExpressionError(`${quoteShort(reader.expression)}: ${problem}; write it flatter`);
  }
  reader.depth += 1;
  const value = operandWithin(reader);
  reader.depth -= 1;
  return value;
}

function operandWithin(reader: Reader): number {
  const token = reader.tokens[reader.at] ?? '';
  reader.at += 1;
  if (token === '-') {
    return -operand(reader);
  }
  if (token === '(') {
    const inner = sum(reader);
    if (reader.tokens[reader.at] !== ')') {
      throw new ExpressionError(`\${${reader.expression}}: a ) is missing`);
    }
    reader.at += 1;
    return inner;
  }
  const value = /^\d/.test(token) ? Number(token) : reader.parameters.get(token);
  if (value === undefined) {
    throw new ExpressionError(unknown(token, reader));
  }
  const number = Number(value);
  if (Number.isNaN(number)) {
    throw new ExpressionError(`\${${reader.expression}}: parameter ${token} is not a number`);
  }
  return number;
}

function unknown(token: string, reader: Reader): string {
  const names = [...reader.parameters.keys()];
  const known = names.length === 0 ? 'the file has no parameters' : `known: ${names.join(', ')}`;
  return `\${${reader.expression}}: there is no parameter "${token}" (${known})`;
}

/**
 * Depth of YAML before it is parsed: the parser recurses, so hostile nesting must never reach it.
 * Tokens come from the library's own lexer, which does not recurse.
 */
import { CST, Lexer } from 'yaml';
import { InputError } from '../input-error.js';
import { lineAndColumn, MAX_DEPTH } from './json-tokens.js';

/** What comes right after one of these may begin a block collection at its column. */
const OPENS_BLOCK = new Set([
  'newline',
  'doc-mode',
  'seq-item-ind',
  'explicit-key-ind',
  'map-value-ind',
]);

/** @throws InputError at the place where nesting passes the limit */
export function refuseDeepYaml(file: string, text: string): void {
  let offset = 0;
  let flow = 0;
  let column = 0;
  let canNest = true;
  /** Columns at which open block collections started; an upper bound of their depth. */
  const blocks: number[] = [];
  for (const token of new Lexer().lex(text)) {
    const kind = CST.tokenType(token);
    if (kind === 'flow-map-start' || kind === 'flow-seq-start') flow += 1;
    else if (kind === 'flow-map-end' || kind === 'flow-seq-end') flow = Math.max(0, flow - 1);
    else if (kind === 'newline') column = -token.length;
    else if (flow === 0 && canNest && kind !== 'space') noteBlock(blocks, column);
    if (kind !== 'space') canNest = OPENS_BLOCK.has(kind ?? '');
    if (flow + blocks.length > MAX_DEPTH) {
      const position = lineAndColumn(text, offset);
      throw new InputError(file, '', `nested deeper than the limit of ${MAX_DEPTH}`, position);
    }
    const isMark = kind === 'doc-mode' || kind === 'flow-error-end' || kind === 'scalar';
    if (!isMark) {
      offset += token.length;
      column += token.length;
    }
  }
}

function noteBlock(blocks: number[], column: number): void {
  while (blocks.length > 0 && (blocks[blocks.length - 1] ?? 0) >= column) blocks.pop();
  blocks.push(column);
}

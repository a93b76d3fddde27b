/**
 * Lines as they go to standard output. At a terminal they are fitted to its width and have some
 * colour, unless NO_COLOR (no-color.org) or TERM says no; in a pipe or a file they stay as they are.
 */
import { styleText } from 'node:util';
import { wrapLine } from '../outcome/text-table.js';

/** Columns of the terminal; no limit where output goes elsewhere. */
export function outputWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || FALLBACK_WIDTH : Number.POSITIVE_INFINITY;
}

const FALLBACK_WIDTH = 80;

/** Prints lines, the first as a headline; titles are the lines that indented ones follow. */
export function printLines(lines: readonly string[]): void {
  const width = outputWidth();
  const coloured = hasColours(process.stdout);
  const shown = lines.flatMap((line, i) => {
    const isTitle = i === 0 || isTitleOf(line, lines[i + 1]);
    return wrapLine(line, width).map((part) => (coloured ? paint(part, isTitle) : part));
  });
  process.stdout.write(`${shown.join('\n')}\n`);
}

/** Node's own reading of NO_COLOR, FORCE_COLOR, NODE_DISABLE_COLORS and TERM. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.hasColors();
}

function isTitleOf(line: string, next: string | undefined): boolean {
  return /^\S(?!.* {2})/.test(line) && next?.startsWith('  ') === true;
}

/** Outcomes that an operator looks for; the word itself says it too. Not as parts of names. */
const BAD = /(?<=^|[\s,(])(failed|aborted|lost|unfinished|unschedulable|not-movable)(?![\w/-])/g;

function paint(line: string, isTitle: boolean): string {
  const marked = line.replaceAll(BAD, (word) => styleText('red', word));
  return isTitle ? styleText('bold', marked) : marked;
}

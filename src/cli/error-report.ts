/** What a person reads when a command cannot do its work. */

import { closest, didYouMean } from '../fleet/closest.js';
import { InputError } from '../fleet/input-error.js';
import { EXIT_CODES, exitWith } from './exit.js';

/** Prints an error that a command threw and sets the exit code that belongs to it. */
export function reportError(error: unknown): void {
  if (error instanceof InputError) {
    process.stderr.write(`${error.message}\n`);
    exitWith(EXIT_CODES.wrongInput);
    return;
  }
  if (isClosedPipe(error)) return;
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${BUG_TEXT}\n\n${told}\n`);
  exitWith(EXIT_CODES.bug);
}

/** Whoever read our output has gone: there is nobody left to tell. */
function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

const BUG_TEXT = `sluice: this is a bug in sluice, not in your input.
Please report it with the command line, the text below, the version ("sluice --version"), and, if
you may share it, the fleet file ("sluice import" makes one from a dump).`;

/** What a command line may hold where it went wrong. */
export interface KnownWords {
  readonly commands: readonly string[];
  /** Without dashes. */
  readonly options: readonly string[];
}

/** What to throw for yargs' complaint about a command line. */
export function usageError(
  complaint: string,
  args: readonly string[],
  known: KnownWords,
): InputError {
  const problem = complaint
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/^Not enough non-option arguments.*/, 'name a FILE')
    .replace(/^Did you mean/, 'no such command; did you mean')
    .trim();
  const command = args.find((arg) => known.commands.includes(arg));
  const help = `sluice${command === undefined ? '' : ` ${command}`} --help`;
  return new InputError('sluice', '', `${problem}${hint(problem, known)} (see ${help})`);
}

/** yargs says what it does not know; what was meant is one of the words that it does know there. */
function hint(problem: string, known: KnownWords): string {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(problem)?.[1]?.replace(/^-+/, '');
  if (unknown !== undefined) {
    const meant = closest(unknown, known.options);
    return meant === null ? '' : `; did you mean --${meant}?`;
  }
  const choice = /Given: "([^"]*)", Choices: (.*)$/.exec(problem);
  if (choice === null) return '';
  const [, given = '', choices = ''] = choice;
  return didYouMean(
    given,
    [...choices.matchAll(/"([^"]*)"/g)].map(([, one = '']) => one),
  );
}

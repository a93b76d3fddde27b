/** The commands and options that yargs knows at this moment; its types leave these methods out. */
import type { Argv } from 'yargs';
import type { KnownWords } from './error-report.js';

/** yargs wants a command for its completions; ours has the name that people look for. */
export const COMPLETION_WORDS = 'completion-words';

interface Inside {
  getOptions(): { readonly key: Readonly<Record<string, unknown>> };
}

/** @param commands of the whole command line */
export function knownWords(yargs: Argv, commands: readonly string[]): KnownWords {
  return { commands, options: Object.keys(inside(yargs).getOptions().key) };
}

function inside(yargs: Argv): Inside {
  return yargs as unknown as Inside;
}

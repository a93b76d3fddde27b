/** The commands and options that yargs knows at this moment; its types leave these methods out. */
import type { Argv } from 'yargs';
import type { KnownWords } from './error-report.js';

/** yargs wants a command for its completions; ours has the name that people look for. */
export const COMPLETION_WORDS = 'completion-words';

interface Inside {
  getOptions(): { readonly key: Readonly<Record<string, unknown>> };
  getInternalMethods(): { getCommandInstance(): { getCommands(): readonly string[] } };
}

/** All commands; to be asked before parsing, which leaves only those of the command that runs. */
export function commandNames(yargs: Argv): readonly string[] {
  const all = inside(yargs).getInternalMethods().getCommandInstance().getCommands();
  return all.filter((name) => name !== COMPLETION_WORDS);
}

/** @param commands of the whole command line (commandNames) */
export function knownWords(yargs: Argv, commands: readonly string[]): KnownWords {
  return { commands, options: Object.keys(inside(yargs).getOptions().key) };
}

function inside(yargs: Argv): Inside {
  return yargs as unknown as Inside;
}

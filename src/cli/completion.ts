/** `sluice completion`: scripts by which shells complete commands, options, and a fleet's names. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { CommandModule } from 'yargs';
import { InputError } from '../fleet/input-error.js';
import { loadFleet } from '../fleet/load/load-fleet.js';
import type { Fleet } from '../fleet/model.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

interface CompletionArguments {
  readonly shell: Shell | undefined;
}

export const completionCommand: CommandModule<object, CompletionArguments> = {
  command: 'completion [shell]',
  describe: 'Print a script that completes sluice in bash, zsh or fish',
  builder: (yargs) =>
    yargs.positional('shell', { choices: SHELLS, describe: 'Default: the one of $SHELL' }).example([
      ['$0 completion bash >> ~/.bashrc', ''],
      ['$0 completion zsh >> ~/.zshrc', ''],
      ['$0 completion fish > ~/.config/fish/completions/sluice.fish', ''],
    ]),
  handler: ({ shell }) => {
    process.stdout.write(SCRIPTS[shell ?? ownShell()]);
  },
};

/** @throws InputError */
function ownShell(): Shell {
  const name = basename(process.env.SHELL ?? '');
  const shell = SHELLS.find((one) => one === name);
  if (shell !== undefined) return shell;
  throw new InputError('sluice completion', '', `name a shell: ${SHELLS.join(', ')}`);
}

/** yargs gives the words in the form of the shell that SHELL names. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_sluice_complete() {
  local words
  mapfile -t words < <(SHELL=bash sluice --get-yargs-completions "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
  mapfile -t COMPREPLY < <(compgen -W "\${words[*]}" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o bashdefault -o default -F _sluice_complete sluice
`,
  zsh: `#compdef sluice
_sluice_complete() {
  local reply
  reply=("\${(@f)$(SHELL=zsh sluice --get-yargs-completions "\${words[@]:0:$CURRENT}" 2>/dev/null)}")
  [[ -n "$reply" ]] && _describe 'sluice' reply || _files
}
compdef _sluice_complete sluice
`,
  fish: `function __sluice_complete
  SHELL=fish sluice --get-yargs-completions (commandline -opc) (commandline -ct) 2>/dev/null
end
complete -c sluice -a '(__sluice_complete)'
`,
};

type Done = (words: string[]) => void;
type Usual = (done: (error: Error | null, words: string[] | undefined) => void) => void;

/** What may stand at the cursor: a guest or node of the fleet behind their options, else yargs' own. */
export function completeWords(_current: string, _argv: unknown, usual: Usual, done: Done): void {
  const words = process.argv.slice(process.argv.indexOf('--get-yargs-completions') + 1);
  const names = NAMES[words.at(-2) ?? ''];
  if (names === undefined) {
    // Options where one is begun: elsewhere they would stand in the way of files.
    const wanted = (word: string): boolean =>
      !word.startsWith('-') || words.at(-1)?.startsWith('-') === true;
    usual((_error, found) => done((found ?? []).filter(wanted)));
    return;
  }
  const files = words.slice(2, -2).filter((word) => !word.startsWith('-') && existsSync(word));
  loadFleet({ files }).then(
    ({ fleet }) => done(names(fleet)),
    // A file that is wrong is told when the command runs, not while it is typed.
    () => done([]),
  );
}

const NAMES: Readonly<Record<string, (fleet: Fleet) => string[]>> = {
  '--guest': ({ guests }) => guests.map(({ namespace, name }) => `${namespace}/${name}`),
  '--drain': ({ nodes }) => nodes.map(({ name }) => name),
};

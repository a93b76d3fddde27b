/** The `sluice` command: registers the commands, runs one, and answers for what went wrong. */

import yargs, { type Argv } from 'yargs';
import { outputProblem } from '../outcome/whole-files.js';
import { completeWords } from './completion.js';
import { reportError, usageError } from './error-report.js';
import { EXIT_CODES, exitWith } from './exit.js';
import { COMPLETION_WORDS, knownWords } from './known-words.js';
import { hideDashes } from './option-values.js';
import { outputWidth } from './terminal-text.js';
import { packageVersion } from './version.js';

type Register = (to: Argv) => Promise<Argv>;

/** In the order of the help. Each brings a part of the program that the others do without. */
const COMMANDS: Readonly<Record<string, Register>> = {
  run: async (to) => to.command((await import('./run.js')).runCommand),
  trace: async (to) => to.command((await import('./trace.js')).traceCommand),
  explain: async (to) => to.command((await import('./explain.js')).explainCommand),
  import: async (to) => to.command((await import('./import.js')).importCommand),
  check: async (to) => to.command((await import('./check.js')).checkCommand),
  sweep: async (to) => to.command((await import('./sweep.js')).sweepCommand),
  plan: async (to) => to.command((await import('./plan.js')).planCommand),
  compare: async (to) => to.command((await import('./compare.js')).compareCommand),
  backtest: async (to) => to.command((await import('./backtest.js')).backtestCommand),
  report: async (to) => to.command((await import('./report.js')).reportCommand),
  eta: async (to) => to.command((await import('./eta.js')).etaCommand),
  validate: async (to) => to.command((await import('./validate.js')).validateCommand),
  init: async (to) => to.command((await import('./init.js')).initCommand),
  doctor: async (to) => to.command((await import('./doctor.js')).doctorCommand),
  completion: async (to) => to.command((await import('./completion.js')).completionCommand),
};

const EXAMPLES: [string, string][] = [
  ['$0 run fleets/three-racks.yaml', 'drain as the fleet file says'],
  ['$0 run cluster.json --drain wrk-b1,wrk-b2', 'straight from a kubectl dump'],
  ['$0 trace cluster.json --guest shop/db-0', 'one migration, round by round'],
  ['$0 explain cluster.json --guest shop/db-0', 'the settings in force for it'],
  ['$0 import cluster.json -o fleet.yaml', 'a fleet file to read and edit'],
  ['$0 report out', 'a page of charts and tables from the CSV of a run'],
  ['$0 init', 'a first fleet file, without a cluster'],
];

const BEGIN =
  'Begin with "sluice run DUMP", which says what to type next; without a dump with "sluice init"';

const EPILOGUE = `Exit codes: 0 done, 1 a comparison failed, 2 wrong input or usage, 3 warnings and 4 blockers (check), 70 a bug, 130 interrupted.
A dump is what "kubectl get nodes,vmis,kubevirts,migrationpolicies,pvc,pdb,namespaces -A -o json" prints.
${BEGIN}`;

/**
 * Runs one command line (without `node` and the script) and sets the process's exit code. Never
 * rejects: what goes wrong is told on standard error.
 */
export async function main(args: readonly string[]): Promise<void> {
  answerForOutput();
  try {
    const parser = await commandLine(args);
    await parser.parseAsync();
  } catch (error) {
    reportError(error);
  }
}

async function commandLine(args: readonly string[]): Promise<Argv> {
  const parser: Argv = yargs(hideDashes(args))
    .scriptName('sluice')
    .locale('en')
    .usage('$0 <command> [options]\n\nSimulates fleets of KubeVirt live migrations.')
    .completion(COMPLETION_WORDS, false, completeWords)
    .strict()
    .recommendCommands()
    .example(EXAMPLES)
    .epilogue(EPILOGUE)
    .help()
    .alias('help', 'h')
    .version(packageVersion())
    .wrap(Math.min(100, outputWidth()))
    .parserConfiguration({ 'camel-case-expansion': false, 'boolean-negation': false })
    .exitProcess(false)
    .fail((complaint, error) => {
      // A command's own error comes without a complaint; one of the parser's is a YError.
      if (error && error.name !== 'YError') throw error;
      throw usageError(complaint ?? error.message, args, knownWords(parser, Object.keys(COMMANDS)));
    });
  for (const register of registersFor(args[0])) await register(parser);
  const commands = Object.keys(COMMANDS);
  const listed = commands.slice(0, -1).join(', ');
  return parser.demandCommand(1, `name a command: ${listed} or ${commands.at(-1)}. ${BEGIN}`);
}

/** The command that is named first alone; all of them for what lists or looks for commands. */
function registersFor(word: string | undefined): readonly Register[] {
  const named = word !== undefined && Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  return named === undefined ? Object.values(COMMANDS) : [named];
}

/**
 * `sluice … | head` closes the pipe early: that is no error of ours. A full disk behind `>` is told;
 * of one behind `2>` only the exit code can tell.
 */
function answerForOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') reportError(outputProblem('standard output', error));
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') exitWith(EXIT_CODES.wrongInput);
  });
}

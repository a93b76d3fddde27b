/** The `sluice` command: registers the commands, runs one, and answers for what went wrong. */

import yargs, { type Argv } from 'yargs';
import { outputProblem } from '../outcome/whole-files.js';
import { backtestCommand } from './backtest.js';
import { checkCommand } from './check.js';
import { compareCommand } from './compare.js';
import { completeWords, completionCommand } from './completion.js';
import { doctorCommand } from './doctor.js';
import { reportError, usageError } from './error-report.js';
import { etaCommand } from './eta.js';
import { EXIT_CODES, exitWith } from './exit.js';
import { explainCommand } from './explain.js';
import { importCommand } from './import.js';
import { initCommand } from './init.js';
import { COMPLETION_WORDS, commandNames, knownWords } from './known-words.js';
import { hideDashes } from './option-values.js';
import { planCommand } from './plan.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';
import { sweepCommand } from './sweep.js';
import { outputWidth } from './terminal-text.js';
import { traceCommand } from './trace.js';
import { validateCommand } from './validate.js';
import { packageVersion } from './version.js';

const EXAMPLES: [string, string][] = [
  ['$0 run fleets/three-racks.yaml', 'drain as the fleet file says'],
  ['$0 run cluster.json --drain wrk-b1,wrk-b2', 'straight from a kubectl dump'],
  ['$0 trace cluster.json --guest shop/db-0', 'one migration, round by round'],
  ['$0 explain cluster.json --guest shop/db-0', 'the settings in force for it'],
  ['$0 import cluster.json -o fleet.yaml', 'a fleet file to read and edit'],
  ['$0 report out', 'a page of charts and tables from the CSV of a run'],
  ['$0 init', 'a first fleet file, without a cluster'],
];

const EPILOGUE = `Exit codes: 0 done, 1 a comparison failed, 2 wrong input or usage, 3 warnings and 4 blockers (check), 70 a bug, 130 interrupted.
A dump is what "kubectl get nodes,vmis,kubevirts,migrationpolicies,pvc,pdb,namespaces -A -o json" prints.`;

/**
 * Runs one command line (without `node` and the script) and sets the process's exit code. Never
 * rejects: what goes wrong is told on standard error.
 */
export async function main(args: readonly string[]): Promise<void> {
  answerForOutput();
  try {
    await commandLine(args).parseAsync();
  } catch (error) {
    reportError(error);
  }
}

function commandLine(args: readonly string[]): Argv {
  const parser: Argv = yargs(hideDashes(args))
    .scriptName('sluice')
    .locale('en')
    .usage('$0 <command> [options]\n\nSimulates fleets of KubeVirt live migrations.')
    .command(runCommand)
    .command(traceCommand)
    .command(explainCommand)
    .command(importCommand)
    .command(checkCommand)
    .command(sweepCommand)
    .command(planCommand)
    .command(compareCommand)
    .command(backtestCommand)
    .command(reportCommand)
    .command(etaCommand)
    .command(validateCommand)
    .command(initCommand)
    .command(doctorCommand)
    .command(completionCommand)
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
      throw usageError(complaint ?? error.message, args, knownWords(parser, commands));
    });
  const commands = commandNames(parser);
  const listed = commands.slice(0, -1).join(', ');
  return parser.demandCommand(1, `name a command: ${listed} or ${commands.at(-1)}`);
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

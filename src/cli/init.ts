/** `sluice init`: a few questions, and a first fleet file from the answers. */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Argv, CommandModule } from 'yargs';
import { firstFleetText } from '../fleet/file/first-fleet.js';
import { escapeControls, InputError } from '../fleet/input-error.js';
import { checkOutputFolder, textFile, writeWholeFiles } from '../outcome/whole-files.js';
import { answersFrom, QUESTIONS, type Question } from './init-questions.js';
import { withInterrupt } from './interrupt.js';
import { type GivenOption, singleValue } from './option-values.js';

interface InitArguments {
  readonly output?: GivenOption;
  readonly force: boolean;
  readonly yes: boolean;
  /** Each question's option. */
  readonly [option: string]: unknown;
}

export const initCommand: CommandModule<object, InitArguments> = {
  command: 'init',
  describe: 'Ask a few questions and write a first fleet file',
  builder: (yargs) =>
    yargs
      .options({
        output: {
          alias: 'o',
          type: 'string',
          requiresArg: true,
          describe: 'Fleet file to write; - is standard output [default: fleet.yaml]',
        },
        force: { type: 'boolean', default: false, describe: 'Replace the file if it is there' },
        yes: { type: 'boolean', default: false, describe: 'Ask nothing, take what is usual' },
        ...Object.fromEntries(QUESTIONS.map((question) => [question.option, optionOf(question)])),
      })
      .example([
        ['$0 init', 'asks, and writes fleet.yaml'],
        ['$0 init --yes --guests 40 --workload jvm -o jvm.yaml', 'asks nothing'],
      ]) as unknown as Argv<InitArguments>,
  handler: (args) => withInterrupt((signal) => init(args, signal)),
};

function optionOf({ text, usual }: Question) {
  return { type: 'string', requiresArg: true, describe: `${text} [default: ${usual}]` } as const;
}

async function init(args: InitArguments, signal: AbortSignal): Promise<void> {
  const output = singleValue('--output', args.output) ?? 'fleet.yaml';
  const toStandardOutput = output === '-';
  if (!toStandardOutput) {
    await checkOutputFolder(dirname(output));
    if (!args.force && existsSync(output)) {
      throw new InputError(output, '', 'is there already; --force replaces it');
    }
  }
  const answers = await answerAll(args, signal);
  const name = toStandardOutput ? 'first' : basename(output).replace(/\.[^.]*$/, '') || 'first';
  const text = firstFleetText(answersFrom(nameInYaml(name), answers), shellWord(output));
  if (toStandardOutput) {
    process.stdout.write(text);
    return;
  }
  await writeWholeFiles(dirname(output), [textFile(basename(output), text)], signal);
  const shown = escapeControls(shellWord(output));
  process.stdout.write(`Wrote ${escapeControls(output)}. Next: sluice run ${shown}\n`);
}

/** Options first; then the person at the terminal, or the lines of what is piped in. */
async function answerAll(
  args: InitArguments,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const answers: Record<string, string> = {};
  const open: Question[] = [];
  for (const question of QUESTIONS) {
    const { option } = question;
    const given = singleValue(`--${option}`, args[option] as GivenOption);
    if (given === undefined) open.push(question);
    else answers[option] = checked(`--${option}`, question, given);
  }
  if (open.length === 0) return answers;
  if (args.yes) for (const { option, usual } of open) answers[option] = usual;
  else if (process.stdin.isTTY) await ask(open, answers, signal);
  else takeLines(await readAll(process.stdin), open, answers);
  return answers;
}

async function ask(
  questions: readonly Question[],
  answers: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // At a terminal in raw mode Ctrl-C is a key: it has to become the signal that it is elsewhere.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    for (const question of questions) {
      answers[question.option] = await askOne((text) => lines.question(text, { signal }), question);
    }
  } finally {
    lines.close();
  }
}

async function askOne(
  put: (text: string) => Promise<string>,
  { text, usual, problem }: Question,
): Promise<string> {
  for (;;) {
    const answer = (await put(`${text} [${usual}] `)).trim() || usual;
    const wrong = problem(answer);
    if (wrong === null) return answer;
    process.stderr.write(`  ${escapeControls(wrong)}\n`);
  }
}

function takeLines(
  text: string,
  questions: readonly Question[],
  answers: Record<string, string>,
): void {
  const lines = text.split('\n').map((line) => line.trim());
  questions.forEach((question, i) => {
    const given = lines[i] ?? '';
    answers[question.option] =
      given === '' ? question.usual : checked(`-: line ${i + 1}`, question, given);
  });
}

/** @throws InputError */
function checked(where: string, { problem }: Question, answer: string): string {
  const wrong = problem(answer);
  if (wrong !== null) throw new InputError(where, '', wrong);
  return answer;
}

/** The fleet's name: what the file is called, in quotes where YAML would take it for something else. */
function nameInYaml(name: string): string {
  return /^[a-z][a-z0-9-]*$/.test(name) && !/^(true|false|null|yes|no|on|off|y|n)$/.test(name)
    ? name
    : JSON.stringify(name);
}

/** A file name as a shell takes it, for the commands that are shown. */
function shellWord(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

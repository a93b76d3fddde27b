/** The command line of `npm run soak`. */
import { randomBytes } from 'node:crypto';
import yargs from 'yargs';
import {
  type GivenOption,
  positiveNumber,
  singleValue,
  wholeNumber,
} from '../../src/cli/option-values.js';
import { InputError } from '../../src/fleet/input-error.js';

export interface SoakOptions {
  /** Of the first case; each further one has the next. */
  readonly seed: number;
  readonly minutes: number;
  /** Stop after as many cases; Infinity: when the time is over. */
  readonly cases: number;
  /** One fleet file instead of random ones; null: random. */
  readonly file: string | null;
  /** Where the smallest fleet file that fails is written. */
  readonly out: string;
  /** How long what fails is made smaller at most. */
  readonly shrinkSeconds: number;
}

const SEEDS = 2 ** 32;
const SHRINK_SECONDS = 60;

/** What was asked for; null when yargs has answered already (`--help`). @throws InputError */
export async function parseOptions(args: readonly string[]): Promise<SoakOptions | null> {
  const given = await commandLine(args).parseAsync();
  if (given.help === true) return null;
  const option = (name: string) => given[name] as GivenOption;
  const most = { least: 0, most: SEEDS - 1 };
  return {
    seed: wholeNumber('--seed', option('seed'), most) ?? randomBytes(4).readUInt32LE(),
    minutes: positiveNumber('--minutes', option('minutes'), 10_000) ?? 1,
    cases:
      wholeNumber('--cases', option('cases'), { least: 1, most: SEEDS }) ??
      Number.POSITIVE_INFINITY,
    file: singleValue('--file', option('file')) ?? null,
    out: singleValue('--out', option('out')) ?? 'out/soak',
    shrinkSeconds:
      wholeNumber('--shrink', option('shrink'), { least: 0, most: 3600 }) ?? SHRINK_SECONDS,
  };
}

function commandLine(args: readonly string[]) {
  const text = { type: 'string', requiresArg: true } as const;
  return yargs(args)
    .scriptName('npm run soak --')
    .locale('en')
    .usage(
      '$0 [options]\n\nRuns random fleets with every check on, until one fails.\n$0 --planted [PLACE]: in a copy with a bug planted, one by one; each has to be found.',
    )
    .options({
      minutes: { ...text, describe: 'How long [default: 1]' },
      seed: { ...text, describe: 'Of the first case [default: a fresh one, which is printed]' },
      cases: { ...text, describe: 'Stop after so many cases' },
      file: { ...text, describe: 'Check this fleet file with the seed, nothing random' },
      out: { ...text, describe: 'Folder for what fails [default: out/soak]' },
      shrink: { ...text, describe: 'Seconds for making what fails smaller [default: 60]' },
    })
    .strict()
    .demandCommand(0, 0, '', 'takes options only')
    .version(false)
    .help()
    .parserConfiguration({ 'camel-case-expansion': false, 'boolean-negation': false })
    .exitProcess(false)
    .fail((complaint, error) => {
      const problem = (complaint ?? error.message).replaceAll(/\s*\n\s*/g, ' ').trim();
      throw new InputError('soak', '', `${problem} (see npm run soak -- --help)`);
    });
}

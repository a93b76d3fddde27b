/** The command line of `npm run bench`. */
import yargs from 'yargs';
import { type GivenOption, singleValue } from '../src/cli/option-values.js';
import { InputError } from '../src/fleet/input-error.js';
import { type BenchSize, SUITE_NAMES, type SuiteName } from './result-file.js';

export interface BenchOptions {
  readonly suites: readonly SuiteName[];
  readonly size: BenchSize;
  /** Folder of results.csv and results.json; undefined for bench/. */
  readonly out: string | undefined;
  /** File of the reference; undefined for no comparison. */
  readonly compare: string | undefined;
  /** Share by which a ratio may be below its reference. */
  readonly maxFall: number;
}

/** What was asked for; null when yargs has answered already (`--help`). @throws InputError */
export async function parseOptions(args: readonly string[]): Promise<BenchOptions | null> {
  const given = await commandLine(args).parseAsync();
  if (given.help === true) return null;
  const out = singleValue('--out', given.out as GivenOption);
  return {
    suites: suitesOf(singleValue('--only', given.only as GivenOption)),
    size: sizeOf(given.quick, given.full),
    out,
    compare: singleValue('--compare', given.compare as GivenOption),
    maxFall: shareOf(singleValue('--max-fall', given['max-fall'] as GivenOption) ?? '20%'),
  };
}

function commandLine(args: readonly string[]) {
  return yargs(args)
    .scriptName('npm run bench --')
    .locale('en')
    .usage('$0 [options]\n\nTimes kernels and whole runs beside a plain JavaScript loop.')
    .options({
      only: {
        type: 'string',
        requiresArg: true,
        describe: `Suites, by comma: ${SUITE_NAMES.join(', ')}`,
      },
      quick: { type: 'boolean', default: false, describe: 'Small sizes: do they still run?' },
      full: { type: 'boolean', default: false, describe: 'All sizes of whole runs: hours' },
      out: {
        type: 'string',
        requiresArg: true,
        describe: 'Folder of the results [default: bench]',
      },
      compare: {
        type: 'string',
        requiresArg: true,
        describe: 'An earlier results.json; exit code 1 when a ratio fell below it',
      },
      'max-fall': {
        type: 'string',
        requiresArg: true,
        describe: 'By how much a ratio may fall [default: 20%]',
      },
    })
    .strict()
    .demandCommand(0, 0, '', 'takes options only')
    .version(false)
    .help()
    .parserConfiguration({ 'camel-case-expansion': false, 'boolean-negation': false })
    .exitProcess(false)
    .fail((complaint, error) => {
      const problem = (complaint ?? error.message).replaceAll(/\s*\n\s*/g, ' ').trim();
      throw new InputError('bench', '', `${problem} (see npm run bench -- --help)`);
    });
}

function suitesOf(text: string | undefined): readonly SuiteName[] {
  if (text === undefined) return SUITE_NAMES;
  const wanted = text.split(',');
  const unknown = wanted.find((name) => !SUITE_NAMES.includes(name as SuiteName));
  if (unknown === undefined) return SUITE_NAMES.filter((name) => wanted.includes(name));
  throw new InputError('--only', '', `"${unknown}" is none of ${SUITE_NAMES.join(', ')}`);
}

function sizeOf(quick: boolean, full: boolean): BenchSize {
  if (quick && full) throw new InputError('--full', '', 'is the contrary of --quick: give one');
  if (quick) return 'quick';
  return full ? 'full' : 'usual';
}

function shareOf(text: string): number {
  const [, digits, sign] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const share = Number(digits ?? 'NaN') / (sign === '%' ? 100 : 1);
  if (share > 0 && share < 1) return share;
  throw new InputError('--max-fall', '', `"${text}" is not a share such as 20% or 0.2`);
}

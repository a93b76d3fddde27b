/** `sluice compare`: two results side by side, and a gate for CI. */
import type { Argv, CommandModule } from 'yargs';
import { didYouMean } from '../fleet/closest.js';
import { InputError } from '../fleet/input-error.js';
import { type Bound, type Comparison, compareResults } from '../plan/compare.js';
import { comparisonJson, comparisonLines } from '../plan/compare-text.js';
import { type Results, readResults } from '../plan/read-results.js';
import { EXIT_CODES, exitWith } from './exit.js';
import { printLines } from './terminal-text.js';

interface CompareArguments {
  readonly before: string;
  readonly after: string;
  readonly 'max-increase'?: readonly string[];
  readonly 'max-decrease'?: readonly string[];
  readonly json: boolean;
}

export const compareCommand: CommandModule<object, CompareArguments> = {
  command: 'compare <before> <after>',
  describe: 'Hold two results against each other; exit 1 when a figure is past its bound',
  builder: (yargs) =>
    yargs
      .positional('before', { type: 'string', describe: 'Output folder of run or sweep, or a CSV' })
      .positional('after', { type: 'string', describe: 'Another one' })
      .options({
        'max-increase': bound('grow'),
        'max-decrease': bound('shrink'),
        json: { type: 'boolean', default: false, describe: 'Print all figures as JSON' },
      })
      .example([
        ['$0 compare out-today out-new', 'side by side'],
        ['$0 compare main branch --max-increase drain_time_s=5%', 'a gate for CI'],
        ['$0 compare main branch --max-decrease guests_moved=0', 'none may stay behind'],
      ]) as unknown as Argv<CompareArguments>,
  handler: compare,
};

function bound(verb: string) {
  const describe = `How far a figure may ${verb}: COLUMN=5% or COLUMN=AMOUNT (repeatable)`;
  return { type: 'string', array: true, nargs: 1, requiresArg: true, describe } as const;
}

async function compare(args: CompareArguments): Promise<void> {
  const bounds = [
    ...(args['max-increase'] ?? []).map((text) => boundOf(text, 'increase')),
    ...(args['max-decrease'] ?? []).map((text) => boundOf(text, 'decrease')),
  ];
  const before = await readResults(args.before);
  const after = await readResults(args.after);
  const comparison = compareResults(before, after, bounds);
  checkMatched(comparison, before, after);
  checkBounds(bounds, comparison);
  if (args.json) process.stdout.write(`${JSON.stringify(comparisonJson(comparison), null, 2)}\n`);
  else printLines(comparisonLines(comparison, { before: args.before, after: args.after }));
  const past = comparison.scenarios.flatMap(({ settings, changes }) =>
    changes.filter(({ verdict }) => verdict === 'past').map((one) => ({ settings, ...one })),
  );
  for (const { settings, figure } of past) {
    const where = settings === '' ? '' : ` (${settings})`;
    process.stderr.write(`sluice: ${figure} is past its bound${where}\n`);
  }
  if (past.length > 0) exitWith(EXIT_CODES.failed);
}

/** `drain_time_s=5%`, `guests_failed=0`. @throws InputError */
function boundOf(text: string, direction: Bound['direction']): Bound {
  const match = /^([\w-]+)=(\d+(?:\.\d+)?)(%?)$/.exec(text);
  if (match === null) {
    const problem = `"${text}" is not COLUMN=5% or COLUMN=AMOUNT, such as drain_time_s=5%`;
    throw new InputError(`--max-${direction}`, '', problem);
  }
  const [, figure = '', amount = '', percent] = match;
  const kind = percent === '%' ? 'share' : 'amount';
  const value = kind === 'share' ? Number(amount) / 100 : Number(amount);
  return { figure, direction, limit: { kind, value } };
}

function checkMatched(comparison: Comparison, before: Results, after: Results): void {
  if (comparison.scenarios.length === 0) {
    const problem = `none of its scenarios is in ${before.name}: other settings were swept`;
    throw new InputError(after.name, '', problem);
  }
  if (before.fidelity === after.fidelity) return;
  const told = `${before.fidelity} against ${after.fidelity} fidelity: equal in distribution only`;
  process.stderr.write(`sluice: warning: ${told}\n`);
}

/** A gate that watches nothing would never fail. */
function checkBounds(bounds: readonly Bound[], { scenarios }: Comparison): void {
  const figures = new Set(scenarios.flatMap(({ changes }) => changes.map(({ figure }) => figure)));
  for (const { figure, direction } of bounds) {
    if (figures.has(figure)) continue;
    const problem = `"${figure}" is no column of numbers in both${didYouMean(figure, figures)}`;
    throw new InputError(`--max-${direction}`, '', problem);
  }
}

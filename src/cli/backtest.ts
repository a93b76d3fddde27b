/** `sluice backtest`: the migrations that a cluster made, predicted and compared. */
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { dirtyRateSamples } from '../fleet/dump/observed-workloads.js';
import { readPastMigrations } from '../fleet/dump/past-migrations.js';
import { escapeControls, InputError } from '../fleet/input-error.js';
import { loadDocument } from '../fleet/load/document.js';
import type { Fleet } from '../fleet/model.js';
import { csvStream } from '../outcome/csv.js';
import { checkOutputFolder, writeWholeFiles } from '../outcome/whole-files.js';
import { simulate } from '../simulation/simulate.js';
import { type BacktestInputs, backtest } from '../validate/backtest.js';
import { NO_CORRECTIONS } from '../validate/backtest-corrections.js';
import { reportOf } from '../validate/backtest-errors.js';
import { fitCorrections } from '../validate/backtest-fit.js';
import { backtestJson } from '../validate/backtest-json.js';
import { backtestColumns } from '../validate/backtest-table.js';
import { backtestLines } from '../validate/backtest-text.js';
import { type FleetArguments, fleetOptions, loadFleetFrom } from './fleet-options.js';
import { letSignalsIn, withInterrupt } from './interrupt.js';
import { type GivenOption, singleValue, wholeNumber } from './option-values.js';
import { openPageWork } from './page-work.js';
import { linkStepUsOf } from './run-options.js';
import { printLines } from './terminal-text.js';
import { printWarnings } from './warnings-report.js';

interface BacktestArguments extends FleetArguments {
  readonly history: GivenOption;
  readonly replicas?: GivenOption;
  readonly seed?: GivenOption;
  readonly out?: GivenOption;
  readonly fit: boolean;
  readonly json: boolean;
}

export const backtestCommand: CommandModule<object, BacktestArguments> = {
  command: 'backtest <file..>',
  describe: 'Predict the migrations that a cluster has made, and compare with what happened',
  builder: (yargs) =>
    fleetOptions(yargs)
      .options({
        history: {
          type: 'string',
          requiresArg: true,
          demandOption: true,
          describe: 'kubectl get vmims -A -o json: the migrations that were made',
        },
        replicas: {
          type: 'string',
          requiresArg: true,
          describe: 'Simulations of each, over the rates known [default: 5]',
        },
        seed: { type: 'string', requiresArg: true, describe: 'Of the first replica [default: 1]' },
        fit: {
          type: 'boolean',
          default: false,
          describe: 'Propose corrections, tested on migrations that they were not fitted on',
        },
        out: { type: 'string', requiresArg: true, describe: 'Folder for backtest.csv' },
        json: { type: 'boolean', default: false, describe: 'Print the report as JSON' },
      })
      .example([
        ['$0 backtest cluster.json --history vmims.json --dirty-rates rates.json', 'a report'],
        ['$0 backtest cluster.json --history vmims.json --fit --out out', 'with corrections'],
      ]) as unknown as Argv<BacktestArguments>,
  handler: (args) => withInterrupt((signal) => runBacktest(args, signal)),
};

async function runBacktest(args: BacktestArguments, signal: AbortSignal): Promise<void> {
  const history = singleValue('--history', args.history) ?? '';
  const replicas = wholeNumber('--replicas', args.replicas, { least: 1, most: 100 }) ?? 5;
  const seed = wholeNumber('--seed', args.seed, { least: 0, most: 0xffff_0000 }) ?? 1;
  const out = singleValue('--out', args.out);
  if (out !== undefined) await checkOutputFolder(out);
  const past = readPastMigrations([await loadDocument(history)]);
  const { fleet, warnings } = await loadFleetFrom(args);
  const samples = await samplesOf(fleet, args);
  printWarnings([...warnings, ...past.warnings]);
  const pageWork = openPageWork(1);
  const run: BacktestInputs['simulate'] = (of, seedOf) =>
    simulate(of, {
      seed: seedOf,
      fidelity: 'chunk',
      pageWork,
      rounds: false,
      decisions: false,
      linkStepUs: linkStepUsOf(undefined),
      onProgress: letSignalsIn,
      signal,
    });
  const { migrations } = past;
  const inputs: BacktestInputs = { fleet, migrations, samples, replicas, seed, simulate: run };
  try {
    const rows = await backtest(inputs, NO_CORRECTIONS);
    const fit = args.fit ? await fitCorrections(inputs, rows) : null;
    if (out !== undefined) {
      const content = () => csvStream(backtestColumns, rows);
      await writeWholeFiles(out, [{ name: 'backtest.csv', content }], signal);
    }
    const report = reportOf(rows);
    if (args.json) {
      process.stdout.write(`${JSON.stringify(backtestJson(report, rows, fit), null, 2)}\n`);
      return;
    }
    const wrote =
      out === undefined ? [] : ['', `Wrote ${escapeControls(join(out, 'backtest.csv'))}.`];
    printLines([...backtestLines(report, rows, fit), ...wrote]);
  } finally {
    await pageWork.close();
  }
}

/** The samples behind the rates that the importer took a median of. @throws InputError */
async function samplesOf(
  fleet: Fleet,
  args: BacktestArguments,
): Promise<BacktestInputs['samples']> {
  const file = singleValue('--dirty-rates', args['dirty-rates']);
  if (file === undefined) return new Map();
  if (file === '-') {
    throw new InputError('--dirty-rates', '', 'is read twice, so standard input does not do here');
  }
  const names = new Set(fleet.guests.map(({ namespace, name }) => `${namespace}/${name}`));
  return dirtyRateSamples(await loadDocument(file), names);
}

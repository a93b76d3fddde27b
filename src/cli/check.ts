/** `sluice check`: what a drain will meet, in seconds. */
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { escapeControls } from '../fleet/input-error.js';
import { csvStream } from '../outcome/csv.js';
import { checkOutputFolder, writeWholeFiles } from '../outcome/whole-files.js';
import { type CheckReport, checkFleet } from '../plan/check.js';
import { findingColumns } from '../plan/check-finding.js';
import { checkJson, checkLines } from '../plan/check-text.js';
import { type DrainArguments, drainedFleet, drainOptions } from './drain-options.js';
import { EXIT_CODES, exitWith } from './exit.js';
import { type FleetArguments, fleetOptions, loadFleetFrom } from './fleet-options.js';
import { withInterrupt } from './interrupt.js';
import { type GivenOption, singleValue, wholeNumber } from './option-values.js';
import { printLines } from './terminal-text.js';
import { printWarnings } from './warnings-report.js';

interface CheckArguments extends FleetArguments, DrainArguments {
  readonly out?: GivenOption;
  readonly seed?: GivenOption;
  readonly json: boolean;
}

export const checkCommand: CommandModule<object, CheckArguments> = {
  command: 'check <file..>',
  describe: 'Say what blocks a drain, what may go wrong, and which settings do nothing',
  builder: (yargs) =>
    drainOptions(fleetOptions(yargs))
      .options({
        out: {
          type: 'string',
          requiresArg: true,
          describe: 'Folder for check.csv [default: none]',
        },
        seed: {
          type: 'string',
          requiresArg: true,
          describe: 'Of the draws for working sets that are not known [default: 1]',
        },
        json: { type: 'boolean', default: false, describe: 'Print the findings as JSON' },
      })
      .example([
        ['$0 check fleets/cluster-dump.yaml', 'the drain that the file asks for'],
        ['$0 check cluster.json --pods pods.json', 'each node of a kubectl dump in turn'],
        ['$0 check cluster.json --drain wrk-b1 --out out', 'check.csv for a spreadsheet'],
      ])
      .epilogue(
        'Exit codes: 0 nothing found, 3 warnings, 4 blockers.',
      ) as unknown as Argv<CheckArguments>,
  handler: (args) => withInterrupt((signal) => check(args, signal)),
};

async function check(args: CheckArguments, signal: AbortSignal): Promise<void> {
  const folder = singleValue('--out', args.out);
  const seed = wholeNumber('--seed', args.seed, { least: 0, most: 0xffff_ffff }) ?? 1;
  if (folder !== undefined) await checkOutputFolder(folder);
  const { fleet, warnings } = await loadFleetFrom(args);
  printWarnings(warnings);
  const report = checkFleet(drainedFleet(fleet, args), seed);
  if (folder !== undefined) await writeFindings(folder, report, signal);
  if (args.json) process.stdout.write(`${JSON.stringify(checkJson(report), null, 2)}\n`);
  else printLines(checkLines(report));
  if (report.counts.blocker > 0) exitWith(EXIT_CODES.blockers);
  else if (report.counts.warning > 0) exitWith(EXIT_CODES.warnings);
}

async function writeFindings(
  folder: string,
  { findings }: CheckReport,
  signal: AbortSignal,
): Promise<void> {
  const name = 'check.csv';
  const content = () => csvStream(findingColumns, findings);
  await writeWholeFiles(folder, [{ name, content }], signal);
  process.stderr.write(`Wrote ${escapeControls(join(folder, name))}.\n`);
}

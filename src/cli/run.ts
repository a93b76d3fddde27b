/** `sluice run`: drain a fleet, write CSV, say what came of it. */
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { escapeControls } from '../fleet/input-error.js';
import type { Fleet } from '../fleet/model.js';
import { runFiles } from '../outcome/run-files.js';
import { type Summary, summarise } from '../outcome/summary.js';
import { summaryJson } from '../outcome/summary-json.js';
import { summaryLines } from '../outcome/summary-text.js';
import { checkOutputFolder, writeWholeFiles } from '../outcome/whole-files.js';
import type { RunResult } from '../simulation/result.js';
import { simulate } from '../simulation/simulate.js';
import { type DrainArguments, drainedFleet, drainOptions } from './drain-options.js';
import { type FleetArguments, fleetOptions, loadFleetFrom } from './fleet-options.js';
import { letSignalsIn, withInterrupt } from './interrupt.js';
import { type GivenOption, showDash, singleValue } from './option-values.js';
import { openPageWork } from './page-work.js';
import { progressDisplay } from './progress-bar.js';
import {
  linkStepUsOf,
  type SimulationArguments,
  seedOf,
  simulationOptions,
  threadsOf,
} from './run-options.js';
import { printLines } from './terminal-text.js';
import { printWarnings } from './warnings-report.js';

interface RunArguments extends FleetArguments, SimulationArguments, DrainArguments {
  readonly out?: GivenOption;
  readonly 'link-step'?: GivenOption;
  readonly rounds: boolean;
  readonly decisions: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

export const runCommand: CommandModule<object, RunArguments> = {
  command: 'run <file..>',
  describe: 'Drain the nodes of a fleet and write what happens as CSV',
  builder: (yargs) => outputOptions(simulationOptions(drainOptions(fleetOptions(yargs)))),
  handler: (args) => withInterrupt((signal) => run(args, signal)),
};

function outputOptions<T>(yargs: Argv<T>): Argv<RunArguments> {
  return yargs
    .options({
      out: { type: 'string', requiresArg: true, describe: 'Folder for the CSV [default: out]' },
      'link-step': {
        type: 'string',
        requiresArg: true,
        describe: 'Seconds in a row of links.csv [default: 60]',
      },
      rounds: { type: 'boolean', default: false, describe: 'Write rounds.csv' },
      decisions: { type: 'boolean', default: false, describe: 'Write decisions.csv' },
      json: { type: 'boolean', default: false, describe: 'Print the summary as JSON' },
      quiet: { type: 'boolean', default: false, describe: 'No progress and no summary text' },
    })
    .example([
      ['$0 run fleets/three-racks.yaml', 'drain as the fleet file says, CSV into out/'],
      ['$0 run cluster.json --drain wrk-b1,wrk-b2', 'drain two nodes of a kubectl dump'],
      ['$0 run cluster.json --drain-selector rack=b', 'drain the nodes with a label'],
      ['$0 run fleet.yaml --set drain.method=taint', 'what if …'],
    ]) as unknown as Argv<RunArguments>;
}

async function run(args: RunArguments, signal: AbortSignal): Promise<void> {
  const folder = singleValue('--out', args.out) ?? 'out';
  const seed = seedOf(args);
  const threads = threadsOf(args);
  const linkStepUs = linkStepUsOf(args['link-step']);
  await checkOutputFolder(folder);
  const loaded = await loadFleetFrom(args);
  const fleet = drainedFleet(loaded.fleet, args);
  const file = showDash(args.file[0] ?? '-');
  printWarnings([...loaded.warnings, ...nothingToDrain(file, fleet)]);

  const pageWork = await openPageWork(threads);
  const progress = progressDisplay(args.quiet);
  let result: RunResult;
  try {
    result = await simulate(fleet, {
      seed,
      fidelity: args.fidelity,
      pageWork,
      rounds: args.rounds,
      decisions: args.decisions,
      linkStepUs,
      onProgress: async (now) => {
        progress.show(now);
        await letSignalsIn();
      },
      signal,
    });
  } finally {
    progress.stop();
    await pageWork.close();
  }
  printWarnings(result.warnings.map((message) => ({ file, path: '', message })));
  const summary = summarise(fleet.name, result);
  const files = runFiles(result, summary, args);
  await writeWholeFiles(folder, files, signal);
  printSummary(summary, args, join(folder, files[0]?.name ?? ''));
}

function nothingToDrain(file: string, fleet: Fleet) {
  const { drain, userMigrations, kubevirt } = fleet;
  const others = userMigrations.length + kubevirt.workloadUpdates.methods.length;
  if (drain.nodes.length + others > 0) return [];
  const message =
    'no node is drained: name some with --drain NODE,… or --drain-selector LABEL=VALUE';
  return [{ file, path: 'drain.nodes', message }];
}

function printSummary(summary: Summary, args: RunArguments, firstFile: string): void {
  if (args.json) {
    process.stdout.write(`${JSON.stringify(summaryJson(summary), null, 2)}\n`);
  } else if (!args.quiet) {
    printLines([...summaryLines(summary), '']);
    process.stdout.write(`Wrote ${escapeControls(firstFile)} and the files beside it.\n`);
  }
}

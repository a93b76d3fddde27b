/** `sluice run`: drain a fleet, write CSV, say what came of it. */
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { escapeControls } from '../fleet/input-error.js';
import type { LoadedFleet } from '../fleet/load/load-fleet.js';
import type { Fleet } from '../fleet/model.js';
import type { AdviceWords } from '../outcome/advice.js';
import { runOfFiles } from '../outcome/report/read-run.js';
import { reportHtml } from '../outcome/report/report-html.js';
import { runFiles } from '../outcome/run-files.js';
import { settingsInForce } from '../outcome/settings-table.js';
import { type Summary, summarise } from '../outcome/summary.js';
import { summaryJson } from '../outcome/summary-json.js';
import { summaryLines } from '../outcome/summary-text.js';
import {
  checkOutputFolder,
  type OnePiece,
  textFile,
  writeWholeFiles,
} from '../outcome/whole-files.js';
import type { RunResult } from '../simulation/result.js';
import { simulate } from '../simulation/simulate.js';
import { type DrainArguments, drainedFleet, drainOptions } from './drain-options.js';
import { drainHint } from './drain-selection.js';
import { type FleetArguments, fleetOptions, loadFleetFrom } from './fleet-options.js';
import { letSignalsIn, withInterrupt } from './interrupt.js';
import { memoryGuard } from './memory-guard.js';
import { boundGarbage, checkNeed, maxMemoryOf, needText, runNeed } from './memory-limit.js';
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
import { createWallProfile } from './run-profile.js';
import { printLines } from './terminal-text.js';
import { printWarnings } from './warnings-report.js';

interface RunArguments extends FleetArguments, SimulationArguments, DrainArguments {
  readonly out?: GivenOption;
  readonly 'link-step'?: GivenOption;
  readonly rounds: boolean;
  readonly decisions: boolean;
  readonly report: boolean;
  readonly format: 'csv' | 'parquet';
  readonly json: boolean;
  readonly quiet: boolean;
  readonly profile: boolean;
  readonly 'max-memory'?: GivenOption;
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
      format: {
        choices: ['csv', 'parquet'] as const,
        default: 'csv' as const,
        describe: 'parquet: each table as Parquet beside its CSV',
      },
      report: {
        type: 'boolean',
        default: false,
        describe: 'Write report.html, a page to look at, with --rounds and --decisions',
      },
      json: { type: 'boolean', default: false, describe: 'Print the summary as JSON' },
      quiet: { type: 'boolean', default: false, describe: 'No progress and no summary text' },
      'max-memory': {
        type: 'string',
        requiresArg: true,
        describe: 'Memory that the run may take, such as 512Mi; refused where it will not do',
      },
      profile: {
        type: 'boolean',
        default: false,
        describe: 'Say at the end, on standard error, where the wall time went',
      },
    })
    .example([
      ['$0 run fleets/three-racks.yaml', 'drain as the fleet file says, CSV into out/'],
      ['$0 run cluster.json --drain wrk-b1,wrk-b2', 'drain two nodes of a kubectl dump'],
      ['$0 run cluster.json --drain-selector rack=b', 'drain the nodes with a label'],
      ['$0 run fleet.yaml --set drain.method=taint', 'what if …'],
      ['$0 run fleet.yaml --report', 'out/report.html, to open in a browser'],
    ]) as unknown as Argv<RunArguments>;
}

async function run(args: RunArguments, signal: AbortSignal): Promise<void> {
  const folder = singleValue('--out', args.out) ?? 'out';
  const seed = seedOf(args);
  const threads = threadsOf(args);
  const linkStepUs = linkStepUsOf(args['link-step']);
  const maxMemory = maxMemoryOf(args['max-memory']);
  await checkOutputFolder(folder);
  const loaded = await loadFleetFrom(args);
  const fleet = drainedFleet(loaded.fleet, args);
  const file = showDash(args.file[0] ?? '-');
  printWarnings([...loaded.warnings, ...nothingToDrain(file, fleet)]);

  // The report is about every guest's rounds and decisions, so these are written as well.
  const wanted = {
    rounds: args.rounds || args.report,
    decisions: args.decisions || args.report,
    parquet: args.format === 'parquet',
  };
  const need = runNeed(fleet, { ...wanted, threads }, process.memoryUsage.rss());
  checkNeed(need, maxMemory);
  boundGarbage(need);
  if (!args.quiet) process.stderr.write(`Needs ${needText(need)}.\n`);
  const profile = args.profile ? createWallProfile() : null;
  const pageWork = openPageWork(threads, profile);
  const guardMemory = memoryGuard(maxMemory);
  const progress = progressDisplay(args.quiet);
  let result: RunResult;
  try {
    result = await simulate(fleet, {
      seed,
      fidelity: args.fidelity,
      pageWork,
      rounds: wanted.rounds,
      decisions: wanted.decisions,
      linkStepUs,
      onProgress: async (now) => {
        progress.show(now);
        guardMemory();
        await letSignalsIn();
      },
      signal,
      ...(profile === null ? {} : { profile }),
    });
  } finally {
    progress.stop();
    await pageWork.close();
  }
  printWarnings(result.warnings.map((message) => ({ file, path: '', message })));
  const summary = summarise(fleet.name, result);
  const files = runFiles(result, summary, settingsInForce(fleet, result), wanted);
  const page = args.report
    ? [textFile('report.html', await reportHtml([await runOfFiles(files)]))]
    : [];
  await writeWholeFiles(folder, [...files, ...page], signal, ONE_RUN);
  printSummary(summary, args, adviceWords(args, fleet, loaded.source), folder);
  if (profile !== null) process.stderr.write(`${profile.lines(threads).join('\n')}\n`);
}

/** A folder holds one run: an earlier one's rounds or report beside these tables would mislead. */
const ONE_RUN: OnePiece = {
  seal: 'summary.csv',
  others: [
    'report.html',
    'rounds.csv',
    'decisions.csv',
    // A sweep's: its summary.csv is written over.
    'replicas.csv',
    ...['migrations', 'guests', 'nodes', 'receivers', 'links', 'summary', 'settings'].map(
      (table) => `${table}.parquet`,
    ),
    'rounds.parquet',
    'decisions.parquet',
  ],
};

function nothingToDrain(file: string, fleet: Fleet) {
  const { drain, userMigrations, kubevirt } = fleet;
  const others = userMigrations.length + kubevirt.workloadUpdates.methods.length;
  if (drain.nodes.length + others > 0) return [];
  const message = `no node is drained: name some with ${drainHint(fleet)}`;
  return [{ file, path: 'drain.nodes', message }];
}

/** So that what is advised can be copied from the terminal. */
function adviceWords(args: RunArguments, fleet: Fleet, source: LoadedFleet['source']): AdviceWords {
  const given = (names: readonly (keyof RunArguments)[]): string =>
    names
      .flatMap((name) => [args[name] ?? []].flat().map((value) => ` --${name} ${value}`))
      .join('');
  const completing = given(['dirty-rates', 'memory', 'network', 'background', 'pods', 'set']);
  return {
    inputs: `${args.file.map(showDash).join(' ')}${completing}`,
    drain: given(['drain', 'drain-selector']),
    drainHint: drainHint(fleet),
    importTo: source === 'dump' ? 'fleet.yaml' : null,
  };
}

function printSummary(
  summary: Summary,
  args: RunArguments,
  words: AdviceWords,
  folder: string,
): void {
  if (args.json) {
    process.stdout.write(`${JSON.stringify(summaryJson(summary), null, 2)}\n`);
  } else if (!args.quiet) {
    printLines([...summaryLines(summary, words), '']);
    const first = join(folder, args.report ? 'report.html' : 'migrations.csv');
    const page = args.report ? '' : `; "sluice report ${folder}" makes a page of them`;
    process.stdout.write(
      `Wrote ${escapeControls(first)} and the files beside it${escapeControls(page)}.\n`,
    );
  }
}

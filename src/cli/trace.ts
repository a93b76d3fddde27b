/** `sluice trace`: one guest's migration, round by round. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Argv, CommandModule } from 'yargs';
import { InputError } from '../fleet/input-error.js';
import { parseDuration } from '../fleet/units.js';
import { csvStream } from '../outcome/csv.js';
import {
  JOB_STATS_FORMATS,
  type JobStatsFormat,
  jobStatsLines,
} from '../outcome/job-stats-text.js';
import { roundColumns } from '../outcome/tables.js';
import { fleetForTrace } from '../outcome/trace-fleet.js';
import { type GuestTrace, traceLines, traceOf } from '../outcome/trace-text.js';
import type { RunResult } from '../simulation/result.js';
import { simulate } from '../simulation/simulate.js';
import { type FleetArguments, fleetOptions, loadFleetFrom } from './fleet-options.js';
import { withInterrupt } from './interrupt.js';
import { type GivenOption, GUEST_OPTION, singleValue } from './option-values.js';
import { openPageWork } from './page-work.js';
import {
  linkStepUsOf,
  type SimulationArguments,
  seedOf,
  simulationOptions,
  threadsOf,
} from './run-options.js';
import { outputWidth, printLines } from './terminal-text.js';
import { printWarnings } from './warnings-report.js';

interface TraceArguments extends FleetArguments, SimulationArguments {
  readonly guest: GivenOption;
  readonly csv: boolean;
  readonly stats?: GivenOption;
  readonly every?: GivenOption;
}

export const traceCommand: CommandModule<object, TraceArguments> = {
  command: 'trace <file..>',
  describe: 'Show the migration of one guest, round by round, with no other migration under way',
  builder: (yargs) =>
    simulationOptions(fleetOptions(yargs))
      .options({
        guest: GUEST_OPTION,
        csv: { type: 'boolean', default: false, describe: 'Print its rounds as CSV' },
        stats: {
          type: 'string',
          requiresArg: true,
          describe: `Print what it reports while it runs, as ${JOB_STATS_FORMATS.join(', ')}`,
        },
        every: {
          type: 'string',
          requiresArg: true,
          describe: 'With --stats: how often it is asked [default: 1s]',
        },
      })
      .example([
        ['$0 trace fleets/single-guest.yaml --guest demo/db-0', 'a table for people'],
        ['$0 trace cluster.json --guest shop/db-0 --csv > rounds.csv', 'for a spreadsheet'],
        ['$0 trace cluster.json --guest shop/db-0 --stats kubevirt-log', "virt-launcher's lines"],
      ]) as unknown as Argv<TraceArguments>,
  handler: (args) => withInterrupt((signal) => trace(args, signal)),
};

async function trace(args: TraceArguments, signal: AbortSignal): Promise<void> {
  const guest = singleValue('--guest', args.guest) ?? '';
  const seed = seedOf(args);
  const threads = threadsOf(args);
  const stats = statsOf(args);
  const { fleet, warnings } = await loadFleetFrom(args);
  const reduced = fleetForTrace(fleet, guest);
  printWarnings(warnings);
  const pageWork = openPageWork(threads);
  try {
    const result = await simulate(reduced, {
      seed,
      fidelity: args.fidelity,
      pageWork,
      rounds: true,
      decisions: true,
      ...(stats === null ? {} : { jobStatsEveryUs: stats.everyUs }),
      linkStepUs: linkStepUsOf(undefined),
      signal,
    });
    const [namespace = '', name = ''] = guest.split('/');
    if (stats === null) await print(traceOf(result, { namespace, name }), args.csv);
    else await printStats(result, stats.format);
  } finally {
    await pageWork.close();
  }
}

interface StatsRequest {
  readonly format: JobStatsFormat;
  readonly everyUs: number;
}

const DEFAULT_EVERY = '1s';
/** Finer than QEMU's windows tells nothing more. */
const EVERY_LEAST_US = 1000;

/** @throws InputError */
function statsOf(args: TraceArguments): StatsRequest | null {
  const wanted = singleValue('--stats', args.stats);
  const every = singleValue('--every', args.every);
  if (wanted === undefined) {
    if (every !== undefined) throw new InputError('--every', '', 'goes with --stats');
    return null;
  }
  const format = JOB_STATS_FORMATS.find((one) => one === wanted);
  if (format === undefined) {
    const known = JOB_STATS_FORMATS.join(', ');
    throw new InputError('--stats', '', `"${wanted}" is not one of ${known}`);
  }
  if (args.csv) throw new InputError('--stats', '', 'does not go with --csv');
  const reading = parseDuration(every ?? DEFAULT_EVERY);
  if (!reading.ok || reading.value < EVERY_LEAST_US) {
    throw new InputError('--every', '', `"${every}" is not a duration of 1ms or more, such as 1s`);
  }
  return { format, everyUs: Math.round(reading.value) };
}

async function printStats(result: RunResult, format: JobStatsFormat): Promise<void> {
  const lines = function* (): Generator<string> {
    for (const sample of result.jobStats) {
      for (const line of jobStatsLines(sample, format, result.startUs)) yield `${line}\n`;
    }
  };
  await pipeline(Readable.from(lines()), process.stdout, { end: false });
}

async function print(trace: GuestTrace, csv: boolean): Promise<void> {
  if (csv) {
    await pipeline(csvStream(roundColumns, trace.rounds), process.stdout, { end: false });
  } else {
    printLines(traceLines(trace, outputWidth()));
  }
}

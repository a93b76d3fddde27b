/** `sluice trace`: one guest's migration, round by round. */
import { pipeline } from 'node:stream/promises';
import type { Argv, CommandModule } from 'yargs';
import { csvStream } from '../outcome/csv.js';
import { roundColumns } from '../outcome/tables.js';
import { fleetForTrace } from '../outcome/trace-fleet.js';
import { type GuestTrace, traceLines, traceOf } from '../outcome/trace-text.js';
import { simulate } from '../simulation/simulate.js';
import { type FleetArguments, fleetOptions, loadFleetFrom } from './fleet-options.js';
import { withInterrupt } from './interrupt.js';
import { type GivenOption, singleValue } from './option-values.js';
import { openPageWork } from './page-work.js';
import {
  linkStepUsOf,
  type SimulationArguments,
  seedOf,
  simulationOptions,
  threadsOf,
} from './run-options.js';
import { printWarnings } from './warnings-report.js';

interface TraceArguments extends FleetArguments, SimulationArguments {
  readonly guest: GivenOption;
  readonly csv: boolean;
}

export const traceCommand: CommandModule<object, TraceArguments> = {
  command: 'trace <file..>',
  describe: 'Show the migration of one guest, round by round, with no other migration under way',
  builder: (yargs) =>
    simulationOptions(fleetOptions(yargs))
      .options({
        guest: {
          type: 'string',
          requiresArg: true,
          demandOption: true,
          describe: 'NAMESPACE/NAME of the guest',
        },
        csv: { type: 'boolean', default: false, describe: 'Print its rounds as CSV' },
      })
      .example([
        ['$0 trace fleets/single-guest.yaml --guest demo/db-0', 'a table for people'],
        ['$0 trace cluster.json --guest shop/db-0 --csv > rounds.csv', 'for a spreadsheet'],
      ]) as unknown as Argv<TraceArguments>,
  handler: (args) => withInterrupt((signal) => trace(args, signal)),
};

async function trace(args: TraceArguments, signal: AbortSignal): Promise<void> {
  const guest = singleValue('--guest', args.guest) ?? '';
  const seed = seedOf(args);
  const threads = threadsOf(args);
  const { fleet, warnings } = await loadFleetFrom(args);
  const reduced = fleetForTrace(fleet, guest);
  printWarnings(warnings);
  const pageWork = await openPageWork(threads);
  try {
    const result = await simulate(reduced, {
      seed,
      fidelity: args.fidelity,
      pageWork,
      rounds: true,
      decisions: true,
      linkStepUs: linkStepUsOf(undefined),
      signal,
    });
    const [namespace = '', name = ''] = guest.split('/');
    await print(traceOf(result, { namespace, name }), args.csv);
  } finally {
    await pageWork.close();
  }
}

async function print(trace: GuestTrace, csv: boolean): Promise<void> {
  if (csv) {
    await pipeline(csvStream(roundColumns, trace.rounds), process.stdout, { end: false });
  } else {
    process.stdout.write(`${traceLines(trace).join('\n')}\n`);
  }
}

/** `sluice explain`: what is in force for one guest, and where each setting comes from. */
import type { Argv, CommandModule } from 'yargs';
import { explainGuest } from '../outcome/explain.js';
import { explainLines } from '../outcome/explain-text.js';
import { findGuest } from '../outcome/find-guest.js';
import { type FleetArguments, fleetOptions, loadFleetFrom } from './fleet-options.js';
import { type GivenOption, GUEST_OPTION, singleValue } from './option-values.js';
import { printLines } from './terminal-text.js';
import { printWarnings } from './warnings-report.js';

interface ExplainArguments extends FleetArguments {
  readonly guest: GivenOption;
  readonly json: boolean;
}

export const explainCommand: CommandModule<object, ExplainArguments> = {
  command: 'explain <file..>',
  describe: 'Show the settings in force for one guest, with their sources and time limits',
  builder: (yargs) =>
    fleetOptions(yargs)
      .options({
        guest: GUEST_OPTION,
        json: { type: 'boolean', default: false, describe: 'Print it as JSON' },
      })
      .example([
        ['$0 explain fleets/single-guest.yaml --guest shop/database', 'tables for people'],
        ['$0 explain cluster.json --guest shop/db-0 --json', 'for programs'],
      ]) as unknown as Argv<ExplainArguments>,
  handler: explain,
};

async function explain(args: ExplainArguments): Promise<void> {
  const wanted = singleValue('--guest', args.guest) ?? '';
  const { fleet, warnings } = await loadFleetFrom(args);
  const explanation = explainGuest(fleet, findGuest(fleet, wanted));
  printWarnings(warnings);
  if (args.json) process.stdout.write(`${JSON.stringify(explanation, null, 2)}\n`);
  else printLines(explainLines(explanation));
}

/** `sluice import`: a dump becomes a fleet file that a person can read and edit. */
import { basename, dirname } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { fleetToFile } from '../fleet/file/export.js';
import { escapeControls } from '../fleet/input-error.js';
import { csvStream } from '../outcome/csv.js';
import { noteColumns } from '../outcome/import-notes.js';
import { countText } from '../outcome/quantity-text.js';
import { checkOutputFolder, textFile, writeWholeFiles } from '../outcome/whole-files.js';
import { type DrainArguments, drainedFleet, drainOptions } from './drain-options.js';
import { type FleetArguments, fleetOptions, loadFleetFrom } from './fleet-options.js';
import { withInterrupt } from './interrupt.js';
import { type GivenOption, singleValue } from './option-values.js';
import { printWarnings } from './warnings-report.js';

interface ImportArguments extends FleetArguments, DrainArguments {
  readonly output?: GivenOption;
}

export const importCommand: CommandModule<object, ImportArguments> = {
  command: 'import <file..>',
  describe: 'Turn a kubectl dump, a table of guests (CSV) or a libvirt host into a fleet file',
  builder: (yargs) =>
    drainOptions(fleetOptions(yargs))
      .options({
        output: {
          alias: 'o',
          type: 'string',
          requiresArg: true,
          describe: 'Fleet file to write; without it, standard output',
        },
      })
      .example([
        ['$0 import cluster.json -o fleet.yaml', 'one dump'],
        ['$0 import guests.csv -o fleet.yaml', 'name,node,memory,dirty_rate'],
        ['$0 import host.xml domstats.txt --target-hosts 3 -o fleet.yaml', 'a libvirt host'],
        ['$0 import cluster.json --dirty-rates rates.json -o fleet.yaml', 'with dirty rates'],
      ]) as unknown as Argv<ImportArguments>,
  handler: (args) => withInterrupt((signal) => importFleet(args, signal)),
};

async function importFleet(args: ImportArguments, signal: AbortSignal): Promise<void> {
  const output = singleValue('--output', args.output);
  const toStandardOutput = output === undefined || output === '-';
  if (!toStandardOutput) await checkOutputFolder(dirname(output));
  const { fleet: loaded, warnings } = await loadFleetFrom(args);
  const fleet = drainedFleet(loaded, args);
  printWarnings(warnings);
  const text = fleetToFile(fleet);
  if (toStandardOutput) {
    process.stdout.write(text);
    return;
  }
  const notes = () => csvStream(noteColumns, warnings);
  const files = [textFile(basename(output), text), { name: 'import-notes.csv', content: notes }];
  await writeWholeFiles(dirname(output), files, signal);
  const told = `${countText(fleet.nodes.length, 'node')}, ${countText(fleet.guests.length, 'guest')}`;
  process.stderr.write(`Wrote ${escapeControls(output)}: ${told}\n`);
}

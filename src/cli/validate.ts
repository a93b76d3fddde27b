/** `sluice validate`: recorded reality against the model. */
import type { CommandModule } from 'yargs';
import { validateMaxminCommand } from './validate-maxmin.js';
import { validateMonitorCommand } from './validate-monitor.js';
import { validatePublishedCommand } from './validate-published.js';
import { validateQemuCommand } from './validate-qemu.js';

export const validateCommand: CommandModule = {
  command: 'validate',
  describe: 'Hold the model against recorded reality',
  builder: (yargs) =>
    yargs
      .command(validateMaxminCommand)
      .command(validateMonitorCommand)
      .command(validatePublishedCommand)
      .command(validateQemuCommand)
      .demandCommand(1, 'name what to validate: maxmin, monitor, published or qemu')
      .example([
        ['$0 validate maxmin cases.jsonl', 'sharing of links against exact solutions'],
        ['$0 validate monitor vectors.jsonl', "KubeVirt's decisions against its own code's"],
        ['$0 validate published cases.json', 'published migrations against fleets made for them'],
        ['$0 validate qemu runs/', 'recorded QEMU migrations against their replay'],
      ]),
  handler: () => {},
};

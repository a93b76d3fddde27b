/** Which nodes are drained, from the command line: options of `run` and `import`. */
import type { Argv } from 'yargs';
import type { Fleet } from '../fleet/model.js';
import { selectDrain } from './drain-selection.js';
import { type GivenOption, singleValue } from './option-values.js';

export interface DrainArguments {
  readonly drain?: readonly string[];
  readonly 'drain-selector'?: GivenOption;
}

export function drainOptions<T>(yargs: Argv<T>): Argv<T> {
  return yargs.options({
    drain: {
      type: 'string',
      array: true,
      nargs: 1,
      requiresArg: true,
      describe: 'Nodes to drain: NODE,NODE,… (in place of those of the fleet file)',
    },
    'drain-selector': {
      type: 'string',
      requiresArg: true,
      describe: 'Nodes to drain, by label: LABEL=VALUE',
    },
  }) as unknown as Argv<T>;
}

/** The fleet with the drain that the options ask for; unchanged when they ask for none. */
export function drainedFleet(fleet: Fleet, args: DrainArguments): Fleet {
  return selectDrain(fleet, {
    drain: args.drain ?? [],
    selector: singleValue('--drain-selector', args['drain-selector']),
  });
}

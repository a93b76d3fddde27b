/** Which nodes are drained and how they take turns, from the command line: `run`, `import`, `check`. */
import type { Argv } from 'yargs';
import { defaultIfBlocked } from '../fleet/defaults.js';
import { parseNodesAtOnce } from '../fleet/file/fields.js';
import { InputError } from '../fleet/input-error.js';
import type { DrainSpec, Fleet } from '../fleet/model.js';
import { parseDuration } from '../fleet/units.js';
import { selectDrain } from './drain-selection.js';
import { type GivenOption, singleValue } from './option-values.js';

export interface DrainArguments {
  readonly drain?: readonly string[];
  readonly 'drain-selector'?: GivenOption;
  readonly 'at-once'?: GivenOption;
  readonly 'by-rack'?: boolean | undefined;
  readonly reboot?: GivenOption;
  readonly soak?: GivenOption;
  readonly 'if-blocked'?: DrainSpec['ifBlocked'] | undefined;
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
    'at-once': {
      type: 'string',
      requiresArg: true,
      describe: 'Nodes at a time: 1, 25% or all',
    },
    'by-rack': { type: 'boolean', describe: 'A rack is over before the next one begins' },
    reboot: {
      type: 'string',
      requiresArg: true,
      describe: 'Time from empty to schedulable again, such as 10m: a rolling upgrade',
    },
    soak: {
      type: 'string',
      requiresArg: true,
      describe: "Time from a node's end until the next one begins",
    },
    'if-blocked': {
      choices: ['leave', 'uncordon', 'stop', 'restart'] as const,
      describe:
        'A node that cannot be emptied: left, taken back, the last, or its guests restarted',
    },
  }) as unknown as Argv<T>;
}

/** What was asked for, as plain data: it decides about every run. */
export function drainContent(args: DrainArguments): readonly unknown[] {
  const { drain, 'drain-selector': selector, 'at-once': atOnce, 'by-rack': byRack } = args;
  const { reboot, soak, 'if-blocked': ifBlocked } = args;
  return [drain, selector, atOnce, byRack, reboot, soak, ifBlocked].map((one) => one ?? null);
}

/** The fleet with the drain that the options ask for; unchanged when they ask for none. */
export function drainedFleet(fleet: Fleet, args: DrainArguments): Fleet {
  const selected = selectDrain(fleet, {
    drain: args.drain ?? [],
    selector: singleValue('--drain-selector', args['drain-selector']),
  });
  const turns = turnsAskedFor(args);
  if (Object.keys(turns).length === 0) return selected;
  return { ...selected, drain: { ...selected.drain, ...turns } };
}

function turnsAskedFor(args: DrainArguments): Partial<DrainSpec> {
  const atOnce = singleValue('--at-once', args['at-once']);
  const rebootUs = durationUs('--reboot', args.reboot);
  const soakUs = durationUs('--soak', args.soak);
  return {
    ...(atOnce === undefined ? {} : { atOnce: nodesAtOnce(atOnce) }),
    ...(args['by-rack'] === undefined ? {} : { byRack: args['by-rack'] }),
    ...(rebootUs === undefined ? {} : { rebootUs, ifBlocked: defaultIfBlocked(rebootUs) }),
    ...(soakUs === undefined ? {} : { soakUs }),
    ...(args['if-blocked'] === undefined ? {} : { ifBlocked: args['if-blocked'] }),
  };
}

function nodesAtOnce(text: string): DrainSpec['atOnce'] {
  const read = parseNodesAtOnce(text);
  if (!read.ok) throw new InputError('--at-once', '', read.problem);
  return read.value;
}

function durationUs(option: string, given: GivenOption): number | undefined {
  const text = singleValue(option, given);
  if (text === undefined) return undefined;
  const read = parseDuration(text);
  if (!read.ok) throw new InputError(option, '', read.problem);
  return Math.round(read.value);
}

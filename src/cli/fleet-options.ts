/** The options by which every command is told of a fleet. */
import type { Argv } from 'yargs';
import type { Setting } from '../fleet/file/parameters.js';
import { InputError } from '../fleet/input-error.js';
import { type FleetSource, type LoadedFleet, openFleet } from '../fleet/load/load-fleet.js';
import { errorAt, pathText } from '../fleet/source-document.js';
import { unknownLink } from '../simulation/named-links.js';
import { type GivenOption, showDash, singleValue, wholeNumber } from './option-values.js';

export interface FleetArguments {
  readonly file: readonly string[];
  readonly 'dirty-rates'?: GivenOption;
  readonly memory?: GivenOption;
  readonly network?: GivenOption;
  readonly background?: GivenOption;
  readonly pods?: GivenOption;
  readonly host?: GivenOption;
  readonly 'target-hosts'?: GivenOption;
  readonly set?: readonly string[] | undefined;
}

const TARGET_HOSTS = { least: 0, most: 10_000 } as const;

/** FILE… and what completes a dump; `--set` changes one value of a fleet file. */
export function fleetOptions<T>(yargs: Argv<T>): Argv<T & FleetArguments> {
  return yargs
    .positional('file', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'fleet file, kubectl dump, table of guests, or virsh dumpxml; - is standard input',
    })
    .options({
      'dirty-rates': input('Prometheus answer for kubevirt_vmi_dirty_rate_bytes_per_second'),
      memory: input('Prometheus answer for kubevirt_vmi_memory_* metrics'),
      network: input('Prometheus answer for node_network_speed_bytes'),
      background: input('Prometheus range answer for rates of node_network_transmit_bytes_total'),
      pods: input('kubectl get pods -A -o json: what other pods request'),
      host: input('Name of the host that virsh dumpxml describes [default: of the file]'),
      'target-hosts': input('Hosts equal to it that its guests may go to [default: 1]'),
      set: {
        type: 'string',
        array: true,
        nargs: 1,
        requiresArg: true,
        describe: 'Change one value of the fleet file: PATH=VALUE (repeatable)',
      },
    }) as unknown as Argv<T & FleetArguments>;
}

function input(describe: string) {
  return { type: 'string', requiresArg: true, describe } as const;
}

/** Loads what the options name. @throws InputError */
export async function loadFleetFrom(args: FleetArguments): Promise<LoadedFleet> {
  const set = (args.set ?? []).map(parseSetting);
  return (await openFleetFrom(args)).fleetWith(set);
}

/** Reads what the options name, but for `--set`. @throws InputError */
export async function openFleetFrom(args: FleetArguments): Promise<FleetSource> {
  const { content, fleetWith } = await openFiles(args);
  return {
    content,
    fleetWith: (settings) => {
      const loaded = fleetWith(settings);
      refuseUnknownLink(loaded, showDash(args.file[0] ?? '-'));
      return loaded;
    },
  };
}

/** Which links there are only the network as a whole says. */
function refuseUnknownLink({ fleet, document }: LoadedFleet, file: string): void {
  const unknown = unknownLink(fleet);
  if (unknown === null) return;
  const { list, link, problem } = unknown;
  const at = list === 'events' ? ['events'] : ['network', 'background'];
  if (document === null) throw new InputError(file, pathText(at), problem);
  const place = listAt(document.value, at).findIndex(
    (one) => typeof one === 'object' && one !== null && 'link' in one && one.link === link,
  );
  throw errorAt(document, place < 0 ? at : [...at, place, 'link'], problem);
}

function listAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
  return Array.isArray(found) ? found : [];
}

async function openFiles(args: FleetArguments): Promise<FleetSource> {
  const dirtyRates = singleValue('--dirty-rates', args['dirty-rates']);
  const memory = singleValue('--memory', args.memory);
  const network = singleValue('--network', args.network);
  const background = singleValue('--background', args.background);
  const pods = singleValue('--pods', args.pods);
  const host = singleValue('--host', args.host);
  const targetHosts = wholeNumber('--target-hosts', args['target-hosts'], TARGET_HOSTS);
  return openFleet({
    files: args.file.map(showDash),
    ...(dirtyRates === undefined ? {} : { dirtyRates }),
    ...(memory === undefined ? {} : { memory }),
    ...(network === undefined ? {} : { network }),
    ...(background === undefined ? {} : { background }),
    ...(pods === undefined ? {} : { pods }),
    ...(host === undefined ? {} : { host }),
    ...(targetHosts === undefined ? {} : { targetHosts }),
  });
}

/** @throws InputError */
export function parseSetting(text: string): Setting {
  const at = text.indexOf('=');
  if (at > 0) return { path: text.slice(0, at), value: text.slice(at + 1) };
  throw new InputError('--set', '', `"${text}" is not PATH=VALUE, such as drain.method=taint`);
}

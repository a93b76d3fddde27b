/** Links that the fleet file names: one that is not there is an error of the file. */
import { didYouMean } from '../fleet/closest.js';
import { InputError } from '../fleet/input-error.js';
import type { Fleet } from '../fleet/model.js';
import { buildTopology, linksNamed, type Topology } from '../network/topology.js';

/** @throws InputError with the name that was probably meant */
export function namedLinks(topology: Topology, name: string, path: string): readonly number[] {
  const links = linksNamed(topology, name);
  if (links.length > 0) return links;
  throw new InputError('fleet', path, noSuchLink(topology, name));
}

/** What a fleet's events or other traffic name, and is no link of its network. */
export interface UnknownLink {
  readonly list: 'events' | 'background';
  readonly link: string;
  readonly problem: string;
}

/** All links that the fleet's network has. */
export function linkNames(fleet: Fleet): readonly string[] {
  return buildTopology(fleet).links.map(({ name }) => name);
}

/** The first that is wrong; null: none is. */
export function unknownLink(fleet: Fleet): UnknownLink | null {
  const { events, network } = fleet;
  const named = [
    ...events.flatMap((event) =>
      'link' in event ? [{ list: 'events' as const, link: event.link }] : [],
    ),
    ...network.background.map(({ link }) => ({ list: 'background' as const, link })),
  ];
  if (named.length === 0) return null;
  const topology = buildTopology(fleet);
  const wrong = named.find(({ link }) => linksNamed(topology, link).length === 0);
  return wrong === undefined ? null : { ...wrong, problem: noSuchLink(topology, wrong.link) };
}

function noSuchLink(topology: Topology, name: string): string {
  return `there is no link "${name}"${didYouMean(name, topology.linkByName.keys())}`;
}

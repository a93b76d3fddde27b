/** Links that the fleet file names: one that is not there is an error of the file. */
import { didYouMean } from '../fleet/closest.js';
import { InputError } from '../fleet/input-error.js';
import { linksNamed, type Topology } from '../network/topology.js';

/** @throws InputError with the name that was probably meant */
export function namedLinks(topology: Topology, name: string, path: string): readonly number[] {
  const links = linksNamed(topology, name);
  if (links.length > 0) return links;
  const hint = didYouMean(name, topology.linkByName.keys());
  throw new InputError('fleet', path, `there is no link "${name}"${hint}`);
}

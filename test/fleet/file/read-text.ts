/** A fleet file's text, read with `--set`s, or the problem that it has. */
import { fleetFromFile } from '../../../src/fleet/file/fleet-file.js';
import { parseDocument } from '../../../src/fleet/load/document.js';

type Settings = readonly (readonly [path: string, value: string])[];

export function read(text: string, set: Settings = []) {
  return fleetFromFile(
    parseDocument('fleet.yaml', text),
    set.map(([path, value]) => ({ path, value })),
  );
}

export function fleetOf(text: string, set: Settings = []) {
  return read(text, set).fleet;
}

export function problem(text: string, set: Settings = []): string {
  try {
    read(text, set);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

export const TWO_NODES = 'sluice: 1\nnodes: [{ name: a }, { name: b }]\n';

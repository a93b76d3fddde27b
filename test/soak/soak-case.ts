/** One thing to try: a fleet as the text of its file, and how it is run. */
import { fleetToFile } from '../../src/fleet/file/export.js';
import { fleetFromFile } from '../../src/fleet/file/fleet-file.js';
import { parseDocument } from '../../src/fleet/load/document.js';
import type { Fleet } from '../../src/fleet/model.js';
import { drawOf } from './draw.js';
import { randomFleet } from './random-fleet.js';

export interface SoakCase {
  /** Of the run; with the text all that a check depends on. */
  readonly seed: number;
  readonly text: string;
  readonly fidelity: 'page' | 'chunk';
}

/** Memory that page fidelity gets through in a moment. */
const PAGE_BYTES_MOST = 64 * 2 ** 30;

export function caseOfSeed(seed: number): SoakCase {
  return caseOfFile(fleetToFile(randomFleet(seed)), seed);
}

export function caseOfFile(text: string, seed: number): SoakCase {
  const bytes = fleetOf(text).guests.reduce((sum, guest) => sum + guest.memoryBytes, 0);
  const isPage = bytes <= PAGE_BYTES_MOST && drawOf(seed, 'fidelity').chance(0.3);
  return { seed, text, fidelity: isPage ? 'page' : 'chunk' };
}

/** @throws InputError where the text is no fleet file */
export function fleetOf(text: string): Fleet {
  return fleetFromFile(parseDocument('fleet.yaml', text)).fleet;
}

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fleetToFile } from '../../../src/fleet/file/export.js';
import { fleetFromFile } from '../../../src/fleet/file/fleet-file.js';
import { loadDocument, parseDocument } from '../../../src/fleet/load/document.js';
import { loadFleet } from '../../../src/fleet/load/load-fleet.js';
import type { Fleet } from '../../../src/fleet/model.js';
import { sharedData } from '../../shared-data.js';
import { arbitraryFleet } from './arbitrary-fleet.js';

const read = (text: string): Fleet => fleetFromFile(parseDocument('fleet.yaml', text)).fleet;

/** `origin` says where a guest stands in the file that was read, so it is no part of the fleet. */
const withoutOrigin = (fleet: Fleet): Fleet => ({
  ...fleet,
  guests: fleet.guests.map((guest) => ({ ...guest, origin: '' })),
});

const example = (name: string): string =>
  fileURLToPath(new URL(`../../../fleets/${name}.yaml`, import.meta.url));

describe('a fleet written and read again', () => {
  it('is the same, whatever it holds', () => {
    fc.assert(
      fc.property(arbitraryFleet, (fleet) => {
        expect(withoutOrigin(read(fleetToFile(fleet)))).toEqual(withoutOrigin(fleet));
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  it.each(['single-guest', 'three-racks'])('is the same for %s.yaml', async (name) => {
    const { fleet } = fleetFromFile(await loadDocument(example(name)));
    expect(withoutOrigin(read(fleetToFile(fleet)))).toEqual(withoutOrigin(fleet));
  });

  const cluster = sharedData('cluster');
  it.skipIf(cluster === null)(
    'is the same for the imported cluster (needs shared/data)',
    async () => {
      const { fleet } = await loadFleet({
        files: [`${cluster}/cluster.json`],
        dirtyRates: `${cluster}/prometheus-dirty-rate.json`,
        memory: `${cluster}/prometheus-memory.json`,
        network: `${cluster}/prometheus-node-network.json`,
        pods: `${cluster}/pods.json.gz`,
      });
      const text = fleetToFile(fleet);
      expect(withoutOrigin(read(text))).toEqual(withoutOrigin(fleet));
      expect(fleetToFile(read(text))).toBe(text);
    },
  );
});

describe('the order of keys and lists', () => {
  const reversed = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, inner]) => [key, reversed(inner)]),
        )
      : Array.isArray(value)
        ? value.map(reversed)
        : value;

  it('makes no difference', () => {
    const { value } = parseDocument('f.yaml', readFileSync(example('three-racks'), 'utf8'));
    const other = reversed(value) as { guests: unknown[]; migrationPolicies: unknown[] };
    other.guests.reverse();
    const position = () => null;
    const one = fleetFromFile({ file: 'f', value, position }).fleet;
    const two = fleetFromFile({ file: 'f', value: other, position }).fleet;
    expect(withoutOrigin(two)).toEqual(withoutOrigin(one));
  });
});

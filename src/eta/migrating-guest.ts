/** Whose counters they are: a guest of the fleet, or one made of what the counters say. */
import { DEFAULT_COMPRESSED_SHARE } from '../fleet/defaults.js';
import { fleetFromFile } from '../fleet/file/fleet-file.js';
import type { Fleet, Guest } from '../fleet/model.js';
import type { ObservedWorkload } from '../fleet/workload.js';
import type { CounterSeries } from './counters.js';

const MIB = 2 ** 20;

/** KubeVirt's defaults, and one guest that nothing is known of. */
export const SETTINGS_OF_NOBODY: Fleet = fleetFromFile(
  {
    file: 'counters',
    value: {
      sluice: 1,
      kubevirt: { evictionStrategy: 'LiveMigrate' },
      nodes: [{ name: 'source' }, { name: 'target' }],
      guests: [{ name: 'unknown', memory: '1Gi', node: 'source' }],
    },
    position: () => null,
  },
  [],
).fleet;

/**
 * The guest that the series names, or the one that the user says it is; else one of that memory.
 * @param named NAMESPACE/NAME, or ''
 */
export function migratingGuest(
  fleet: Fleet,
  { guest: name, samples }: CounterSeries,
  named: string,
): { readonly guest: Guest; readonly isKnown: boolean } {
  const found = fleet.guests.find((guest) =>
    [name, named].includes(`${guest.namespace}/${guest.name}`),
  );
  if (found !== undefined) return { guest: found, isKnown: true };
  const [nobody] = SETTINGS_OF_NOBODY.guests;
  if (nobody === undefined) throw new Error('a fleet without its guest');
  const total = Math.max(MIB, ...samples.map(({ memTotal }) => memTotal));
  const memoryBytes = Math.ceil(total / MIB) * MIB;
  const workload: ObservedWorkload = {
    kind: 'observed',
    filledBytes: memoryBytes,
    dirtyRates: [],
    compressedShare: DEFAULT_COMPRESSED_SHARE,
  };
  return { guest: { ...nobody, memoryBytes, workload }, isKnown: false };
}

/** A fleet in which only one guest migrates. */
import { closest } from '../fleet/closest.js';
import { InputError } from '../fleet/input-error.js';
import type { Fleet, Guest } from '../fleet/model.js';

/**
 * Drains the guest's node while every other guest there is `External`: left to somebody else, so
 * that it stays and goes on counting for placement. A guest that an eviction would restart is
 * asked to migrate.
 * @param guest NAMESPACE/NAME
 * @throws InputError when there is no such guest, or it does not run
 */
export function fleetForTrace(fleet: Fleet, guest: string): Fleet {
  const traced = findGuest(fleet, guest);
  if (traced.node === null) {
    throw new InputError('--guest', '', `${guest} does not run on any node (${traced.phase})`);
  }
  const guests = fleet.guests.map((other) => {
    if (other === traced) return { ...other, evictionStrategy: 'LiveMigrate' } as const;
    return other.node === traced.node
      ? ({ ...other, evictionStrategy: 'External' } as const)
      : other;
  });
  return { ...fleet, guests, drain: { ...fleet.drain, nodes: [traced.node], method: 'evict' } };
}

function findGuest(fleet: Fleet, wanted: string): Guest {
  const names = fleet.guests.map((guest) => `${guest.namespace}/${guest.name}`);
  const found = fleet.guests[names.indexOf(wanted)];
  if (found !== undefined) return found;
  // Only the name was given, and it is the name of one guest.
  const named = fleet.guests.filter((guest) => guest.name === wanted);
  const only = named.length === 1 ? named[0] : undefined;
  const meant = only === undefined ? closest(wanted, names) : `${only.namespace}/${only.name}`;
  const hint = meant === null ? '' : `; did you mean "${meant}"?`;
  const problem = wanted.includes('/')
    ? `no guest "${wanted}" in this fleet`
    : `"${wanted}" is not NAMESPACE/NAME`;
  throw new InputError('--guest', '', `${problem}${hint}`);
}

/** A fleet in which only one guest migrates. */
import { InputError } from '../fleet/input-error.js';
import type { Fleet } from '../fleet/model.js';
import { findGuest } from './find-guest.js';

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
  const drain = {
    ...fleet.drain,
    ...({ nodes: [traced.node], method: 'evict', rebootUs: null, window: null } as const),
  };
  return { ...fleet, guests, drain };
}

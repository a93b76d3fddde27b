/** The guest that `--guest` names. */
import { closest } from '../fleet/closest.js';
import { InputError } from '../fleet/input-error.js';
import type { Fleet, Guest } from '../fleet/model.js';

/**
 * @param wanted NAMESPACE/NAME
 * @throws InputError when there is no such guest, with the one that was probably meant
 */
export function findGuest(fleet: Fleet, wanted: string): Guest {
  const names = fleet.guests.map((guest) => `${guest.namespace}/${guest.name}`);
  const found = fleet.guests[names.indexOf(wanted)];
  if (found !== undefined) return found;
  const bare = !wanted.includes('/');
  const meant = bare ? closestByName(fleet, wanted) : closest(wanted, names);
  const hint = meant === null ? '' : `; did you mean "${meant}"?`;
  const problem = bare ? `"${wanted}" is not NAMESPACE/NAME` : `no guest "${wanted}" in this fleet`;
  throw new InputError('--guest', '', `${problem}${hint}`);
}

/** Only a name was given: the guest that has it, or one much like it, where there is one such. */
function closestByName(fleet: Fleet, wanted: string): string | null {
  const name = closest(
    wanted,
    fleet.guests.map((guest) => guest.name),
  );
  const named = fleet.guests.filter((guest) => guest.name === name);
  const [only] = named;
  return only !== undefined && named.length === 1 ? `${only.namespace}/${only.name}` : null;
}

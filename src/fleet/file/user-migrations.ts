/** VMIMs that users make or delete, as a fleet file has them. */
import { z } from 'zod';
import { didYouMean } from '../closest.js';
import type { Guest, UserMigration } from '../model.js';
import { formatDuration } from '../units.js';
import { byText, type ReadContext, wrongAt } from './context.js';
import { duration, labels, noun } from './fields.js';
import { isEmpty, type Plain } from './plain.js';

export const userMigration = noun({
  at: duration(),
  guest: z.string().describe('NAMESPACE/NAME'),
  action: z
    .enum(['create', 'delete'])
    .describe('create (default): virtctl migrate; delete: virtctl migrate-cancel')
    .optional(),
  annotations: labels()
    .describe('of the VMIM, such as kubevirt.io/migrationUnschedulablePodTimeoutSeconds')
    .optional(),
  addedNodeSelector: labels().describe('labels that the target has to have').optional(),
});

type UserMigrationField = z.output<typeof userMigration>;

/** By time, then guest, then action. @throws InputError for a guest that is not there */
export function readUserMigrations(
  context: ReadContext,
  fields: readonly UserMigrationField[],
  guests: readonly Guest[],
): readonly UserMigration[] {
  const names = guests.map((guest) => `${guest.namespace}/${guest.name}`);
  const known = new Set(names);
  const migrations = fields.map(
    ({ at, guest, action, annotations, addedNodeSelector }, index): UserMigration => {
      if (!known.has(guest)) {
        const problem = `there is no guest "${guest}"${didYouMean(guest, names)}`;
        throw wrongAt(context, ['userMigrations', index, 'guest'], problem);
      }
      const [namespace = '', name = ''] = guest.split('/');
      return {
        action: action ?? 'create',
        atUs: at,
        namespace,
        name,
        annotations: annotations ?? {},
        addedNodeSelector: addedNodeSelector ?? {},
      };
    },
  );
  return migrations.sort((a, b) => a.atUs - b.atUs || byText(sortKey(a), sortKey(b)));
}

function sortKey({ namespace, name, action }: UserMigration): string {
  return `${namespace}/${name} ${action}`;
}

export function writeUserMigration(migration: UserMigration): Plain {
  const { action, atUs, namespace, name, annotations, addedNodeSelector } = migration;
  return {
    at: formatDuration(atUs),
    guest: `${namespace}/${name}`,
    ...(action === 'create' ? {} : { action }),
    ...(isEmpty(annotations) ? {} : { annotations }),
    ...(isEmpty(addedNodeSelector) ? {} : { addedNodeSelector }),
  };
}

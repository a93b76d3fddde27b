/** The fleet file: one schema, read by the loader and published for editors. */
import { z } from 'zod';
import { noun } from './fields.js';
import { goal } from './schema-goal.js';
import { guest, guestDefaults } from './schema-guests.js';
import { disruptionBudget, node, nodeDefaults, otherPod } from './schema-infrastructure.js';
import { kubevirt, migrationPolicies, namespace } from './schema-kubevirt.js';
import { network } from './schema-network.js';
import { drain, event, host, timings } from './schema-run.js';
import { userMigration } from './user-migrations.js';

export const fleetSchema = noun({
  sluice: z.literal(1, { error: 'the format of this file is 1: write sluice: 1' }),
  name: z.string().min(1).optional(),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .describe('named values, used in any text below by name, set with --set parameters.name=…')
    .optional(),
  kubevirt: kubevirt.optional(),
  migrationPolicies: migrationPolicies
    .describe('MigrationPolicy objects as they are, or a List of them')
    .optional(),
  namespaces: z.array(namespace).optional(),
  nodeDefaults: nodeDefaults.describe('what every node below starts from').optional(),
  nodes: z.array(node).optional(),
  network: network.optional(),
  guestDefaults: guestDefaults.describe('what every guest below starts from').optional(),
  guests: z.array(guest).optional(),
  drain: drain.optional(),
  goal: goal.describe('what sluice plan searches for').optional(),
  timings: timings.optional(),
  host: host.optional(),
  events: z.array(event).optional(),
  userMigrations: z
    .array(userMigration)
    .describe('migrations that users ask for or cancel')
    .optional(),
  otherPods: z.array(otherPod).optional(),
  disruptionBudgets: z.array(disruptionBudget).optional(),
});

export type FleetField = z.output<typeof fleetSchema>;

/** The JSON Schema of what a person writes, for editors: `fleets/fleet.schema.json`. */
export function fleetJsonSchema(): object {
  return {
    title: 'Sluice fleet file',
    ...z.toJSONSchema(fleetSchema, { io: 'input', reused: 'inline' }),
  };
}

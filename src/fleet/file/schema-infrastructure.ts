/** Nodes and the network between them, as a fleet file has them. */
import { z } from 'zod';
import {
  flag,
  labels,
  MOST_NIC_MEMBERS,
  namePattern,
  nicRateOrNone,
  noun,
  objectName,
  quantities,
  whole,
} from './fields.js';
import { taint } from './schema-kubernetes.js';
import { hashing, nic } from './schema-network.js';

const nodeFields = {
  labels: labels().optional(),
  taints: z.array(taint).optional(),
  allocatable: quantities().optional(),
  nic: nicRateOrNone()
    .describe('NIC on the migration network, line rate each way; 2x25Gbit/s is a bond of two')
    .optional(),
  members: whole(1, MOST_NIC_MEMBERS)
    .describe('links of the bond that nic is; nic is all together')
    .optional(),
  hashing: hashing().optional(),
  nics: z.array(nic).describe('instead of nic: several, by name').optional(),
};

/** What every node of the file starts from. */
export const nodeDefaults = noun(nodeFields);

export const node = noun({
  name: namePattern(),
  count: whole(1, 100_000).describe('makes a group: names are numbered by their {00}').optional(),
  ...nodeFields,
  rack: z
    .string()
    .describe('a rack, or in a group a numbered one (rack-{0}), with nodesPerRack')
    .optional(),
  nodesPerRack: whole(1).optional(),
  cordoned: flag().optional(),
  ready: flag().optional(),
  known: flag()
    .describe('false: only guests name it, so it can be a source but no target')
    .optional(),
});

export const otherPod = noun({
  namespace: objectName(),
  name: objectName(),
  node: objectName(),
  labels: labels().optional(),
  requests: quantities().optional(),
  daemonSet: flag().optional(),
});

export const disruptionBudget = noun({
  namespace: objectName(),
  name: objectName(),
  matchLabels: labels().optional(),
  disruptionsAllowed: whole(0),
});

export type NodeField = z.output<typeof node>;

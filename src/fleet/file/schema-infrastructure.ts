/** Nodes and the network between them, as a fleet file has them. */
import { z } from 'zod';
import {
  duration,
  flag,
  labels,
  namePattern,
  noun,
  objectName,
  quantities,
  rate,
  rateOrNone,
  rateOrUnlimited,
  share,
  whole,
} from './fields.js';
import { taint } from './schema-kubernetes.js';

const nodeFields = {
  labels: labels().optional(),
  taints: z.array(taint).optional(),
  allocatable: quantities().optional(),
  nic: rateOrNone().describe('NIC on the migration network, line rate each way').optional(),
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

const rack = noun({ name: z.string().min(1), uplink: rateOrUnlimited().optional() });

export const network = noun({
  racks: z
    .union([whole(1, 10_000), z.array(rack)])
    .describe('racks by name, or how many (rack-1, rack-2, …)')
    .optional(),
  nodesPerRack: whole(1, 10_000)
    .describe('with racks as a number: makes nodes rack-1-node-01, …')
    .optional(),
  nic: rate().describe('line rate of a node that names none').optional(),
  uplink: rateOrUnlimited().describe('line rate of a rack that names none').optional(),
  spine: rateOrUnlimited().describe('one way between any two racks').optional(),
  goodput: share().describe('payload over line rate, of nic, uplink and spine').optional(),
  proxy: rate().describe("what a node's virt-handler can copy, in and out together").optional(),
  channel: rate().describe('ceiling of one TCP stream').optional(),
  rtt: duration().describe('round trip time').optional(),
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

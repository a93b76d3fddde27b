/** The network between nodes, and what else uses it, as a fleet file has them. */
import { z } from 'zod';
import {
  duration,
  MOST_NIC_MEMBERS,
  MOST_UPLINKS,
  nicRate,
  noun,
  number,
  rate,
  rateOrUnlimited,
  share,
  size,
  uplinkRateOrUnlimited,
  whole,
} from './fields.js';

const HASHINGS = ['layer3+4', 'layer2+3', 'balanced'] as const;

export const hashing = () =>
  z
    .enum(HASHINGS)
    .describe('how a bond spreads: by connection, by pair of nodes, or evenly over all members');

export const nic = noun({
  name: z.string().regex(/^[^/*\s]+$/, 'a name without "/", "*" and spaces'),
  rate: nicRate().describe('line rate each way, of all members together').optional(),
  members: whole(1, MOST_NIC_MEMBERS).optional(),
  hashing: hashing().optional(),
  network: z
    .enum(['any', 'pod', 'migration'])
    .describe("which of KubeVirt's networks lies on it (migrations.network set: migration)")
    .optional(),
  rack: z.string().describe("other than the node's").optional(),
});

const rack = noun({
  name: z.string().min(1),
  uplink: uplinkRateOrUnlimited().optional(),
  members: whole(1, MOST_UPLINKS).describe('equal uplinks; uplink is all together').optional(),
  zone: z.string().min(1).optional(),
});

const zone = noun({ name: z.string().min(1), spine: rateOrUnlimited().optional() });

const wan = noun({
  between: z.tuple([z.string().min(1), z.string().min(1)]).describe('two zones'),
  rate: rate().describe('line rate each way'),
  rtt: duration().describe("added to the zones' own"),
});

const tcp = noun({
  socketBuffer: size().describe('what a connection may have under way (default 4Mi)').optional(),
  retransmission: duration().describe('first timeout; doubles (default 200ms)').optional(),
  longestRetransmission: duration().describe('(default 120s)').optional(),
  retransmissions: whole(0, 1000).describe('until it breaks (default 15)').optional(),
  keepAliveInterval: duration().describe("libvirt's (default 5s)").optional(),
  keepAliveCount: whole(0, 1_000_000).describe("libvirt's (default 5)").optional(),
});

const steps = () => z.array(noun({ at: duration(), rate: rate() })).min(1);

const background = noun({
  link: z.string().min(1).describe('nic/<node>/up, rack/<rack> (both ways), nic/*/up, …'),
  rate: rate().describe('constant').optional(),
  daily: steps().describe('by time of day: from each step on').optional(),
  series: steps().describe('by simulated time: from each step on').optional(),
  connections: number(0.001).describe("against a migration's 1 to 8 (default 64)").optional(),
  priority: z.enum(['first', 'fair', 'last']).describe('(default fair)').optional(),
  reserved: share().describe('of the link, that it leaves to migrations').optional(),
});

export const network = noun({
  racks: z
    .union([whole(1, 10_000), z.array(rack)])
    .describe('racks by name, or how many (rack-1, rack-2, …)')
    .optional(),
  nodesPerRack: whole(1, 10_000)
    .describe('with racks as a number: makes nodes rack-1-node-01, …')
    .optional(),
  nic: nicRate().describe('line rate of a node that names none').optional(),
  hashing: hashing().describe('of bonds that name none').optional(),
  uplink: uplinkRateOrUnlimited().describe('line rate of a rack that names none').optional(),
  spine: rateOrUnlimited().describe('one way between any two racks of a zone').optional(),
  zones: z
    .union([whole(1, 1000), z.array(zone)])
    .describe('zones by name, or how many (zone-1, …); counted racks are dealt out to them')
    .optional(),
  wan: z.array(wan).describe('links between zones').optional(),
  goodput: share().describe('payload over line rate, of all links').optional(),
  proxy: rate().describe("what a node's virt-handler can copy, in and out together").optional(),
  channel: rate().describe('ceiling of one TCP stream').optional(),
  rtt: duration().describe('round trip time within a zone').optional(),
  tcp: tcp.optional(),
  background: z.array(background).describe('what else uses links').optional(),
  timeOfDay: duration().describe('at simulated time 0, for daily profiles').optional(),
});

export type NicField = z.output<typeof nic>;
export type BackgroundField = z.output<typeof background>;
export type TcpField = z.output<typeof tcp>;

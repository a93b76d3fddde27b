/** The flows of a run: the links that they share, what is known of each, and what they waited for. */
import type { LinkLog } from '../network/link-log.js';
import { createLinkLog } from '../network/link-log.js';
import { createSharing, type FlowId, type Sharing } from '../network/max-min.js';
import type { Topology } from '../network/topology.js';
import type { UntoldRates } from './untold-rates.js';

/** Disk of a migration's storage mirror, or its RAM stream. */
export type FlowRole = 'ram' | number;

export interface FlowRequest {
  readonly migrationId: number;
  readonly role: FlowRole;
  readonly sourceNode: string;
  readonly targetNode: string;
  /** TCP connections: the flow's weight on a link. */
  readonly connections: number;
  /** Ceiling of each, window and round trip considered. */
  readonly connectionBytesPerSecond: number;
  readonly roundTripTimeUs: number;
  /** Tells its ports from others'. */
  readonly key: number;
}

export interface FlowStrand {
  readonly id: FlowId;
  readonly route: readonly number[];
  readonly connections: number;
  /** As of the last settle whose rates were taken. */
  bytesPerSecond: number;
  /** The link that held it back then; null: none. */
  bottleneck: number | null;
  sentBytes: number;
  /** Whole bytes that are on the links, and until when. */
  countedBytes: number;
  countedUs: number;
}

export interface Flow {
  readonly request: FlowRequest;
  readonly strands: FlowStrand[];
  /** Index of the link that only its strands cross; null for one strand. */
  sharedLink: number | null;
  capBytesPerSecond: number;
  /** The link that is down and stops it; null: none. */
  heldBy: number | null;
  /** By what its machine counts. */
  sentBytes: number;
  /** Whole bytes of these on the links of past strands. */
  earlierBytes: number;
  /** Whole bytes on the links of all strands, past ones too. */
  countedBytes: number;
  /** The last instant at which the flow's bytes were known: its rate was constant since. */
  knownUs: number;
  /** Shares that its machine has not been told of; null where each must be told at once. */
  untold: UntoldRates | null;
  /** Until when its waiting is accounted for. */
  waitUs: number;
}

export interface FlowsState {
  readonly sharing: Sharing;
  readonly topology: Topology;
  readonly log: LinkLog;
  readonly seed: number;
  /** By flow id of the strand; undefined: other traffic's, or none. */
  readonly byId: (Flow | undefined)[];
  /** Links that are down. */
  readonly down: Set<number>;
  /** By link that loses packets: the share that it loses. */
  readonly loss: Map<number, number>;
  /** By link of the topology: time that flows lost for want of it. */
  readonly waitedUs: Float64Array;
  /** Shared links that no flow uses at present. */
  readonly freeLinks: number[];
  /** Flows whose strands are new since the last settle: their owners must hear of their rates. */
  readonly respread: Set<Flow>;
  /** Flows opened so far: an outage concerns new ones too. */
  opened: number;
}

/** Each flow that is open, once, by the lowest of its ids. */
export function openFlows({ byId }: FlowsState): ReadonlySet<Flow> {
  return new Set(byId.filter((flow) => flow !== undefined));
}

export function createFlows(topology: Topology, seed: number, linkStepUs: number): FlowsState {
  return {
    sharing: createSharing(topology.links.map((link) => link.capacityBytesPerSecond)),
    topology,
    log: createLinkLog(topology.links, linkStepUs),
    seed,
    byId: [],
    down: new Set(),
    loss: new Map(),
    waitedUs: new Float64Array(topology.links.length),
    freeLinks: [],
    respread: new Set(),
    opened: 0,
  };
}

/**
 * Flows of migrations on the shared links: who owns which flow, and the bytes that each has put on
 * every link of its route, as integers that add up (DESIGN.md "Nothing is lost or made up").
 */
import {
  addFlow,
  type FlowId,
  flowRate,
  removeFlow,
  type Sharing,
  setFlow,
} from '../network/max-min.js';
import { addUsage, type Usage } from '../network/usage.js';

/** Disk of a migration's storage mirror, or its RAM stream. */
export type FlowRole = 'ram' | number;

export interface Flow {
  readonly id: FlowId;
  readonly migrationId: number;
  readonly role: FlowRole;
  readonly route: readonly number[];
  /** Until when bytes have been put on the links, and how many. */
  countedUs: number;
  countedBytes: number;
  /** The last instant at which the flow's bytes were known: its rate was constant since. */
  knownUs: number;
  knownBytes: number;
}

export interface Flows {
  readonly sharing: Sharing;
  readonly usage: Usage;
  /** By flow id. */
  readonly byId: Map<FlowId, Flow>;
}

/** Opens a flow that stands still until it is given a cap. */
export function openFlow(
  flows: Flows,
  migrationId: number,
  role: FlowRole,
  route: readonly number[],
  nowUs: number,
): Flow {
  const id = addFlow(flows.sharing, { route, capBytesPerSecond: 0, weight: 1 });
  const flow: Flow = {
    id,
    migrationId,
    role,
    route,
    countedUs: nowUs,
    countedBytes: 0,
    knownUs: nowUs,
    knownBytes: 0,
  };
  flows.byId.set(id, flow);
  return flow;
}

export function limitFlow(
  flows: Flows,
  flow: Flow,
  capBytesPerSecond: number,
  weight: number,
): void {
  setFlow(flows.sharing, flow.id, { capBytesPerSecond, weight });
}

/** Takes the flow off the network, with what it is known to have sent. */
export function closeFlow(flows: Flows, flow: Flow): void {
  countBytes(flows, flow, flow.knownBytes, flow.knownUs, true);
  flows.byId.delete(flow.id);
  removeFlow(flows.sharing, flow.id);
}

/**
 * Notes what the flow has sent by `nowUs`. It is put on the links when a step of links.csv is over:
 * inside a step only the sum shows. `atOnce`: the flow is about to be closed.
 */
export function countBytes(
  flows: Flows,
  flow: Flow,
  totalBytes: number,
  nowUs: number,
  atOnce = false,
): void {
  const { stepUs } = flows.usage;
  const sameStep = Math.floor(nowUs / stepUs) === Math.floor(flow.countedUs / stepUs);
  if (!sameStep || atOnce) {
    putOnLinks(flows, flow, flow.knownBytes, flow.knownUs);
    putOnLinks(flows, flow, totalBytes, nowUs);
  }
  flow.knownUs = nowUs;
  flow.knownBytes = totalBytes;
}

function putOnLinks(flows: Flows, flow: Flow, totalBytes: number, toUs: number): void {
  const whole = Math.floor(totalBytes + 1e-6);
  const bytes = whole - flow.countedBytes;
  if (bytes < 0) throw new Error(`flow of migration ${flow.migrationId} lost ${-bytes} bytes`);
  if (bytes > 0) {
    for (const link of flow.route) addUsage(flows.usage, link, flow.countedUs, toUs, bytes);
  }
  flow.countedBytes = whole;
  flow.countedUs = toUs;
}

export function rateOf(flows: Flows, flow: Flow): number {
  return flowRate(flows.sharing, flow.id);
}

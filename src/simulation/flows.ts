/**
 * Flows of migrations on the shared links: who owns which flow, and the bytes that each has put on
 * every link of its way, as integers that add up (DESIGN.md "Nothing is lost or made up").
 *
 * Where links are bundled, a flow's connections spread over strands, each with its own links. What
 * the strands may have together is a link that only they cross.
 */
import { InputError } from '../fleet/input-error.js';
import { connectionLimit } from '../network/connection-limit.js';
import { noteFull } from '../network/link-log.js';
import {
  addFlow,
  addLink,
  bottleneckOf,
  type FlowId,
  flowRate,
  isFull,
  removeFlow,
  setCapacity,
  setFlow,
  takeTurned,
} from '../network/max-min.js';
import { strandsBetween } from '../network/routes.js';
import { addUsage } from '../network/usage.js';
import type { Flow, FlowRequest, FlowStrand, FlowsState } from './flow-state.js';

/** Opens a flow that stands still until it is given a cap. */
export function openFlow(flows: FlowsState, request: FlowRequest, nowUs: number): Flow {
  const flow: Flow = {
    request,
    strands: [],
    sharedLink: null,
    capBytesPerSecond: 0,
    heldBy: null,
    sentBytes: 0,
    earlierBytes: 0,
    countedBytes: 0,
    knownUs: nowUs,
    untold: null,
    waitUs: nowUs,
  };
  flows.opened += 1;
  spreadFlow(flows, flow);
  return flow;
}

/** Sets what the whole flow may have; 0 pauses it. Takes effect at the next settle. */
export function limitFlow(flows: FlowsState, flow: Flow, capBytesPerSecond: number): void {
  accountWaits(flows, flow, flow.knownUs);
  flow.capBytesPerSecond = capBytesPerSecond;
  applyLimit(flows, flow, flow.capBytesPerSecond);
}

/** Lets the flow run before its machine asks for it: what it has so far is accounted for later. */
export function runAhead(flows: FlowsState, flow: Flow, capBytesPerSecond: number): void {
  applyLimit(flows, flow, capBytesPerSecond);
}

/** Stops the flow for as long as `link` is what holds it (null: it may go on). */
export function holdFlow(flows: FlowsState, flow: Flow, link: number | null, nowUs: number): void {
  accountWaits(flows, flow, nowUs);
  flow.heldBy = link;
  applyLimit(flows, flow, flow.capBytesPerSecond);
}

/** Chooses the links of the flow's connections anew: a bundle's member went down or came back. */
export function respreadFlow(flows: FlowsState, flow: Flow, nowUs: number): void {
  accountWaits(flows, flow, nowUs);
  putOnLinks(flows, flow, nowUs);
  takeOffLinks(flows, flow);
  flow.earlierBytes = flow.countedBytes;
  flows.respread.add(flow);
  spreadFlow(flows, flow);
}

/** Takes the flow off the network, with what it is known to have sent. */
export function closeFlow(flows: FlowsState, flow: Flow): void {
  accountWaits(flows, flow, flow.knownUs);
  putOnLinks(flows, flow, flow.knownUs);
  takeOffLinks(flows, flow);
  flows.respread.delete(flow);
}

/**
 * Notes what the flow has sent by `nowUs`. It is put on the links when a step of links.csv is over:
 * inside a step only the sum shows.
 */
export function countBytes(flows: FlowsState, flow: Flow, totalBytes: number, nowUs: number): void {
  const { stepUs } = flows.log.migrations;
  const first = flow.strands[0];
  if (first === undefined) return;
  const step = Math.floor(flow.knownUs / stepUs);
  const sameStep = Math.floor(nowUs / stepUs) === step;
  if (!sameStep) putOnLinks(flows, flow, flow.knownUs);
  if (flow.strands.length === 1) first.sentBytes = totalBytes - flow.earlierBytes;
  else splitBytes(flow, totalBytes - flow.sentBytes);
  flow.sentBytes = totalBytes;
  flow.knownUs = nowUs;
  if (!sameStep) putOnLinks(flows, flow, nowUs);
}

/** Takes over the rates of the last settle; call it after the bytes at the old ones are counted. */
export function takeRates(flows: FlowsState, flow: Flow, nowUs: number): void {
  accountWaits(flows, flow, nowUs);
  for (const strand of flow.strands) {
    strand.bytesPerSecond = flowRate(flows.sharing, strand.id);
    strand.bottleneck = bottleneckOf(flows.sharing, strand.id);
  }
}

/** The same for a flow of one strand, of which the rate and what held it back are known. */
export function takeRate(
  flows: FlowsState,
  flow: Flow,
  bytesPerSecond: number,
  bottleneck: number | null,
  nowUs: number,
): void {
  accountWaits(flows, flow, nowUs);
  const strand = flow.strands[0];
  if (strand === undefined) return;
  strand.bytesPerSecond = bytesPerSecond;
  strand.bottleneck = bottleneck;
}

/** Rate of all strands together as of the last settle. */
export function rateOf(flows: FlowsState, flow: Flow): number {
  let rate = 0;
  for (const strand of flow.strands) rate += flowRate(flows.sharing, strand.id);
  return rate;
}

/** Notes which links became full at this settle, or ceased to be. */
export function noteFullLinks(flows: FlowsState, nowUs: number): void {
  for (const link of takeTurned(flows.sharing)) {
    if (link >= flows.log.links.length) continue;
    noteFull(flows.log, link, isFull(flows.sharing, link), nowUs);
  }
}

function spreadFlow(flows: FlowsState, flow: Flow): void {
  const { sourceNode, targetNode, connections, key } = flow.request;
  const found = strandsBetween(flows.topology, {
    sourceNode,
    targetNode,
    connections,
    key,
    seed: flows.seed,
    isUp: (link) => !flows.down.has(link),
  });
  if (found.length > 1) flow.sharedLink = takeSharedLink(flows);
  const { sharedLink } = flow;
  // The part of a byte that the flow has sent and put on no link goes on with its first strand.
  let partBytes = flow.sentBytes - flow.countedBytes;
  for (const { route, connections: weight } of found) {
    const links = sharedLink === null ? route : [...route, sharedLink];
    const id = addFlow(flows.sharing, { route: links, capBytesPerSecond: 0, weight });
    const strand: FlowStrand = {
      id,
      route,
      connections: weight,
      bytesPerSecond: 0,
      bottleneck: null,
      sentBytes: partBytes,
      countedBytes: 0,
      countedUs: flow.knownUs,
    };
    partBytes = 0;
    flow.strands.push(strand);
    fitIds(flows, id);
    flows.byId[id] = flow;
  }
  applyLimit(flows, flow, flow.capBytesPerSecond);
}

/** So that the table has no holes: a sparse one is slow. */
function fitIds({ byId }: FlowsState, id: FlowId): void {
  while (byId.length < id) byId.push(undefined);
}

/** Sets the flow's limits anew: what its connections can have has changed. */
export function relimitFlow(flows: FlowsState, flow: Flow): void {
  applyLimit(flows, flow, flow.capBytesPerSecond);
}

/** Each connection has its own ceiling; all together have the flow's cap. */
function applyLimit(flows: FlowsState, flow: Flow, capBytesPerSecond: number): void {
  const cap = flow.heldBy === null ? capBytesPerSecond : 0;
  if (flow.sharedLink !== null) setCapacity(flows.sharing, flow.sharedLink, cap);
  for (const { id, route, connections: weight } of flow.strands) {
    const own = connectionCeiling(flows, flow, route) * weight;
    setFlow(flows.sharing, id, { capBytesPerSecond: Math.min(cap, own), weight });
  }
}

/** Ceiling of one connection on the route: its own, or what lost packets leave it. */
function connectionCeiling(flows: FlowsState, flow: Flow, route: readonly number[]): number {
  const { connectionBytesPerSecond, roundTripTimeUs } = flow.request;
  if (flows.loss.size === 0) return connectionBytesPerSecond;
  let kept = 1;
  for (const link of route) kept *= 1 - (flows.loss.get(link) ?? 0);
  const lossy = connectionLimit({
    socketBufferBytes: Number.POSITIVE_INFINITY,
    roundTripTimeUs,
    loss: 1 - kept,
  });
  return Math.min(connectionBytesPerSecond, lossy);
}

function takeOffLinks(flows: FlowsState, flow: Flow): void {
  for (const strand of flow.strands) {
    flows.byId[strand.id] = undefined;
    removeFlow(flows.sharing, strand.id);
  }
  flow.strands.length = 0;
  if (flow.sharedLink !== null) flows.freeLinks.push(flow.sharedLink);
  flow.sharedLink = null;
}

function takeSharedLink(flows: FlowsState): number {
  return flows.freeLinks.pop() ?? addLink(flows.sharing, 0);
}

/** By the strands' rates, which have been constant since the bytes were last known. */
function splitBytes(flow: Flow, sentBytes: number): void {
  let rate = 0;
  for (const strand of flow.strands) rate += strand.bytesPerSecond;
  for (const strand of flow.strands) {
    const share = rate > 0 ? strand.bytesPerSecond / rate : 1 / flow.strands.length;
    strand.sentBytes += sentBytes * share;
  }
}

function putOnLinks(flows: FlowsState, flow: Flow, toUs: number): void {
  for (const strand of flow.strands) {
    const whole = Math.floor(strand.sentBytes + 1e-6);
    const bytes = whole - strand.countedBytes;
    checkCounted(flow.request, flow.countedBytes + bytes);
    if (bytes > 0) {
      for (const link of strand.route) {
        addUsage(flows.log.migrations, link, strand.countedUs, toUs, bytes);
      }
      strand.countedBytes = whole;
      flow.countedBytes += bytes;
    }
    strand.countedUs = toUs;
  }
}

/** A migration's bytes are doubles: beyond 2^53 they would no longer add up. @throws InputError */
export function checkCounted(
  { sourceNode, targetNode }: Pick<FlowRequest, 'sourceNode' | 'targetNode'>,
  bytes: number,
): void {
  if (Number.isSafeInteger(bytes)) return;
  const who = `a migration from ${sourceNode} to ${targetNode}`;
  const most = 'more than 2^53 bytes (8 PiB), as far as they are counted exactly';
  const problem = `${who} has sent ${most}; with a shorter timeout it ends before`;
  throw new InputError('fleet', 'drain.timeout', problem);
}

/**
 * A strand that gets less than its part of the flow's cap waits for the link that holds it back:
 * the share of the time that it would have saved. Held by an outage it waits for that link.
 */
function accountWaits(flows: FlowsState, flow: Flow, nowUs: number): void {
  const us = nowUs - flow.waitUs;
  flow.waitUs = nowUs;
  if (us <= 0 || flow.capBytesPerSecond <= 0) return;
  for (const strand of flow.strands) {
    const part = strand.connections / flow.request.connections;
    const link = flow.heldBy ?? strand.bottleneck;
    if (link === null || link >= flows.waitedUs.length) continue;
    const rate = flow.heldBy === null ? strand.bytesPerSecond : 0;
    const missed = 1 - rate / (flow.capBytesPerSecond * part);
    if (missed > 1e-9) flows.waitedUs[link] = (flows.waitedUs[link] ?? 0) + us * part * missed;
  }
}

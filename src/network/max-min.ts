/**
 * Weighted max-min fair sharing of directed links, with a cap a flow: no flow can get more but at
 * the cost of one that has, per unit of weight, no more than it. Changes are collected and take
 * effect together at `settle`, which costs what they affect.
 */

import { doubt, followLevel, NEARLY_FULL, propagate } from './settle.js';
import {
  assertCapacity,
  attachFlow,
  BOTTLENECK,
  CAP,
  CAPACITY,
  CEILING,
  CEILING_LEVEL,
  createSharing,
  detachFlow,
  FLOW_NUMBERS,
  type FlowId,
  growLinks,
  LEVEL,
  LINK_NUMBERS,
  LOAD,
  LOWEST,
  noteTurned,
  RATE,
  ROUTE,
  ROUTE_LENGTH,
  refreshCeiling,
  refreshLowest,
  SETTLED,
  type Sharing,
  TOUCHED,
  takeFlow,
  WEIGHT,
} from './sharing.js';

export type { FlowId, Sharing };
export { createSharing };

interface FlowLimits {
  /** Upper bound of the flow's rate; Infinity: none; 0: paused. */
  readonly capBytesPerSecond: number;
  /** Shares of a link are proportional to it: the flow's busy TCP connections, > 0. */
  readonly weight: number;
}

interface FlowSpec extends FlowLimits {
  /** Link indexes, each at most once. */
  readonly route: readonly number[];
}

/** A level below every link's: doubts from here on are looked at first. */
const FROM_BOTTOM = -1;
const NO_LINK = -1;

/** Adds a flow; its rate is 0 until the next `settle`. Throws on limits or links that cannot be. */
export function addFlow(sharing: Sharing, spec: FlowSpec): FlowId {
  assertLimits(spec);
  for (const [i, link] of spec.route.entries()) {
    if (!(link in sharing.members)) throw new Error(`no link ${link}`);
    if (spec.route.indexOf(link) !== i) throw new Error(`link ${link} is twice in the route`);
  }
  const id = takeFlow(sharing, spec.route);
  sharing.flowNumbers[id * FLOW_NUMBERS + CAP] = spec.capBytesPerSecond;
  sharing.flowNumbers[id * FLOW_NUMBERS + WEIGHT] = spec.weight;
  attachFlow(sharing, id);
  refreshCeiling(sharing, id);
  refreshLowest(sharing, id);
  followLevel(sharing, id, FROM_BOTTOM, NO_LINK);
  return id;
}

/** Changes a flow's cap (0 pauses it) and weight; takes effect at the next `settle`. */
export function setFlow(sharing: Sharing, id: FlowId, limits: FlowLimits): void {
  assertFlow(sharing, id);
  assertLimits(limits);
  const flow = id * FLOW_NUMBERS;
  const { flowNumbers } = sharing;
  if (
    flowNumbers[flow + CAP] === limits.capBytesPerSecond &&
    flowNumbers[flow + WEIGHT] === limits.weight
  ) {
    return;
  }
  const sameWeight = flowNumbers[flow + WEIGHT] === limits.weight;
  const levelBefore = flowLevel(sharing, id);
  flowNumbers[flow + CAP] = limits.capBytesPerSecond;
  flowNumbers[flow + WEIGHT] = limits.weight;
  refreshCeiling(sharing, id);
  // With another weight the flow takes another part of its links at every level.
  followLevel(sharing, id, sameWeight ? levelBefore : FROM_BOTTOM, NO_LINK);
}

/** Takes a flow off its links; `settle` does not report it, and its id may be given out again. */
export function removeFlow(sharing: Sharing, id: FlowId): void {
  assertFlow(sharing, id);
  const { flowNumbers, flowRoutes, linkNumbers, memberCount } = sharing;
  detachFlow(sharing, id);
  const rate = flowNumbers[id * FLOW_NUMBERS + RATE];
  const base = id * sharing.routeStride;
  const end = base + ROUTE + flowRoutes[base + ROUTE_LENGTH];
  for (let at = base + ROUTE; at < end; at++) {
    const link = flowRoutes[at];
    const numbers = link * LINK_NUMBERS;
    linkNumbers[numbers + LOAD] = memberCount[link] === 0 ? 0 : linkNumbers[numbers + LOAD] - rate;
    if (rate > 0) noteTurned(sharing, link);
    const isFull = linkNumbers[numbers + LEVEL] < Number.POSITIVE_INFINITY;
    if (isFull && rate > 0) doubt(sharing, link, FROM_BOTTOM);
  }
  flowNumbers.fill(0, id * FLOW_NUMBERS, (id + 1) * FLOW_NUMBERS);
  sharing.freeFlows.push(id);
}

/** Changes a link's capacity in bytes per second; takes effect at the next `settle`. */
export function setCapacity(sharing: Sharing, link: number, capacityBytesPerSecond: number): void {
  if (!(link in sharing.members)) throw new Error(`no link ${link}`);
  assertCapacity(link, capacityBytesPerSecond);
  if (sharing.linkNumbers[link * LINK_NUMBERS + CAPACITY] === capacityBytesPerSecond) return;
  sharing.linkNumbers[link * LINK_NUMBERS + CAPACITY] = capacityBytesPerSecond;
  const list = sharing.members[link];
  for (let i = 0; i < sharing.memberCount[link]; i++) {
    const id = list[i];
    const levelBefore = flowLevel(sharing, id);
    refreshCeiling(sharing, id);
    followLevel(sharing, id, levelBefore, NO_LINK);
  }
  doubt(sharing, link, FROM_BOTTOM);
}

/**
 * Applies all changes made since the last settle in one go. Returns the ids of the flows whose
 * rate differs from the last settle's (a new flow's from 0), ascending.
 */
export function settle(sharing: Sharing): readonly FlowId[] {
  propagate(sharing);
  const { flowNumbers, flowRoutes, routeStride } = sharing;
  const touched = sharing.touched.subarray(0, sharing.touchedCount).sort();
  sharing.touchedCount = 0;
  const changed: FlowId[] = [];
  for (let i = 0; i < touched.length; i++) {
    const id = touched[i];
    const flow = id * FLOW_NUMBERS;
    flowRoutes[id * routeStride + TOUCHED] = 0;
    if (flowNumbers[flow + SETTLED] === flowNumbers[flow + RATE]) continue;
    flowNumbers[flow + SETTLED] = flowNumbers[flow + RATE];
    changed.push(id);
  }
  return changed;
}

/** Rate of a flow in bytes per second, as of the last `settle`. */
export function flowRate(sharing: Sharing, id: FlowId): number {
  assertFlow(sharing, id);
  return sharing.flowNumbers[id * FLOW_NUMBERS + SETTLED];
}

/** Adds a link with its capacity in bytes per second; its index is the number of links so far. */
export function addLink(sharing: Sharing, capacityBytesPerSecond: number): number {
  return growLinks(sharing, capacityBytesPerSecond);
}

/** What the link can carry now, bytes per second. */
export function linkCapacity(sharing: Sharing, link: number): number {
  return sharing.linkNumbers[link * LINK_NUMBERS + CAPACITY];
}

/** The link that holds the flow back, as of the last `settle`; null when its own cap does. */
export function bottleneckOf(sharing: Sharing, id: FlowId): number | null {
  assertFlow(sharing, id);
  const flow = id * FLOW_NUMBERS;
  const { flowNumbers } = sharing;
  if (flowNumbers[flow + RATE] >= flowNumbers[flow + CAP]) return null;
  const { flowRoutes } = sharing;
  const base = id * sharing.routeStride;
  if (
    flowNumbers[flow + RATE] < flowNumbers[flow + CEILING] &&
    flowRoutes[base + BOTTLENECK] >= 0
  ) {
    return flowRoutes[base + BOTTLENECK];
  }
  const end = base + ROUTE + flowRoutes[base + ROUTE_LENGTH];
  for (let at = base + ROUTE; at < end; at++) {
    const link = flowRoutes[at];
    // The flow has all of it.
    if (linkCapacity(sharing, link) <= flowNumbers[flow + RATE]) return link;
  }
  return null;
}

/** Nothing of the link is left, as of the last `settle`; one that is down is not full. */
export function isFull(sharing: Sharing, link: number): boolean {
  const at = link * LINK_NUMBERS;
  const { linkNumbers } = sharing;
  return (
    sharing.memberCount[link] > 0 &&
    linkNumbers[at + CAPACITY] > 0 &&
    (linkNumbers[at + LEVEL] < Number.POSITIVE_INFINITY ||
      linkNumbers[at + LOAD] > linkNumbers[at + CAPACITY] * NEARLY_FULL)
  );
}

/** Links that may have become full, or ceased to be, since it was last called, each once. */
export function takeTurned(sharing: Sharing): readonly number[] {
  const turned = sharing.turned.splice(0);
  for (const link of turned) sharing.hasTurned[link] = 0;
  return turned;
}

function flowLevel(sharing: Sharing, id: FlowId): number {
  const flow = id * FLOW_NUMBERS;
  return Math.min(sharing.flowNumbers[flow + LOWEST], sharing.flowNumbers[flow + CEILING_LEVEL]);
}

function assertFlow(sharing: Sharing, id: FlowId): void {
  // A removed flow's record is cleared, a live one has its weight.
  if (!(sharing.flowNumbers[id * FLOW_NUMBERS + WEIGHT] > 0)) throw new Error(`no flow ${id}`);
}

function assertLimits(limits: FlowLimits): void {
  if (!(limits.capBytesPerSecond >= 0)) {
    throw new Error(`capBytesPerSecond(=${limits.capBytesPerSecond}) should be 0 or more`);
  }
  if (!(limits.weight > 0 && limits.weight < Number.POSITIVE_INFINITY)) {
    throw new Error(`weight(=${limits.weight}) should be above 0`);
  }
}

/**
 * State of the link sharing, as typed arrays: one record of numbers and one of integers a flow, one
 * record of numbers a link, so that a change reads few cache lines.
 *
 *   flowNumbers, FLOW_NUMBERS doubles a flow (one cache line)
 *   ┌────────┬─────┬─────────┬───────────────┬──────┬────────┬────────┬─────────┐
 *   │ weight │ cap │ ceiling │ ceiling level │ rate │ lowest │ second │ settled │
 *   └────────┴─────┴─────────┴───────────────┴──────┴────────┴────────┴─────────┘
 *   flowRoutes, `routeStride` integers a flow
 *   ┌──────────────┬────────┬─────────┬────────┬────────┬─────┐
 *   │ bottleneck   │ length │ touched │ link 0 │ link 1 │ …   │
 *   └──────────────┴────────┴─────────┴────────┴────────┴─────┘
 *   linkNumbers, LINK_NUMBERS doubles a link
 *   ┌──────────┬───────┬──────┬───────┐
 *   │ capacity │ level │ load │ alarm │
 *   └──────────┴───────┴──────┴───────┘
 *
 * A level is a rate per unit of weight. A link's level is where its flows are cut off when it is
 * full, Infinity when it is not; a flow's level is the lowest of its links' and of its ceiling.
 */
import { createLinkQueue, growLinkQueue, type LinkQueue } from './link-queue.js';

/** Integer handle of a flow; reused after `removeFlow`. */
export type FlowId = number;

export const FLOW_NUMBERS = 8;
export const WEIGHT = 0;
export const CAP = 1;
/** Lowest of the flow's cap and its links' capacities: what it could have alone. */
export const CEILING = 2;
export const CEILING_LEVEL = 3;
export const RATE = 4;
/** Lowest and second lowest level among the route's links. */
export const LOWEST = 5;
export const SECOND = 6;
/** Rate as of the last settle: what the outside sees. */
export const SETTLED = 7;

/** The link that has the lowest level, -1 when no link of the route is full. */
export const BOTTLENECK = 0;
export const ROUTE_LENGTH = 1;
export const TOUCHED = 2;
export const ROUTE = 3;

export const LINK_NUMBERS = 4;
export const CAPACITY = 0;
export const LEVEL = 1;
/** Running sum of the rates on the link. */
export const LOAD = 2;
/** The load above which the link must be looked at; -Infinity: at any change. */
export const ALARM = 3;

/** Rate of a flow that no cap and no link bounds; finite, so that sums stay numbers. */
const UNBOUNDED_BYTES_PER_SECOND = Number.MAX_SAFE_INTEGER;

export interface Sharing {
  linkNumbers: Float64Array;
  /** By link: its flows, in no order; only the first `memberCount[link]` count. */
  readonly members: Int32Array[];
  memberCount: Int32Array;
  /** By link: the level that it should have, NaN while not computed; for queued links only. */
  wantedLevel: Float64Array;
  /** By link: weight of the flows that its level cuts off, at least; right after a look at it. */
  freeWeight: Float64Array;
  /** By link: how often its level rose in the settle numbered `raisedIn`. */
  raises: Int32Array;
  raisedIn: Int32Array;
  readonly queue: LinkQueue;
  flowNumbers: Float64Array;
  flowRoutes: Int32Array;
  /** Like flowRoutes from ROUTE on: the flow's place among the link's members. */
  flowPlaces: Int32Array;
  routeStride: number;
  /** Flow ids given out so far, removed ones among them. */
  flowCount: number;
  readonly freeFlows: FlowId[];
  /** Flows whose rate may differ from SETTLED. */
  touched: Int32Array;
  touchedCount: number;
  settles: number;
  /** Links that became full or ceased to be since they were last asked for, each once. */
  readonly turned: number[];
  /** By link: 1 when it is among them. */
  hasTurned: Int32Array;
  /** Changes of flows' rates since all loads were last summed anew. */
  rateChanges: number;
}

const FIRST_FLOW_SLOTS = 64;
const FIRST_LINK_SLOTS = 16;
const FIRST_ROUTE_STRIDE = 16;
const FIRST_MEMBER_SLOTS = 4;

/** Links by index, each with its capacity in bytes per second (0: down; Infinity: no limit). */
export function createSharing(capacitiesBytesPerSecond: readonly number[]): Sharing {
  const linkCount = capacitiesBytesPerSecond.length;
  const linkNumbers = new Float64Array(linkCount * LINK_NUMBERS);
  for (const [link, capacity] of capacitiesBytesPerSecond.entries()) {
    assertCapacity(link, capacity);
    linkNumbers[link * LINK_NUMBERS + CAPACITY] = capacity;
    linkNumbers[link * LINK_NUMBERS + LEVEL] = Number.POSITIVE_INFINITY;
    linkNumbers[link * LINK_NUMBERS + ALARM] = Number.NEGATIVE_INFINITY;
  }
  return {
    linkNumbers,
    members: capacitiesBytesPerSecond.map(() => new Int32Array(FIRST_MEMBER_SLOTS)),
    memberCount: new Int32Array(linkCount),
    wantedLevel: new Float64Array(linkCount),
    freeWeight: new Float64Array(linkCount),
    raises: new Int32Array(linkCount),
    raisedIn: new Int32Array(linkCount),
    queue: createLinkQueue(linkCount),
    flowNumbers: new Float64Array(FIRST_FLOW_SLOTS * FLOW_NUMBERS),
    flowRoutes: new Int32Array(FIRST_FLOW_SLOTS * FIRST_ROUTE_STRIDE),
    flowPlaces: new Int32Array(FIRST_FLOW_SLOTS * FIRST_ROUTE_STRIDE),
    routeStride: FIRST_ROUTE_STRIDE,
    flowCount: 0,
    freeFlows: [],
    touched: new Int32Array(FIRST_FLOW_SLOTS),
    touchedCount: 0,
    settles: 0,
    turned: [],
    hasTurned: new Int32Array(linkCount),
    rateChanges: 0,
  };
}

/** Adds a link, and returns its index: the number of links so far. */
export function growLinks(sharing: Sharing, capacityBytesPerSecond: number): number {
  const link = sharing.members.length;
  assertCapacity(link, capacityBytesPerSecond);
  if (link === sharing.memberCount.length) {
    const slots = Math.max(FIRST_LINK_SLOTS, 2 * link);
    sharing.linkNumbers = grownNumbers(sharing.linkNumbers, slots * LINK_NUMBERS);
    sharing.wantedLevel = grownNumbers(sharing.wantedLevel, slots);
    sharing.freeWeight = grownNumbers(sharing.freeWeight, slots);
    sharing.memberCount = grown(sharing.memberCount, slots);
    sharing.raises = grown(sharing.raises, slots);
    sharing.raisedIn = grown(sharing.raisedIn, slots);
    sharing.hasTurned = grown(sharing.hasTurned, slots);
    growLinkQueue(sharing.queue, slots);
  }
  sharing.members.push(new Int32Array(FIRST_MEMBER_SLOTS));
  const at = link * LINK_NUMBERS;
  sharing.linkNumbers[at + CAPACITY] = capacityBytesPerSecond;
  sharing.linkNumbers[at + LEVEL] = Number.POSITIVE_INFINITY;
  sharing.linkNumbers[at + ALARM] = Number.NEGATIVE_INFINITY;
  return link;
}

/** Notes that the link became full or ceased to be. */
export function noteTurned(sharing: Sharing, link: number): void {
  if (sharing.hasTurned[link] !== 0) return;
  sharing.hasTurned[link] = 1;
  sharing.turned.push(link);
}

export function assertCapacity(link: number, capacityBytesPerSecond: number): void {
  if (!(capacityBytesPerSecond >= 0)) {
    throw new Error(`capacity(=${capacityBytesPerSecond}) of link ${link} should be 0 or more`);
  }
}

/** An unused id with a cleared record that holds the route, not yet on its links. */
export function takeFlow(sharing: Sharing, route: readonly number[]): FlowId {
  fitRoute(sharing, route.length);
  const reused = sharing.freeFlows.pop();
  const id = reused ?? sharing.flowCount++;
  fitFlow(sharing, id);
  sharing.flowNumbers.fill(0, id * FLOW_NUMBERS, (id + 1) * FLOW_NUMBERS);
  const base = id * sharing.routeStride;
  sharing.flowRoutes[base + ROUTE_LENGTH] = route.length;
  for (let i = 0; i < route.length; i++) sharing.flowRoutes[base + ROUTE + i] = route[i];
  return id;
}

/** Puts the flow on the links of its route. */
export function attachFlow(sharing: Sharing, id: FlowId): void {
  const { flowRoutes, flowPlaces, members, memberCount } = sharing;
  const base = id * sharing.routeStride;
  const end = base + ROUTE + flowRoutes[base + ROUTE_LENGTH];
  for (let at = base + ROUTE; at < end; at++) {
    const link = flowRoutes[at];
    let list = members[link];
    const place = memberCount[link]++;
    if (place === list.length) {
      list = grown(list, place * 2);
      members[link] = list;
    }
    list[place] = id;
    flowPlaces[at] = place;
  }
}

/** Takes the flow off its links; the last member of each takes its place. */
export function detachFlow(sharing: Sharing, id: FlowId): void {
  const { flowRoutes, flowPlaces, members, memberCount, routeStride } = sharing;
  const base = id * routeStride;
  const end = base + ROUTE + flowRoutes[base + ROUTE_LENGTH];
  for (let at = base + ROUTE; at < end; at++) {
    const link = flowRoutes[at];
    const list = members[link];
    const last = list[--memberCount[link]];
    const place = flowPlaces[at];
    list[place] = last;
    let lastAt = last * routeStride + ROUTE;
    while (flowRoutes[lastAt] !== link) lastAt++;
    flowPlaces[lastAt] = place;
  }
}

/** Sets CEILING and CEILING_LEVEL from the flow's cap and weight and its links' capacities. */
export function refreshCeiling(sharing: Sharing, id: FlowId): void {
  const { flowNumbers, flowRoutes, linkNumbers } = sharing;
  const flow = id * FLOW_NUMBERS;
  const base = id * sharing.routeStride;
  const end = base + ROUTE + flowRoutes[base + ROUTE_LENGTH];
  let ceiling = Math.min(flowNumbers[flow + CAP], UNBOUNDED_BYTES_PER_SECOND);
  for (let at = base + ROUTE; at < end; at++) {
    const capacity = linkNumbers[flowRoutes[at] * LINK_NUMBERS + CAPACITY];
    if (capacity < ceiling) ceiling = capacity;
  }
  flowNumbers[flow + CEILING] = ceiling;
  flowNumbers[flow + CEILING_LEVEL] = ceiling / flowNumbers[flow + WEIGHT];
}

/** Sets LOWEST, SECOND and BOTTLENECK from the levels of the flow's links. */
export function refreshLowest(sharing: Sharing, id: FlowId): void {
  const { flowNumbers, flowRoutes, linkNumbers } = sharing;
  const base = id * sharing.routeStride;
  const end = base + ROUTE + flowRoutes[base + ROUTE_LENGTH];
  let lowest = Number.POSITIVE_INFINITY;
  let second = Number.POSITIVE_INFINITY;
  let bottleneck = -1;
  for (let at = base + ROUTE; at < end; at++) {
    const link = flowRoutes[at];
    const level = linkNumbers[link * LINK_NUMBERS + LEVEL];
    if (level < lowest) {
      second = lowest;
      lowest = level;
      bottleneck = link;
    } else if (level < second) second = level;
  }
  const flow = id * FLOW_NUMBERS;
  flowNumbers[flow + LOWEST] = lowest;
  flowNumbers[flow + SECOND] = second;
  flowRoutes[base + BOTTLENECK] = bottleneck;
}

/** Notes that the flow's rate may no longer be what the last settle gave. */
export function touch(sharing: Sharing, id: FlowId): void {
  const at = id * sharing.routeStride + TOUCHED;
  if (sharing.flowRoutes[at] !== 0) return;
  sharing.flowRoutes[at] = 1;
  sharing.touched[sharing.touchedCount++] = id;
}

function fitFlow(sharing: Sharing, id: FlowId): void {
  if (id < sharing.touched.length) return;
  const slots = sharing.touched.length * 2;
  sharing.touched = grown(sharing.touched, slots);
  sharing.flowRoutes = grown(sharing.flowRoutes, slots * sharing.routeStride);
  sharing.flowPlaces = grown(sharing.flowPlaces, slots * sharing.routeStride);
  sharing.flowNumbers = grownNumbers(sharing.flowNumbers, slots * FLOW_NUMBERS);
}

/** A route longer than any before: every flow's record gets as long. */
function fitRoute(sharing: Sharing, length: number): void {
  const stride = sharing.routeStride;
  if (ROUTE + length <= stride) return;
  const wider = Math.max(2 * stride, ROUTE + length);
  sharing.flowRoutes = widened(sharing.flowRoutes, stride, wider);
  sharing.flowPlaces = widened(sharing.flowPlaces, stride, wider);
  sharing.routeStride = wider;
}

function widened(records: Int32Array, stride: number, wider: number): Int32Array {
  const slots = records.length / stride;
  const result = new Int32Array(slots * wider);
  for (let slot = 0; slot < slots; slot++) {
    result.set(records.subarray(slot * stride, (slot + 1) * stride), slot * wider);
  }
  return result;
}

function grown(list: Int32Array, length: number): Int32Array {
  const result = new Int32Array(length);
  result.set(list);
  return result;
}

function grownNumbers(list: Float64Array, length: number): Float64Array {
  const result = new Float64Array(length);
  result.set(list);
  return result;
}

/**
 * Traffic that is not ours: one elastic flow a link, which wants the rate of its profile and shares
 * the link as its priority says: first (others get what it leaves), fair (it counts as so many
 * connections), or last (it gets what they leave).
 */
import type { BackgroundTraffic } from '../fleet/network-spec.js';
import { addFlow, type FlowId, flowRate, linkCapacity, setFlow } from '../network/max-min.js';
import { profileRate } from '../network/rate-profile.js';
import { linksNamed, type Topology } from '../network/topology.js';
import { addUsage } from '../network/usage.js';
import type { FlowsState } from './flow-state.js';
import { namedLinks } from './named-links.js';

/** Against any number of connections: all, or nothing. */
const FIRST_WEIGHT = 1e6;
const LAST_WEIGHT = 1e-6;
/** Months of traffic go beyond what a double counts exactly. */
const COUNTED_AT_MOST = 2 ** 50;

interface BackgroundFlow {
  readonly id: FlowId;
  readonly link: number;
  readonly traffic: BackgroundTraffic;
  /** Of the profile's rate: members of a bundle take equal parts. */
  readonly part: number;
  wantedBytesPerSecond: number;
  untilUs: number;
  /** As of the last settle. */
  bytesPerSecond: number;
  sinceUs: number;
  sentBytes: number;
  countedBytes: number;
}

export interface Background {
  readonly byId: Map<FlowId, BackgroundFlow>;
  readonly timeOfDayUs: number;
  nextUs: number;
}

/** Flows for all links that are named; @throws InputError for a name without a link */
export function createBackground(
  flows: FlowsState,
  traffics: readonly BackgroundTraffic[],
  timeOfDayUs: number,
  nowUs: number,
): Background {
  const byId = new Map<FlowId, BackgroundFlow>();
  for (const [index, traffic] of traffics.entries()) {
    const path = `network.background[${index}].link`;
    const links = namedLinks(flows.topology, traffic.link, path);
    for (const link of links) {
      const weight = weightOf(traffic);
      const id = addFlow(flows.sharing, { route: [link], capBytesPerSecond: 0, weight });
      byId.set(id, {
        id,
        link,
        traffic,
        part: 1 / siblings(flows.topology, link),
        wantedBytesPerSecond: 0,
        untilUs: nowUs,
        bytesPerSecond: 0,
        sinceUs: nowUs,
        sentBytes: 0,
        countedBytes: 0,
      });
    }
  }
  return { byId, timeOfDayUs, nextUs: byId.size > 0 ? nowUs : Number.POSITIVE_INFINITY };
}

/** Asks for the rates that profiles want from `nowUs` on. */
export function stepBackground(flows: FlowsState, background: Background, nowUs: number): void {
  background.nextUs = Number.POSITIVE_INFINITY;
  for (const flow of background.byId.values()) {
    if (flow.untilUs <= nowUs) {
      const rate = profileRate(flow.traffic.profile, nowUs, background.timeOfDayUs);
      flow.wantedBytesPerSecond = rate.bytesPerSecond * flow.part;
      flow.untilUs = rate.untilUs;
      limit(flows, flow);
    }
    background.nextUs = Math.min(background.nextUs, flow.untilUs);
  }
}

/** Links have changed: what is reserved on them has, too. */
export function relimitBackground(flows: FlowsState, background: Background): void {
  for (const flow of background.byId.values()) limit(flows, flow);
}

/** Counts what the flow has sent, and takes its new rate. */
export function takeBackgroundRate(
  flows: FlowsState,
  background: Background,
  id: FlowId,
  nowUs: number,
): void {
  const flow = background.byId.get(id);
  if (flow === undefined) return;
  countTo(flows, flow, nowUs);
  flow.bytesPerSecond = flowRate(flows.sharing, id);
}

/** Counts everything up to the run's end. */
export function finishBackground(flows: FlowsState, background: Background, nowUs: number): void {
  for (const flow of background.byId.values()) countTo(flows, flow, nowUs);
}

/** In parts that a double counts exactly, and without what is on the link already. */
function countTo(flows: FlowsState, flow: BackgroundFlow, nowUs: number): void {
  const usAtMost = Math.max(1, Math.floor((COUNTED_AT_MOST / flow.bytesPerSecond) * 1e6));
  while (flow.sinceUs < nowUs) {
    const toUs = Math.min(nowUs, flow.sinceUs + usAtMost);
    flow.sentBytes += (flow.bytesPerSecond * (toUs - flow.sinceUs)) / 1e6;
    const whole = Math.floor(flow.sentBytes);
    addUsage(flows.log.background, flow.link, flow.sinceUs, toUs, whole - flow.countedBytes);
    flow.countedBytes = whole;
    flow.sinceUs = toUs;
    if (whole < COUNTED_AT_MOST) continue;
    flow.sentBytes -= whole;
    flow.countedBytes = 0;
  }
}

function limit(flows: FlowsState, flow: BackgroundFlow): void {
  const most = (1 - flow.traffic.reservedShare) * linkCapacity(flows.sharing, flow.link);
  setFlow(flows.sharing, flow.id, {
    capBytesPerSecond: Math.min(flow.wantedBytesPerSecond, most),
    weight: weightOf(flow.traffic),
  });
}

function weightOf(traffic: BackgroundTraffic): number {
  if (traffic.priority === 'first') return FIRST_WEIGHT;
  return traffic.priority === 'last' ? LAST_WEIGHT : traffic.connections;
}

/** Members of the bundle that the link is of: `rack/a/up/2` has those that begin `rack/a/up/`. */
function siblings(topology: Topology, link: number): number {
  if (!topology.bundled.has(link)) return 1;
  const stem = topology.links[link]?.name.replace(/\/\d+$/, '') ?? '';
  return linksNamed(topology, stem).length;
}

/**
 * What the packets of a connection take. Where links are bundled, a hash of what the switches see
 * chooses a member: of both nodes (layer2+3), or of the ports as well (layer3+4), so that the
 * connections of one migration spread, evenly or not.
 */
import { seededUnit } from '../fleet/seeded.js';
import type { Attachment, Bundle, Topology } from './topology.js';

/** Connections that take the same links. */
export interface Strand {
  /** Link indexes, source side first, each once. */
  readonly route: readonly number[];
  readonly connections: number;
}

export interface RouteRequest {
  readonly sourceNode: string;
  readonly targetNode: string;
  readonly connections: number;
  readonly seed: number;
  /** Tells this migration's and stream's ports from others'. */
  readonly key: number;
  /** A bundle's member that is down is not chosen while another is up. */
  readonly isUp: (link: number) => boolean;
}

/**
 * The strands of a stream between two nodes, in a fixed order. Two nodes of one rack meet at its
 * switch: neither uplink nor spine. On one node only its proxy copies.
 * Throws on a node that the topology does not hold.
 */
export function strandsBetween(topology: Topology, request: RouteRequest): readonly Strand[] {
  const source = attachmentOf(topology, request.sourceNode);
  const target = attachmentOf(topology, request.targetNode);
  if (request.sourceNode === request.targetNode) {
    return [{ route: [source.proxy], connections: request.connections }];
  }
  const strands = new Map<string, { readonly route: readonly number[]; connections: number }>();
  const alike = isOneWay(source, target) ? request.connections : 1;
  for (let port = 0; port < request.connections; port += alike) {
    const route = routeOf(topology, source, target, request, port);
    const key = route.join();
    const known = strands.get(key);
    if (known === undefined) strands.set(key, { route, connections: alike });
    else known.connections += alike;
  }
  return [...strands.values()];
}

/** Round trip between two nodes, microseconds. */
export function roundTripTimeUs(topology: Topology, sourceNode: string, targetNode: string) {
  const source = attachmentOf(topology, sourceNode);
  const target = attachmentOf(topology, targetNode);
  const wan = topology.wans.get(source.zone)?.get(target.zone);
  return topology.roundTripTimeUs + (wan?.roundTripTimeUs ?? 0);
}

/** No bundle on the way: all connections take the same links. */
function isOneWay(source: Attachment, target: Attachment): boolean {
  const bundles = [source.nicUp, source.rackUp, target.rackDown, target.nicDown];
  return bundles.every((bundle) => bundle === null || bundle.members.length === 1);
}

function routeOf(
  topology: Topology,
  source: Attachment,
  target: Attachment,
  request: RouteRequest,
  port: number,
): readonly number[] {
  const { sourceNode, targetNode, seed, key, isUp } = request;
  const choose = (bundle: Bundle, live: readonly number[] = liveMembers(bundle, isUp)): number => {
    const first = live[0];
    if (first === undefined) throw new Error(`bundle ${bundle.name} has no members`);
    if (live.length === 1) return first;
    const ports = bundle.hashing === 'layer3+4' ? [key, port] : [];
    const draw = seededUnit(seed, bundle.name, sourceNode, targetNode, ...ports);
    return live[Math.floor(draw * live.length)] ?? first;
  };
  const route = [source.proxy, choose(source.nicUp)];
  if (source.rack === null || source.rack !== target.rack) {
    const { up, down } = rackLinks(source, target, isUp, choose);
    if (up !== null) route.push(up);
    route.push(...betweenRacks(topology, source, target));
    if (down !== null) route.push(down);
  }
  route.push(choose(target.nicDown), target.proxy);
  return route;
}

/** Each uplink leads to its own plane: the way down to a rack with as many is in the same one. */
function rackLinks(
  source: Attachment,
  target: Attachment,
  isUp: (link: number) => boolean,
  choose: (bundle: Bundle, live?: readonly number[]) => number,
): { readonly up: number | null; readonly down: number | null } {
  const { rackUp } = source;
  const { rackDown } = target;
  if (rackUp === null || rackDown === null || rackUp.members.length !== rackDown.members.length) {
    return {
      up: rackUp === null ? null : choose(rackUp),
      down: rackDown === null ? null : choose(rackDown),
    };
  }
  const whole = rackUp.members.filter((link, plane) => {
    const down = rackDown.members[plane];
    return isUp(link) && down !== undefined && isUp(down);
  });
  const up = choose(rackUp, whole.length > 0 ? whole : rackUp.members);
  return { up, down: rackDown.members[rackUp.members.indexOf(up)] ?? null };
}

/** Spine of the zone; between zones both spines and the WAN. */
function betweenRacks(
  topology: Topology,
  source: Attachment,
  target: Attachment,
): readonly number[] {
  const spine = (zone: string): readonly number[] => {
    const link = topology.spines.get(zone);
    return link === undefined ? [] : [link];
  };
  if (source.zone === target.zone) return spine(source.zone);
  const wan = topology.wans.get(source.zone)?.get(target.zone)?.links ?? [];
  return [...spine(source.zone), ...wan, ...spine(target.zone)];
}

/** Members that are up; all of them when none is. */
function liveMembers(bundle: Bundle, isUp: (link: number) => boolean): readonly number[] {
  if (bundle.members.length === 1) return bundle.members;
  const live = bundle.members.filter(isUp);
  return live.length > 0 ? live : bundle.members;
}

function attachmentOf(topology: Topology, node: string): Attachment {
  const attachment = topology.attachments.get(node);
  if (attachment === undefined) throw new Error(`node ${node} is not in the topology`);
  return attachment;
}

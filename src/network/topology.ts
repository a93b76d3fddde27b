/**
 * Links and routes from the fleet's network (DESIGN.md "link, route, flow"). A NIC and a rack's
 * uplink are two links each, one a direction; virt-handler's proxy of a node is one link, which
 * all its migrations share, in and out (issue 5 item 4).
 */
import type { NetworkSpec, Nic } from '../fleet/model.js';

/** For a node of which no NIC is known, when no other node's is known either: 10 Gbit/s. */
const DEFAULT_NIC_BYTES_PER_SECOND = 1_250_000_000;

export interface Link {
  readonly name: string;
  readonly capacityBytesPerSecond: number;
}

export interface Topology {
  /** Per node in the order given: proxy, NIC up, NIC down; then racks by name; then the spine. */
  readonly links: readonly Link[];
  /** Index into `links` by link name. */
  readonly linkByName: ReadonlyMap<string, number>;
  /** Nodes whose NIC was not given and is assumed, in the order given. */
  readonly assumedNics: readonly string[];
  readonly attachments: ReadonlyMap<string, Attachment>;
  /** Link index of the spine; null: it never limits. */
  readonly spine: number | null;
}

/** Where a node hangs; link indexes. */
interface Attachment {
  readonly proxy: number;
  readonly nicUp: number;
  readonly nicDown: number;
  readonly rack: string | null;
  /** null: no rack, or one whose uplink never limits. */
  readonly rackUp: number | null;
  readonly rackDown: number | null;
}

/**
 * Links `proxy/<node>`, `nic/<node>/up`, `nic/<node>/down`, `rack/<rack>/up`, `rack/<rack>/down`
 * and `spine`, for the nodes named. A node without a NIC entry gets the smallest NIC of the
 * network (10 Gbit/s where none is known) and hangs at the spine.
 */
export function buildTopology(network: NetworkSpec, nodeNames: readonly string[]): Topology {
  const links: Link[] = [];
  const linkByName = new Map<string, number>();
  const add = (name: string, capacityBytesPerSecond: number): number => {
    linkByName.set(name, links.length);
    return links.push({ name, capacityBytesPerSecond }) - 1;
  };
  const nicByNode = new Map<string, Nic>(network.nics.map((nic) => [nic.node, nic]));
  const assumedBytesPerSecond = smallestNic(network.nics);
  const assumedNics: string[] = [];
  const hosts = nodeNames.map((node) => {
    const nic = nicByNode.get(node);
    if (nic === undefined) assumedNics.push(node);
    const bytesPerSecond = nic?.bytesPerSecond ?? assumedBytesPerSecond;
    const proxy = add(`proxy/${node}`, network.proxyBytesPerSecond);
    const nicUp = add(`nic/${node}/up`, bytesPerSecond);
    const nicDown = add(`nic/${node}/down`, bytesPerSecond);
    return { node, proxy, nicUp, nicDown, rack: nic?.rack ?? null };
  });
  const uplinks = addRackLinks(network, add);
  const spine =
    network.spineBytesPerSecond === null ? null : add('spine', network.spineBytesPerSecond);
  const attachments = new Map<string, Attachment>();
  for (const { node, ...host } of hosts) {
    const uplink = host.rack === null ? undefined : uplinks.get(host.rack);
    attachments.set(node, {
      ...host,
      rackUp: uplink?.up ?? null,
      rackDown: uplink?.down ?? null,
    });
  }
  return { links, linkByName, assumedNics, attachments, spine };
}

/**
 * Links that packets from one node to another take, source side first, each once. Two nodes of one
 * rack meet at its switch: neither uplink nor spine. On one node only its proxy copies.
 * Throws on a node that the topology does not hold.
 */
export function routeBetween(
  topology: Topology,
  sourceNode: string,
  targetNode: string,
): readonly number[] {
  const source = attachmentOf(topology, sourceNode);
  const target = attachmentOf(topology, targetNode);
  if (sourceNode === targetNode) return [source.proxy];
  const route = [source.proxy, source.nicUp];
  if (source.rack === null || source.rack !== target.rack) {
    if (source.rackUp !== null) route.push(source.rackUp);
    if (topology.spine !== null) route.push(topology.spine);
    if (target.rackDown !== null) route.push(target.rackDown);
  }
  route.push(target.nicDown, target.proxy);
  return route;
}

function addRackLinks(
  network: NetworkSpec,
  add: (name: string, capacityBytesPerSecond: number) => number,
): ReadonlyMap<string, { readonly up: number; readonly down: number }> {
  const uplinks = new Map<string, { readonly up: number; readonly down: number }>();
  const racks = [...network.racks].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const rack of racks) {
    if (rack.uplinkBytesPerSecond === null) continue;
    const up = add(`rack/${rack.name}/up`, rack.uplinkBytesPerSecond);
    const down = add(`rack/${rack.name}/down`, rack.uplinkBytesPerSecond);
    uplinks.set(rack.name, { up, down });
  }
  return uplinks;
}

function smallestNic(nics: readonly Nic[]): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (const nic of nics) smallest = Math.min(smallest, nic.bytesPerSecond);
  return smallest === Number.POSITIVE_INFINITY ? DEFAULT_NIC_BYTES_PER_SECOND : smallest;
}

function attachmentOf(topology: Topology, node: string): Attachment {
  const attachment = topology.attachments.get(node);
  if (attachment === undefined) throw new Error(`node ${node} is not in the topology`);
  return attachment;
}

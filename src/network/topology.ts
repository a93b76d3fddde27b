/**
 * Links of the fleet's network (DESIGN.md "link, route, flow"), and where each node hangs. A NIC
 * and a rack's uplink are links each way, one for each member of a bond; virt-handler's proxy of a
 * node is one link, which all its migrations share, in and out.
 */
import type { NetworkSpec } from '../fleet/model.js';
import type { BondHashing, Nic, Rack } from '../fleet/network-spec.js';
import { type WanRoute, wanRoutes } from './wan-routes.js';

/** For a node of which no NIC is known, when no other node's is known either: 10 Gbit/s. */
const DEFAULT_NIC_BYTES_PER_SECOND = 1_250_000_000;

export interface Link {
  readonly name: string;
  readonly capacityBytesPerSecond: number;
}

/** Parallel links of one direction; a connection takes one of them. */
export interface Bundle {
  readonly name: string;
  readonly hashing: BondHashing;
  readonly members: readonly number[];
}

export interface Topology {
  /** Per node in the order given: proxy, NICs up and down; then racks, zones, WAN by name. */
  readonly links: readonly Link[];
  /** Index into `links` by link name. */
  readonly linkByName: ReadonlyMap<string, number>;
  /** Links that have parallel ones, which take over when they are down. */
  readonly bundled: ReadonlySet<number>;
  /** Nodes whose NIC was not given and is assumed, in the order given. */
  readonly assumedNics: readonly string[];
  readonly attachments: ReadonlyMap<string, Attachment>;
  /** By zone ('': the one without a name): link index; a zone that is missing never limits. */
  readonly spines: ReadonlyMap<string, number>;
  /** By source zone, then target zone. */
  readonly wans: ReadonlyMap<string, ReadonlyMap<string, WanRoute>>;
  readonly roundTripTimeUs: number;
}

/** Where a node's migration traffic goes out and in. */
export interface Attachment {
  readonly proxy: number;
  readonly nicUp: Bundle;
  readonly nicDown: Bundle;
  readonly rack: string | null;
  readonly zone: string;
  /** null: no rack, or one whose uplink never limits. */
  readonly rackUp: Bundle | null;
  readonly rackDown: Bundle | null;
}

/** What of a fleet decides about its links. */
interface NetworkedFleet {
  readonly network: NetworkSpec;
  readonly nodes: readonly { readonly name: string }[];
  readonly kubevirt: { readonly migrations: { readonly network: string | null } };
}

type Add = (name: string, capacityBytesPerSecond: number) => number;

/**
 * Links `proxy/<node>`, `nic/<node>/up`, `nic/<node>/down` (a named NIC: `nic/<node>/<nic>/up`),
 * `rack/<rack>/up`, `rack/<rack>/down`, `spine` (of a zone: `spine/<zone>`), `wan/<from>/<to>`;
 * members of a bundle are numbered from 1 (`rack/a/up/1`). A node without a NIC gets the smallest
 * of the network (10 Gbit/s where none is known) and hangs at the spine.
 */
export function buildTopology({ network, nodes, kubevirt }: NetworkedFleet): Topology {
  const usesMigrationNetwork = kubevirt.migrations.network !== null;
  const links: Link[] = [];
  const linkByName = new Map<string, number>();
  const add: Add = (name, capacityBytesPerSecond) => {
    linkByName.set(name, links.length);
    return links.push({ name, capacityBytesPerSecond }) - 1;
  };
  const nicsByNode = new Map<string, Nic[]>();
  for (const nic of network.nics) {
    const known = nicsByNode.get(nic.node);
    if (known === undefined) nicsByNode.set(nic.node, [nic]);
    else known.push(nic);
  }
  const assumedBytesPerSecond = smallestNic(network.nics);
  const assumedNics: string[] = [];
  const hosts = nodes.map(({ name: node }) => {
    const proxy = add(`proxy/${node}`, network.proxyBytesPerSecond);
    const given = nicsByNode.get(node) ?? [];
    if (given.length === 0) assumedNics.push(node);
    const nics = given.length > 0 ? given : [assumedNic(node, assumedBytesPerSecond)];
    const bundles = nics.map((nic) => addNicLinks(nic, add));
    const used = nics.indexOf(migrationNic(nics, usesMigrationNetwork));
    return { node, proxy, ...bundles[used], rack: nics[used].rack };
  });
  const uplinks = addRackLinks(network, add);
  const zoneOfRack = new Map(network.racks.map((rack) => [rack.name, rack.zone ?? '']));
  const spines = addSpines(network, add);
  const wans = wanRoutes(network, (name, bytesPerSecond) => add(name, bytesPerSecond));
  const attachments = new Map<string, Attachment>();
  for (const { node, ...host } of hosts) {
    const uplink = host.rack === null ? undefined : uplinks.get(host.rack);
    attachments.set(node, {
      ...host,
      zone: host.rack === null ? '' : (zoneOfRack.get(host.rack) ?? ''),
      rackUp: uplink?.up ?? null,
      rackDown: uplink?.down ?? null,
    });
  }
  return {
    links,
    linkByName,
    bundled: bundledLinks(attachments.values()),
    assumedNics,
    attachments,
    spines,
    wans,
    roundTripTimeUs: network.roundTripTimeUs,
  };
}

/**
 * Link indexes that a name of the fleet file means: the link itself, all below it, or, with `*` for
 * any text between slashes, all that match. Empty: there is none.
 */
export function linksNamed(topology: Topology, name: string): readonly number[] {
  const exact = topology.linkByName.get(name);
  if (exact !== undefined) return [exact];
  const wanted = name.split('/');
  return topology.links.flatMap((link, index) => {
    const parts = link.name.split('/');
    const matches = wanted.every((part, i) => part === '*' || part === parts[i]);
    return matches && parts.length >= wanted.length ? [index] : [];
  });
}

function bundledLinks(attachments: Iterable<Attachment>): ReadonlySet<number> {
  const bundled = new Set<number>();
  for (const { nicUp, nicDown, rackUp, rackDown } of attachments) {
    for (const bundle of [nicUp, nicDown, rackUp, rackDown]) {
      if (bundle === null || bundle.members.length === 1) continue;
      for (const link of bundle.members) bundled.add(link);
    }
  }
  return bundled;
}

/** The NIC that KubeVirt migrates over: the network's own, else one for any, else what there is. */
function migrationNic(nics: readonly Nic[], usesMigrationNetwork: boolean): Nic {
  const wanted = usesMigrationNetwork ? 'migration' : 'pod';
  const found =
    nics.find((nic) => nic.carries === wanted) ??
    nics.find((nic) => nic.carries === 'any') ??
    nics[0];
  if (found === undefined) throw new Error('a node has no NIC');
  return found;
}

function addNicLinks(nic: Nic, add: Add): { readonly nicUp: Bundle; readonly nicDown: Bundle } {
  const name = nic.name === '' ? `nic/${nic.node}` : `nic/${nic.node}/${nic.name}`;
  const { bytesPerSecond, hashing } = nic;
  const members = hashing === 'balanced' ? 1 : nic.members;
  return {
    nicUp: addBundle(`${name}/up`, bytesPerSecond, members, hashing, add),
    nicDown: addBundle(`${name}/down`, bytesPerSecond, members, hashing, add),
  };
}

function addBundle(
  name: string,
  bytesPerSecond: number,
  members: number,
  hashing: BondHashing,
  add: Add,
): Bundle {
  const links =
    members === 1
      ? [add(name, bytesPerSecond)]
      : Array.from({ length: members }, (_, i) =>
          add(`${name}/${i + 1}`, bytesPerSecond / members),
        );
  return { name, hashing, members: links };
}

function addRackLinks(
  network: NetworkSpec,
  add: Add,
): ReadonlyMap<string, { readonly up: Bundle; readonly down: Bundle }> {
  const uplinks = new Map<string, { readonly up: Bundle; readonly down: Bundle }>();
  const racks: readonly Rack[] = [...network.racks].sort((a, b) => byText(a.name, b.name));
  for (const { name, uplinkBytesPerSecond: bytesPerSecond, uplinkMembers } of racks) {
    if (bytesPerSecond === null) continue;
    const bundle = (direction: 'up' | 'down') =>
      addBundle(`rack/${name}/${direction}`, bytesPerSecond, uplinkMembers, 'layer3+4', add);
    uplinks.set(name, { up: bundle('up'), down: bundle('down') });
  }
  return uplinks;
}

function addSpines(network: NetworkSpec, add: Add): ReadonlyMap<string, number> {
  const spines = new Map<string, number>();
  const { spineBytesPerSecond } = network;
  const isUnnamedUsed =
    network.zones.length === 0 || network.racks.some((rack) => rack.zone === null);
  if (spineBytesPerSecond !== null && isUnnamedUsed) {
    spines.set('', add('spine', spineBytesPerSecond));
  }
  for (const zone of [...network.zones].sort((a, b) => byText(a.name, b.name))) {
    const bytesPerSecond = zone.spineBytesPerSecond ?? spineBytesPerSecond;
    if (bytesPerSecond !== null) spines.set(zone.name, add(`spine/${zone.name}`, bytesPerSecond));
  }
  return spines;
}

function assumedNic(node: string, bytesPerSecond: number): Nic {
  return {
    node,
    name: '',
    bytesPerSecond,
    members: 1,
    hashing: 'balanced',
    carries: 'any',
    rack: null,
  };
}

function smallestNic(nics: readonly Nic[]): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (const nic of nics) smallest = Math.min(smallest, nic.bytesPerSecond);
  return smallest === Number.POSITIVE_INFINITY ? DEFAULT_NIC_BYTES_PER_SECOND : smallest;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

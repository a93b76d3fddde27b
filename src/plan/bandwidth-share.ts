/** What a migration can expect of the network when its node moves as many guests as it may. */
import type { Fleet } from '../fleet/model.js';
import { connectionLimit } from '../network/connection-limit.js';
import { roundTripTimeUs, strandsBetween } from '../network/routes.js';
import { type Attachment, type Bundle, buildTopology, type Topology } from '../network/topology.js';
import { bandwidthBytesPerSecond, migrationConfig } from '../simulation/migration-setup.js';
import type { CheckedGuest, CheckScope } from './check-scope.js';
import type { TargetPlaces } from './target-places.js';

type Bound =
  | 'bandwidthPerMigration'
  | 'sender'
  | 'nic'
  | 'proxy'
  | 'rack uplink'
  | 'spine'
  | 'wan'
  | 'target';

interface LinkBound {
  readonly bytesPerSecond: number;
  /** What is the narrowest. */
  readonly bound: Bound;
}

export interface BandwidthShare extends LinkBound {
  /** A node at the other end of the way; '' where no node may take the guest. */
  readonly target: string;
}

export interface SharedNetwork {
  readonly fleet: Fleet;
  readonly topology: Topology;
  readonly places: TargetPlaces;
  /** Migrations out of a node at a time. */
  readonly outbound: number;
  /** By rack, and by zone: migrations out of it at a time. */
  readonly outOfRack: ReadonlyMap<string, number>;
  readonly outOfZone: ReadonlyMap<string, number>;
  /** 1: as it is; 2: NICs and uplinks twice as wide. */
  readonly width: number;
}

/** @param nodesAtOnce nodes that are emptied beside each other */
export function sharedNetwork(
  { fleet, nodes }: Pick<CheckScope, 'fleet' | 'nodes'>,
  places: TargetPlaces,
  nodesAtOnce: number,
  width = 1,
): SharedNetwork {
  const { parallelMigrationsPerCluster, parallelOutboundMigrationsPerNode } =
    fleet.kubevirt.migrations;
  const topology = buildTopology(fleet);
  // With a limit of 0 nothing moves, which is told elsewhere: the way is then looked at for one.
  const inCluster = Math.max(1, parallelMigrationsPerCluster);
  const outbound = Math.max(1, Math.min(parallelOutboundMigrationsPerNode, inCluster));
  const outOf = (part: (place: Attachment) => string | null): ReadonlyMap<string, number> => {
    const nodesOf = new Map<string, number>();
    for (const node of nodes) {
      const place = topology.attachments.get(node);
      const name = place === undefined ? null : part(place);
      if (name !== null) nodesOf.set(name, (nodesOf.get(name) ?? 0) + 1);
    }
    return new Map(
      [...nodesOf].map(([name, count]) => [
        name,
        Math.min(inCluster, outbound * Math.min(count, nodesAtOnce)),
      ]),
    );
  };
  const outOfRack = outOf(({ rack }) => rack);
  const outOfZone = outOf(({ zone }) => zone);
  return { fleet, topology, places, outbound, outOfRack, outOfZone, width };
}

/** Goodput of one direction of a node's NICs for migrations; 0 for a node that is not known. */
export function nicBytesPerSecond({ topology, width }: SharedNetwork, node: string): number {
  return width * bundleBytesPerSecond(topology, topology.attachments.get(node)?.nicUp ?? null);
}

/** Its share on the way to each place that may take it, the widest first; never empty. */
export function bandwidthShares(
  shared: SharedNetwork,
  one: CheckedGuest,
): readonly [BandwidthShare, ...BandwidthShare[]] {
  const shareTo = (target: string): BandwidthShare => ({
    ...narrowest([...sourceBounds(shared, one, target), ...farBounds(shared, one.node, target)]),
    target,
  });
  const [first = shareTo(''), ...more] = (shared.places.get(one.index) ?? [])
    .map(shareTo)
    .sort((a, b) => b.bytesPerSecond - a.bytesPerSecond);
  return [first, ...more];
}

/** The same with nobody beside it: no migration of it is ever faster. */
export function wholeWays(
  shared: SharedNetwork,
  one: CheckedGuest,
): ReturnType<typeof bandwidthShares> {
  const alone = { outbound: 1, outOfRack: new Map(), outOfZone: new Map() };
  return bandwidthShares({ ...shared, ...alone }, one);
}

function narrowest(bounds: readonly LinkBound[]): LinkBound {
  return bounds.reduce((least, one) => (one.bytesPerSecond < least.bytesPerSecond ? one : least));
}

function sourceBounds(
  shared: SharedNetwork,
  one: CheckedGuest,
  target: string,
): readonly LinkBound[] {
  const { fleet, topology, outbound, outOfRack, width } = shared;
  const place = topology.attachments.get(one.node);
  const limit = bandwidthBytesPerSecond(one.settings);
  const rack = place?.rack ?? null;
  const uplink = place?.rackUp ?? null;
  return [
    { bound: 'sender', bytesPerSecond: senderBytesPerSecond(shared, one, target) },
    {
      bound: 'bandwidthPerMigration',
      bytesPerSecond: limit === 0 ? Number.POSITIVE_INFINITY : limit,
    },
    { bound: 'nic', bytesPerSecond: nicBytesPerSecond(shared, one.node) / outbound },
    { bound: 'proxy', bytesPerSecond: fleet.network.proxyBytesPerSecond / outbound },
    {
      bound: 'rack uplink',
      bytesPerSecond:
        uplink === null || rack === null
          ? Number.POSITIVE_INFINITY
          : (width * bundleBytesPerSecond(topology, uplink)) / (outOfRack.get(rack) ?? 1),
    },
  ];
}

/** Beyond the rack: spines and WAN, which all that leave the zone share, and the target's own links. */
function farBounds(shared: SharedNetwork, node: string, target: string): readonly LinkBound[] {
  const { topology, outOfZone, width } = shared;
  const from = topology.attachments.get(node);
  const to = topology.attachments.get(target);
  if (from === undefined || to === undefined) return [];
  const near = new Set([from.proxy, ...from.nicUp.members, ...(from.rackUp?.members ?? [])]);
  const spines = new Set(topology.spines.values());
  const leaving = outOfZone.get(from.zone) ?? 1;
  return routeBetween(topology, node, target)
    .filter((link) => !near.has(link))
    .map((link) => {
      const own = topology.links[link]?.capacityBytesPerSecond ?? 0;
      if (spines.has(link)) return { bound: 'spine', bytesPerSecond: own / leaving };
      if (link === to.proxy) return { bound: 'target', bytesPerSecond: own };
      const bundle = [to.nicDown, to.rackDown].find((each) => each?.members.includes(link));
      return bundle === undefined
        ? { bound: 'wan', bytesPerSecond: own / leaving }
        : { bound: 'target', bytesPerSecond: width * bundleBytesPerSecond(topology, bundle) };
    });
}

/** One connection's links: of a bundle any member stands for all. */
function routeBetween(topology: Topology, sourceNode: string, targetNode: string) {
  const request = { sourceNode, targetNode, connections: 1, seed: 0, key: 0, isUp: () => true };
  return strandsBetween(topology, request).flatMap(({ route }) => route);
}

function senderBytesPerSecond(
  { fleet, topology }: SharedNetwork,
  one: CheckedGuest,
  target: string,
): number {
  const { channelBytesPerSecond, tcp } = fleet.network;
  const isKnown = topology.attachments.has(one.node) && topology.attachments.has(target);
  const tripUs = isKnown ? roundTripTimeUs(topology, one.node, target) : topology.roundTripTimeUs;
  const window = connectionLimit({
    socketBufferBytes: tcp.socketBufferBytes,
    roundTripTimeUs: tripUs,
    loss: 0,
  });
  const stream = Math.min(channelBytesPerSecond, window);
  return migrationConfig(one.guest, one.settings, fleet.host, stream, tripUs)
    .channelsBytesPerSecond;
}

function bundleBytesPerSecond(topology: Topology, bundle: Bundle | null | undefined): number {
  const members = bundle?.members ?? [];
  return members.reduce((sum, at) => sum + (topology.links[at]?.capacityBytesPerSecond ?? 0), 0);
}

/** What a migration can expect of the network when its node moves as many guests as it may. */
import type { Fleet } from '../fleet/model.js';
import { connectionLimit } from '../network/connection-limit.js';
import { buildTopology, type Topology } from '../network/topology.js';
import { bandwidthBytesPerSecond, migrationConfig } from '../simulation/migration-setup.js';
import type { CheckedGuest } from './check-scope.js';

export interface BandwidthShare {
  readonly bytesPerSecond: number;
  /** What is the narrowest. */
  readonly bound: 'bandwidthPerMigration' | 'sender' | 'nic' | 'proxy' | 'rack uplink';
}

export interface SharedNetwork {
  readonly fleet: Fleet;
  readonly topology: Topology;
  /** Migrations out of a node at a time. */
  readonly outbound: number;
  /** By rack: migrations out of it at a time. */
  readonly outOfRack: ReadonlyMap<string, number>;
  /** 1: as it is; 2: NICs and uplinks twice as wide. */
  readonly width: number;
}

/** @param nodesAtOnce nodes that are emptied beside each other */
export function sharedNetwork(
  fleet: Fleet,
  nodes: readonly string[],
  nodesAtOnce: number,
  width = 1,
): SharedNetwork {
  const { parallelMigrationsPerCluster, parallelOutboundMigrationsPerNode, network } =
    fleet.kubevirt.migrations;
  const names = fleet.nodes.map(({ name }) => name);
  const topology = buildTopology(fleet.network, names, network !== null);
  const outbound = Math.min(parallelOutboundMigrationsPerNode, parallelMigrationsPerCluster);
  const nodesOfRack = new Map<string, number>();
  for (const node of nodes) {
    const rack = topology.attachments.get(node)?.rack ?? null;
    if (rack !== null) nodesOfRack.set(rack, (nodesOfRack.get(rack) ?? 0) + 1);
  }
  const outOfRack = new Map(
    [...nodesOfRack].map(([rack, count]) => [
      rack,
      Math.min(parallelMigrationsPerCluster, outbound * Math.min(count, nodesAtOnce)),
    ]),
  );
  return { fleet, topology, outbound, outOfRack, width };
}

/** Goodput of one direction of a node's NICs for migrations; 0 for a node that is not known. */
export function nicBytesPerSecond({ topology, width }: SharedNetwork, node: string): number {
  const members = topology.attachments.get(node)?.nicUp.members ?? [];
  return width * sumOf(topology, members);
}

export function bandwidthShare(shared: SharedNetwork, one: CheckedGuest): BandwidthShare {
  const { fleet, topology, outbound, outOfRack, width } = shared;
  const place = topology.attachments.get(one.node);
  const limit = bandwidthBytesPerSecond(one.settings);
  const rack = place?.rack ?? null;
  const uplink = place?.rackUp ?? null;
  const bounds: readonly BandwidthShare[] = [
    { bound: 'sender', bytesPerSecond: senderBytesPerSecond(shared, one) },
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
          : (width * sumOf(topology, uplink.members)) / (outOfRack.get(rack) ?? 1),
    },
  ];
  return bounds.reduce((least, one) => (one.bytesPerSecond < least.bytesPerSecond ? one : least));
}

function senderBytesPerSecond({ fleet, topology }: SharedNetwork, one: CheckedGuest): number {
  const { channelBytesPerSecond, tcp } = fleet.network;
  const tripUs = topology.roundTripTimeUs;
  const window = connectionLimit({
    socketBufferBytes: tcp.socketBufferBytes,
    roundTripTimeUs: tripUs,
    loss: 0,
  });
  const stream = Math.min(channelBytesPerSecond, window);
  return migrationConfig(one.guest, one.settings, fleet.host, stream, tripUs)
    .channelsBytesPerSecond;
}

function sumOf(topology: Topology, links: readonly number[]): number {
  return links.reduce((sum, at) => sum + (topology.links[at]?.capacityBytesPerSecond ?? 0), 0);
}

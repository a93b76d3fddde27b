/**
 * Where each guest's stream may go. Nodes of one zone and rack with NICs alike are one place to the
 * network: one of each stands for all of them.
 */
import { createPlacement } from '../kubevirt/placement.js';
import { allowedNodes } from '../kubevirt/placement-questions.js';
import { buildTopology, type Topology } from '../network/topology.js';
import { moves } from './check-guests.js';
import type { CheckScope } from './check-scope.js';

/** By guest index: names of the nodes; a guest that no node may take has none. */
export type TargetPlaces = ReadonlyMap<number, readonly string[]>;

export function targetPlaces({ fleet, seed, nodes, atOnce, guests }: CheckScope): TargetPlaces {
  const names = fleet.nodes.map(({ name }) => name);
  const topology = buildTopology(fleet);
  const placeOf = names.map((name) => placeName(topology, name));
  const drained = new Set(atOnce ? nodes : []);
  const placement = createPlacement(fleet, seed);
  return new Map(
    guests.filter(moves).map(({ index, nodeIndex }) => {
      const first = new Map<string, string>();
      for (const node of allowedNodes(placement, index, nodeIndex)) {
        const name = names[node] ?? '';
        const place = placeOf[node] ?? '';
        if (!drained.has(name) && !first.has(place)) first.set(place, name);
      }
      return [index, [...first.values()]] as const;
    }),
  );
}

function placeName({ attachments, links }: Topology, node: string): string {
  const place = attachments.get(node);
  const nic = (place?.nicDown.members ?? []).map((link) => links[link]?.capacityBytesPerSecond);
  return JSON.stringify([place?.zone, place?.rack, nic]);
}

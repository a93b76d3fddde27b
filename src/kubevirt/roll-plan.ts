/** A drain's nodes in the order of their turns, as the fleet stands when the drain begins. */
import type { DrainSpec, Fleet } from '../fleet/model.js';
import type { RollPlan } from './drain-roll.js';
import { holdsRoom } from './placement.js';

export function rollPlan(fleet: Fleet, indexOfNode: ReadonlyMap<string, number>): RollPlan {
  const { drain } = fleet;
  const named = drain.nodes.filter((name) => indexOfNode.has(name));
  const nodes = inOrder(fleet, named);
  const stages = drain.byRack ? byRack(fleet, nodes) : [nodes];
  return {
    stages: stages.map((stage) => stage.map((name) => indexOfNode.get(name) as number)),
    atOnce: placesFor(drain.atOnce, nodes.length),
    rebootUs: drain.rebootUs,
    soakUs: drain.soakUs,
    nodeTimeoutUs: drain.nodeTimeoutUs,
    ifBlocked: drain.ifBlocked,
  };
}

function placesFor(atOnce: DrainSpec['atOnce'], nodes: number): number {
  switch (atOnce.kind) {
    case 'all':
      return nodes;
    case 'nodes':
      return atOnce.count;
    case 'share':
      return Math.max(1, Math.floor(atOnce.share * nodes));
  }
}

function inOrder(fleet: Fleet, names: readonly string[]): readonly string[] {
  const byName = [...names].sort();
  const load = (guests: boolean): ReadonlyMap<string, number> => {
    const sums = new Map<string, number>();
    for (const guest of fleet.guests) {
      if (guest.node === null || !holdsRoom(guest)) continue;
      const by = guests ? 1 : guest.memoryBytes;
      sums.set(guest.node, (sums.get(guest.node) ?? 0) + by);
    }
    return sums;
  };
  // The sort is stable, so that equals stay in the order of their names.
  const sorted = (sums: ReadonlyMap<string, number>, sign: 1 | -1) =>
    byName.sort((a, b) => sign * ((sums.get(a) ?? 0) - (sums.get(b) ?? 0)));
  switch (fleet.drain.order) {
    case 'name':
      return byName;
    case 'listed':
      return names;
    case 'fewest-guests':
      return sorted(load(true), 1);
    case 'most-guests':
      return sorted(load(true), -1);
    case 'least-memory':
      return sorted(load(false), 1);
    case 'most-memory':
      return sorted(load(false), -1);
  }
}

/** Racks in the order of their first node; nodes outside any rack are one of their own. */
function byRack(fleet: Fleet, names: readonly string[]): readonly (readonly string[])[] {
  const rackOf = new Map(fleet.network.nics.map(({ node, rack }) => [node, rack]));
  const racks = new Map<string | null, string[]>();
  for (const name of names) {
    const rack = rackOf.get(name) ?? null;
    const before = racks.get(rack);
    if (before === undefined) racks.set(rack, [name]);
    else before.push(name);
  }
  return [...racks.values()];
}

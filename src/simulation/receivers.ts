/** What a run did to the nodes that guests went to: how many came at once, and how full they got. */
import { type ExactCount, exactSum } from '../fleet/exact-count.js';
import type { Fleet } from '../fleet/model.js';
import type { NodeLoads } from '../kubevirt/control-plane.js';
import type { MigrationRecord, ReceiverRecord } from './result.js';

/** Guests and memory requests by node, before anything moves. */
export interface NodesBefore {
  readonly guests: Int32Array;
  readonly memoryBytes: Float64Array;
}

export function nodesBefore(loads: NodeLoads): NodesBefore {
  return { guests: loads.guests, memoryBytes: askedMemory(loads) };
}

/** By name; nodes that had no guest and got none are left out. */
export function receiverRecords(
  fleet: Fleet,
  before: NodesBefore,
  after: NodeLoads,
  migrations: readonly MigrationRecord[],
): readonly ReceiverRecord[] {
  const { placement, lost } = after;
  const { resources } = placement.classes;
  const asked = askedMemory(after);
  const inbound = new Map<string, { count: number; bytes: ExactCount }>();
  for (const { targetNode, wireBytes } of migrations) {
    const { count, bytes } = inbound.get(targetNode) ?? { count: 0, bytes: 0 };
    inbound.set(targetNode, { count: count + 1, bytes: exactSum([bytes, wireBytes]) });
  }
  return fleet.nodes.flatMap(({ name }, node) => {
    const { count, bytes } = inbound.get(name) ?? { count: 0, bytes: 0 };
    const guestsBefore = before.guests[node] ?? 0;
    if (guestsBefore === 0 && count === 0) return [];
    const given = resources.allocatable[resources.memory]?.[node] ?? Number.POSITIVE_INFINITY;
    return [
      {
        node: name,
        inbound: count,
        inboundPeak: after.inboundPeak[node] ?? 0,
        wireBytes: bytes,
        guestsBefore,
        guestsAfter: after.guests[node] ?? 0,
        memoryBytes: Number.isFinite(given) ? given : null,
        memoryBeforeBytes: before.memoryBytes[node] ?? 0,
        memoryPeakBytes: placement.peakMemory[node] ?? 0,
        memoryAfterBytes: lost.has(node) ? 0 : (asked[node] ?? 0),
        schedulable: placement.closedReason[node] === null,
      },
    ];
  });
}

function askedMemory({ placement: { classes }, guests }: NodeLoads): Float64Array {
  const { used, memory } = classes.resources;
  return used[memory]?.slice() ?? new Float64Array(guests.length);
}

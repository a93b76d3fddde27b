/** What the fleet file's `events` do to links and nodes, as a list of changes in time. */
import type { FleetEvent } from '../fleet/model.js';
import type { Topology } from '../network/topology.js';

export type FleetChange =
  | {
      readonly kind: 'capacity';
      readonly atUs: number;
      readonly link: number;
      readonly share: number;
    }
  | { readonly kind: 'node-lost'; readonly atUs: number; readonly node: string };

export interface FleetEventQueue {
  readonly changes: readonly FleetChange[];
  next: number;
}

/** Sorted by time; a link that the topology does not have is an error of the fleet file. */
export function createFleetEvents(
  events: readonly FleetEvent[],
  topology: Topology,
): FleetEventQueue {
  const changes = events.flatMap((event) => changesOf(event, topology));
  changes.sort((a, b) => a.atUs - b.atUs);
  return { changes, next: 0 };
}

function changesOf(event: FleetEvent, topology: Topology): readonly FleetChange[] {
  if (event.kind === 'node-lost') return [event];
  const link = topology.linkByName.get(event.link);
  if (link === undefined) throw new RangeError(`events: no link named ${event.link}`);
  const share = event.kind === 'link-down' ? 0 : event.share;
  return [
    { kind: 'capacity', atUs: event.atUs, link, share },
    { kind: 'capacity', atUs: event.atUs + event.forUs, link, share: 1 },
  ];
}

export function nextChangeUs(queue: FleetEventQueue): number {
  return queue.changes[queue.next]?.atUs ?? Number.POSITIVE_INFINITY;
}

/** The next change if it is due at `nowUs`, else null. */
export function takeChange(queue: FleetEventQueue, nowUs: number): FleetChange | null {
  const change = queue.changes[queue.next];
  if (change === undefined || change.atUs > nowUs) return null;
  queue.next += 1;
  return change;
}

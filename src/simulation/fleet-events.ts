/** What the fleet file's `events` do to links and nodes, as a list of changes in time. */
import type { FleetEvent } from '../fleet/model.js';
import { linksNamed, type Topology } from '../network/topology.js';
import { namedLinks } from './named-links.js';

/** What an event leaves of a link: both are shares of it, 0 to 1. */
export interface LinkEffect {
  readonly share: number;
  readonly loss: number;
}

export type FleetChange =
  | {
      readonly kind: 'link';
      readonly atUs: number;
      readonly links: readonly number[];
      /** Index of the event: effects of several on one link multiply. */
      readonly event: number;
      /** null: the event is over. */
      readonly effect: LinkEffect | null;
    }
  | {
      readonly kind: 'partition';
      readonly atUs: number;
      readonly event: number;
      /** One side; null: the event is over. */
      readonly nodes: readonly string[] | null;
    }
  | {
      readonly kind: 'virt-handler-down';
      readonly atUs: number;
      readonly node: string;
      readonly untilUs: number;
    }
  | {
      readonly kind: 'clock-off';
      readonly atUs: number;
      readonly node: string;
      readonly offsetUs: number;
    }
  | {
      readonly kind: 'monitor-hangs';
      readonly atUs: number;
      readonly guest: string;
      readonly untilUs: number;
    }
  | PlainEvent;

/** Events that have no end: the change is the event. */
type PlainEvent = Extract<
  FleetEvent,
  {
    readonly kind: 'node-lost' | 'target-pod-lost' | 'target-disk-full' | 'libvirt-restarted';
  }
>;

export interface FleetEventQueue {
  readonly changes: readonly FleetChange[];
  next: number;
}

const DOWN: LinkEffect = { share: 0, loss: 0 };

/** Sorted by time; @throws InputError for a link that the topology does not have */
export function createFleetEvents(
  events: readonly FleetEvent[],
  topology: Topology,
): FleetEventQueue {
  const changes = events.flatMap((event, index) => changesOf(event, index, topology));
  changes.sort((a, b) => a.atUs - b.atUs);
  return { changes, next: 0 };
}

function changesOf(event: FleetEvent, index: number, topology: Topology): readonly FleetChange[] {
  switch (event.kind) {
    case 'node-lost':
    case 'nic-lost':
    case 'link-down':
    case 'link-degraded':
    case 'link-flapping':
    case 'packet-loss':
      return linkChangesOf(event, index, topology);
    case 'network-partitioned': {
      const { kind: _, atUs, nodes, forUs } = event;
      const change = { kind: 'partition', event: index } as const;
      return [
        { ...change, atUs, nodes },
        { ...change, atUs: atUs + forUs, nodes: null },
      ];
    }
    case 'virt-handler-restarted': {
      const { atUs, node, forUs } = event;
      return [{ kind: 'virt-handler-down', atUs, node, untilUs: atUs + forUs }];
    }
    case 'clock-off':
      return [{ kind: event.kind, atUs: event.atUs, node: event.node, offsetUs: event.aheadUs }];
    case 'qemu-monitor-hangs': {
      const { atUs, guest, forUs } = event;
      return [{ kind: 'monitor-hangs', atUs, guest, untilUs: atUs + forUs }];
    }
    case 'target-pod-lost':
    case 'target-disk-full':
    case 'libvirt-restarted':
      return [event];
    default:
      return event satisfies never;
  }
}

type LinkEvent = Extract<FleetEvent, { readonly link: string }>;
type LossEvent = Extract<FleetEvent, { readonly kind: 'node-lost' | 'nic-lost' }>;

function linkChangesOf(
  event: LinkEvent | LossEvent,
  index: number,
  topology: Topology,
): readonly FleetChange[] {
  const link = (atUs: number, links: readonly number[], effect: LinkEffect | null) =>
    ({ kind: 'link', atUs, links, event: index, effect }) as const;
  if (event.kind === 'node-lost') {
    return [link(event.atUs, nicsOf(event.node, topology), DOWN), event];
  }
  if (event.kind === 'nic-lost') return [link(event.atUs, nicsOf(event.node, topology), DOWN)];
  const links = namedLinks(topology, event.link, `events[${index}].link`);
  const { atUs, forUs } = event;
  const untilUs = atUs + forUs;
  switch (event.kind) {
    case 'link-down':
      return [link(atUs, links, DOWN), link(untilUs, links, null)];
    case 'link-degraded':
      return [link(atUs, links, { share: event.share, loss: 0 }), link(untilUs, links, null)];
    case 'packet-loss':
      return [link(atUs, links, { share: 1, loss: event.loss }), link(untilUs, links, null)];
    case 'link-flapping': {
      const periodUs = event.downUs + event.upUs;
      const flaps = periodUs > 0 ? Math.ceil(forUs / periodUs) : 0;
      return Array.from({ length: flaps }, (_, flap) => {
        const downUs = atUs + flap * periodUs;
        const upUs = Math.min(downUs + event.downUs, untilUs);
        return [link(downUs, links, DOWN), link(upUs, links, null)];
      }).flat();
    }
    default:
      return event satisfies never;
  }
}

function nicsOf(node: string, topology: Topology): readonly number[] {
  return linksNamed(topology, `nic/${node}`);
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

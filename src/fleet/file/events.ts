/** What goes wrong in a run, as a fleet file has it: read and written. */
import { didYouMean } from '../closest.js';
import type { FleetEvent, FleetNode, Guest } from '../model.js';
import { formatDuration, formatShare } from '../units.js';
import { byText, type ReadContext, wrongAt } from './context.js';
import { matchNames } from './names.js';
import type { Plain } from './plain.js';
import type { EventField } from './schema-run.js';

/** A link that changes its mind more often is a mistake of the file. */
const FLAPS_AT_MOST = 100_000;

/** By time, then kind and place. @throws InputError for a node or guest that is not there */
export function readEvents(
  context: ReadContext,
  fields: readonly EventField[],
  nodes: readonly FleetNode[],
  guests: readonly Guest[],
): readonly FleetEvent[] {
  const nodeNames = new Set(nodes.map((node) => node.name));
  const guestNames = new Set(guests.map(({ namespace, name }) => `${namespace}/${name}`));
  for (const [index, field] of fields.entries()) {
    if ('node' in field) refuseUnknown(context, index, 'node', field.node, nodeNames);
    if ('guest' in field) refuseUnknown(context, index, 'guest', field.guest, guestNames);
  }
  const events = fields.map((field, index) => readEvent(context, field, index, nodeNames));
  return events.sort((a, b) => a.atUs - b.atUs || byText(sortKey(a), sortKey(b)));
}

function refuseUnknown(
  context: ReadContext,
  index: number,
  what: 'node' | 'guest',
  name: string,
  known: ReadonlySet<string>,
): void {
  if (known.has(name)) return;
  const problem = `there is no ${what} "${name}"${didYouMean(name, known)}`;
  throw wrongAt(context, ['events', index, what], problem);
}

function readEvent(
  context: ReadContext,
  field: EventField,
  index: number,
  nodes: ReadonlySet<string>,
): FleetEvent {
  const { kind, at: atUs } = field;
  switch (kind) {
    case 'link-down':
      return { kind, atUs, link: field.link, forUs: field.for };
    case 'link-degraded':
      return { kind, atUs, link: field.link, forUs: field.for, share: field.share };
    case 'link-flapping': {
      const { link, for: forUs, down: downUs, up: upUs } = field;
      if (downUs + upUs === 0) {
        const problem = 'down and up are both 0; a link that flaps needs a period of more than 0';
        throw wrongAt(context, ['events', index], problem);
      }
      const flaps = Math.ceil(forUs / (downUs + upUs));
      if (flaps > FLAPS_AT_MOST) {
        const problem = `the link flaps ${flaps} times, at most ${FLAPS_AT_MOST} are simulated`;
        throw wrongAt(context, ['events', index], problem);
      }
      return { kind, atUs, link, forUs, downUs, upUs };
    }
    case 'packet-loss':
      return { kind, atUs, link: field.link, forUs: field.for, loss: field.loss };
    case 'nic-lost':
    case 'node-lost':
      return { kind, atUs, node: field.node };
    case 'network-partitioned': {
      const found = matchNames(context, ['events', index, 'nodes'], field.nodes, [...nodes]);
      return { kind, atUs, nodes: [...new Set(found)].sort(), forUs: field.for };
    }
    case 'virt-handler-restarted':
      return { kind, atUs, node: field.node, forUs: field.for };
    case 'clock-off': {
      if ((field.ahead === undefined) === (field.behind === undefined)) {
        throw wrongAt(context, ['events', index], 'expected either ahead or behind');
      }
      return { kind, atUs, node: field.node, aheadUs: (field.ahead ?? 0) - (field.behind ?? 0) };
    }
    case 'target-pod-lost':
    case 'target-disk-full':
      return { kind, atUs, guest: field.guest };
    case 'libvirt-restarted':
      return { kind, atUs, guest: field.guest, side: field.side };
    case 'qemu-monitor-hangs':
      return { kind, atUs, guest: field.guest, forUs: field.for };
  }
}

function sortKey(event: FleetEvent): string {
  const { kind } = event;
  if ('node' in event) return JSON.stringify([kind, event.node, event]);
  return JSON.stringify([kind, 'link' in event ? event.link : '', event]);
}

export function writeEvent(event: FleetEvent): Plain {
  const { kind } = event;
  const at = formatDuration(event.atUs);
  const timed = 'forUs' in event ? { for: formatDuration(event.forUs) } : {};
  switch (kind) {
    case 'link-down':
      return { kind, at, link: event.link, ...timed };
    case 'link-degraded':
      return { kind, at, link: event.link, ...timed, share: formatShare(event.share) };
    case 'link-flapping': {
      const [down, up] = [formatDuration(event.downUs), formatDuration(event.upUs)];
      return { kind, at, link: event.link, ...timed, down, up };
    }
    case 'packet-loss':
      return { kind, at, link: event.link, ...timed, loss: formatShare(event.loss) };
    case 'nic-lost':
    case 'node-lost':
      return { kind, at, node: event.node };
    case 'network-partitioned':
      return { kind, at, nodes: event.nodes, ...timed };
    case 'virt-handler-restarted':
      return { kind, at, node: event.node, ...timed };
    case 'clock-off': {
      const by = formatDuration(Math.abs(event.aheadUs));
      return {
        kind,
        at,
        node: event.node,
        ...(event.aheadUs < 0 ? { behind: by } : { ahead: by }),
      };
    }
    case 'target-pod-lost':
    case 'target-disk-full':
      return { kind, at, guest: event.guest };
    case 'libvirt-restarted':
      return { kind, at, guest: event.guest, side: event.side };
    case 'qemu-monitor-hangs':
      return { kind, at, guest: event.guest, ...timed };
  }
}

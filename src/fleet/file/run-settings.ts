/** Timings, hosts and events of a fleet file, with their defaults. */

import { didYouMean } from '../closest.js';
import { DEFAULT_TIMINGS } from '../defaults.js';
import type { ControlPlaneTimings, FleetEvent, FleetNode } from '../model.js';
import { byText, type ReadContext, wrongAt } from './context.js';
import type { EventField, TimingsField } from './schema-run.js';

export function readTimings(field: TimingsField | undefined): ControlPlaneTimings {
  return {
    schedulingUs: field?.scheduling ?? DEFAULT_TIMINGS.schedulingUs,
    podStartUs: field?.podStart ?? DEFAULT_TIMINGS.podStartUs,
    handOffUs: field?.handOff ?? DEFAULT_TIMINGS.handOffUs,
    targetPreparationUs: field?.targetPreparation ?? DEFAULT_TIMINGS.targetPreparationUs,
    migrateCallUs: field?.migrateCall ?? DEFAULT_TIMINGS.migrateCallUs,
    finalisationUs: field?.finalisation ?? DEFAULT_TIMINGS.finalisationUs,
  };
}

/** By time, then kind and place. */
export function readEvents(
  context: ReadContext,
  fields: readonly EventField[],
  nodes: readonly FleetNode[],
): readonly FleetEvent[] {
  const names = new Set(nodes.map((node) => node.name));
  for (const [index, field] of fields.entries()) {
    if ('node' in field && !names.has(field.node)) {
      const hint = didYouMean(field.node, names);
      throw wrongAt(context, ['events', index, 'node'], `there is no node "${field.node}"${hint}`);
    }
  }
  return fields.map(readEvent).sort((a, b) => a.atUs - b.atUs || byText(eventKey(a), eventKey(b)));
}

function readEvent(field: EventField): FleetEvent {
  const { kind, at } = field;
  switch (kind) {
    case 'link-down':
      return { kind, atUs: at, link: field.link, forUs: field.for };
    case 'link-degraded':
      return { kind, atUs: at, link: field.link, forUs: field.for, share: field.share };
    case 'link-flapping':
      return {
        kind,
        atUs: at,
        link: field.link,
        forUs: field.for,
        downUs: field.down,
        upUs: field.up,
      };
    case 'packet-loss':
      return { kind, atUs: at, link: field.link, forUs: field.for, loss: field.loss };
    case 'nic-lost':
    case 'node-lost':
      return { kind, atUs: at, node: field.node };
  }
}

function eventKey(event: FleetEvent): string {
  return JSON.stringify([event.kind, 'node' in event ? event.node : event.link, event]);
}

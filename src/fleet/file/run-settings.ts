/** Drain, timings, hosts and events of a fleet file, with their defaults. */

import { didYouMean } from '../closest.js';
import { DEFAULT_DRAIN, DEFAULT_TIMINGS } from '../defaults.js';
import type {
  ControlPlaneTimings,
  DrainSpec,
  FleetEvent,
  FleetNode,
  NetworkSpec,
} from '../model.js';
import { byText, type ReadContext, wrongAt } from './context.js';
import { matchNames } from './names.js';
import type { FleetField } from './schema.js';
import type { EventField, TimingsField } from './schema-run.js';

/** Nodes to drain: those named, those with the labels, those in the racks; all together. */
export function readDrain(
  context: ReadContext,
  file: FleetField,
  nodes: readonly FleetNode[],
  network: NetworkSpec,
): DrainSpec {
  const field = file.drain ?? {};
  const names = nodes.map((node) => node.name);
  const found = new Set(
    field.nodes === undefined ? [] : matchNames(context, ['drain', 'nodes'], field.nodes, names),
  );
  if (field.selector !== undefined) {
    const wanted = Object.entries(field.selector);
    const chosen = nodes.filter(({ labels }) =>
      wanted.every(([key, value]) => labels[key] === value),
    );
    if (chosen.length === 0) {
      throw wrongAt(context, ['drain', 'selector'], 'no node has these labels');
    }
    for (const { name } of chosen) {
      found.add(name);
    }
  }
  const racks = typeof field.racks === 'string' ? [field.racks] : (field.racks ?? []);
  for (const rack of racks) {
    const inRack = network.nics.filter((nic) => nic.rack === rack);
    if (inRack.length === 0) {
      throw wrongAt(context, ['drain', 'racks'], `there is no node in a rack "${rack}"`);
    }
    for (const { node } of inRack) {
      found.add(node);
    }
  }
  return {
    nodes: [...found].sort(),
    method: field.method ?? DEFAULT_DRAIN.method,
    startUs: field.start ?? DEFAULT_DRAIN.startUs,
    timeoutUs: field.timeout ?? DEFAULT_DRAIN.timeoutUs,
    retryUs: field.retry ?? DEFAULT_DRAIN.retryUs,
  };
}

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

/** Node objects to nodes of the fleet, and nodes that only guests name. */
import type { FleetNode, Taint } from '../model.js';
import { nodeLabels } from '../usual-labels.js';
import {
  at,
  booleanOr,
  elements,
  type Field,
  isSet,
  oneOf,
  quantityMap,
  requiredText,
  textMap,
  textOr,
} from './field.js';
import type { KubernetesObject } from './objects.js';
import { tally, type WarningLog } from './warning-log.js';

/** @throws InputError with the path of the wrong field */
export function readNodes(
  objects: readonly KubernetesObject[],
  log: WarningLog,
): readonly FleetNode[] {
  return objects.map((object) => readNode(object, log));
}

function readNode({ field, name }: KubernetesObject, log: WarningLog): FleetNode {
  return {
    name,
    labels: nodeLabels(name, textMap(at(field, 'metadata', 'labels'))),
    taints: elements(at(field, 'spec', 'taints')).map(readTaint),
    cordoned: booleanOr(at(field, 'spec', 'unschedulable'), false),
    ready: readReady(field, name, log),
    allocatable: readAllocatable(field, name, log),
    known: true,
  };
}

/** A node that the dump does not describe: guests can leave it, none can go there. */
export function unknownNode(name: string): FleetNode {
  return {
    name,
    labels: nodeLabels(name, {}),
    taints: [],
    cordoned: false,
    ready: true,
    allocatable: {},
    known: false,
  };
}

function readTaint(field: Field): Taint {
  return {
    key: requiredText(at(field, 'key')),
    value: textOr(at(field, 'value'), ''),
    effect: oneOf(
      at(field, 'effect'),
      ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const,
      'NoSchedule',
    ),
  };
}

function readReady(field: Field, name: string, log: WarningLog): boolean {
  for (const condition of elements(at(field, 'status', 'conditions'))) {
    if (textOr(at(condition, 'type'), '') === 'Ready') {
      return textOr(at(condition, 'status'), '') === 'True';
    }
  }
  tally(log, 'node has no Ready condition; taken as ready', field, name);
  return true;
}

function readAllocatable(field: Field, name: string, log: WarningLog): FleetNode['allocatable'] {
  const allocatable = at(field, 'status', 'allocatable');
  if (isSet(allocatable)) return quantityMap(allocatable);
  const capacity = at(field, 'status', 'capacity');
  if (isSet(capacity)) {
    tally(log, 'node has no status.allocatable; its capacity is taken', field, name);
    return quantityMap(capacity);
  }
  tally(log, 'node has no status.allocatable; it can take no guest', field, name);
  return {};
}

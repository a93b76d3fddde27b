/** What lies around guests: namespaces and quotas, disruption budgets, other pods, migrations. */
import type { DisruptionBudget, Namespace, OtherPod } from '../model.js';
import { namespaceLabels } from '../usual-labels.js';
import {
  at,
  elements,
  type Field,
  integerOr,
  isSet,
  quantityMap,
  requiredText,
  textMap,
  textOr,
} from './field.js';
import { objectName, objectNameOr } from './names.js';
import { fullName, type KubernetesObject } from './objects.js';
import { passOver, tally, type WarningLog } from './warning-log.js';

/** @throws InputError with the path of the wrong field */
export function readNamespaces(
  objects: readonly KubernetesObject[],
  quotas: readonly KubernetesObject[],
): readonly Namespace[] {
  const limits = new Map<string, Map<string, number>>();
  for (const { field, namespace } of quotas) {
    const hard = limits.get(namespace) ?? new Map<string, number>();
    limits.set(namespace, hard);
    for (const [resource, amount] of Object.entries(quantityMap(at(field, 'spec', 'hard')))) {
      // In a quota `memory` means `requests.memory`; the narrowest of several quotas counts.
      const name = resource === 'memory' || resource === 'cpu' ? `requests.${resource}` : resource;
      hard.set(name, Math.min(hard.get(name) ?? amount, amount));
    }
  }
  const quotaOf = (name: string) => Object.fromEntries(limits.get(name) ?? []);
  const described = objects.map(({ field, name }) => ({
    name,
    labels: namespaceLabels(name, textMap(at(field, 'metadata', 'labels'))),
    quota: quotaOf(name),
  }));
  const names = new Set(described.map(({ name }) => name));
  const others = [...limits.keys()].filter((name) => !names.has(name));
  return [
    ...described,
    ...others.map((name) => ({
      name,
      labels: namespaceLabels(name, {}),
      quota: quotaOf(name),
    })),
  ];
}

/** @throws InputError with the path of the wrong field */
export function readBudget(
  { field, namespace, name }: KubernetesObject,
  log: WarningLog,
): DisruptionBudget {
  const allowed = integerOr(at(field, 'status', 'disruptionsAllowed'), null);
  if (allowed === null) {
    tally(
      log,
      'budget has no status.disruptionsAllowed; 0 is taken',
      field,
      `${namespace}/${name}`,
    );
  }
  const selector = at(field, 'spec', 'selector');
  if (elements(at(selector, 'matchExpressions')).length > 0) {
    passOver(log, 'PodDisruptionBudget field matchExpressions');
  }
  return {
    namespace,
    name,
    matchLabels: textMap(at(selector, 'matchLabels')),
    disruptionsAllowed: Math.max(0, allowed ?? 0),
  };
}

/**
 * Pods that hold requests on a node beside the launchers: guests' requests are computed from their
 * spec, so that a target pod is counted as its source is. Ended and unplaced pods hold nothing.
 * @throws InputError with the path of the wrong field
 */
export function readOtherPods(objects: readonly KubernetesObject[]): readonly OtherPod[] {
  return objects.flatMap(({ field, namespace, name }) => {
    const labels = textMap(at(field, 'metadata', 'labels'));
    const node = objectNameOr(at(field, 'spec', 'nodeName'), null);
    const phase = textOr(at(field, 'status', 'phase'), 'Running');
    const hasEnded = phase === 'Succeeded' || phase === 'Failed';
    if (node === null || hasEnded || labels['kubevirt.io'] === 'virt-launcher') return [];
    const daemonSet = elements(at(field, 'metadata', 'ownerReferences')).some(
      (owner) => textOr(at(owner, 'kind'), '') === 'DaemonSet',
    );
    return [{ namespace, name, node, labels, requests: podRequests(at(field, 'spec')), daemonSet }];
  });
}

/** Kubernetes' effective request: containers and sidecars together, or the largest init container. */
function podRequests(spec: Field): Readonly<Record<string, number>> {
  const together = new Map<string, number>();
  for (const container of elements(at(spec, 'containers'))) add(together, requestsOf(container));
  const largest = new Map<string, number>();
  for (const container of elements(at(spec, 'initContainers'))) {
    const isSidecar = textOr(at(container, 'restartPolicy'), '') === 'Always';
    if (isSidecar) add(together, requestsOf(container));
    else raise(largest, requestsOf(container));
  }
  raise(together, Object.fromEntries(largest));
  add(together, quantityMap(at(spec, 'overhead')));
  return Object.fromEntries(together);
}

function requestsOf(container: Field): Readonly<Record<string, number>> {
  return quantityMap(at(container, 'resources', 'requests'));
}

function add(sum: Map<string, number>, amounts: Readonly<Record<string, number>>): void {
  for (const [name, amount] of Object.entries(amounts))
    sum.set(name, (sum.get(name) ?? 0) + amount);
}

function raise(most: Map<string, number>, amounts: Readonly<Record<string, number>>): void {
  for (const [name, amount] of Object.entries(amounts)) {
    most.set(name, Math.max(most.get(name) ?? 0, amount));
  }
}

/**
 * Full names of guests with an unfinished migration object; ended ones are history, passed over.
 * @throws InputError with the path of the wrong field
 */
export function migratingGuests(
  objects: readonly KubernetesObject[],
  guests: ReadonlySet<string>,
  log: WarningLog,
): ReadonlySet<string> {
  const migrating = new Set<string>();
  for (const object of objects) {
    const { field, namespace } = object;
    const phase = textOr(at(field, 'status', 'phase'), '');
    if (phase === 'Succeeded' || phase === 'Failed') {
      passOver(log, 'finished VirtualMachineInstanceMigration');
      continue;
    }
    const nameField = at(field, 'spec', 'vmiName');
    requiredText(nameField);
    const guest = `${namespace}/${objectName(nameField)}`;
    if (!guests.has(guest)) {
      tally(log, 'migration of a guest that is not in the dump', nameField, fullName(object));
    }
    migrating.add(guest);
  }
  return migrating;
}

/** True when any policy could look at namespace labels that the dump does not have. */
export function needsNamespaceLabels(policies: readonly KubernetesObject[]): boolean {
  return policies.some(({ field }) => isSet(at(field, 'spec', 'selectors', 'namespaceSelector')));
}

/** A fleet file to the fleet: settings and parameters, schema, groups, defaults, order. */
import type { Goal } from '../goal-model.js';
import type { DisruptionBudget, Fleet, Guest, Namespace, OtherPod } from '../model.js';
import { errorAt, type SourceDocument } from '../source-document.js';
import { namespaceLabels } from '../usual-labels.js';
import type { InputWarning } from '../warnings.js';
import { byText, type ReadContext, wrongAt } from './context.js';
import { readDrain } from './drain.js';
import { readEvents } from './events.js';
import { readGoal } from './goal.js';
import { readGuests } from './guests.js';
import { readHost } from './host.js';
import { readInfrastructure } from './infrastructure.js';
import { readKubeVirt, readPolicies } from './kubevirt.js';
import { applyParameters, type Setting } from './parameters.js';
import { schemaError } from './problems.js';
import { readTimings } from './run-settings.js';
import { type FleetField, fleetSchema } from './schema.js';
import { readUserMigrations } from './user-migrations.js';

interface FleetFromFile {
  readonly fleet: Fleet;
  /** null: the file has none. */
  readonly goal: Goal | null;
  readonly warnings: readonly InputWarning[];
}

/**
 * The fleet that a file describes; the order of its lists and keys makes no difference.
 *
 * @param settings `--set PATH=VALUE`, applied before anything else
 * @throws InputError with path, line and column
 */
export function fleetFromFile(
  document: SourceDocument,
  settings: readonly Setting[] = [],
): FleetFromFile {
  const value = applyParameters(document, settings);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'sluice')) {
    throw errorAt(document, [], 'a fleet file says sluice: 1 at its top; this one does not');
  }
  const parsed = fleetSchema.safeParse(value);
  if (!parsed.success) {
    throw schemaError(document, value, parsed.error);
  }
  const context: ReadContext = { document, warnings: [] };
  const fleet = readFleet(context, parsed.data);
  return { fleet, goal: readGoal(context, parsed.data.goal, fleet), warnings: context.warnings };
}

function readFleet(context: ReadContext, file: FleetField): Fleet {
  const { nodes, network } = readInfrastructure(context, file);
  const guests = readGuests(context, file, nodes);
  const kubevirt = readKubeVirt(context, file.kubevirt);
  return {
    name: file.name ?? 'fleet',
    nodes,
    guests,
    network,
    kubevirt,
    policies: readPolicies(context, file.migrationPolicies),
    namespaces: readNamespaces(context, file, guests),
    otherPods: readOtherPods(context, file),
    disruptionBudgets: readDisruptionBudgets(file),
    drain: readDrain(context, file, nodes, network),
    timings: readTimings(file.timings),
    host: readHost(context, file.host, kubevirt.release),
    events: readEvents(context, file.events ?? [], nodes, guests),
    userMigrations: readUserMigrations(context, file.userMigrations ?? [], guests),
  };
}

function readNamespaces(
  context: ReadContext,
  file: FleetField,
  guests: readonly Guest[],
): readonly Namespace[] {
  const namespaces = new Map<string, Namespace>();
  for (const [index, { name, labels, quota }] of (file.namespaces ?? []).entries()) {
    if (namespaces.has(name)) {
      throw wrongAt(context, ['namespaces', index], `there are two namespaces named ${name}`);
    }
    namespaces.set(name, { name, labels: namespaceLabels(name, labels ?? {}), quota: quota ?? {} });
  }
  for (const { namespace } of guests) {
    if (!namespaces.has(namespace)) {
      const labels = namespaceLabels(namespace, {});
      namespaces.set(namespace, { name: namespace, labels, quota: {} });
    }
  }
  return [...namespaces.values()].sort((a, b) => byText(a.name, b.name));
}

function readOtherPods(context: ReadContext, file: FleetField): readonly OtherPod[] {
  const names = new Set<string>();
  const pods = (file.otherPods ?? []).map((pod, index) => {
    const key = `${pod.namespace}/${pod.name}`;
    if (names.has(key)) {
      throw wrongAt(context, ['otherPods', index], `there are two pods named ${key}`);
    }
    names.add(key);
    return {
      namespace: pod.namespace,
      name: pod.name,
      node: pod.node,
      labels: pod.labels ?? {},
      requests: pod.requests ?? {},
      daemonSet: pod.daemonSet ?? false,
    };
  });
  return pods.sort(byNamespaceAndName);
}

function readDisruptionBudgets(file: FleetField): readonly DisruptionBudget[] {
  return (file.disruptionBudgets ?? [])
    .map(({ namespace, name, matchLabels, disruptionsAllowed }) => ({
      namespace,
      name,
      matchLabels: matchLabels ?? {},
      disruptionsAllowed,
    }))
    .sort(byNamespaceAndName);
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

function byNamespaceAndName(a: Named, b: Named): number {
  return byText(a.namespace, b.namespace) || byText(a.name, b.name);
}

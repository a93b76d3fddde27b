/** kubectl dumps and Prometheus answers to a fleet. */
import {
  DEFAULT_DRAIN,
  DEFAULT_HOST_PROFILE,
  DEFAULT_KUBEVIRT,
  DEFAULT_TIMINGS,
  qemuVersionOfRelease,
} from '../defaults.js';
import { InputError } from '../input-error.js';
import type { Fleet, FleetNode, KubeVirtSettings, Namespace } from '../model.js';
import type { SourceDocument } from '../source-document.js';
import { namespaceLabels } from '../usual-labels.js';
import type { InputWarning } from '../warnings.js';
import { readBackground } from './background.js';
import { warnOvercommit } from './contradictions.js';
import { type Field, rootField } from './field.js';
import { readGuest } from './guests.js';
import { readKubeVirt } from './kubevirt.js';
import { MISSING_INPUTS } from './missing-inputs.js';
import { readNetwork } from './network.js';
import { readNodes, unknownNode } from './nodes.js';
import { collectObjects, fullName, type KubernetesObject, type ObjectsByKind } from './objects.js';
import { type ReadGuest, withWorkloads } from './observed-workloads.js';
import { readPolicy } from './policies.js';
import {
  migratingGuests,
  needsNamespaceLabels,
  readBudget,
  readNamespaces,
  readOtherPods,
} from './surroundings.js';
import { claimsByName } from './volumes.js';
import { finishWarnings, newWarningLog, tally, type WarningLog, warn } from './warning-log.js';

/** Metrics and pods beside the dump itself; each may be absent. */
export interface DumpInputs {
  /** kubevirt_vmi_dirty_rate_bytes_per_second, vector or matrix. */
  readonly dirtyRates?: SourceDocument | undefined;
  /** kubevirt_vmi_memory_*_bytes. */
  readonly memory?: SourceDocument | undefined;
  /** node_network_speed_bytes. */
  readonly network?: SourceDocument | undefined;
  /** Rates of node_network_transmit_bytes and receive, best a matrix. */
  readonly background?: SourceDocument | undefined;
  /** `kubectl get pods -A -o json`. */
  readonly pods?: SourceDocument | undefined;
}

/**
 * @param documents one or several kubectl outputs (JSON or YAML), read as one
 * @param name the fleet's name
 * @throws InputError for what is wrong; what is merely missing becomes a warned default
 */
export function fleetFromDump(
  documents: readonly [SourceDocument, ...SourceDocument[]],
  inputs: DumpInputs,
  name: string,
): { fleet: Fleet; warnings: readonly InputWarning[] } {
  const log = newWarningLog();
  const [first] = documents;
  const root = rootField(first);
  const all = inputs.pods === undefined ? documents : [...documents, inputs.pods];
  const objects = collectObjects(all, log);
  refuseNothing(objects, first, inputs, log);
  const kubevirt = readSettings(objects.KubeVirt, root, log);
  const guests = readGuests(objects, log);
  const described = readNodes(objects.Node, log);
  const nodes = withGuestsNodes(described, guests, log).sort(byKey(({ name: n }) => n));
  const links = readNetwork(nodes, objects.Node, inputs.network, root, log);
  const network =
    inputs.background === undefined
      ? links
      : { ...links, background: readBackground(inputs.background, objects.Node, log) };
  const observed = withWorkloads(guests, inputs.dirtyRates, inputs.memory, log);
  const otherPods = readOtherPods(sortedByName(objects.Pod));
  if (objects.Pod.length === 0) warn(log, root, MISSING_INPUTS.pods);
  const fieldOf = new Map(objects.Node.map((object) => [object.name, object.field]));
  warnOvercommit(nodes, observed, otherPods, kubevirt, (n) => fieldOf.get(n) ?? root, log);
  warnNamespaces(objects, root, log);
  const fleet: Fleet = {
    name,
    nodes,
    guests: observed,
    network,
    kubevirt,
    policies: sortedByName(objects.MigrationPolicy).map((policy) => readPolicy(policy, log)),
    namespaces: withGuestsNamespaces(
      readNamespaces(objects.Namespace, objects.ResourceQuota),
      guests,
    ),
    otherPods,
    disruptionBudgets: sortedByName(objects.PodDisruptionBudget).map((b) => readBudget(b, log)),
    drain: DEFAULT_DRAIN,
    timings: DEFAULT_TIMINGS,
    host: { ...DEFAULT_HOST_PROFILE, qemuVersion: qemuVersionOf(kubevirt) },
    events: [],
    userMigrations: [],
  };
  return { fleet, warnings: finishWarnings(log, first.file) };
}

function refuseNothing(
  objects: ObjectsByKind,
  first: SourceDocument,
  { pods }: DumpInputs,
  log: WarningLog,
): void {
  if (objects.Node.length === 0 && objects.VirtualMachineInstance.length === 0) {
    const seen = [
      ...log.passedOver.keys(),
      ...Object.entries(objects).flatMap(([kind, list]) => (list.length > 0 ? [kind] : [])),
    ].sort();
    const kinds = seen.length === 0 ? 'none' : seen.slice(0, 8).join(', ');
    const problem = `no Node and no VirtualMachineInstance found (kinds seen: ${kinds})`;
    throw new InputError(first.file, '', problem);
  }
  if (pods !== undefined && !objects.Pod.some(({ field }) => field.document === pods)) {
    throw new InputError(pods.file, '', 'no Pod found');
  }
}

function readSettings(
  objects: readonly KubernetesObject[],
  root: Field,
  log: WarningLog,
): KubeVirtSettings {
  const [first, second] = sortedByName(objects);
  if (first === undefined) {
    warn(
      log,
      root,
      "no KubeVirt object: KubeVirt's own defaults are taken, eviction strategy None",
    );
    return DEFAULT_KUBEVIRT;
  }
  if (second !== undefined)
    warn(log, second.field, `another KubeVirt; ${fullName(first)} is taken`);
  return readKubeVirt(first.field, log);
}

function readGuests(objects: ObjectsByKind, log: WarningLog): readonly ReadGuest[] {
  const claims = claimsByName(objects.PersistentVolumeClaim);
  const instances = sortedByName(objects.VirtualMachineInstance);
  const names = new Set(instances.map(fullName));
  const migrating = migratingGuests(objects.VirtualMachineInstanceMigration, names, log);
  return instances.map((object) => ({
    guest: readGuest(object, claims, migrating, log),
    field: object.field,
  }));
}

function withGuestsNodes(
  nodes: readonly FleetNode[],
  guests: readonly ReadGuest[],
  log: WarningLog,
): FleetNode[] {
  const known = new Map(nodes.map((node) => [node.name, node]));
  for (const { guest, field } of guests) {
    if (guest.node === null) continue;
    const node = known.get(guest.node) ?? unknownNode(guest.node);
    if (!node.known) tally(log, 'guest is on a node that is not in the dump', field, guest.node);
    known.set(node.name, node);
  }
  return [...known.values()];
}

function withGuestsNamespaces(
  namespaces: readonly Namespace[],
  guests: readonly ReadGuest[],
): readonly Namespace[] {
  const known = new Map(namespaces.map((namespace) => [namespace.name, namespace]));
  for (const { guest } of guests) {
    if (!known.has(guest.namespace)) {
      const labels = namespaceLabels(guest.namespace, {});
      known.set(guest.namespace, { name: guest.namespace, labels, quota: {} });
    }
  }
  return [...known.values()].sort(byKey(({ name }) => name));
}

function warnNamespaces(objects: ObjectsByKind, root: Field, log: WarningLog): void {
  if (objects.Namespace.length === 0 && needsNamespaceLabels(objects.MigrationPolicy)) {
    warn(log, root, 'no Namespace objects: policies that select namespaces match nothing');
  }
}

function qemuVersionOf({ release }: KubeVirtSettings): string {
  return qemuVersionOfRelease(release) ?? DEFAULT_HOST_PROFILE.qemuVersion;
}

/** By namespace, then name; the order of the dump must not matter. */
function sortedByName(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return [...objects].sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
}

function byKey<T>(key: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => compare(key(a), key(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

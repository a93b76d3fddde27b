/** Nodes of a fleet file: named, in groups, or made by the racks' short form. */
import type { FleetNode, NetworkSpec } from '../model.js';
import type { Nic } from '../network-spec.js';
import type { Path } from '../source-document.js';
import { nodeLabels } from '../usual-labels.js';
import { byText, type ReadContext, wrongAt } from './context.js';
import { memberNames, numbered } from './names.js';
import { countedRacks, readNetwork, readNics } from './network.js';
import type { FleetField } from './schema.js';
import type { NodeField } from './schema-infrastructure.js';

/** A node of a hand-written fleet that says nothing else: a usual two-socket host. */
const DEFAULT_ALLOCATABLE = { cpu: 64, memory: 512 * 2 ** 30, pods: 250 } as const;

/** Nodes that the racks' short form makes carry their rack as a label, to spread over. */
const RACK_LABEL = 'topology.kubernetes.io/rack';
const ZONE_LABEL = 'topology.kubernetes.io/zone';

interface Placed {
  readonly node: FleetNode;
  readonly nics: readonly Nic[];
}

/** Nodes sorted by name, and the network between them. */
export function readInfrastructure(
  context: ReadContext,
  file: FleetField,
): { readonly nodes: readonly FleetNode[]; readonly network: NetworkSpec } {
  const placed = new Map<string, Placed>();
  for (const [index, field] of (file.nodes ?? []).entries()) {
    addNodes(context, ['nodes', index], field, file, placed);
  }
  addRackNodes(context, file, placed);
  const sorted = [...placed.values()].sort((a, b) => byText(a.node.name, b.node.name));
  const nics = sorted.flatMap((one) => one.nics);
  return { nodes: sorted.map(({ node }) => node), network: readNetwork(context, file, nics) };
}

function addNodes(
  context: ReadContext,
  path: Path,
  field: NodeField,
  file: FleetField,
  placed: Map<string, Placed>,
): void {
  const rackIsNumbered = field.rack !== undefined && /\{\d+\}/.test(field.rack);
  if (rackIsNumbered !== (field.nodesPerRack !== undefined)) {
    throw wrongAt(context, path, 'a numbered rack ("rack-{0}") and nodesPerRack need each other');
  }
  for (const [index, name] of memberNames(context, path, field.name, field.count).entries()) {
    const rack = numbered(field.rack ?? '', Math.floor(index / (field.nodesPerRack ?? 1)));
    addNode(context, path, { ...field, name, rack }, file, placed);
  }
}

function addRackNodes(context: ReadContext, file: FleetField, placed: Map<string, Placed>): void {
  const perRack = file.network?.nodesPerRack;
  if (perRack === undefined) {
    return;
  }
  if (typeof file.network?.racks !== 'number') {
    const problem = 'needs racks as a number; give racks with names their nodes under nodes:';
    throw wrongAt(context, ['network', 'nodesPerRack'], problem);
  }
  const digits = Math.max(2, String(perRack).length);
  for (const { name: rack, zone } of countedRacks(file)) {
    for (let number = 1; number <= perRack; number += 1) {
      const name = `${rack}-node-${String(number).padStart(digits, '0')}`;
      const zoneLabel = zone === undefined ? {} : { [ZONE_LABEL]: zone };
      const field = { name, rack, labels: { [RACK_LABEL]: rack, ...zoneLabel } };
      addNode(context, ['network', 'nodesPerRack'], field, file, placed);
    }
  }
}

function addNode(
  context: ReadContext,
  path: Path,
  field: NodeField,
  file: FleetField,
  placed: Map<string, Placed>,
): void {
  const { name } = field;
  if (placed.has(name)) {
    throw wrongAt(context, path, `there are two nodes named ${name}`);
  }
  const defaults = file.nodeDefaults ?? {};
  const node: FleetNode = {
    name,
    labels: nodeLabels(name, { ...defaults.labels, ...field.labels }),
    taints: (field.taints ?? defaults.taints ?? []).map(({ key, value, effect }) => ({
      key,
      value: value ?? '',
      effect,
    })),
    cordoned: field.cordoned ?? false,
    ready: field.ready ?? true,
    allocatable: field.allocatable ?? defaults.allocatable ?? DEFAULT_ALLOCATABLE,
    known: field.known ?? true,
  };
  placed.set(name, { node, nics: readNics(context, path, field, file) });
}

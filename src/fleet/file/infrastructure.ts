/** Nodes, NICs and racks of a fleet file. */
import {
  DEFAULT_CHANNEL_BYTES_PER_SECOND,
  DEFAULT_NIC_BYTES_PER_SECOND,
  DEFAULT_PROXY_BYTES_PER_SECOND,
  DEFAULT_ROUND_TRIP_TIME_US,
  GOODPUT_FACTOR,
} from '../defaults.js';
import type { FleetNode, NetworkSpec, Nic, Rack } from '../model.js';
import type { Path } from '../source-document.js';
import { byText, type ReadContext, wrongAt } from './context.js';
import { memberNames, numbered } from './names.js';
import type { FleetField } from './schema.js';
import type { NodeField } from './schema-infrastructure.js';

/** A node of a hand-written fleet that says nothing else: a usual two-socket host. */
const DEFAULT_ALLOCATABLE = { cpu: 64, memory: 512 * 2 ** 30, pods: 250 } as const;

/** Nodes that the racks' short form makes carry their rack as a label, to spread over. */
const RACK_LABEL = 'topology.kubernetes.io/rack';

interface Placed {
  readonly node: FleetNode;
  readonly nic: Nic | null;
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
  const nics = sorted.flatMap(({ nic }) => (nic === null ? [] : [nic]));
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
  for (const { name: rack } of countedRacks(file.network.racks)) {
    for (let number = 1; number <= perRack; number += 1) {
      const name = `${rack}-node-${String(number).padStart(digits, '0')}`;
      const field = { name, rack, labels: { [RACK_LABEL]: rack } };
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
    labels: { ...defaults.labels, ...field.labels },
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
  placed.set(name, { node, nic: readNic(field, file) });
}

function readNic(field: NodeField, file: FleetField): Nic | null {
  const choices = [field.nic, file.nodeDefaults?.nic, file.network?.nic];
  const lineRate = choices.find((choice) => choice !== undefined);
  if (lineRate === null) {
    return null;
  }
  return {
    node: field.name,
    bytesPerSecond: (lineRate ?? DEFAULT_NIC_BYTES_PER_SECOND) * goodput(file),
    rack: field.rack === undefined || field.rack === '' ? null : field.rack,
  };
}

function goodput(file: FleetField): number {
  return file.network?.goodput ?? GOODPUT_FACTOR;
}

function readNetwork(context: ReadContext, file: FleetField, nics: readonly Nic[]): NetworkSpec {
  const field = file.network ?? {};
  const payload = (lineRate: number | null | undefined): number | null =>
    lineRate === null || lineRate === undefined ? null : lineRate * goodput(file);
  const named = typeof field.racks === 'number' ? countedRacks(field.racks) : (field.racks ?? []);
  const racks = new Map<string, Rack>();
  for (const [index, { name, uplink }] of named.entries()) {
    if (racks.has(name)) {
      throw wrongAt(context, ['network', 'racks', index], `there are two racks named ${name}`);
    }
    const lineRate = uplink === undefined ? field.uplink : uplink;
    racks.set(name, { name, uplinkBytesPerSecond: payload(lineRate) });
  }
  for (const { rack } of nics) {
    if (rack !== null && !racks.has(rack)) {
      racks.set(rack, { name: rack, uplinkBytesPerSecond: payload(field.uplink) });
    }
  }
  return {
    nics,
    racks: [...racks.values()].sort((a, b) => byText(a.name, b.name)),
    spineBytesPerSecond: payload(field.spine),
    proxyBytesPerSecond: field.proxy ?? DEFAULT_PROXY_BYTES_PER_SECOND,
    channelBytesPerSecond: field.channel ?? DEFAULT_CHANNEL_BYTES_PER_SECOND,
    roundTripTimeUs: field.rtt ?? DEFAULT_ROUND_TRIP_TIME_US,
  };
}

function countedRacks(
  count: number,
): readonly { readonly name: string; readonly uplink?: number | null }[] {
  return Array.from({ length: count }, (_, index) => ({ name: `rack-${index + 1}` }));
}

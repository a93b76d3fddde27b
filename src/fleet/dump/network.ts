/** NICs from node_exporter's link speeds, racks from node labels. */
import {
  DEFAULT_BOND_HASHING,
  DEFAULT_CHANNEL_BYTES_PER_SECOND,
  DEFAULT_NIC_BYTES_PER_SECOND,
  DEFAULT_PROXY_BYTES_PER_SECOND,
  DEFAULT_ROUND_TRIP_TIME_US,
  DEFAULT_TCP,
  GOODPUT_FACTOR,
} from '../defaults.js';
import type { FleetNode, NetworkSpec } from '../model.js';
import type { SourceDocument } from '../source-document.js';
import { at, elements, type Field, textOr, wrong } from './field.js';
import { MISSING_INPUTS } from './missing-inputs.js';
import { isLabelValue } from './names.js';
import type { KubernetesObject } from './objects.js';
import { readPrometheus, resultField, type Series } from './prometheus.js';
import { tally, type WarningLog, warn } from './warning-log.js';

const SPEED_METRIC = 'node_network_speed_bytes';

/** Devices that carry no traffic of their own to other nodes, by the usual names. */
const VIRTUAL_DEVICE =
  /^(lo|veth|cali|cilium|lxc|docker|virbr|br-|cni|flannel|kube|ovs|ovn|tun|tap|dummy|vxlan|genev|wg|ip6?tnl|sit|nodelocaldns|vnet|macvtap)/;
const BOND = /^(bond|team)/;

/** @throws InputError for a metrics file that is none, or a rack name that cannot be one */
export function readNetwork(
  nodes: readonly FleetNode[],
  objects: readonly KubernetesObject[],
  metrics: SourceDocument | undefined,
  root: Field,
  log: WarningLog,
): NetworkSpec {
  if (metrics === undefined) {
    warn(log, root, MISSING_INPUTS.network);
  }
  const speeds = metrics === undefined ? null : readSpeeds(metrics, objects, log);
  const rackKey = chooseRackKey(nodes);
  const fields = new Map(objects.map(({ name, field }) => [name, field]));
  const nics = nodes.map(({ name, labels }) => {
    const field = fields.get(name) ?? root;
    const raw = speeds?.get(name) ?? DEFAULT_NIC_BYTES_PER_SECOND;
    if (speeds !== null && !speeds.has(name))
      tally(log, 'node has no link speed; 25 Gbit/s is taken', field, name);
    const rack = rackKey === null ? undefined : labels[rackKey];
    if (rack !== undefined && !isLabelValue(rack)) {
      throw wrong(at(field, 'metadata', 'labels', rackKey ?? ''), 'not a label value');
    }
    const bytesPerSecond = Math.round(raw * GOODPUT_FACTOR);
    return {
      node: name,
      name: '',
      bytesPerSecond,
      members: 1,
      hashing: DEFAULT_BOND_HASHING,
      carries: 'any' as const,
      rack: rack === undefined || rack === '' ? null : rack,
    };
  });
  const racks = [...new Set(nics.flatMap(({ rack }) => (rack === null ? [] : [rack])))].sort();
  if (racks.length > 1) {
    warn(
      log,
      root,
      `uplinks of the ${racks.length} racks (label ${rackKey}) are unknown: they do not limit. Better: sluice import, then network.racks[].uplink in its file`,
    );
  }
  return {
    nics,
    racks: racks.map((name) => ({
      name,
      uplinkBytesPerSecond: null,
      uplinkMembers: 1,
      zone: null,
    })),
    zones: [],
    wans: [],
    spineBytesPerSecond: null,
    proxyBytesPerSecond: DEFAULT_PROXY_BYTES_PER_SECOND,
    channelBytesPerSecond: DEFAULT_CHANNEL_BYTES_PER_SECOND,
    roundTripTimeUs: DEFAULT_ROUND_TRIP_TIME_US,
    tcp: DEFAULT_TCP,
    background: [],
    timeOfDayUs: 0,
  };
}

/** topology.kubernetes.io/rack, else any key named `rack`, else the zone. */
function chooseRackKey(nodes: readonly FleetNode[]): string | null {
  const keys = [...new Set(nodes.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const rack = 'topology.kubernetes.io/rack';
  const zone = 'topology.kubernetes.io/zone';
  if (keys.includes(rack)) return rack;
  const named = keys.find((key) => key === 'rack' || key.endsWith('/rack'));
  return named ?? (keys.includes(zone) ? zone : null);
}

/** Raw bytes per second of the NIC that a node migrates over. */
function readSpeeds(
  document: SourceDocument,
  objects: readonly KubernetesObject[],
  log: WarningLog,
): ReadonlyMap<string, number> {
  const nodeOf = nodesByAddress(objects);
  const devices = new Map<string, Map<string, number>>();
  for (const { labels, values } of readPrometheus(document, [SPEED_METRIC], log)) {
    const node = nodeOfSeries(labels, nodeOf);
    const speed = values.at(-1);
    if (node === null) {
      const shown = labels.node ?? labels.instance ?? JSON.stringify(labels).slice(0, 80);
      tally(log, 'link speed is about no node of the dump', resultField(document), shown);
    } else if (speed !== undefined && speed > 0) {
      const known = devices.get(node) ?? new Map<string, number>();
      devices.set(node, known.set(labels.device ?? '', speed));
    }
  }
  return new Map(
    [...devices].flatMap(([node, speeds]) => {
      const speed = migrationSpeed(speeds);
      return speed === null ? [] : [[node, speed] as const];
    }),
  );
}

/**
 * A bond's speed is the sum of its members already, so bonds count and their members do not. Where
 * there are several devices, nothing tells which one the migration network (a VLAN or bridge of
 * KubeVirt's `migrations.network`) lies on: a device named for it wins, then the fastest bond, then
 * the fastest device.
 */
function migrationSpeed(speeds: ReadonlyMap<string, number>): number | null {
  const candidates = migrationDevices(speeds);
  return candidates.length === 0 ? null : Math.max(...candidates.map(([, speed]) => speed));
}

/** Devices of one node that the migration network may lie on. */
export function migrationDevices<T>(
  devices: ReadonlyMap<string, T>,
): readonly (readonly [string, T])[] {
  const real = [...devices].filter(([device]) => !VIRTUAL_DEVICE.test(device));
  const named = real.filter(([device]) => device === 'migration0' || device === 'migration');
  const bonds = real.filter(([device]) => BOND.test(device));
  return named.length > 0 ? named : bonds.length > 0 ? bonds : real;
}

/** Node name by itself and by each of its addresses. */
export function nodesByAddress(objects: readonly KubernetesObject[]): ReadonlyMap<string, string> {
  const nodeOf = new Map<string, string>();
  for (const { field, name } of objects) {
    for (const address of elements(at(field, 'status', 'addresses'))) {
      nodeOf.set(textOr(at(address, 'address'), ''), name);
    }
  }
  for (const { name } of objects) nodeOf.set(name, name);
  return nodeOf;
}

export function nodeOfSeries(
  labels: Series['labels'],
  nodeOf: ReadonlyMap<string, string>,
): string | null {
  const instance = labels.instance?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  for (const candidate of [labels.node, labels.nodename, labels.kubernetes_node, instance]) {
    const node = candidate === undefined ? undefined : nodeOf.get(candidate);
    if (node !== undefined) return node;
  }
  return null;
}

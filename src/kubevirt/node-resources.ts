/** What nodes can give and what their pods have asked for, by resource. */
import type { FleetNode } from '../fleet/model.js';

/** Demands of one pod as (resource, amount) pairs; CPU in millicores. */
export interface Demand {
  readonly resources: readonly number[];
  readonly amounts: readonly number[];
}

export interface NodeResources {
  readonly names: readonly string[];
  /** By resource, then node. */
  readonly allocatable: readonly Float64Array[];
  readonly used: readonly Float64Array[];
  readonly cpu: number;
  readonly memory: number;
}

/** Every real node has them: a hand-written one that does not name them does not limit them. */
const UNLIMITED_IF_ABSENT = new Set(['cpu', 'memory', 'pods', 'ephemeral-storage']);

/** Offered by virt-handler's device plugins; fleets in which no node names them have no such limit. */
const DEVICE_PLUGIN = 'devices.kubevirt.io/';

/** `requested`: every resource name that any pod asks for. */
export function createNodeResources(
  nodes: readonly FleetNode[],
  requested: Iterable<string>,
): NodeResources {
  const offered = new Set(nodes.flatMap(({ allocatable }) => Object.keys(allocatable)));
  const wanted = [...new Set(requested)].sort();
  const names = wanted.filter((name) => offered.has(name) || !name.startsWith(DEVICE_PLUGIN));
  const allocatable = names.map((name) => {
    const absent = UNLIMITED_IF_ABSENT.has(name) ? Number.POSITIVE_INFINITY : 0;
    return Float64Array.from(nodes, (node) => inUnits(name, node.allocatable[name] ?? absent));
  });
  return {
    names,
    allocatable,
    used: names.map(() => new Float64Array(nodes.length)),
    cpu: names.indexOf('cpu'),
    memory: names.indexOf('memory'),
  };
}

export function demandOf(
  resources: NodeResources,
  requests: Iterable<readonly [string, number]>,
): Demand {
  const ids: number[] = [];
  const amounts: number[] = [];
  for (const [name, amount] of requests) {
    const id = resources.names.indexOf(name);
    if (id < 0 || amount <= 0) continue;
    ids.push(id);
    amounts.push(inUnits(name, amount));
  }
  return { resources: ids, amounts };
}

/** Adds (by = 1) or takes back (by = -1) a pod's demand on a node. */
export function useResources(
  resources: NodeResources,
  node: number,
  demand: Demand,
  by: 1 | -1,
): void {
  demand.resources.forEach((id, at) => {
    const used = resources.used[id] as Float64Array;
    used[node] = (used[node] ?? 0) + by * (demand.amounts[at] ?? 0);
  });
}

/** Names of the resources that a node lacks for the demand; empty when it fits. */
export function lackingResources(
  resources: NodeResources,
  node: number,
  demand: Demand,
): readonly string[] {
  let lacking: string[] | null = null;
  for (let at = 0; at < demand.resources.length; at += 1) {
    const id = demand.resources[at] as number;
    const free = (resources.allocatable[id]?.[node] ?? 0) - (resources.used[id]?.[node] ?? 0);
    if ((demand.amounts[at] ?? 0) <= free) continue;
    lacking ??= [];
    lacking.push(resources.names[id] as string);
  }
  return lacking ?? NONE;
}

const NONE: readonly string[] = [];

/** Whole millicores and bytes, so that taking back a demand leaves no rounding behind. */
function inUnits(name: string, amount: number): number {
  return name === 'cpu' ? Math.round(amount * 1000) : Math.round(amount);
}

/**
 * Link sharing: changes a second, where a change is one flow that pauses, resumes or ends (and is
 * followed by another), each with its own settle. 40 flows a rack of 20 nodes; destinations are
 * spread over all racks. The bar: 100,000 changes a second, whatever the number of flows.
 */
import {
  addFlow,
  createSharing,
  type FlowId,
  flowRate,
  removeFlow,
  type Sharing,
  setFlow,
  settle,
} from '../src/network/max-min.js';

interface Fabric {
  readonly name: string;
  readonly racks: number;
  readonly flowsPerRack: number;
  /** Capacity of a rack's downlink over its uplink: 1 makes targets a bottleneck as well. */
  readonly downOverUp: number;
  /** How many changes are timed, at full size. */
  readonly changes: number;
}

interface NetworkBenchRow {
  readonly bench: string;
  readonly flows: number;
  readonly changesPerSecond: number;
  /** Flows whose rate a change altered, on average. */
  readonly affectedFlows: number;
  /** Sum of the rates at the end, in bytes per second: the same whatever the solver's speed. */
  readonly totalRate: number;
}

const NODES_PER_RACK = 20;
const NIC_BYTES_PER_SECOND = 3.125e9;
const UPLINK_BYTES_PER_SECOND = 12.5e9;

const FABRICS: readonly Fabric[] = [
  { name: '40 flows a rack', racks: 3, flowsPerRack: 40, downOverUp: 2.5, changes: 200_000 },
  { name: '40 flows a rack', racks: 25, flowsPerRack: 40, downOverUp: 2.5, changes: 200_000 },
  { name: '40 flows a rack', racks: 250, flowsPerRack: 40, downOverUp: 2.5, changes: 200_000 },
  { name: '400 flows a rack', racks: 25, flowsPerRack: 400, downOverUp: 2.5, changes: 20_000 },
  { name: 'downlinks full too', racks: 250, flowsPerRack: 40, downOverUp: 1, changes: 2000 },
];

/**
 * Runs every fabric: `scale` 1 takes some five seconds, less makes fewer changes.
 * @param nowMs a clock in milliseconds
 */
export function benchNetwork(nowMs: () => number, scale: number): readonly NetworkBenchRow[] {
  return FABRICS.map((fabric) => benchFabric(fabric, nowMs, scale));
}

function benchFabric(fabric: Fabric, nowMs: () => number, scale: number): NetworkBenchRow {
  const random = randomFrom(7);
  const sharing = createSharing(capacities(fabric));
  const flows: FlowId[] = [];
  const flowCount = fabric.racks * fabric.flowsPerRack;
  for (let i = 0; i < flowCount; i++) flows.push(openFlow(sharing, fabric, i, random));
  settle(sharing);
  const changes = Math.ceil((fabric.changes * scale) / 4) * 4;
  churn(sharing, fabric, flows, random, changes / 4);
  const beganMs = nowMs();
  const affected = churn(sharing, fabric, flows, random, changes);
  const elapsedSeconds = (nowMs() - beganMs) / 1000;
  return {
    bench: fabric.name,
    flows: flowCount,
    changesPerSecond: Math.round(changes / elapsedSeconds),
    affectedFlows: Math.round((affected / changes) * 10) / 10,
    totalRate: flows.reduce((sum, id) => sum + flowRate(sharing, id), 0),
  };
}

/** A quarter each: pause, resume, end, begin; the flows affected in all. */
function churn(
  sharing: Sharing,
  fabric: Fabric,
  flows: FlowId[],
  random: () => number,
  changes: number,
): number {
  let affected = 0;
  for (let i = 0; i < changes; i += 4) {
    const paused = flows[Math.floor(random() * flows.length)];
    setFlow(sharing, paused, { capBytesPerSecond: 0, weight: 1 });
    affected += settle(sharing).length;
    setFlow(sharing, paused, { capBytesPerSecond: NIC_BYTES_PER_SECOND, weight: 1 });
    affected += settle(sharing).length;
    const ended = Math.floor(random() * flows.length);
    removeFlow(sharing, flows[ended]);
    affected += settle(sharing).length;
    flows[ended] = openFlow(sharing, fabric, ended, random);
    affected += settle(sharing).length;
  }
  return affected;
}

/** Links: per node proxy, NIC up, NIC down; then per rack up, down. */
function capacities(fabric: Fabric): readonly number[] {
  const result: number[] = [];
  for (let node = 0; node < fabric.racks * NODES_PER_RACK; node++) {
    result.push(2 * NIC_BYTES_PER_SECOND, NIC_BYTES_PER_SECOND, NIC_BYTES_PER_SECOND);
  }
  for (let rack = 0; rack < fabric.racks; rack++) {
    result.push(UPLINK_BYTES_PER_SECOND, UPLINK_BYTES_PER_SECOND * fabric.downOverUp);
  }
  return result;
}

function openFlow(sharing: Sharing, fabric: Fabric, index: number, random: () => number): FlowId {
  const nodeCount = fabric.racks * NODES_PER_RACK;
  const source = index % nodeCount;
  const sourceRack = Math.floor(source / NODES_PER_RACK);
  const hop = 1 + Math.floor(random() * (fabric.racks - 1));
  const targetRack = (sourceRack + hop) % fabric.racks;
  const target = targetRack * NODES_PER_RACK + Math.floor(random() * NODES_PER_RACK);
  const rackLinks = nodeCount * 3;
  const route = [
    source * 3,
    source * 3 + 1,
    rackLinks + sourceRack * 2,
    rackLinks + targetRack * 2 + 1,
    target * 3 + 2,
    target * 3,
  ];
  return addFlow(sharing, { route, capBytesPerSecond: NIC_BYTES_PER_SECOND, weight: 1 });
}

/** Mulberry32: the same changes in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

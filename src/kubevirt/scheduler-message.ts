/** The scheduler's words for a node that does not fit, and for a pod that fits nowhere. */
import type { Taint } from '../fleet/model.js';

export const UNSCHEDULABLE_NODE = 'node(s) were unschedulable';
export const NODE_SELECTOR_MISMATCH = "node(s) didn't match Pod's node affinity/selector";
export const POD_AFFINITY_MISMATCH = "node(s) didn't match pod affinity rules";
export const POD_ANTI_AFFINITY_MISMATCH = "node(s) didn't match pod anti-affinity rules";
export const EXISTING_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules";
export const SPREAD_MISMATCH = "node(s) didn't match pod topology spread constraints";
export const SPREAD_LABEL_MISSING =
  "node(s) didn't match pod topology spread constraints (missing required label)";

export function untoleratedTaintReason(taint: Pick<Taint, 'key' | 'value'>): string {
  return `node(s) had untolerated taint {${taint.key}: ${taint.value}}`;
}

export function insufficientReason(resource: string): string {
  return resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`;
}

/** `0/24 nodes are available: 1 Insufficient memory, 3 node(s) …, …`, sorted as Kubernetes sorts. */
export function unavailableMessage(nodes: number, reasons: ReadonlyMap<string, number>): string {
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  const detail = counted.length === 0 ? '.' : `: ${counted.join(', ')}.`;
  return `0/${nodes} nodes are available${detail}`;
}

/**
 * Which of the nodes that fit is best: the default scheduler's scores that matter for launchers,
 * with its weights. An approximation: existing pods' own preferences, image locality and the
 * sampling of large clusters are left out.
 */
import type { NodeResources } from './node-resources.js';
import type { PodClass, StaticFit } from './pod-class.js';
import { matchingInDomain, type PodTerms } from './pod-terms.js';

/** Default weights of the scheduler's score plugins. */
const WEIGHT = {
  leastAllocated: 1,
  balancedAllocation: 1,
  nodeAffinity: 2,
  podAffinity: 2,
  topologySpread: 2,
  taints: 3,
} as const;

/** A whole score for each of `feasible`, in its order; higher is better. */
export function scoreNodes(
  feasible: readonly number[],
  pod: PodClass,
  fit: StaticFit,
  resources: NodeResources,
  terms: PodTerms,
): readonly number[] {
  const scores = feasible.map((node) => allocationScore(resources, node, pod));
  const add = (weight: number, values: readonly number[]) =>
    values.forEach((value, at) => {
      scores[at] = (scores[at] ?? 0) + weight * value;
    });
  const affinity = feasible.map((node) => fit.preferredNodeScore[node] ?? 0);
  if (affinity.some((value) => value !== 0)) add(WEIGHT.nodeAffinity, shareOfLargest(affinity));
  const taints = feasible.map((node) => fit.avoidedTaints[node] ?? 0);
  if (taints.some((value) => value !== 0)) {
    add(
      WEIGHT.taints,
      shareOfLargest(taints).map((value) => 100 - value),
    );
  }
  if (pod.preferred.length > 0) {
    add(WEIGHT.podAffinity, spreadOut(feasible.map((node) => podAffinity(terms, pod, node))));
  }
  if (pod.spread.some(({ required }) => !required)) {
    const counts = feasible.map((node) => spreadCount(terms, pod, node));
    add(WEIGHT.topologySpread, fewestFirst(counts));
  }
  return scores;
}

/** NodeResourcesFit (LeastAllocated) and BalancedAllocation over CPU and memory, whole per cents. */
export function allocationScore(resources: NodeResources, node: number, pod: PodClass): number {
  const cpu = usedShare(resources, resources.cpu, node, pod);
  const memory = usedShare(resources, resources.memory, node, pod);
  if (cpu === null && memory === null) return 0;
  if (cpu === null || memory === null) return Math.floor((1 - (cpu ?? memory ?? 0)) * 100);
  const least = Math.floor((Math.floor((1 - cpu) * 100) + Math.floor((1 - memory) * 100)) / 2);
  const balanced = Math.floor((1 - Math.abs(cpu - memory) / 2) * 100);
  return WEIGHT.leastAllocated * least + WEIGHT.balancedAllocation * balanced;
}

function usedShare(
  resources: NodeResources,
  resource: number,
  node: number,
  pod: PodClass,
): number | null {
  const allocatable = resources.allocatable[resource]?.[node] ?? 0;
  if (allocatable <= 0 || !Number.isFinite(allocatable)) return null;
  const at = pod.demand.resources.indexOf(resource);
  const after = (resources.used[resource]?.[node] ?? 0) + (pod.demand.amounts[at] ?? 0);
  return Math.min(1, after / allocatable);
}

function podAffinity(terms: PodTerms, pod: PodClass, node: number): number {
  return pod.preferred.reduce(
    (sum, { term, weight }) => sum + weight * (matchingInDomain(terms, term, node) ?? 0),
    0,
  );
}

function spreadCount(terms: PodTerms, pod: PodClass, node: number): number {
  return pod.spread
    .filter(({ required }) => !required)
    .reduce((sum, { term }) => sum + (matchingInDomain(terms, term, node) ?? 0), 0);
}

function shareOfLargest(values: readonly number[]): readonly number[] {
  const largest = maximum(values);
  return values.map((value) => (largest > 0 ? Math.floor((100 * value) / largest) : 0));
}

/** InterPodAffinity's normalisation: least 0, most 100. */
function spreadOut(values: readonly number[]): readonly number[] {
  const least = -maximum(values.map((value) => -value));
  const range = maximum(values) - least;
  return values.map((value) => (range > 0 ? Math.floor((100 * (value - least)) / range) : 0));
}

/** PodTopologySpread's normalisation: fewer matching pods, higher score. */
function fewestFirst(values: readonly number[]): readonly number[] {
  const most = maximum(values);
  const least = -maximum(values.map((value) => -value));
  return values.map((value) =>
    most > 0 ? Math.floor((100 * (most + least - value)) / most) : 100,
  );
}

function maximum(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

/**
 * What the scheduler needs to know of a launcher pod, once for all guests with the same spec. Kept
 * apart from the node state, so that the per-node work of a placement is a few look-ups.
 */
import type { Fleet, FleetNode, Guest } from '../fleet/model.js';
import { matchesRequirements, untoleratedTaint } from './label-matching.js';
import { launcherRequests } from './launcher-requests.js';
import {
  createNodeResources,
  type Demand,
  demandOf,
  type NodeResources,
} from './node-resources.js';
import { createPodTerms, matchedTerms, type PodTerms, termId } from './pod-terms.js';
import { NODE_SELECTOR_MISMATCH, untoleratedTaintReason } from './scheduler-message.js';
import { type KnownLabels, targetNodeRequirements } from './target-node-labels.js';

export interface SpreadRule {
  readonly term: number;
  readonly maxSkew: number;
  readonly required: boolean;
}

/** Terms of one guest, as ids. */
export interface PodClass {
  readonly demand: Demand;
  readonly matched: readonly number[];
  readonly affinity: readonly number[];
  readonly antiAffinity: readonly number[];
  /** Preferred terms, weights negative for anti-affinity. */
  readonly preferred: readonly { readonly term: number; readonly weight: number }[];
  readonly spread: readonly SpreadRule[];
}

export interface PodClasses {
  readonly terms: PodTerms;
  readonly resources: NodeResources;
  /** By guest index. */
  readonly classOfGuest: readonly PodClass[];
}

/** Labels that KubeVirt puts on every launcher, beside the VMI's. */
export function launcherLabels(guest: Guest): Readonly<Record<string, string>> {
  return {
    ...guest.labels,
    'kubevirt.io': 'virt-launcher',
    'vm.kubevirt.io/name': guest.name,
  };
}

export function createPodClasses(fleet: Fleet): PodClasses {
  const requests = fleet.guests.map((guest) => launcherRequests(guest, fleet.kubevirt));
  const resources = createNodeResources(fleet.nodes, [
    ...new Set(requests.flatMap((map) => [...map.keys()])),
    ...new Set(fleet.otherPods.flatMap((pod) => Object.keys(pod.requests))),
    'pods',
  ]);
  const terms = createPodTerms(fleet.nodes);
  const rules = fleet.guests.map((guest) => placementRules(guest, terms));
  const classOfGuest = fleet.guests.map((guest, index) => ({
    demand: demandOf(resources, requests[index] ?? []),
    matched: matchedTerms(terms, guest.namespace, launcherLabels(guest)),
    ...(rules[index] as PlacementRules),
  }));
  return { terms, resources, classOfGuest };
}

type PlacementRules = Omit<PodClass, 'demand' | 'matched'>;

function placementRules(guest: Guest, terms: PodTerms): PlacementRules {
  const { affinity, namespace } = guest;
  const preferred = (list: Guest['affinity']['podPreferred'], sign: 1 | -1) =>
    list.map(({ weight, term }) => ({
      term: termId(terms, term, namespace),
      weight: sign * weight,
    }));
  return {
    affinity: affinity.podRequired.map((term) => termId(terms, term, namespace)),
    antiAffinity: affinity.podAntiRequired.map((term) => termId(terms, term, namespace)),
    preferred: [
      ...preferred(affinity.podPreferred, 1),
      ...preferred(affinity.podAntiPreferred, -1),
    ],
    spread: guest.topologySpread.map((constraint) => ({
      term: termId(terms, { ...constraint, namespaces: [] }, namespace),
      maxSkew: constraint.maxSkew,
      required: constraint.whenUnsatisfiable === 'DoNotSchedule',
    })),
  };
}

/** Node rules that never change in a run: null where the node fits, else the scheduler's reason. */
export interface StaticFit {
  readonly reasonOfNode: readonly (string | null)[];
  /** Untolerated taints that only make a node less wanted. */
  readonly avoidedTaints: Uint8Array;
  readonly preferredNodeScore: Float64Array;
  /** No node is more or less wanted than another. */
  readonly isEven: boolean;
}

export function staticFit(
  fleet: Fleet,
  guest: Guest,
  hostModelNode: FleetNode | null,
  known: KnownLabels,
): StaticFit {
  const required = targetNodeRequirements(
    guest,
    hostModelNode,
    fleet.kubevirt.nodeSelectors,
    known,
  );
  const { nodeRequired, nodePreferred } = guest.affinity;
  const reasonOfNode = fleet.nodes.map((node) => {
    const taint = untoleratedTaint(node.taints, guest.tolerations, ['NoSchedule', 'NoExecute']);
    if (taint !== null) return untoleratedTaintReason(taint);
    const selected =
      matchesRequirements(required, node.labels) &&
      (nodeRequired.length === 0 ||
        nodeRequired.some((alternative) => matchesRequirements(alternative, node.labels)));
    return selected ? null : NODE_SELECTOR_MISMATCH;
  });
  const avoidedTaints = Uint8Array.from(fleet.nodes, (node) =>
    untoleratedTaint(node.taints, guest.tolerations, ['PreferNoSchedule']) === null ? 0 : 1,
  );
  const preferredNodeScore = Float64Array.from(fleet.nodes, (node) =>
    nodePreferred
      .filter(({ requirements }) => matchesRequirements(requirements, node.labels))
      .reduce((sum, { weight }) => sum + weight, 0),
  );
  const isEven =
    avoidedTaints.every((taints) => taints === 0) &&
    preferredNodeScore.every((score) => score === 0);
  return { reasonOfNode, avoidedTaints, preferredNodeScore, isEven };
}

/** Guests with the same key have the same static fit, when they started on the same node. */
export function staticFitKey(guest: Guest): string {
  const sorted = (labels: Readonly<Record<string, string>>) => Object.entries(labels).sort();
  return JSON.stringify([
    sorted(guest.nodeSelector),
    guest.tolerations.map(({ key, operator, value, effect }) => [key, operator, value, effect]),
    guest.affinity.nodeRequired,
    guest.affinity.nodePreferred,
    [guest.cpuModel, guest.cpuFeatures, guest.dedicatedCpus, guest.features.realtime],
    [guest.machineType, guest.architecture],
  ]);
}

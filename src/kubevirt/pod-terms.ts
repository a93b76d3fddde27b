/**
 * Pods counted by affinity term and topology domain, so that (anti-)affinity and spread cost one
 * look-up a node instead of a walk over all pods. A term is a selector in a set of namespaces over
 * one topology key; every different one of the fleet is counted once.
 */
import type { FleetNode, LabelSelector, Labels, PodAffinityTerm } from '../fleet/model.js';
import { matchesSelector } from './label-matching.js';

export interface PodTerm {
  readonly namespaces: readonly string[];
  readonly selector: LabelSelector;
  /** Domain of each node; -1: the node lacks the topology key. */
  readonly domainOfNode: Int32Array;
  /** Pods that match, by domain. */
  readonly matching: Int32Array;
  /** Pods that require to be away from matching ones, by domain. */
  readonly repelling: Int32Array;
  matchingTotal: number;
}

export interface PodTerms {
  readonly nodes: readonly FleetNode[];
  readonly terms: PodTerm[];
  readonly idByKey: Map<string, number>;
  readonly domainsByKey: Map<string, { readonly of: Int32Array; readonly count: number }>;
}

export function createPodTerms(nodes: readonly FleetNode[]): PodTerms {
  return { nodes, terms: [], idByKey: new Map(), domainsByKey: new Map() };
}

/** The id of a term, made at its first use; `ownNamespace` stands in for an empty list. */
export function termId(
  index: PodTerms,
  term: Pick<PodAffinityTerm, 'topologyKey' | 'selector' | 'namespaces'>,
  ownNamespace: string,
): number {
  const namespaces = term.namespaces.length === 0 ? [ownNamespace] : [...term.namespaces].sort();
  const pairs = Object.entries(term.selector.matchLabels).sort(byFirst);
  const key = JSON.stringify([
    term.topologyKey,
    namespaces,
    pairs,
    term.selector.matchExpressions.map(({ key, operator, values }) => [key, operator, values]),
  ]);
  const known = index.idByKey.get(key);
  if (known !== undefined) return known;
  const domains = topologyDomains(index, term.topologyKey);
  index.terms.push({
    namespaces,
    selector: term.selector,
    domainOfNode: domains.of,
    matching: new Int32Array(domains.count),
    repelling: new Int32Array(domains.count),
    matchingTotal: 0,
  });
  index.idByKey.set(key, index.terms.length - 1);
  return index.terms.length - 1;
}

/** Ids of the terms that a pod with these labels matches; call when every term is known. */
export function matchedTerms(
  index: PodTerms,
  namespace: string,
  labels: Labels,
): readonly number[] {
  const ids: number[] = [];
  index.terms.forEach((term, id) => {
    if (term.namespaces.includes(namespace) && matchesSelector(term.selector, labels)) ids.push(id);
  });
  return ids;
}

/** Counts a pod on a node in (by = 1) or out (by = -1). */
export function countPod(
  index: PodTerms,
  node: number,
  matched: readonly number[],
  repelled: readonly number[],
  by: 1 | -1,
): void {
  for (const id of matched) {
    const term = index.terms[id] as PodTerm;
    term.matchingTotal += by;
    addAt(term.matching, term.domainOfNode[node] ?? -1, by);
  }
  for (const id of repelled) {
    const term = index.terms[id] as PodTerm;
    addAt(term.repelling, term.domainOfNode[node] ?? -1, by);
  }
}

/** Matching pods in the domain of a node; null when the node is in no domain. */
export function matchingInDomain(index: PodTerms, id: number, node: number): number | null {
  const term = index.terms[id] as PodTerm;
  const domain = term.domainOfNode[node] ?? -1;
  return domain < 0 ? null : (term.matching[domain] ?? 0);
}

export function repellingInDomain(index: PodTerms, id: number, node: number): number {
  const term = index.terms[id] as PodTerm;
  const domain = term.domainOfNode[node] ?? -1;
  return domain < 0 ? 0 : (term.repelling[domain] ?? 0);
}

function addAt(counts: Int32Array, domain: number, by: number): void {
  if (domain >= 0) counts[domain] = (counts[domain] ?? 0) + by;
}

function topologyDomains(
  index: PodTerms,
  topologyKey: string,
): { readonly of: Int32Array; readonly count: number } {
  const known = index.domainsByKey.get(topologyKey);
  if (known !== undefined) return known;
  const idOf = new Map<string, number>();
  const of = Int32Array.from(index.nodes, (node) => {
    const value = node.labels[topologyKey];
    if (value === undefined) return -1;
    const id = idOf.get(value) ?? idOf.size;
    idOf.set(value, id);
    return id;
  });
  const domains = { of, count: idOf.size };
  index.domainsByKey.set(topologyKey, domains);
  return domains;
}

function byFirst(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

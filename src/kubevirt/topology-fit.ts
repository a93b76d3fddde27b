/** The scheduler's PodTopologySpread and InterPodAffinity filters, over counted terms. */
import type { PodClass, SpreadRule, StaticFit } from './pod-class.js';
import { matchingInDomain, type PodTerm, type PodTerms, repellingInDomain } from './pod-terms.js';
import {
  EXISTING_ANTI_AFFINITY,
  NODE_SELECTOR_MISMATCH,
  POD_AFFINITY_MISMATCH,
  POD_ANTI_AFFINITY_MISMATCH,
  SPREAD_LABEL_MISSING,
  SPREAD_MISMATCH,
} from './scheduler-message.js';

/** By spread rule of the pod, the count that its skew is measured from; the same for every node. */
export function spreadBases(terms: PodTerms, pod: PodClass, fit: StaticFit): readonly number[] {
  return pod.spread.map((rule) => (rule.required ? fewestMatching(terms, fit, rule.term) : 0));
}

/**
 * Why a node does not fit, or null. The source pod counts like any other: it is still there, and
 * KubeVirt's own anti-affinity keeps the target pod off its node.
 */
export function topologyReason(
  terms: PodTerms,
  pod: PodClass,
  bases: readonly number[],
  node: number,
  isSource: boolean,
): string | null {
  for (let at = 0; at < pod.spread.length; at += 1) {
    const rule = pod.spread[at] as SpreadRule;
    const reason = rule.required ? spreadReason(terms, pod, rule, bases[at] ?? 0, node) : null;
    if (reason !== null) return reason;
  }
  if (!affinityHolds(terms, pod, node)) return POD_AFFINITY_MISMATCH;
  if (isSource || pod.antiAffinity.some((term) => (matchingInDomain(terms, term, node) ?? 0) > 0)) {
    return POD_ANTI_AFFINITY_MISMATCH;
  }
  if (pod.matched.some((term) => repellingInDomain(terms, term, node) > 0)) {
    return EXISTING_ANTI_AFFINITY;
  }
  return null;
}

/** A pod that matches its own terms may be the first of its kind anywhere. */
function affinityHolds(terms: PodTerms, pod: PodClass, node: number): boolean {
  if (pod.affinity.length === 0) return true;
  const inDomain = pod.affinity.map((term) => matchingInDomain(terms, term, node));
  if (inDomain.includes(null)) return false;
  if (inDomain.every((count) => (count ?? 0) > 0)) return true;
  return pod.affinity.every(
    (term) => terms.terms[term]?.matchingTotal === 0 && pod.matched.includes(term),
  );
}

function spreadReason(
  terms: PodTerms,
  pod: PodClass,
  rule: SpreadRule,
  base: number,
  node: number,
): string | null {
  const count = matchingInDomain(terms, rule.term, node);
  if (count === null) return SPREAD_LABEL_MISSING;
  const self = pod.matched.includes(rule.term) ? 1 : 0;
  const skew = count + self - base;
  return skew > rule.maxSkew ? SPREAD_MISMATCH : null;
}

/**
 * The least count over the domains of nodes that the pod's node affinity allows; taints are not
 * asked (the defaults nodeAffinityPolicy Honor and nodeTaintsPolicy Ignore).
 */
function fewestMatching(terms: PodTerms, fit: StaticFit, id: number): number {
  const term = terms.terms[id] as PodTerm;
  let fewest = Number.POSITIVE_INFINITY;
  for (let node = 0; node < term.domainOfNode.length; node += 1) {
    const domain = term.domainOfNode[node] ?? -1;
    if (domain < 0 || fit.reasonOfNode[node] === NODE_SELECTOR_MISMATCH) continue;
    fewest = Math.min(fewest, term.matching[domain] ?? 0);
  }
  return Number.isFinite(fewest) ? fewest : 0;
}

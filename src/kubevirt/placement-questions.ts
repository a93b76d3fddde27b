/** What is asked of a placement without placing anything. */
import { lackingResources, useResources } from './node-resources.js';
import { fitOf, fixedReason, type Placement } from './placement.js';
import type { PodClass } from './pod-class.js';

/**
 * Would the guest fit on a node if the pods of `others` there were gone (and the node in use again,
 * where it is closed)? Topology rules are not asked.
 */
export function fitsWithout(
  placement: Placement,
  guestIndex: number,
  node: number,
  others: readonly number[],
  reopened = false,
): boolean {
  const fit = fitOf(placement, guestIndex);
  const reason = reopened ? (fit.reasonOfNode[node] ?? null) : fixedReason(placement, fit, node);
  if (reason !== null) return false;
  const { resources, classOfGuest } = placement.classes;
  const demandAt = (index: number) => (classOfGuest[index] as PodClass).demand;
  for (const other of others) useResources(resources, node, demandAt(other), -1);
  const lacking = lackingResources(resources, node, demandAt(guestIndex));
  for (const other of others) useResources(resources, node, demandAt(other), 1);
  return lacking.length === 0;
}

/** True when moves of other guests can change where this one may go. */
export function hasTopologyRules(placement: Placement, guestIndex: number): boolean {
  const pod = placement.classes.classOfGuest[guestIndex] as PodClass;
  return (
    pod.affinity.length > 0 ||
    pod.antiAffinity.length > 0 ||
    pod.matched.length > 0 ||
    pod.spread.some(({ required }) => required)
  );
}

/** Nodes on which a target pod of the guest may ever be; whether they have room is not asked. */
export function allowedNodes(
  placement: Placement,
  guestIndex: number,
  sourceNode: number,
): readonly number[] {
  const fit = fitOf(placement, guestIndex);
  const allowed: number[] = [];
  for (let node = 0; node < placement.closedReason.length; node += 1) {
    if (node !== sourceNode && fixedReason(placement, fit, node) === null) allowed.push(node);
  }
  return allowed;
}

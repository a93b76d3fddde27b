/**
 * The Kubernetes scheduler for target pods: which nodes fit, which of them is taken, and its words
 * when none fits (spec/kubevirt.md 5.7). Holds where every pod of the fleet is.
 */
import type { Fleet, Guest, Labels } from '../fleet/model.js';
import { seededUnit } from '../fleet/seeded.js';
import { demandOf, lackingResources, useResources } from './node-resources.js';
import {
  asksOnlyForRoom,
  boardScores,
  createPlacementBoards,
  noteNodeChange,
  type PlacementBoards,
} from './placement-board.js';
import { scoreNodes } from './placement-score.js';
import {
  createPodClasses,
  type PodClass,
  type PodClasses,
  type StaticFit,
  staticFit,
  staticFitKey,
} from './pod-class.js';
import { countPod, matchedTerms } from './pod-terms.js';
import {
  insufficientReason,
  NODE_SELECTOR_MISMATCH,
  UNSCHEDULABLE_NODE,
  unavailableMessage,
  untoleratedTaintReason,
} from './scheduler-message.js';
import { type KnownLabels, knownLabels } from './target-node-labels.js';
import { spreadBases, topologyReason } from './topology-fit.js';

export interface Placement {
  readonly fleet: Fleet;
  readonly seed: number;
  readonly indexOfNode: ReadonlyMap<string, number>;
  readonly classes: PodClasses;
  readonly boards: PlacementBoards;
  /**
   * Why a node takes no pod at all now, beside its own taints; null where it may, '' where the
   * node is known only as a guest's: it is not among the scheduler's nodes.
   */
  readonly closedReason: (string | null)[];
  readonly known: KnownLabels;
  readonly knownNodes: number;
  /** Drawn from the node's name, for ties. */
  readonly keyOfNode: readonly number[];
  /** The most memory that pods have asked for at one time, by node. */
  readonly peakMemory: Float64Array;
  readonly fitByKey: Map<string, StaticFit>;
  /** By guest, once asked for. */
  readonly fitOfGuest: (StaticFit | undefined)[];
  /** Node on which a guest was at the start: its host model stays the guest's. */
  readonly firstNode: readonly number[];
}

type PlacementResult =
  | { readonly node: number; readonly message: '' }
  | { readonly node: null; readonly message: string };

/** All launcher pods and other pods on their nodes; drained nodes are closed by `closeNode`. */
export function createPlacement(fleet: Fleet, seed: number): Placement {
  const indexOfNode = new Map(fleet.nodes.map((node, index) => [node.name, index]));
  const placement: Placement = {
    fleet,
    seed,
    indexOfNode,
    classes: createPodClasses(fleet),
    boards: createPlacementBoards(),
    closedReason: fleet.nodes.map((node) => {
      if (!node.known) return UNKNOWN_NODE;
      if (node.cordoned) return UNSCHEDULABLE_NODE;
      return node.ready ? null : untoleratedTaintReason({ key: NOT_READY_TAINT, value: '' });
    }),
    known: knownLabels(fleet.nodes),
    knownNodes: fleet.nodes.filter(({ known }) => known).length,
    keyOfNode: fleet.nodes.map(({ name }) => drawnWord(0, name)),
    peakMemory: new Float64Array(fleet.nodes.length),
    fitByKey: new Map(),
    fitOfGuest: [],
    firstNode: fleet.guests.map(({ node }) => indexOfNode.get(node ?? '') ?? -1),
  };
  fleet.guests.forEach((guest, index) => {
    const node = placement.firstNode[index] ?? -1;
    if (node >= 0 && holdsRoom(guest)) addPod(placement, index, node);
  });
  for (const pod of fleet.otherPods) addOtherPod(placement, pod);
  return placement;
}

/** A launcher of a final VMI has ended: it holds nothing (spec/kubevirt.md 6). */
export function holdsRoom(guest: Guest): boolean {
  return guest.phase !== 'Succeeded' && guest.phase !== 'Failed';
}

/** A launcher pod of the guest takes its room on a node. */
export function addPod(placement: Placement, guestIndex: number, node: number): void {
  changePod(placement, guestIndex, node, 1);
}

export function removePod(placement: Placement, guestIndex: number, node: number): void {
  changePod(placement, guestIndex, node, -1);
}

export function closeNode(placement: Placement, node: number, reason: string): void {
  placement.closedReason[node] ??= reason;
  noteNodeChange(placement.boards, node);
}

/**
 * The node is in use again, as if it had never been closed or cordoned; false when it cannot be: a
 * node that is not known, or not ready before the run.
 */
export function openNode(placement: Placement, node: number): boolean {
  const { known = false, ready = false } = placement.fleet.nodes[node] ?? {};
  if (!known || !ready) return false;
  placement.closedReason[node] = null;
  noteNodeChange(placement.boards, node);
  return true;
}

/** The node for a target pod, or why there is none; ties are drawn by (seed, guest, attempt, node). */
export function chooseNode(
  placement: Placement,
  guestIndex: number,
  sourceNode: number,
  attempt: number,
  addedNodeSelector: Labels = {},
): PlacementResult {
  const pod = placement.classes.classOfGuest[guestIndex] as PodClass;
  const fit = fitOf(placement, guestIndex);
  const added = addedPairs(placement, guestIndex, addedNodeSelector);
  const bases = spreadBases(placement.classes.terms, pod, fit);
  const needs = { pod, fit, bases, added };
  if (added.length === 0 && asksOnlyForRoom(pod, fit)) {
    const scores = boardScores(
      placement.boards,
      pod,
      fit,
      placement.classes.resources,
      placement.closedReason,
    );
    const node = bestOfBoard(
      placement,
      scores,
      sourceNode,
      drawKey(placement, guestIndex, attempt),
    );
    return node === null
      ? { node, message: whyNowhere(placement, needs, sourceNode) }
      : { node, message: '' };
  }
  const feasible: number[] = [];
  for (let node = 0; node < placement.closedReason.length; node += 1) {
    if (fixedReason(placement, fit, node, needs.added) !== null) continue;
    if (stateReasons(placement, needs, node, sourceNode).length === 0) feasible.push(node);
  }
  if (feasible.length === 0) {
    return { node: null, message: whyNowhere(placement, needs, sourceNode) };
  }
  return { node: bestNode(placement, guestIndex, attempt, pod, fit, feasible), message: '' };
}

const NOT_READY_TAINT = 'node.kubernetes.io/not-ready';

const NO_REASONS: readonly string[] = [];

interface PodNeeds {
  readonly pod: PodClass;
  readonly fit: StaticFit;
  readonly bases: readonly number[];
  readonly added: readonly (readonly [string, string])[];
}

const UNKNOWN_NODE = '';

/** The filters that no pod changes; the first that fails gives the reason, null where all pass. */
export function fixedReason(
  placement: Placement,
  fit: StaticFit,
  node: number,
  added: PodNeeds['added'] = [],
): string | null {
  const reason = placement.closedReason[node] ?? fit.reasonOfNode[node] ?? null;
  if (reason !== null || added.length === 0) return reason;
  const labels = placement.fleet.nodes[node]?.labels ?? {};
  return added.every(([key, value]) => labels[key] === value) ? null : NODE_SELECTOR_MISMATCH;
}

/** A VMIM's added node selector without the keys that the VMI selects by itself (spec 5.7). */
function addedPairs(placement: Placement, guestIndex: number, added: Labels): PodNeeds['added'] {
  const own = (placement.fleet.guests[guestIndex] as Guest).nodeSelector;
  return Object.entries(added).filter(([key]) => !Object.hasOwn(own, key));
}

/** The filters after those, in the scheduler's default order; empty where the pod fits. */
function stateReasons(
  placement: Placement,
  { pod, bases }: PodNeeds,
  node: number,
  sourceNode: number,
): readonly string[] {
  const lacking = lackingResources(placement.classes.resources, node, pod.demand);
  if (lacking.length > 0) return lacking.map(insufficientReason);
  const { terms } = placement.classes;
  const reason = topologyReason(terms, pod, bases, node, node === sourceNode);
  return reason === null ? NO_REASONS : [reason];
}

/** The scheduler's message, once it is known that no node fits. */
function whyNowhere(placement: Placement, needs: PodNeeds, sourceNode: number): string {
  const counts = new Map<string, number>();
  const count = (reason: string) => counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (let node = 0; node < placement.closedReason.length; node += 1) {
    const fixed = fixedReason(placement, needs.fit, node, needs.added);
    if (fixed === UNKNOWN_NODE) continue;
    if (fixed !== null) count(fixed);
    else for (const reason of stateReasons(placement, needs, node, sourceNode)) count(reason);
  }
  return unavailableMessage(placement.knownNodes, counts);
}

function bestNode(
  placement: Placement,
  guestIndex: number,
  attempt: number,
  pod: PodClass,
  fit: StaticFit,
  feasible: readonly number[],
): number {
  const { resources, terms } = placement.classes;
  const scores = scoreNodes(feasible, pod, fit, resources, terms);
  const best = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const tied = feasible.filter((_, at) => scores[at] === best);
  const guestKey = drawKey(placement, guestIndex, attempt);
  let chosen = tied[0] as number;
  let highest = -1;
  for (const node of tied) {
    const draw = mixWords(guestKey, placement.keyOfNode[node] ?? 0);
    if (draw > highest) {
      highest = draw;
      chosen = node;
    }
  }
  return chosen;
}

/** The same from a board of all nodes; null where none fits. The pod's own node never does. */
function bestOfBoard(
  placement: Placement,
  scores: Int16Array,
  sourceNode: number,
  guestKey: number,
): number | null {
  let best = 0;
  let highest = -1;
  let chosen: number | null = null;
  for (let node = 0; node < scores.length; node += 1) {
    const score = scores[node] as number;
    if (score < best || node === sourceNode) continue;
    if (score > best) highest = -1;
    best = score;
    const draw = mixWords(guestKey, placement.keyOfNode[node] ?? 0);
    if (draw <= highest) continue;
    highest = draw;
    chosen = node;
  }
  return chosen;
}

/** A guest's part of the draws that decide between nodes of the same score. */
function drawKey(placement: Placement, guestIndex: number, attempt: number): number {
  const { namespace, name } = placement.fleet.guests[guestIndex] as Guest;
  return drawnWord(placement.seed, namespace, name, attempt);
}

/** 32 random bits for these keys. */
function drawnWord(seed: number, ...keys: readonly (string | number)[]): number {
  return Math.floor(seededUnit(seed, 'placement', ...keys) * 2 ** 32);
}

/** Two drawn words to one; murmur3's finaliser, so that a draw a node costs no text hashing. */
function mixWords(a: number, b: number): number {
  let mixed = a ^ Math.imul(b, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** What its node rules say of each node, made once for all guests alike. */
export function fitOf(placement: Placement, guestIndex: number): StaticFit {
  const { fleet, known } = placement;
  const ofGuest = placement.fitOfGuest[guestIndex];
  if (ofGuest !== undefined) return ofGuest;
  const guest = fleet.guests[guestIndex] as Guest;
  const hostModelNode = fleet.nodes[placement.firstNode[guestIndex] ?? -1] ?? null;
  const hostLabels = Object.keys(hostModelNode?.labels ?? {}).filter((key) =>
    key.includes('.node.kubevirt.io/'),
  );
  const key = `${staticFitKey(guest)} ${hostLabels.sort().join(' ')}`;
  const fit = placement.fitByKey.get(key) ?? staticFit(fleet, guest, hostModelNode, known);
  placement.fitByKey.set(key, fit);
  placement.fitOfGuest[guestIndex] = fit;
  return fit;
}

function changePod(placement: Placement, guestIndex: number, node: number, by: 1 | -1): void {
  const pod = placement.classes.classOfGuest[guestIndex] as PodClass;
  useResources(placement.classes.resources, node, pod.demand, by);
  countPod(placement.classes.terms, node, pod.matched, pod.antiAffinity, by);
  notePeak(placement, node);
  noteNodeChange(placement.boards, node);
}

function addOtherPod(placement: Placement, pod: Fleet['otherPods'][number]): void {
  const node = placement.indexOfNode.get(pod.node);
  if (node === undefined) return;
  const { resources, terms } = placement.classes;
  const requests = Object.entries({ pods: 1, ...pod.requests }).sort();
  useResources(resources, node, demandOf(resources, requests), 1);
  countPod(terms, node, matchedTerms(terms, pod.namespace, pod.labels), [], 1);
  notePeak(placement, node);
}

function notePeak({ classes: { resources }, peakMemory }: Placement, node: number): void {
  const used = resources.used[resources.memory]?.[node] ?? 0;
  if (used > (peakMemory[node] ?? 0)) peakMemory[node] = used;
}

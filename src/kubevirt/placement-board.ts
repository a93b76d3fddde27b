/**
 * Scores of all nodes for pods that only ask for room: no rules between pods, no preferences. The
 * pods of one demand and fit share a board; a node's score is made anew only when the node has
 * changed, so a placement among thousands of nodes is one pass over numbers.
 */
import { type Demand, lackingResources, type NodeResources } from './node-resources.js';
import { allocationScore } from './placement-score.js';
import type { PodClass, StaticFit } from './pod-class.js';

/** The node takes no such pod. */
const UNFIT = -1;

interface Board {
  readonly scores: Int16Array;
  /** How many of the changes it has seen. */
  seen: number;
}

export interface PlacementBoards {
  readonly boards: Map<StaticFit, Map<string, Board>>;
  /** Nodes whose pods or whose state have changed, oldest first. */
  readonly changes: number[];
}

export function createPlacementBoards(): PlacementBoards {
  return { boards: new Map(), changes: [] };
}

/** The node's pods, or whether it takes any, have changed. */
export function noteNodeChange({ changes }: PlacementBoards, node: number): void {
  changes.push(node);
}

/** Whether a pod's place depends on nothing but room and the fixed rules of nodes. */
export function asksOnlyForRoom(pod: PodClass, fit: StaticFit): boolean {
  return (
    pod.matched.length === 0 &&
    pod.affinity.length === 0 &&
    pod.antiAffinity.length === 0 &&
    pod.preferred.length === 0 &&
    pod.spread.length === 0 &&
    fit.isEven
  );
}

/** By node, the scheduler's score, or below 0 where the pod does not fit. */
export function boardScores(
  { boards, changes }: PlacementBoards,
  pod: PodClass,
  fit: StaticFit,
  resources: NodeResources,
  closedReason: readonly (string | null)[],
): Int16Array {
  const ofFit = boards.get(fit) ?? new Map<string, Board>();
  boards.set(fit, ofFit);
  const key = demandKey(pod.demand);
  const scoreOf = (node: number): number => {
    if ((closedReason[node] ?? fit.reasonOfNode[node] ?? null) !== null) return UNFIT;
    if (lackingResources(resources, node, pod.demand).length > 0) return UNFIT;
    return allocationScore(resources, node, pod);
  };
  const known = ofFit.get(key);
  const isBehind = known === undefined || changes.length - known.seen > known.scores.length;
  const board = isBehind
    ? { scores: Int16Array.from(closedReason, (_, node) => scoreOf(node)), seen: 0 }
    : known;
  if (isBehind) ofFit.set(key, board);
  else {
    for (let i = board.seen; i < changes.length; i += 1) {
      const node = changes[i] as number;
      board.scores[node] = scoreOf(node);
    }
  }
  board.seen = changes.length;
  return board.scores;
}

function demandKey({ resources, amounts }: Demand): string {
  return `${resources.join(' ')},${amounts.join(' ')}`;
}

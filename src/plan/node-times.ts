/** When each node's turn comes and how long it takes to empty, over the runs of a plan. */
import type { NodeDetail, ReplicaDetail } from './replica-detail.js';
import { type Spread, spreadOf } from './spread.js';

interface NodeTimes {
  readonly node: string;
  /** Instants in simulated microseconds. */
  readonly begun: Spread | null;
  /** From begun to the last one's leaving: to empty, where none stays. */
  readonly time: Spread | null;
  /** To leave it, at most. */
  readonly guests: number;
  readonly blockedRuns: number;
}

/** In the order of their turns. */
export function nodeTimes(runs: readonly ReplicaDetail[]): readonly NodeTimes[] {
  const byNode = new Map<string, NodeDetail[]>();
  for (const { nodes } of runs) {
    for (const detail of nodes) {
      const known = byNode.get(detail.node);
      if (known === undefined) byNode.set(detail.node, [detail]);
      else known.push(detail);
    }
  }
  const turnOf = (details: readonly NodeDetail[]): number =>
    Math.min(...details.map(({ turn }) => turn ?? Number.MAX_SAFE_INTEGER));
  return [...byNode.values()].sort((a, b) => turnOf(a) - turnOf(b)).map(timesOf);
}

function timesOf(details: readonly NodeDetail[]): NodeTimes {
  return {
    node: details[0]?.node ?? '',
    begun: spreadOf(details.flatMap(({ begunUs }) => begunUs ?? [])),
    time: spreadOf(
      details.flatMap(({ begunUs, emptyUs, lastLeftUs }) => {
        const lastUs = emptyUs ?? lastLeftUs;
        return begunUs === null || lastUs === null ? [] : [lastUs - begunUs];
      }),
    ),
    guests: Math.max(0, ...details.map(({ guests }) => guests)),
    blockedRuns: details.filter(({ emptyUs }) => emptyUs === null).length,
  };
}

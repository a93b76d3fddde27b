/** What becomes of each drained node, gathered from the control plane's actions. */
import type { Fleet } from '../fleet/model.js';
import type { ControlAction } from '../kubevirt/control-actions.js';
import type { NodeRecord, NodeState } from './result.js';

type NodeAction = Extract<
  ControlAction,
  { kind: 'node-begun' | 'node-cordoned' | 'node-empty' | 'node-uncordoned' | 'node-over' }
>;

export interface NodeTally {
  cordonedUs: number | null;
  begunUs: number | null;
  turn: number | null;
  emptyUs: number | null;
  uncordonedUs: number | null;
  /** null while its turn is not over. */
  end: Extract<NodeAction, { kind: 'node-over' }>['end'] | null;
  guests: number;
  moved: number;
  /** Guests that it is to be rid of and still has, by index. */
  readonly blockedBy: Set<number>;
}

export function createNodeTallies(fleet: Fleet): Map<string, NodeTally> {
  const names = [...fleet.drain.nodes].sort();
  return new Map(
    names.map((name) => [
      name,
      {
        cordonedUs: null,
        begunUs: null,
        turn: null,
        emptyUs: null,
        uncordonedUs: null,
        end: null,
        guests: 0,
        moved: 0,
        blockedBy: new Set(),
      },
    ]),
  );
}

export function tallyNode(tallies: Map<string, NodeTally>, action: NodeAction): void {
  const tally = tallyOf(tallies, action.node);
  switch (action.kind) {
    case 'node-begun':
      tally.begunUs = action.atUs;
      tally.turn = 1 + Math.max(0, ...[...tallies.values()].map(({ turn }) => turn ?? 0));
      return;
    case 'node-cordoned':
      tally.cordonedUs ??= action.atUs;
      return;
    case 'node-empty':
      tally.emptyUs = action.atUs;
      return;
    case 'node-uncordoned':
      tally.uncordonedUs = action.atUs;
      return;
    case 'node-over':
      tally.end = action.end;
      return;
  }
}

/** A guest that was shut down after it had blocked its node counts once. */
export function tallyGuest(
  tallies: Map<string, NodeTally>,
  action: Extract<ControlAction, { kind: 'guest-settled' }>,
): void {
  if (action.drainedNode === '') return;
  const tally = tallyOf(tallies, action.drainedNode);
  if (!tally.blockedBy.delete(action.guestIndex)) tally.guests += 1;
  if (action.blocksNode) tally.blockedBy.add(action.guestIndex);
  else if (action.outcome === 'moved') tally.moved += 1;
}

/** One row a drained node, by name. */
export function nodeRecords(tallies: ReadonlyMap<string, NodeTally>): readonly NodeRecord[] {
  return [...tallies].map(([node, tally]) => {
    const { cordonedUs, guests, moved, turn, begunUs, uncordonedUs } = tally;
    const blocked = tally.blockedBy.size;
    // A guest may have come while the node was being drained, after all others had left.
    const emptyUs = blocked === 0 ? tally.emptyUs : null;
    const state = stateOf(tally);
    return {
      node,
      cordonedUs,
      emptyUs,
      guests,
      moved,
      blocked,
      turn,
      begunUs,
      uncordonedUs,
      state,
    };
  });
}

function stateOf({ end, begunUs, emptyUs }: NodeTally): NodeState {
  if (end !== null) return end;
  if (begunUs === null) return 'not-begun';
  return emptyUs === null ? 'draining' : 'rebooting';
}

function tallyOf(tallies: Map<string, NodeTally>, node: string): NodeTally {
  const tally = tallies.get(node);
  if (tally === undefined) throw new Error(`${node} is not to be drained`);
  return tally;
}

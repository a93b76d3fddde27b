/** Knobs of the drain's shape: which node's turn comes first, and how many at a time. */
import type { Goal } from '../fleet/goal-model.js';
import type { DrainSpec, Fleet } from '../fleet/model.js';
import { type Knob, knobOf } from './knob.js';

export function drainKnobs(today: Fleet, goal: Goal): readonly Knob[] {
  const { drain } = today;
  if (drain.nodes.length < 2) return [];
  return [
    knobOf<DrainSpec['order']>(
      'drain/order',
      drain.order,
      ['name', 'fewest-guests', 'most-guests', 'least-memory', 'most-memory'],
      String,
      (fleet, order) => withDrain(fleet, { order }),
    ),
    knobOf('drain/atOnce', drain.atOnce, atOnceChoices(today, goal), atOnceText, (fleet, atOnce) =>
      withDrain(fleet, { atOnce }),
    ),
    knobOf<DrainSpec['cordon']>(
      'drain/cordon',
      drain.cordon,
      ['each', 'all'],
      String,
      (fleet, cordon) => withDrain(fleet, { cordon }),
    ),
  ];
}

/**
 * In a roll each node at once is capacity that is missing, so that no more are taken than the goal,
 * or today's drain, says; where nodes stay cordoned all of them are missing at the end anyway.
 */
function atOnceChoices({ drain }: Fleet, goal: Goal): readonly DrainSpec['atOnce'][] {
  const all = drain.nodes.length;
  const most = goal.search.nodesAtOnce ?? (drain.rebootUs === null ? all : todaysCount(drain));
  const counts = [1, 2, 3, 4, 6, 8, 12, 16].filter((count) => count <= most && count < all);
  const nodes = counts.map((count) => ({ kind: 'nodes' as const, count }));
  return most >= all ? [...nodes, { kind: 'all' }] : nodes;
}

function todaysCount({ atOnce, nodes }: DrainSpec): number {
  switch (atOnce.kind) {
    case 'all':
      return nodes.length;
    case 'nodes':
      return atOnce.count;
    case 'share':
      return Math.max(1, Math.floor(atOnce.share * nodes.length));
  }
}

function atOnceText(atOnce: DrainSpec['atOnce']): string {
  switch (atOnce.kind) {
    case 'all':
      return 'all';
    case 'nodes':
      return String(atOnce.count);
    case 'share':
      return `${atOnce.share * 100} %`;
  }
}

function withDrain(fleet: Fleet, changed: Partial<DrainSpec>): Fleet {
  return { ...fleet, drain: { ...fleet.drain, ...changed } };
}

/** How long a round's page work will take, roughly: for sharing it out, never for results. */
import type { RoundTask } from './round-task.js';

/** Nanoseconds, measured on one machine (bench/kernels.ts); only their ratios matter. */
const ROUND_NS = 5_000;
const SEGMENT_NS = 25;
const THROW_NS = 0.8;
const DENSE_PAGE_NS = 0.05;
const DENSE_FROM_HITS = DENSE_PAGE_NS / THROW_NS;
const SWEPT_PAGE_NS = 0.03;

export function estimateRoundNs(task: RoundTask): number {
  const { layout } = task.memory;
  const seconds = (task.syncUs - task.previousSyncUs) / 1e6;
  let ns = ROUND_NS + layout.segments.count * SEGMENT_NS;
  for (const each of layout.classes) {
    if (each.kind === 'sweep') ns += each.pages * SWEPT_PAGE_NS;
    else if (task.fidelity === 'page') {
      const hits = each.writesPerPagePerSecond * seconds;
      ns += each.pages * (hits < DENSE_FROM_HITS ? hits * THROW_NS : DENSE_PAGE_NS);
    }
  }
  return ns;
}

/**
 * Cuts tasks, in their order, into at most `parts` runs of about the same cost. Returns where each
 * run ends; empty runs are left out.
 */
export function cutByCost(costs: readonly number[], parts: number): readonly number[] {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const ends: number[] = [];
  let sum = 0;
  costs.forEach((cost, i) => {
    sum += cost;
    if (i === costs.length - 1 || sum >= (total * (ends.length + 1)) / parts) ends.push(i + 1);
  });
  return ends;
}

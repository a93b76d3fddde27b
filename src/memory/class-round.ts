/** What a round holds for each class of pages: rate, cost, exposure. */
import type { Region } from '../fleet/workload.js';
import { createExposure, type Exposure, exposureAt } from './exposure.js';
import type { SweepClass } from './layout.js';
import { pageCosts } from './plan.js';
import type { RoundTask } from './round-task.js';

/** What a class's pages need in a round; looked up by class index. */
export interface ClassRound {
  readonly index: number;
  readonly rate: number;
  readonly costBytes: number;
  readonly isZero: boolean;
  readonly exposure: Exposure | null;
  /** Exposure at the previous sync and at this one. */
  readonly exposedBefore: number;
  readonly exposedAfter: number;
  /** Of pages that were clean at the previous sync: rate × exposure since. */
  readonly cleanExponent: number;
  readonly sweep: SweepClass | null;
}

/** By class index. */
export function classRounds(task: RoundTask): readonly ClassRound[] {
  const { layout } = task.memory;
  const costs = pageCosts(layout.classes, task.wire);
  const recent: (Exposure | undefined)[] = [];
  /** Since the previous sync; the region's classes share it. */
  const recentOf = (region: Region, index: number): Exposure => {
    recent[index] ??= createExposure(region, task.intensity, task.previousSyncUs, task.syncUs);
    return recent[index];
  };
  return layout.classes.map((each, i) => {
    const region = layout.regions[each.regionIndex];
    const sweep = layout.sweeps.find((candidate) => candidate.classIndex === i) ?? null;
    // a sweep's place depends on all its past, the others' draws only on what this round adds
    const exposure =
      region === undefined || each.writesPerPagePerSecond === 0
        ? null
        : sweep === null
          ? recentOf(region, each.regionIndex)
          : createExposure(region, task.intensity, 0, task.syncUs);
    const exposedBefore = exposure === null ? 0 : exposureAt(exposure, task.previousSyncUs);
    const exposedAfter = exposure === null ? 0 : exposureAt(exposure, task.syncUs);
    return {
      index: i,
      rate: each.writesPerPagePerSecond,
      costBytes: costs[i] as number,
      isZero: each.content === 'zero',
      exposure,
      exposedBefore,
      exposedAfter,
      cleanExponent: each.writesPerPagePerSecond * (exposedAfter - exposedBefore),
      sweep,
    };
  });
}

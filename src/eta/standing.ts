/** Where a likeness stands as the migration does now, and how near that is. */
import type { JobStatsRecord } from '../simulation/result.js';
import { type Counters, phaseOf } from './counters.js';

type Info = JobStatsRecord['info'];

/** The likeness has come as far: into the same round and down to what is left of it, or past it. */
export function standsAs(info: Info, last: Counters): boolean {
  if (info.memTotal === 0) return false;
  if (last.iteration === null) {
    const isInRounds = info.memIteration > 1;
    const wantsRounds = last.dirtyBytesPerSecond > 0;
    return isInRounds === wantsRounds && info.memRemaining <= last.memRemaining;
  }
  if (info.memIteration > last.iteration) return true;
  return info.memIteration === last.iteration && info.memRemaining <= last.memRemaining;
}

/**
 * A round that has more left than its likeness's ever had (a burst that the dirty rate does not
 * show) sends that first, at the pace that it has.
 */
export function excessUs(info: Info, last: Counters, bandwidth: number): number {
  if (phaseOf(last) !== 'rounds') return 0;
  const isPast = last.iteration !== null && info.memIteration > last.iteration;
  const leftBytes = last.memRemaining - (isPast ? 0 : info.memRemaining);
  return Math.round((Math.max(0, leftBytes) / bandwidth) * 1e6);
}

/** How unlike a likeness may be in its dirty rate, or in what a pass left, before it counts little. */
const LIKE_SPREAD = 0.25;

/** In (0, 1]: by its dirty rate, and by what the last pass left. */
export function likenessWeight(info: Info, last: Counters): number {
  const off = (mine: number, its: number): number =>
    mine > 0 && its > 0 ? Math.log(mine / its) / LIKE_SPREAD : 0;
  const rate = off(info.memDirtyRate * info.memPageSize, last.dirtyBytesPerSecond);
  const left = (last.iteration ?? 0) > 1 ? off(info.memRemaining, last.memRemaining) : 0;
  return Math.exp(-Math.min(12, (rate * rate + left * left) / 2));
}

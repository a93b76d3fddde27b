/**
 * What a round's sync will find, before any page is drawn: mean and spread, from the same law and
 * the same walk. The engine goes on from bounds that hold beyond doubt (DESIGN.md, Threads).
 */
import { classRounds } from './class-round.js';
import type { RoundTask } from './round-task.js';
import { checkTask, shareSent, walkRound } from './round-walk.js';
import { writesBy } from './sweep.js';
import { createUnits, listUnits, unitsMax } from './units.js';

export interface RoundForecast {
  /** Dirty pages after the sync. */
  readonly meanDirtyPages: number;
  /** Standard deviation of what is drawn. */
  readonly sdDirtyPages: number;
  /**
   * Swept pages are not drawn but known, by bits that a forecast does not read: they are within
   * this many pages of their share in the mean.
   */
  readonly marginPages: number;
}

/** Same task as stepRound's, whose memory is only read. */
export function forecastRound(task: RoundTask): RoundForecast {
  checkTask(task);
  const { memory } = task;
  const units = createUnits(unitsMax(memory));
  listUnits(memory, units);
  const sent = new Uint32Array(units.count);
  shareSent(task, units, sent);
  let mean = 0;
  let variance = 0;
  let margin = 0;
  const add = (pages: number, exponent: number): void => {
    const miss = Math.exp(-exponent);
    mean -= pages * Math.expm1(-exponent);
    variance -= pages * miss * Math.expm1(-exponent);
  };
  const walk = walkRound(task, classRounds(task), units, sent, {
    sent: (_unit, _first, pages, exponent) => add(pages, exponent),
    clean: (_unit, pages, kind) => add(pages, kind.cleanExponent),
    sweep: (unit, kind) => {
      if (kind.sweep === null) return;
      const writes =
        writesBy(kind.sweep, kind.exposedAfter) - writesBy(kind.sweep, kind.exposedBefore);
      const unsent = (units.dirty[unit] as number) - (sent[unit] as number);
      const most = Math.min((units.pages[unit] as number) - unsent, writes);
      mean += most / 2;
      margin += most / 2;
    },
  });
  return {
    meanDirtyPages: walk.unsentPages + mean,
    sdDirtyPages: Math.sqrt(variance),
    marginPages: margin,
  };
}

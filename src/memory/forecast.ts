/**
 * What a round's sync will find, before any page is drawn: mean and spread, from the same law and
 * the same walk. The engine goes on from bounds that hold beyond doubt (DESIGN.md, Threads).
 */
import { classRounds } from './class-round.js';
import type { RoundTask } from './round-task.js';
import { checkTask, shareSent, walkRound } from './round-walk.js';
import { writesBy } from './sweep.js';
import { createUnits, EACH, fitUnits, JOINED, listUnits, type Units, unitsMax } from './units.js';

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
  /** Zero pages that the round did not send. */
  readonly unsentZeroPages: number;
}

/** Same task as stepRound's, whose memory is only read. `units`: room to work in. */
export function forecastRound(task: RoundTask, units: Units = createUnits(0)): RoundForecast {
  checkTask(task);
  const { memory } = task;
  fitUnits(units, unitsMax(memory));
  // Sums over a class need no segments; a sweep's margin does.
  const clean = Uint8Array.from(memory.layout.classes, ({ kind }) =>
    kind === 'sweep' ? EACH : JOINED,
  );
  listUnits(memory, units, clean);
  const sent = new Uint32Array(units.count);
  shareSent(task, units, sent);
  let mean = 0;
  let variance = 0;
  let margin = 0;
  const add = (pages: number, exponent: number): void => {
    const hit = -Math.expm1(-exponent);
    mean += pages * hit;
    variance += pages * hit * (1 - hit);
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
    unsentZeroPages: walk.unsentZeroPages,
  };
}

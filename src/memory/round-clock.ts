/** When the sender reached a byte of the round. */
import type { RoundProgress } from './round-task.js';

export interface RoundClock {
  readonly progress: RoundProgress;
  readonly points: number;
  /** Where the last search ended: bytes are asked for in ascending order. */
  index: number;
}

export function pointsOf({ count, timesUs }: RoundProgress): number {
  return count ?? timesUs.length;
}

export function createRoundClock(progress: RoundProgress): RoundClock {
  return { progress, points: pointsOf(progress), index: 0 };
}

/**
 * The instant at which byte `bytes` began to leave: the end of a pause at that byte. Calls must
 * have nondecreasing bytes. Past the progress's end, its end.
 */
export function timeAtBytes(clock: RoundClock, bytes: number): number {
  const { timesUs, bytes: sent } = clock.progress;
  const last = clock.points - 1;
  while (clock.index < last && (sent[clock.index + 1] as number) <= bytes) clock.index += 1;
  const i = clock.index;
  const from = timesUs[i] as number;
  const ahead = bytes - (sent[i] as number);
  if (i === last || ahead <= 0) return from;
  const step = (sent[i + 1] as number) - (sent[i] as number);
  const us = (timesUs[i + 1] as number) - from;
  const periodUs = clock.progress.periodUs?.[i] ?? 0;
  if (periodUs === 0) return from + (ahead / step) * us;
  const periods = (ahead / step) * Math.round(us / periodUs);
  // A byte on a period's edge is the first of the next one: it waits.
  const whole = Math.floor(periods + 1e-9);
  const activeUs = clock.progress.activeUs?.[i] ?? periodUs;
  return from + whole * periodUs + Math.max(0, periods - whole) * activeUs;
}

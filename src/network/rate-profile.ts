/** The rate that background traffic wants at an instant, and when it wants another. */
import type { RateProfile, RateStep } from '../fleet/network-spec.js';

const DAY_US = 86_400_000_000;

export interface ProfileRate {
  readonly bytesPerSecond: number;
  /** Infinity: for ever. */
  readonly untilUs: number;
}

/** @param timeOfDayUs time of day at simulated time 0 */
export function profileRate(profile: RateProfile, atUs: number, timeOfDayUs: number): ProfileRate {
  switch (profile.kind) {
    case 'constant':
      return { bytesPerSecond: profile.bytesPerSecond, untilUs: Number.POSITIVE_INFINITY };
    case 'series': {
      const next = nextStep(profile.steps, atUs);
      const step = profile.steps[Math.max(0, next - 1)];
      const untilUs = profile.steps[next]?.atUs ?? Number.POSITIVE_INFINITY;
      return { bytesPerSecond: step?.bytesPerSecond ?? 0, untilUs };
    }
    case 'daily': {
      const time = (atUs + timeOfDayUs) % DAY_US;
      const next = nextStep(profile.steps, time);
      // Before the day's first step the last one of the day before holds.
      const step = profile.steps[next - 1] ?? profile.steps.at(-1);
      const nextTime = profile.steps[next]?.atUs ?? DAY_US + (profile.steps[0]?.atUs ?? 0);
      const untilUs =
        profile.steps.length <= 1 ? Number.POSITIVE_INFINITY : atUs + (nextTime - time);
      return { bytesPerSecond: step?.bytesPerSecond ?? 0, untilUs };
    }
    default:
      return profile satisfies never;
  }
}

/** Index of the first step after the instant. */
function nextStep(steps: readonly RateStep[], atUs: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.atUs ?? 0) <= atUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

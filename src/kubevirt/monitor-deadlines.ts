/** The monitor's clock: whole seconds, truncated, compared strictly (spec/kubevirt.md 3.2). */

const MICROSECONDS_PER_SECOND = 1_000_000;

/** Whole seconds from `sinceUs` to `nowUs`, rounded down as Go's integer division of a Duration. */
export function elapsedSeconds(sinceUs: number, nowUs: number): number {
  return Math.floor((nowUs - sinceUs) / MICROSECONDS_PER_SECOND);
}

/** True from one whole second after the limit on: 1350 s fire at 1351 s. */
export function exceedsSeconds(sinceUs: number, nowUs: number, limitSeconds: number): boolean {
  return elapsedSeconds(sinceUs, nowUs) > limitSeconds;
}

/** The first instant at which `exceedsSeconds` holds; the limit is a whole number of seconds. */
export function exceededAtUs(sinceUs: number, limitSeconds: number): number {
  return sinceUs + (limitSeconds + 1) * MICROSECONDS_PER_SECOND;
}

/** Delay of an evacuation's next migration after failed ones (spec/kubevirt.md 5.6). */

const FIRST_BACK_OFF_US = 20_000_000;

/**
 * Only the newest 5 finalised VMIMs of a VMI are kept, so the doubling stops after the fifth
 * failure, at 320 s.
 */
const COUNTED_FAILURES = 5;

/**
 * Attempts after which a guest counts as failed: the sixth failure, the first after a back-off of
 * 320 s. KubeVirt itself goes on for ever; a simulated drain has to end.
 */
export const ATTEMPTS_UNTIL_FAILED = COUNTED_FAILURES + 1;

/** 0, then 20, 40, 80, 160, 320, 320, … seconds, in microseconds. */
export function backOffUs(failuresSinceSuccess: number): number {
  if (failuresSinceSuccess === 0) return 0;
  return FIRST_BACK_OFF_US * 2 ** (Math.min(failuresSinceSuccess, COUNTED_FAILURES) - 1);
}

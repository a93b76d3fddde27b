/** What to do about a stalled migration (spec/kubevirt.md 3.4, "Decision"). */
import type { IterationRecord, StallDetectorOptions, StallDetectorState } from './monitor-model.js';

export type StallAction =
  | 'nothing'
  | 'abort'
  | 'post-copy'
  | 'hard-stop-and-copy'
  | 'soft-stop-and-copy';

/** What the decision weighs beside the detector's memory. */
interface StallCircumstances {
  readonly options: StallDetectorOptions;
  readonly maxDowntimeMs: number;
  readonly allowPostCopy: boolean;
  readonly allowWorkloadDisruption: boolean;
  readonly hasVfio: boolean;
  readonly acceptableCompletionTimeSeconds: number;
  /** Whole seconds since the monitor's start. */
  readonly elapsedSeconds: number;
  readonly estimatedDowntimeMs: number;
}

export function decideStallAction(
  detector: StallDetectorState,
  record: IterationRecord,
  given: StallCircumstances,
): StallAction {
  const { options, estimatedDowntimeMs, maxDowntimeMs } = given;
  if (detector.switchoverInitiated) return 'nothing';
  if (options.searchLocalMinima && !isAtLocalMinimum(detector, options, record)) return 'nothing';
  const deadlineSeconds = stretchedSeconds(given.acceptableCompletionTimeSeconds, options);
  if (!canFinishBy(deadlineSeconds, given.elapsedSeconds, estimatedDowntimeMs, detector)) {
    return 'nothing';
  }
  if (given.allowWorkloadDisruption) {
    return given.allowPostCopy && !given.hasVfio ? 'post-copy' : 'hard-stop-and-copy';
  }
  const withinLimit = estimatedDowntimeMs <= maxDowntimeMs;
  const withinReach = estimatedDowntimeMs <= maxDowntimeMs * options.precopyPossibleFactor;
  return withinLimit || withinReach ? 'soft-stop-and-copy' : 'abort';
}

/** Within the margin above the lowest value seen. */
export function isAtLocalMinimum(
  detector: StallDetectorState,
  options: StallDetectorOptions,
  record: IterationRecord,
): boolean {
  const margin = 1 + options.stallMarginPercent / 100;
  return record.remainingBytes <= Math.trunc(detector.bestRemainingBytes * margin);
}

/** The acceptable completion time stretched by completionTimeoutFactor, whole seconds. */
export function stretchedSeconds(acceptableSeconds: number, options: StallDetectorOptions): number {
  return Math.trunc(acceptableSeconds * options.completionTimeoutFactor);
}

/** Whether the rest, sent in one go now, ends before the deadline; bandwidth unknown: no. */
export function canFinishBy(
  deadlineSeconds: number,
  elapsedSeconds: number,
  estimatedDowntimeMs: number,
  detector: StallDetectorState,
): boolean {
  if (detector.ewmaBytesPerSecond === 0) return false;
  return estimatedDowntimeMs <= (deadlineSeconds - elapsedSeconds) * 1000;
}

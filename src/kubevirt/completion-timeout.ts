/** Completion timeouts with the stall detector on (spec/kubevirt.md 3.4, last part). */
import { markAborting } from './abort.js';
import { elapsedSeconds, exceedsSeconds } from './monitor-deadlines.js';
import {
  type MonitorCalls,
  type MonitorState,
  QEMU_MAX_DOWNTIME_LIMIT_MS,
  type StallDetector,
} from './monitor-model.js';
import { canFinishBy, stretchedSeconds } from './stall-decision.js';
import { estimateDowntimeMs } from './stall-detector.js';

/** The limit in force, whole seconds since the monitor's start; null: none is. */
export function completionLimitSeconds(
  state: MonitorState,
  detector: StallDetector,
): number | null {
  if (state.acceptableCompletionTimeSeconds === 0 || state.mode === 'PostCopy') return null;
  return state.mode === 'Paused'
    ? state.acceptableCompletionTimeSeconds
    : detector.state.switchOverDeadlineSeconds;
}

export function checkCompletionTimeout(
  state: MonitorState,
  detector: StallDetector,
  nowUs: number,
  calls: MonitorCalls,
): void {
  const limitSeconds = completionLimitSeconds(state, detector);
  if (limitSeconds === null || !exceedsSeconds(state.startUs, nowUs, limitSeconds)) return;
  const { ewmaBytesPerSecond, switchoverInitiated } = detector.state;
  if (ewmaBytesPerSecond !== 0 && !switchoverInitiated && canStillFinish(state, detector, nowUs)) {
    if (state.options.allowPostCopy && !state.hasVfio) {
      switchToPostCopy(state, detector, calls);
      return;
    }
    if (state.options.allowWorkloadDisruption) {
      stopHard(state, detector, nowUs, calls);
      return;
    }
  }
  markAborting(state, 'completion-timeout');
}

/** By the stretched deadline, from the LAST record, which may be the zero one. */
function canStillFinish(state: MonitorState, detector: StallDetector, nowUs: number): boolean {
  return canFinishBy(
    stretchedSeconds(state.acceptableCompletionTimeSeconds, detector.options),
    elapsedSeconds(state.startUs, nowUs),
    estimateDowntimeMs(detector.state, detector.state.iterationRecord),
    detector.state,
  );
}

/** allowWorkloadDisruption is not asked for here. A failed call is tried again next turn. */
function switchToPostCopy(state: MonitorState, detector: StallDetector, calls: MonitorCalls): void {
  if (calls.startPostCopy('completion-timeout') !== 'ok') return;
  state.mode = 'PostCopy';
  detector.state.switchoverInitiated = true;
}

function stopHard(
  state: MonitorState,
  detector: StallDetector,
  nowUs: number,
  calls: MonitorCalls,
): void {
  if (calls.setMaxDowntime(QEMU_MAX_DOWNTIME_LIMIT_MS, 'completion-timeout') !== 'ok') return;
  state.acceptableCompletionTimeSeconds = stretchedSeconds(
    state.acceptableCompletionTimeSeconds,
    detector.options,
  );
  detector.state.switchOverDeadlineSeconds =
    elapsedSeconds(state.startUs, nowUs) + detector.options.switchoverTimeoutSeconds;
  detector.state.switchoverInitiated = true;
}

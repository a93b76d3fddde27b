/** Convergence without the stall detector; the first matching case only (spec/kubevirt.md 3.2). */
import { markAborting } from './abort.js';
import { exceedsSeconds } from './monitor-deadlines.js';
import {
  type MonitorCalls,
  type MonitorState,
  QEMU_MAX_DOWNTIME_LIMIT_MS,
} from './monitor-model.js';

export function convergeLegacy(state: MonitorState, nowUs: number, calls: MonitorCalls): void {
  if (state.mode === 'PostCopy') return;
  const { allowWorkloadDisruption, progressTimeout } = state.options;
  const acceptable = state.acceptableCompletionTimeSeconds;
  const timedOut = acceptable !== 0 && exceedsSeconds(state.startUs, nowUs, acceptable);
  if (allowWorkloadDisruption && timedOut && state.mode !== 'Paused') {
    disruptWorkload(state, calls);
  } else if (
    progressTimeout !== 0 &&
    exceedsSeconds(state.lastProgressUs, nowUs, progressTimeout)
  ) {
    markAborting(state, 'stuck');
  } else if (timedOut) {
    markAborting(state, 'completion-timeout');
  }
}

/** Case 2: post-copy, else the big downtime (VFIO), else suspend; tried again after a failure. */
function disruptWorkload(state: MonitorState, calls: MonitorCalls): void {
  const stretched = 2 * state.acceptableCompletionTimeSeconds;
  if (state.options.allowPostCopy && !state.hasVfio) {
    if (calls.startPostCopy('completion-timeout') === 'ok') state.mode = 'PostCopy';
    return;
  }
  const paused = state.hasVfio
    ? calls.setMaxDowntime(
        Math.min(stretched * 1000, QEMU_MAX_DOWNTIME_LIMIT_MS),
        'completion-timeout',
      )
    : calls.suspend('completion-timeout');
  if (paused !== 'ok') return;
  state.acceptableCompletionTimeSeconds = stretched;
  state.mode = 'Paused';
}

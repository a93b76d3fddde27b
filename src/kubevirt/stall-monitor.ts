/** One turn with the stall detector on, in KubeVirt's order (spec/kubevirt.md 3.4). */
import { abortInProgress, markAborting } from './abort.js';
import { checkCompletionTimeout } from './completion-timeout.js';
import { elapsedSeconds } from './monitor-deadlines.js';
import {
  type IterationRecord,
  type JobStats,
  type MonitorCalls,
  type MonitorState,
  type MonitorTurn,
  QEMU_MAX_DOWNTIME_LIMIT_MS,
  type StallDetector,
} from './monitor-model.js';
import { decideStallAction, type StallAction } from './stall-decision.js';
import { estimateDowntimeMs, nextEwma, processStallIteration } from './stall-detector.js';

/** QEMU's own default, below which the limit starts. */
const INITIAL_MAX_DOWNTIME_MS = 300;

export function stallTurn(
  state: MonitorState,
  detector: StallDetector,
  turn: MonitorTurn,
  calls: MonitorCalls,
): void {
  if (!detector.state.initialMaxDowntimeSet) {
    const limitMs = Math.min(state.options.maxDowntimeMs, INITIAL_MAX_DOWNTIME_MS);
    const answer = calls.setMaxDowntime(limitMs, 'initial-downtime');
    detector.state.initialMaxDowntimeSet = answer === 'ok';
  }
  if (turn.domain === 'paused-migration' && state.mode === 'PreCopy') state.mode = 'Paused';
  if (abortInProgress(state.abortStatus)) return;
  const record = recordOf(turn.stats);
  if (turn.stats !== null && record !== null) {
    if (turn.kind === 'iteration') iterate(state, detector, record, turn.nowUs, calls);
    else sample(state, detector, record, turn.stats.memBytesPerSecond);
  }
  checkCompletionTimeout(state, detector, turn.nowUs, calls);
}

/** The record of active job statistics; null when a field that it needs is missing. */
export function recordOf(stats: JobStats | null): IterationRecord | null {
  if (stats === null || stats.jobType !== 'unbounded') return null;
  const { dataRemainingBytes, timeElapsedMs, memIteration } = stats;
  if (dataRemainingBytes === null || timeElapsedMs === null || memIteration === null) return null;
  return { elapsedMs: timeElapsedMs, remainingBytes: dataRemainingBytes, iteration: memIteration };
}

/** A poll. Bandwidth is sampled here only, never on iteration events. */
function sample(
  state: MonitorState,
  { options, state: detector }: StallDetector,
  record: IterationRecord,
  memBytesPerSecond: number | null,
): void {
  if (state.mode !== 'PreCopy') {
    detector.iterationRecord = record;
  } else if (memBytesPerSecond !== null) {
    const ewma = detector.ewmaBytesPerSecond;
    detector.ewmaBytesPerSecond = nextEwma(ewma, options.ewmaAlpha, memBytesPerSecond);
  }
}

function iterate(
  state: MonitorState,
  { options, state: detector }: StallDetector,
  record: IterationRecord,
  nowUs: number,
  calls: MonitorCalls,
): void {
  detector.iterationRecord = record;
  if (!processStallIteration(detector, options, record)) return;
  const action = decideStallAction(detector, record, {
    options,
    maxDowntimeMs: state.options.maxDowntimeMs,
    allowPostCopy: state.options.allowPostCopy,
    allowWorkloadDisruption: state.options.allowWorkloadDisruption,
    hasVfio: state.hasVfio,
    acceptableCompletionTimeSeconds: state.acceptableCompletionTimeSeconds,
    elapsedSeconds: elapsedSeconds(state.startUs, nowUs),
    estimatedDowntimeMs: estimateDowntimeMs(detector, record),
  });
  actOnStall(state, { options, state: detector }, action, nowUs, calls);
}

/** A failed call leaves everything as it was; the next stalled iteration decides anew. */
function actOnStall(
  state: MonitorState,
  detector: StallDetector,
  action: StallAction,
  nowUs: number,
  calls: MonitorCalls,
): void {
  switch (action) {
    case 'nothing':
      return;
    case 'abort':
      detector.state.switchoverInitiated = true;
      markAborting(state, 'stalled');
      return;
    case 'post-copy':
      if (calls.startPostCopy('stalled') !== 'ok') return;
      detector.state.switchoverInitiated = true;
      state.mode = 'PostCopy';
      return;
    case 'hard-stop-and-copy':
      stopAndCopy(state, detector, QEMU_MAX_DOWNTIME_LIMIT_MS, nowUs, calls);
      return;
    case 'soft-stop-and-copy':
      stopAndCopy(state, detector, state.options.maxDowntimeMs, nowUs, calls);
      return;
  }
}

/** Mode stays PreCopy until the pause reconcile sees QEMU's pause. */
function stopAndCopy(
  state: MonitorState,
  { options, state: detector }: StallDetector,
  limitMs: number,
  nowUs: number,
  calls: MonitorCalls,
): void {
  if (calls.setMaxDowntime(limitMs, 'stalled') !== 'ok') return;
  detector.switchoverInitiated = true;
  detector.switchOverDeadlineSeconds =
    elapsedSeconds(state.startUs, nowUs) + options.switchoverTimeoutSeconds;
}

/**
 * virt-launcher's migration monitor (spec/kubevirt.md 3.1). The same code is held against recorded
 * decisions (`sluice validate monitor`) and runs in the simulation.
 */
import { settleAbort } from './abort.js';
import { downtimeTuningConfig, tuneDowntime } from './downtime-tuning.js';
import { convergeLegacy } from './legacy-convergence.js';
import {
  type DowntimeTuningState,
  type JobStats,
  type MonitorCalls,
  type MonitoredGuest,
  type MonitorOptions,
  type MonitorState,
  type MonitorTurn,
  POLL_INTERVAL_US,
} from './monitor-model.js';
import { createStallDetector } from './stall-detector.js';
import { stallTurn } from './stall-monitor.js';

/** A monitor that starts at `startUs`, shortly before libvirt's migrate call. */
export function createMonitor(
  options: MonitorOptions,
  guest: MonitoredGuest,
  startUs: number,
): MonitorState {
  const acceptable = options.completionTimeoutPerGiB * guest.dataSizeGB;
  const stallOptions = options.iterationEvents ? options.stallDetector : null;
  return {
    options,
    hasVfio: guest.hasVfio,
    startUs,
    mode: 'PreCopy',
    abortStatus: '',
    abortReason: null,
    acceptableCompletionTimeSeconds: acceptable,
    lastProgressUs: startUs,
    remainingBytes: 0,
    progressWatermarkBytes: 0,
    nextPollUs: startUs + POLL_INTERVAL_US,
    detector:
      stallOptions === null
        ? null
        : { options: stallOptions, state: createStallDetector(acceptable) },
    tuning: stallOptions === null ? createTuning(options) : null,
  };
}

function createTuning(options: MonitorOptions): DowntimeTuningState | null {
  const config = downtimeTuningConfig(options.downtimeTuning, options.maxDowntimeMs);
  return config === null ? null : { config, currentMs: 0, lastTunedUs: null };
}

/**
 * One turn: book-keeping, then the decisions of the path that is on, then an abort if one was asked
 * for. The poll timer starts anew, whatever woke the monitor.
 */
export function monitorTurn(state: MonitorState, turn: MonitorTurn, calls: MonitorCalls): void {
  recordProgress(state, turn.stats, turn.nowUs);
  if (state.detector !== null) {
    stallTurn(state, state.detector, turn, calls);
  } else {
    if (state.tuning !== null) tuneDowntime(state.tuning, turn.stats, turn.nowUs, calls);
    convergeLegacy(state, turn.nowUs, calls);
  }
  settleAbort(state, calls);
  state.nextPollUs = turn.nowUs + POLL_INTERVAL_US;
}

/** Progress is a fall since the previous sample; the watermark follows every sample, up too. */
export function recordProgress(state: MonitorState, stats: JobStats | null, nowUs: number): void {
  if (stats === null || stats.jobType !== 'unbounded') return;
  state.remainingBytes = stats.dataRemainingBytes ?? state.remainingBytes;
  const watermark = state.progressWatermarkBytes;
  if (watermark === 0 || state.remainingBytes < watermark) state.lastProgressUs = nowUs;
  state.progressWatermarkBytes = state.remainingBytes;
}

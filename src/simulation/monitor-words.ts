/** Why KubeVirt's monitor did something, with the figures that decided, for decisions.csv. */
import { completionLimitSeconds } from '../kubevirt/completion-timeout.js';
import { elapsedSeconds } from '../kubevirt/monitor-deadlines.js';
import type { MonitorReason, MonitorState } from '../kubevirt/monitor-model.js';
import { estimateDowntimeMs } from '../kubevirt/stall-detector.js';

/** `remainingBytes` as libvirt's statistics show it now; the monitor's state is that of the turn. */
export function monitorWords(
  monitor: MonitorState,
  reason: MonitorReason,
  remainingBytes: number,
  nowUs: number,
): string {
  const left = `${Math.floor(remainingBytes)} bytes left`;
  switch (reason) {
    case 'completion-timeout': {
      const seconds = elapsedSeconds(monitor.startUs, nowUs);
      return `completion-timeout: ${seconds} s, limit ${limitSeconds(monitor)} s, ${left}`;
    }
    case 'stuck': {
      const seconds = elapsedSeconds(monitor.lastProgressUs, nowUs);
      const { progressTimeout } = monitor.options;
      return `stuck: no progress for ${seconds} s, limit ${progressTimeout} s, ${left}`;
    }
    case 'stalled':
      return `stalled: ${left}${stallFigures(monitor)}, limit ${monitor.options.maxDowntimeMs} ms`;
    case 'initial-downtime':
      return 'initial-downtime: where the stall detector begins';
    case 'downtime-tuning':
      return `downtime-tuning: up to ${monitor.options.maxDowntimeMs} ms, ${left}`;
    case 'requested':
      return `requested: the migration was deleted, ${left}`;
    default:
      return reason satisfies never;
  }
}

function limitSeconds(monitor: MonitorState): number {
  const { detector, acceptableCompletionTimeSeconds } = monitor;
  if (detector === null) return acceptableCompletionTimeSeconds;
  return completionLimitSeconds(monitor, detector) ?? acceptableCompletionTimeSeconds;
}

function stallFigures({ detector }: MonitorState): string {
  if (detector === null) return '';
  const { ewmaBytesPerSecond, iterationRecord } = detector.state;
  const estimateMs = estimateDowntimeMs(detector.state, iterationRecord);
  return ` at ${Math.floor(ewmaBytesPerSecond)} bytes/s would pause it for ${estimateMs} ms`;
}

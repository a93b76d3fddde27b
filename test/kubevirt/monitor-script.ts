/** A scripted libvirt for tests of the monitor: records calls, fails those it is told to fail. */
import { createMonitor, monitorTurn } from '../../src/kubevirt/monitor.js';
import type {
  CallResult,
  DomainState,
  JobStats,
  MonitorCalls,
  MonitorOptions,
  MonitorState,
  StallDetectorOptions,
} from '../../src/kubevirt/monitor-model.js';

export const LEGACY: MonitorOptions = {
  completionTimeoutPerGiB: 10,
  progressTimeout: 0,
  maxDowntimeMs: 900,
  allowPostCopy: false,
  allowWorkloadDisruption: false,
  stallDetector: null,
  downtimeTuning: null,
  iterationEvents: true,
};

export const STALL_OPTIONS: StallDetectorOptions = {
  stallMarginPercent: 4,
  stallProgressTimeoutSeconds: 40,
  switchoverTimeoutSeconds: 60,
  ewmaAlpha: 0.4,
  precopyPossibleFactor: 1.5,
  patienceWindowDecayFactor: 0.5,
  searchLocalMinima: true,
  completionTimeoutFactor: 2,
};

export function stats(remaining: number | null, elapsedMs = 0, iteration = 1): JobStats {
  return {
    jobType: 'unbounded',
    dataRemainingBytes: remaining,
    timeElapsedMs: elapsedMs,
    memIteration: iteration,
    memBytesPerSecond: 1_000_000,
  };
}

/** Records `name ms? reason` of every call; `fails` answers which calls fail. */
export function recordingCalls(fails: (call: string) => boolean = () => false) {
  const made: string[] = [];
  const call = (text: string): CallResult => {
    const failed = fails(text);
    made.push(failed ? `${text} failed` : text);
    return failed ? 'failed' : 'ok';
  };
  const calls: MonitorCalls = {
    setMaxDowntime: (limitMs, reason) => call(`set-max-downtime ${limitMs} ${reason}`),
    startPostCopy: (reason) => call(`post-copy ${reason}`),
    suspend: (reason) => call(`suspend ${reason}`),
    abortJob: (reason) => call(`abort ${reason}`),
  };
  return { calls, made };
}

/** A monitor of 10 decimal GB that starts at 0, and a way to run its turns by the second. */
export function scriptedMonitor(
  options: Partial<MonitorOptions>,
  { hasVfio = false, dataSizeGB = 10, fails = (_call: string): boolean => false } = {},
) {
  const { calls, made } = recordingCalls((text) => fails(text));
  const state: MonitorState = createMonitor({ ...LEGACY, ...options }, { dataSizeGB, hasVfio }, 0);
  const turn = (
    seconds: number,
    sample: JobStats | null,
    {
      kind = 'poll',
      domain = 'running',
    }: { kind?: 'poll' | 'iteration'; domain?: DomainState } = {},
  ) => {
    made.length = 0;
    monitorTurn(state, { nowUs: Math.round(seconds * 1e6), kind, stats: sample, domain }, calls);
    return [...made];
  };
  return { state, turn };
}

/** Replays one scripted migration on the monitor that the simulation runs. */
import { abortAnswer } from '../kubevirt/abort.js';
import { createMonitor, monitorTurn } from '../kubevirt/monitor.js';
import type {
  CallResult,
  DomainState,
  IterationRecord,
  JobStats,
  MonitorCalls,
  MonitorState,
} from '../kubevirt/monitor-model.js';
import { hasVfio, stallDetectorOptions } from '../kubevirt/monitor-options.js';
import { dataSizeOf } from './monitor-functions.js';
import { FAULT, jobTypeOf, type VectorOfKind } from './monitor-vector.js';

type MonitorVector = VectorOfKind<'monitor'>;
type MonitorRow = MonitorVector['inputs'][number];
type Action = { a: string; ms?: number; ok: boolean };
type TrackedState = Readonly<Record<string, unknown>>;

const DOMAIN_STATES: readonly DomainState[] = [
  'running',
  'paused-migration',
  'paused-user',
  'paused-postcopy',
];

/** Fields whose change alone does not make a line of `outputs`. */
const UNTRACKED_IN_OUTPUTS = new Set([
  'ewma',
  'lastProgressMs',
  'progressWatermark',
  'stallDetectionEnabled',
  'candidates',
  'history',
  'iterationRecord',
  'relaxationPatienceMs',
]);

/** What `expect` of the vector should be, by this code. */
export function replayMonitor(vector: MonitorVector): unknown {
  const state = monitorOf(vector);
  const initial = trackedState(state);
  const outputs: unknown[] = [];
  let before = initial;
  vector.inputs.forEach((row, index) => {
    const actions: Action[] = [];
    takeTurn(state, row, actions);
    const after = trackedState(state);
    const changed = changedFields(state, before, after);
    if (actions.length > 0 || changed !== null) {
      const told = { i: index, t_ms: row[0], state: changed ?? alwaysTold(state, after) };
      outputs.push(actions.length > 0 ? { ...told, actions } : told);
    }
    before = after;
  });
  return { initial, outputs, final: trackedState(state) };
}

/** The derived facts of a vector's VMI as this code derives them. */
export function monitoredFacts(vmi: MonitorVector['vmi']) {
  return {
    dataSize: dataSizeOf(vmi),
    hasVFIO: hasVfio(vmi.hostDevices, vmi.gpus, vmi.sriovInterfaces),
  };
}

function monitorOf({ options, vmi }: MonitorVector): MonitorState {
  const facts = monitoredFacts(vmi);
  return createMonitor(
    {
      completionTimeoutPerGiB: options.completionTimeoutPerGiB,
      progressTimeout: options.progressTimeout,
      maxDowntimeMs: options.maxDowntimeMs,
      allowPostCopy: options.allowPostCopy,
      allowWorkloadDisruption: options.allowWorkloadDisruption,
      stallDetector:
        options.stallDetector === null ? null : stallDetectorOptions(options.stallDetector),
      downtimeTuning: options.downtimeTuning,
      iterationEvents: options.iterationCallbackRegistrationFails !== true,
    },
    { dataSizeGB: facts.dataSize, hasVfio: facts.hasVFIO },
    0,
  );
}

function takeTurn(state: MonitorState, row: MonitorRow, actions: Action[]): void {
  const faults = row[8] ?? 0;
  monitorTurn(
    state,
    {
      nowUs: row[0] * 1000,
      kind: row[1] === 'i' ? 'iteration' : 'poll',
      stats: (faults & FAULT.getJobStats) === 0 ? statsOf(row) : null,
      domain: (faults & FAULT.getState) === 0 ? (DOMAIN_STATES[row[7] ?? 0] ?? null) : null,
    },
    callsOf(row, faults, actions),
  );
}

function statsOf(row: MonitorRow): JobStats | null {
  const [, , number, dataRemainingBytes, timeElapsedMs, memIteration, memBytesPerSecond] = row;
  const jobType = jobTypeOf(number);
  if (jobType === null) return null;
  return { jobType, dataRemainingBytes, timeElapsedMs, memIteration, memBytesPerSecond };
}

function callsOf(row: MonitorRow, faults: number, actions: Action[]): MonitorCalls {
  const answer = (fault: number): CallResult => ((faults & fault) === 0 ? 'ok' : 'failed');
  const told = (action: { a: string; ms?: number }, result: CallResult): CallResult => {
    actions.push({ ...action, ok: result === 'ok' });
    return result;
  };
  return {
    setMaxDowntime: (ms) => told({ a: 'set-max-downtime', ms }, answer(FAULT.setMaxDowntime)),
    startPostCopy: () => told({ a: 'post-copy' }, answer(FAULT.startPostCopy)),
    suspend: () => told({ a: 'suspend' }, answer(FAULT.suspend)),
    abortJob: () => {
      const jobType = answer(FAULT.getJobInfo) === 'ok' ? jobTypeOf(row[2]) : null;
      return told(
        { a: 'cancel' },
        abortAnswer(jobType, () => answer(FAULT.abortJob)),
      );
    },
  };
}

function trackedState(state: MonitorState): TrackedState {
  const shared = {
    mode: state.mode,
    abortStatus: state.abortStatus,
    acceptableCompletionTime: state.acceptableCompletionTimeSeconds,
    stallDetectionEnabled: state.detector !== null,
    lastProgressMs: (state.lastProgressUs - state.startUs) / 1000,
    progressWatermark: state.progressWatermarkBytes,
  };
  if (state.detector === null) {
    return { ...shared, tunedDowntimeMs: state.tuning?.currentMs ?? 0 };
  }
  const { state: detector } = state.detector;
  const { iterationRecord, outsideMin } = detector;
  return {
    ...shared,
    switchOverDeadline: detector.switchOverDeadlineSeconds,
    stallDetected: detector.stallDetected,
    switchoverInitiated: detector.switchoverInitiated,
    initialMaxDowntimeSet: detector.initialMaxDowntimeSet,
    bestRemainingBytes: detector.bestRemainingBytes,
    outsideMin: isUnset(outsideMin) ? null : outsideMin.remainingBytes,
    relaxationDeadlineMs: detector.relaxationDeadlineMs,
    relaxationPatienceMs: detector.relaxationPatienceMs,
    ewma: detector.ewmaBytesPerSecond,
    candidates: detector.candidates.map((c) => [c.elapsedMs, c.remainingBytes]),
    history: [...detector.history],
    iterationRecord: [
      iterationRecord.remainingBytes,
      iterationRecord.elapsedMs,
      iterationRecord.iteration,
    ],
  };
}

/** All three zero is how KubeVirt's code says "none". */
export function isUnset(record: IterationRecord): boolean {
  return record.elapsedMs === 0 && record.remainingBytes === 0 && record.iteration === 0;
}

function changedFields(
  state: MonitorState,
  before: TrackedState,
  after: TrackedState,
): TrackedState | null {
  const changed = Object.entries(after).filter(
    ([field, value]) => !UNTRACKED_IN_OUTPUTS.has(field) && value !== before[field],
  );
  if (changed.length === 0) return null;
  return { ...Object.fromEntries(changed), ...alwaysTold(state, after) };
}

function alwaysTold(state: MonitorState, after: TrackedState): TrackedState {
  return state.detector === null ? { lastProgressMs: after.lastProgressMs } : { ewma: after.ewma };
}

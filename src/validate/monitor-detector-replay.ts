/** Replays vectors of single functions of the stall detector on an explicit state. */
import type { IterationRecord, StallDetectorState } from '../kubevirt/monitor-model.js';
import { UNSET_RECORD } from '../kubevirt/monitor-model.js';
import { stallDetectorOptions } from '../kubevirt/monitor-options.js';
import { canFinishBy, decideStallAction, isAtLocalMinimum } from '../kubevirt/stall-decision.js';
import {
  bestRemaining,
  createStallDetector,
  estimateDowntimeMs,
  nextEwma,
  processStallIteration,
  relaxBestRemaining,
  stallConditionHolds,
  startRelaxation,
  updateCandidates,
} from '../kubevirt/stall-detector.js';
import { isUnset } from './monitor-replay.js';
import type { VectorOfKind } from './monitor-vector.js';

type DetectorCall = VectorOfKind<'detector'>['input'];
type GivenState = DetectorCall['state'];
type GivenRecord = readonly [elapsedMs: number, remaining: number, iteration: number];

/** What `expect` of the vector should be, by this code. */
export function replayDetector({ input }: VectorOfKind<'detector'>): unknown {
  const detector = detectorOf(input.state);
  const result = callDetector(detector, input);
  return { result, state: { ...input.state, ...toldState(detector) } };
}

function callDetector(detector: StallDetectorState, input: DetectorCall): unknown {
  const options = stallDetectorOptions(input.state.options);
  switch (input.fn) {
    case 'updateBandwidthEstimate': {
      const { ewmaBytesPerSecond } = detector;
      const { sample } = input.args;
      detector.ewmaBytesPerSecond = nextEwma(ewmaBytesPerSecond, options.ewmaAlpha, sample);
      return null;
    }
    case 'updateCandidates':
      updateCandidates(detector, options, recordOf(input.args.record));
      return null;
    case 'checkStallCondition':
      return stallConditionHolds(detector, options, input.args.remaining);
    case 'findBestRemainingBytes':
      return bestRemaining(detector);
    case 'initializeRelaxationState':
      startRelaxation(detector, options, recordOf(input.args.record));
      return null;
    case 'relaxBestRemainingBytes':
      relaxBestRemaining(detector, options, recordOf(input.args.record));
      return null;
    case 'processStallDetectionIteration':
      return processStallIteration(detector, options, recordOf(input.args.record));
    case 'estimateDowntimeMs':
      return estimateDowntimeMs(detector, recordOf(input.args.record));
    case 'isAtLocalMinima':
      return isAtLocalMinimum(detector, options, recordOf(input.args.record));
    case 'canFinishByDeadline': {
      const { deadlineSeconds, elapsedSeconds, estimatedDowntimeMs } = input.args;
      return canFinishBy(deadlineSeconds, elapsedSeconds, estimatedDowntimeMs, detector);
    }
    case 'decideAction': {
      const { acceptableCompletionTime, elapsedMs, estimatedDowntimeMs, record } = input.args;
      return decideStallAction(detector, recordOf(record), {
        options,
        maxDowntimeMs: input.state.maxDowntimeMs,
        allowPostCopy: input.state.allowPostCopy,
        allowWorkloadDisruption: input.state.allowWorkloadDisruption,
        hasVfio: input.state.hasVFIO,
        acceptableCompletionTimeSeconds: acceptableCompletionTime,
        elapsedSeconds: Math.floor(elapsedMs / 1000),
        estimatedDowntimeMs,
      });
    }
  }
}

function detectorOf(given: GivenState): StallDetectorState {
  return {
    ...createStallDetector(0),
    ewmaBytesPerSecond: given.ewma,
    candidates: given.candidates.map(recordOf),
    outsideMin: given.outsideMin === null ? UNSET_RECORD : recordOf(given.outsideMin),
    stallDetected: given.stallDetected,
    bestRemainingBytes: given.bestRemainingBytes,
    history: [...given.history],
    relaxationDeadlineMs: given.relaxationDeadlineMs,
    relaxationPatienceMs: given.relaxationPatienceMs,
    switchoverInitiated: given.switchoverInitiated,
  };
}

function toldState(detector: StallDetectorState) {
  return {
    ewma: detector.ewmaBytesPerSecond,
    candidates: detector.candidates.map(toldRecord),
    outsideMin: isUnset(detector.outsideMin) ? null : toldRecord(detector.outsideMin),
    stallDetected: detector.stallDetected,
    bestRemainingBytes: detector.bestRemainingBytes,
    history: detector.history,
    relaxationDeadlineMs: detector.relaxationDeadlineMs,
    relaxationPatienceMs: detector.relaxationPatienceMs,
    switchoverInitiated: detector.switchoverInitiated,
  };
}

function recordOf([elapsedMs, remainingBytes, iteration]: GivenRecord): IterationRecord {
  return { elapsedMs, remainingBytes, iteration };
}

function toldRecord({ elapsedMs, remainingBytes, iteration }: IterationRecord): GivenRecord {
  return [elapsedMs, remainingBytes, iteration];
}

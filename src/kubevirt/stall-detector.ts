/**
 * The stall detector's memory and arithmetic (VEP 248; spec/kubevirt.md 3.4). Doubles in KubeVirt's
 * own order of operations: results match bit for bit.
 */
import {
  type IterationRecord,
  type StallDetectorOptions,
  type StallDetectorState,
  UNSET_RECORD,
} from './monitor-model.js';

const UINT32_MAX = 4_294_967_295;

/** `acceptableSeconds` is the first switch-over deadline. */
export function createStallDetector(acceptableSeconds: number): StallDetectorState {
  return {
    ewmaBytesPerSecond: 0,
    candidates: [],
    outsideMin: UNSET_RECORD,
    stallDetected: false,
    bestRemainingBytes: 0,
    history: [],
    relaxationDeadlineMs: 0,
    relaxationPatienceMs: 0,
    switchoverInitiated: false,
    initialMaxDowntimeSet: false,
    switchOverDeadlineSeconds: acceptableSeconds,
    iterationRecord: UNSET_RECORD,
  };
}

/** The next bandwidth estimate; an estimate of zero starts anew from the sample. */
export function nextEwma(ewma: number, alpha: number, sample: number): number {
  return ewma === 0 ? sample : alpha * sample + (1 - alpha) * ewma;
}

/** Milliseconds that sending the rest in one go would take; 0 while the bandwidth is unknown. */
export function estimateDowntimeMs(detector: StallDetectorState, record: IterationRecord): number {
  const ewma = detector.ewmaBytesPerSecond;
  if (ewma === 0) return 0;
  return Math.min(Math.trunc(record.remainingBytes / (ewma / 1000)), UINT32_MAX);
}

/** One RAM pass: true when the migration is (still) stalled, so that an action must be decided. */
export function processStallIteration(
  detector: StallDetectorState,
  options: StallDetectorOptions,
  record: IterationRecord,
): boolean {
  if (detector.ewmaBytesPerSecond === 0 || detector.switchoverInitiated) return false;
  updateCandidates(detector, options, record);
  if (detector.stallDetected) {
    relaxBestRemaining(detector, options, record);
    return true;
  }
  if (!stallConditionHolds(detector, options, record.remainingBytes)) return false;
  detector.bestRemainingBytes = bestRemaining(detector);
  startRelaxation(detector, options, record);
  detector.stallDetected = true;
  return true;
}

/** Slides the look-back window, then keeps the record if it is the lowest so far. */
export function updateCandidates(
  detector: StallDetectorState,
  options: StallDetectorOptions,
  record: IterationRecord,
): void {
  const windowMs = options.stallProgressTimeoutSeconds * 1000;
  let expired = 0;
  for (const candidate of detector.candidates) {
    // Unsigned in KubeVirt: a record older than the candidate has a huge age.
    const ageMs = record.elapsedMs - candidate.elapsedMs;
    if (ageMs >= 0 && ageMs < windowMs) break;
    expired += 1;
    const { outsideMin } = detector;
    if (!isSet(outsideMin) || candidate.remainingBytes < outsideMin.remainingBytes) {
      detector.outsideMin = candidate;
    }
  }
  if (expired > 0) detector.candidates.splice(0, expired);
  const { outsideMin, candidates } = detector;
  if (isSet(outsideMin) && record.remainingBytes > outsideMin.remainingBytes) return;
  const last = candidates.at(-1);
  if (last !== undefined && record.remainingBytes >= last.remainingBytes) return;
  candidates.push(record);
}

/** True when the pass left no more than `stallMargin` percent less than the window began with. */
export function stallConditionHolds(
  detector: StallDetectorState,
  options: StallDetectorOptions,
  remainingBytes: number,
): boolean {
  if (!isSet(detector.outsideMin)) return false;
  const margin = 1 - options.stallMarginPercent / 100;
  return remainingBytes >= Math.trunc(detector.outsideMin.remainingBytes * margin);
}

export function bestRemaining(detector: StallDetectorState): number {
  let best = detector.outsideMin.remainingBytes;
  for (const candidate of detector.candidates) best = Math.min(best, candidate.remainingBytes);
  return best;
}

export function startRelaxation(
  detector: StallDetectorState,
  options: StallDetectorOptions,
  record: IterationRecord,
): void {
  detector.history = [];
  detector.relaxationPatienceMs = options.stallProgressTimeoutSeconds * 1000;
  detector.relaxationDeadlineMs = record.elapsedMs + detector.relaxationPatienceMs;
}

/** When patience ends, the lowest value since the stall becomes the goal, be it higher or lower. */
export function relaxBestRemaining(
  detector: StallDetectorState,
  options: StallDetectorOptions,
  record: IterationRecord,
): void {
  insertAscending(detector.history, record.remainingBytes);
  if (record.elapsedMs < detector.relaxationDeadlineMs) return;
  const best = detector.history.shift();
  if (best === undefined) return;
  detector.bestRemainingBytes = best;
  detector.relaxationPatienceMs = Math.trunc(
    detector.relaxationPatienceMs * options.patienceWindowDecayFactor,
  );
  detector.relaxationDeadlineMs = record.elapsedMs + detector.relaxationPatienceMs;
}

function isSet(record: IterationRecord): boolean {
  return record.elapsedMs !== 0 || record.remainingBytes !== 0 || record.iteration !== 0;
}

function insertAscending(values: number[], value: number): void {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  values.splice(low, 0, value);
}

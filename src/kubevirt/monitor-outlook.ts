/**
 * The monitor without ticking: between two events of a migration its statistics are linear, so the
 * first poll that can decide something is computed, and the polls before it are accounted for in
 * one go. A test over random migrations holds both against plain ticking, bit for bit.
 */
import { abortInProgress } from './abort.js';
import { completionLimitSeconds } from './completion-timeout.js';
import { nextRaiseUs } from './downtime-tuning.js';
import { recordProgress } from './monitor.js';
import { exceededAtUs } from './monitor-deadlines.js';
import {
  type JobStats,
  type MonitorState,
  type Outlook,
  POLL_INTERVAL_US,
  type StallDetector,
} from './monitor-model.js';
import { nextEwma } from './stall-detector.js';
import { recordOf } from './stall-monitor.js';

/** Below this fall per poll, rounding may hide a fall from the monitor, so polls are run singly. */
const SURE_FALL_BYTES_PER_POLL = 2;

/** What is left falls by so much that every poll shows it. */
export function fallsForSure(bytesPerSecond: number): boolean {
  return (bytesPerSecond * POLL_INTERVAL_US) / 1_000_000 >= SURE_FALL_BYTES_PER_POLL;
}

/** The statistics that a poll at `nowUs` reads. */
export function statsAt(outlook: Outlook, nowUs: number): JobStats | null {
  if (outlook.jobType === null) return null;
  return {
    jobType: outlook.jobType,
    dataRemainingBytes: remainingAt(outlook, nowUs),
    timeElapsedMs:
      outlook.jobStartedUs === null ? null : Math.floor((nowUs - outlook.jobStartedUs) / 1000),
    memIteration: outlook.memIteration,
    memBytesPerSecond: outlook.memBytesPerSecond,
  };
}

function remainingAt(outlook: Outlook, nowUs: number): number | null {
  if (outlook.remainingBytes === null) return null;
  const elapsedUs = nowUs - outlook.fromUs;
  const fallenBytes = (outlook.remainingFallBytesPerSecond * elapsedUs) / 1_000_000;
  return Math.max(Math.floor(outlook.remainingBytes - fallenBytes), 0);
}

/**
 * The earliest poll at which the monitor may act or change more than its book-keeping, if the
 * outlook holds until then; Infinity when none will. Run `monitorTurn` there, then ask again.
 */
export function nextTurnOfInterest(state: MonitorState, outlook: Outlook): number {
  if (state.detector !== null) return nextStallTurn(state, state.detector, outlook);
  const memIteration = outlook.jobType === null ? null : outlook.memIteration;
  return Math.min(nextTuningTurn(state, memIteration), nextLegacyTurn(state, outlook));
}

/**
 * No poll before this one can act, whatever is left to send: the legacy monitor's earliest turn of
 * interest where only the number of the pass is known. Not for the stall detector.
 */
export function nextTurnWhateverIsLeft(state: MonitorState, memIteration: number): number {
  return Math.min(nextTuningTurn(state, memIteration), nextLegacyTurn(state, null));
}

/**
 * The next turn of interest of the legacy monitor whose last poll was progress, while what is left
 * falls for sure: it can only come from a limit on the whole, or from the tuning.
 */
export function nextTurnWhileFalling(state: MonitorState, memIteration: number): number {
  const { mode, abortStatus } = state;
  const isLimited = mode !== 'PostCopy' && !abortInProgress(abortStatus);
  const timeoutUs = isLimited ? timeoutTurn(state) : nextLegacyTurn(state, null);
  return Math.min(nextTuningTurn(state, memIteration), timeoutUs);
}

/**
 * Accounts for all polls strictly before `untilUs`: afterwards the state is what polling would have
 * left, `nextPollUs` at or after `untilUs`. Call it before the outlook changes, before an iteration
 * event (at the instant of a poll the event wins), and before a turn of interest.
 * Throws when one of these polls could have decided something: a bug of the caller.
 */
export function skipTurns(state: MonitorState, untilUs: number, outlook: Outlook): void {
  if (untilUs <= state.nextPollUs) return;
  const interestUs = nextTurnOfInterest(state, outlook);
  if (interestUs < untilUs) {
    throw new Error(`polls skipped until ${untilUs} µs, but the one at ${interestUs} µs may act`);
  }
  const polls = Math.ceil((untilUs - state.nextPollUs) / POLL_INTERVAL_US);
  const lastPollUs = state.nextPollUs + (polls - 1) * POLL_INTERVAL_US;
  skipProgress(state, outlook, lastPollUs);
  if (state.detector !== null) skipSamples(state, state.detector, outlook, polls, lastPollUs);
  state.nextPollUs = lastPollUs + POLL_INTERVAL_US;
}

/** The first poll at or after `dueUs`. */
function pollAt(state: MonitorState, dueUs: number): number {
  if (dueUs === Infinity) return Infinity;
  if (dueUs <= state.nextPollUs) return state.nextPollUs;
  const polls = Math.ceil((dueUs - state.nextPollUs) / POLL_INTERVAL_US);
  return state.nextPollUs + polls * POLL_INTERVAL_US;
}

// Turns of interest ---------------------------------------------------------------------------

function nextStallTurn(state: MonitorState, detector: StallDetector, outlook: Outlook): number {
  if (!detector.state.initialMaxDowntimeSet) return state.nextPollUs;
  if (outlook.domain === 'paused-migration' && state.mode === 'PreCopy') return state.nextPollUs;
  if (abortInProgress(state.abortStatus)) return Infinity;
  const limitSeconds = completionLimitSeconds(state, detector);
  return limitSeconds === null
    ? Infinity
    : pollAt(state, exceededAtUs(state.startUs, limitSeconds));
}

function nextTuningTurn(state: MonitorState, memIteration: number | null): number {
  if (state.tuning === null) return Infinity;
  if (state.tuning.currentMs === 0) return state.nextPollUs;
  return pollAt(state, nextRaiseUs(state.tuning, memIteration));
}

function timeoutTurn(state: MonitorState): number {
  const acceptable = state.acceptableCompletionTimeSeconds;
  return acceptable === 0 ? Infinity : pollAt(state, exceededAtUs(state.startUs, acceptable));
}

/** `outlook` null: nothing is known of what is left, so that no poll may be progress. */
function nextLegacyTurn(state: MonitorState, outlook: Outlook | null): number {
  if (state.mode === 'PostCopy') return Infinity;
  const timeoutUs = timeoutTurn(state);
  if (abortInProgress(state.abortStatus)) {
    const maySwitch = state.options.allowWorkloadDisruption && state.mode !== 'Paused';
    return maySwitch ? timeoutUs : Infinity;
  }
  return Math.min(timeoutUs, nextStuckTurn(state, outlook));
}

function nextStuckTurn(state: MonitorState, outlook: Outlook | null): number {
  const { progressTimeout } = state.options;
  if (progressTimeout === 0) return Infinity;
  const stuckUs = (sinceUs: number) => pollAt(state, exceededAtUs(sinceUs, progressTimeout));
  const course = outlook === null ? null : courseOf(outlook, state);
  if (course === null) return stuckUs(state.lastProgressUs);
  const watermark = state.progressWatermarkBytes;
  const firstIsProgress = watermark === 0 || course.firstBytes < watermark;
  const firstUs = state.nextPollUs;
  switch (course.kind) {
    case 'level-or-rising':
      return stuckUs(firstIsProgress ? firstUs : state.lastProgressUs);
    case 'progress':
      // Only the first of these polls can be without progress: the sample before it was lower.
      return !firstIsProgress && stuckUs(state.lastProgressUs) === firstUs ? firstUs : Infinity;
    case 'unsure':
      return firstUs;
  }
}

// Book-keeping --------------------------------------------------------------------------------

/**
 * How the samples of the coming polls go: every one after the first is progress, none is, or only
 * polling tells. null: polls read no sample.
 */
function courseOf(
  outlook: Outlook,
  state: MonitorState,
): {
  readonly kind: 'progress' | 'level-or-rising' | 'unsure';
  readonly firstBytes: number;
} | null {
  if (outlook.jobType !== 'unbounded') return null;
  const firstBytes = remainingAt(outlook, state.nextPollUs) ?? state.remainingBytes;
  const fallBytesPerSecond =
    outlook.remainingBytes === null ? 0 : outlook.remainingFallBytesPerSecond;
  const fallBytesPerPoll = (fallBytesPerSecond * POLL_INTERVAL_US) / 1_000_000;
  // At zero bytes left every sample counts as progress.
  if (fallBytesPerPoll >= SURE_FALL_BYTES_PER_POLL || (firstBytes === 0 && fallBytesPerPoll >= 0)) {
    return { kind: 'progress', firstBytes };
  }
  if (fallBytesPerPoll <= 0 && firstBytes > 0) return { kind: 'level-or-rising', firstBytes };
  return { kind: 'unsure', firstBytes };
}

function skipProgress(state: MonitorState, outlook: Outlook, lastPollUs: number): void {
  const course = courseOf(outlook, state);
  if (course === null) return;
  const firstUs = state.nextPollUs;
  recordProgress(state, statsAt(outlook, firstUs), firstUs);
  if (firstUs === lastPollUs) return;
  switch (course.kind) {
    case 'progress':
      state.lastProgressUs = lastPollUs;
      break;
    case 'level-or-rising':
      break;
    case 'unsure':
      for (let pollUs = firstUs; pollUs < lastPollUs; pollUs += POLL_INTERVAL_US) {
        recordProgress(state, statsAt(outlook, pollUs), pollUs);
      }
      recordProgress(state, statsAt(outlook, lastPollUs), lastPollUs);
      return;
  }
  state.remainingBytes = remainingAt(outlook, lastPollUs) ?? state.remainingBytes;
  state.progressWatermarkBytes = state.remainingBytes;
}

/** What a poll of the stall detector records when it decides nothing. */
function skipSamples(
  state: MonitorState,
  { options, state: detector }: StallDetector,
  outlook: Outlook,
  polls: number,
  lastPollUs: number,
): void {
  if (abortInProgress(state.abortStatus)) return;
  const record = recordOf(statsAt(outlook, lastPollUs));
  if (record === null) return;
  if (state.mode !== 'PreCopy') {
    detector.iterationRecord = record;
    return;
  }
  if (outlook.memBytesPerSecond === null) return;
  for (let poll = 0; poll < polls; poll += 1) {
    const before = detector.ewmaBytesPerSecond;
    const after = nextEwma(before, options.ewmaAlpha, outlook.memBytesPerSecond);
    // A repeated value is the fixed point: all further samples leave it as it is.
    if (after === before) return;
    detector.ewmaBytesPerSecond = after;
  }
}

/** Cancelling a running migration (spec/kubevirt.md 3.5). */
import type {
  AbortStatus,
  CallResult,
  JobType,
  MonitorCalls,
  MonitorReason,
  MonitorState,
} from './monitor-model.js';

/** How long an abort waits for libvirt's answer (spec/kubevirt.md 3.5). */
export const ABORT_ANSWER_US = 30_000_000;

/** What the launcher's metadata knows of the migration when a cancel comes. */
interface MigrationProgress {
  readonly abortStatus: AbortStatus;
  readonly started: boolean;
  readonly ended: boolean;
  readonly failed: boolean;
}

/** True while an abort runs or has worked: the monitor then leaves the migration alone. */
export function abortInProgress(status: AbortStatus): boolean {
  return status === 'Aborting' || status === 'Succeeded';
}

/** cancelMigration passes over a migration that is not under way, or is being aborted already. */
function abortIsPossible(progress: MigrationProgress): boolean {
  if (!progress.started || progress.ended || progress.failed) return false;
  return !abortInProgress(progress.abortStatus);
}

/**
 * asyncMigrationAbort: GetJobInfo (null: the call or the domain look-up failed), and AbortJob only
 * when the job is active. No answer within 30 s counts as failed.
 */
export function abortAnswer(jobType: JobType | null, abortJob: () => CallResult): CallResult {
  return jobType === 'unbounded' ? abortJob() : 'failed';
}

/** cancelMigration as a whole: the abort status afterwards. */
export function cancelMigration(progress: MigrationProgress, ask: () => CallResult): AbortStatus {
  if (!abortIsPossible(progress)) return progress.abortStatus;
  return ask() === 'ok' ? 'Succeeded' : 'Failed';
}

/** The monitor's own cancel: takes effect at the end of the turn, in `settleAbort`. */
export function markAborting(state: MonitorState, reason: MonitorReason): void {
  const progress = { started: true, ended: false, failed: false, abortStatus: state.abortStatus };
  if (!abortIsPossible(progress)) return;
  state.abortStatus = 'Aborting';
  state.abortReason = reason;
}

/** Runs the asynchronous part of an abort that this turn asked for, if it did. */
export function settleAbort(state: MonitorState, calls: MonitorCalls): void {
  if (state.abortStatus !== 'Aborting' || state.abortReason === null) return;
  state.abortStatus = calls.abortJob(state.abortReason) === 'ok' ? 'Succeeded' : 'Failed';
}

/**
 * Aborts from outside the monitor (the VMIM was deleted), at any instant between two turns. libvirt
 * refuses it in post-copy: the caller answers `failed` then, and the status becomes Failed.
 */
export function requestAbort(state: MonitorState, calls: MonitorCalls): void {
  markAborting(state, 'requested');
  settleAbort(state, calls);
}

/**
 * The words of virt-launcher's migration monitor (spec/kubevirt.md 3): what it is set to, what it
 * sees in a turn, what it may call, and what it remembers. The rules are in monitor.ts.
 */
import type { DowntimeTuningPolicy } from '../fleet/model.js';

/** How often the monitor looks when no iteration event comes (spec/kubevirt.md 3.1). */
export const POLL_INTERVAL_US = 400_000;

/** QEMU's upper bound of downtime-limit: set to it, QEMU pauses the guest at the next chance. */
export const QEMU_MAX_DOWNTIME_LIMIT_MS = 2_000_000;

type MonitorMode = 'PreCopy' | 'PostCopy' | 'Paused';
export type AbortStatus = '' | 'Aborting' | 'Succeeded' | 'Failed';

/** libvirt's virDomainJobType; `unbounded` is an active migration. */
export type JobType = 'none' | 'bounded' | 'unbounded' | 'completed' | 'failed' | 'cancelled';

/** libvirt's job statistics; null: libvirt did not set the field. */
export interface JobStats {
  readonly jobType: JobType;
  readonly dataRemainingBytes: number | null;
  readonly timeElapsedMs: number | null;
  readonly memIteration: number | null;
  readonly memBytesPerSecond: number | null;
}

/** virDomainGetState, reduced to what the monitor tells apart. */
export type DomainState = 'running' | 'paused-migration' | 'paused-user' | 'paused-postcopy';

/** Options resolved by virt-handler; factors are the very doubles that KubeVirt computes with. */
export interface StallDetectorOptions {
  readonly stallMarginPercent: number;
  readonly stallProgressTimeoutSeconds: number;
  readonly switchoverTimeoutSeconds: number;
  readonly ewmaAlpha: number;
  readonly precopyPossibleFactor: number;
  readonly patienceWindowDecayFactor: number;
  readonly searchLocalMinima: boolean;
  readonly completionTimeoutFactor: number;
}

/** What is frozen at hand-off and decides in the monitor. */
export interface MonitorOptions {
  /** Seconds per decimal GB of migration data, despite its name (spec/kubevirt.md 2). */
  readonly completionTimeoutPerGiB: number;
  /** Seconds; legacy path only. 0: never stuck. */
  readonly progressTimeout: number;
  readonly maxDowntimeMs: number;
  readonly allowPostCopy: boolean;
  /** Resolved: unset means allowPostCopy. */
  readonly allowWorkloadDisruption: boolean;
  /** null: gate MigrationStallDetection is off. See `stallDetectorOptions` for the defaults. */
  readonly stallDetector: StallDetectorOptions | null;
  /** null: gate MigrationDowntimeTuning is off, or the policy has no such object. */
  readonly downtimeTuning: DowntimeTuningPolicy | null;
  /** False when libvirt refuses the iteration event: the whole migration takes the legacy path. */
  readonly iterationEvents: boolean;
}

/** Facts of the guest that the monitor asks for at its start. */
export interface MonitoredGuest {
  /** Migration data in decimal GB, rounded up: `migrationDataSizeGB`. */
  readonly dataSizeGB: number;
  /** Any host device, GPU or SR-IOV interface. */
  readonly hasVfio: boolean;
}

/** What made the monitor wake, and what it then reads. */
export interface MonitorTurn {
  readonly nowUs: number;
  /** `iteration`: libvirt's migration-iteration event; comes only with the stall detector on. */
  readonly kind: 'poll' | 'iteration';
  /** null: GetJobStats failed. */
  readonly stats: JobStats | null;
  /** null: GetState failed. Read only with the stall detector on. */
  readonly domain: DomainState | null;
}

/** Why the monitor made a call; for decisions.csv and the cause of a failure. */
export type MonitorReason =
  | 'initial-downtime'
  | 'downtime-tuning'
  | 'completion-timeout'
  | 'stuck'
  | 'stalled'
  | 'requested';

export type CallResult = 'ok' | 'failed';

/**
 * What the monitor asks of libvirt. Called in KubeVirt's order, each at most once a turn but
 * `setMaxDowntime`. A failed call changes nothing and is tried again when the rule next holds.
 */
export interface MonitorCalls {
  setMaxDowntime(limitMs: number, reason: MonitorReason): CallResult;
  startPostCopy(reason: MonitorReason): CallResult;
  /** virDomainSuspend: the guest pauses now, and stays so until it runs on the target. */
  suspend(reason: MonitorReason): CallResult;
  /**
   * The asynchronous abort, after everything else in the turn: GetJobInfo, then AbortJob if the job
   * is active (`abortAnswer` in abort.ts). `failed`: either failed, or the job is not active.
   */
  abortJob(reason: MonitorReason): CallResult;
}

/** One sample of RAM left; all three zero means unset, as in KubeVirt. */
export interface IterationRecord {
  readonly elapsedMs: number;
  readonly remainingBytes: number;
  readonly iteration: number;
}

export const UNSET_RECORD: IterationRecord = { elapsedMs: 0, remainingBytes: 0, iteration: 0 };

/** Memory of the stall detector (VEP 248). */
export interface StallDetectorState {
  ewmaBytesPerSecond: number;
  /** Strictly decreasing in remaining bytes; oldest first. */
  candidates: IterationRecord[];
  /** Lowest candidate that fell out of the window; UNSET_RECORD: none yet. */
  outsideMin: IterationRecord;
  stallDetected: boolean;
  bestRemainingBytes: number;
  /** Remaining bytes since the stall, ascending (KubeVirt keeps a min-heap). */
  history: number[];
  relaxationDeadlineMs: number;
  relaxationPatienceMs: number;
  switchoverInitiated: boolean;
  initialMaxDowntimeSet: boolean;
  /** Seconds since the monitor's start by which a triggered switchover must have begun. */
  switchOverDeadlineSeconds: number;
  iterationRecord: IterationRecord;
}

/** The stall detector of one migration: its settings and its memory. */
export interface StallDetector {
  readonly options: StallDetectorOptions;
  readonly state: StallDetectorState;
}

/** Effective downtime tuning; integers. */
export interface DowntimeTuningConfig {
  readonly initialMs: number;
  readonly steps: number;
  readonly startAfterIteration: number;
  readonly cooldownSeconds: number;
  readonly maxDowntimeMs: number;
}

export interface DowntimeTuningState {
  readonly config: DowntimeTuningConfig;
  /** 0: nothing tuned yet. */
  currentMs: number;
  /** null: never tuned with success, so no cool-down holds. */
  lastTunedUs: number | null;
}

/** All that one migration's monitor remembers. Made by `createMonitor`, changed by turns only. */
export interface MonitorState {
  readonly options: MonitorOptions;
  readonly hasVfio: boolean;
  readonly startUs: number;
  mode: MonitorMode;
  abortStatus: AbortStatus;
  /** Why the last abort was asked for; null before any. */
  abortReason: MonitorReason | null;
  /** 0 disables every completion timeout. */
  acceptableCompletionTimeSeconds: number;
  lastProgressUs: number;
  remainingBytes: number;
  progressWatermarkBytes: number;
  /** When the 400-ms timer rings, unless an iteration event comes before (and resets it). */
  nextPollUs: number;
  /** null: legacy path. */
  readonly detector: StallDetector | null;
  /** Legacy path with the gate. */
  readonly tuning: DowntimeTuningState | null;
}

/**
 * What the engine knows of the job statistics until something happens to the migration: everything
 * in it is linear in time or constant. `statsAt` (monitor-outlook.ts) evaluates it at an instant.
 */
export interface Outlook {
  /** The instant at which `remainingBytes` holds; not after the turns that are asked for. */
  readonly fromUs: number;
  /** null: GetJobStats would fail. */
  readonly jobType: JobType | null;
  /** May be fractional; statistics show its floor, never below 0. null: field not set. */
  readonly remainingBytes: number | null;
  /** Positive while the migration gains on what is left; negative when it grows. */
  readonly remainingFallBytesPerSecond: number;
  /** libvirt's job start: timeElapsed counts from here, in whole ms. null: field not set. */
  readonly jobStartedUs: number | null;
  readonly memIteration: number | null;
  readonly memBytesPerSecond: number | null;
  readonly domain: DomainState | null;
}

/**
 * One live migration as QEMU and libvirt run it: what it is told (configuration, inputs), what it
 * asks for (actions), and its state. The machine itself is in migration.ts and its phases' files.
 */
import type { AutoConvergeParameters, DirtyPeriod } from './auto-converge.js';
import type { DeviceData, DevicePrecopy } from './device-data.js';
import type { DirtyLimit, DirtyLimitParameters, WrittenPages } from './dirty-limit.js';
import type { FaultingGuest, PostcopyFaults, TouchedPages } from './postcopy-faults.js';
import type { SendPlan } from './send-plan.js';
import type { SendProgress } from './send-progress.js';
import type { Sender, SendLaw } from './sender-state.js';
import type { VersionRules } from './version.js';
import type { WireFormat } from './wire-format.js';

/** Fixed when `migrate` is called. */
export interface MigrationConfig {
  readonly rules: VersionRules;
  readonly format: WireFormat;
  /** 0: no limit (libvirt's default). Changed in mid-run by an input. */
  readonly maxBandwidthBytesPerSecond: number;
  readonly maxPostcopyBandwidthBytesPerSecond: number;
  readonly downtimeLimitMs: number;
  readonly availSwitchoverBytesPerSecond: number;
  readonly autoConverge: AutoConvergeParameters | null;
  /** Excludes auto-converge; needs the dirty ring (spec 3.5). */
  readonly dirtyLimit: DirtyLimitParameters | null;
  readonly postcopyEnabled: boolean;
  /** Sum of the channels' own ceilings (stream, TLS, compressor), wire bytes a second. */
  readonly channelsBytesPerSecond: number;
  /** The sending threads' time for a page besides writing it: zero test, compressor. */
  readonly zeroUsPerPage: number;
  readonly contentUsPerPage: number;
  /** What the sockets' buffers and proxies hold while the network is what limits (spec 5.1). */
  readonly backlogBytes: number;
  /** Target's time to place a page in post-copy, which holds up the stream. */
  readonly postcopyUsPerPage: number;
  /** postcopy-preempt: requested pages go on a socket of their own, beside the limit. */
  readonly postcopyPreempt: boolean;
  /** One fault's round trip with preempt; 0: requests take nothing beside the limit. */
  readonly postcopyFaultUs: number;
  /** Without preempt a requested page waits behind so much in the sockets, and QEMU's own buffer. */
  readonly postcopyQueueBytes: number;
  /** Recovery of a broken post-copy: handshake, and the received bitmap (spec 6). */
  readonly postcopyRecoverUs: number;
  /**
   * Whose faults follow from what it touches; `always-asking`: a vCPU that writes without pause;
   * `idle`: one that asks for nothing.
   */
  readonly postcopyGuest: FaultingGuest | 'always-asking' | 'idle';
  /** How late a window's sleep ends. */
  readonly wakeLatencyUs: number;
  /** Setup: until the first sync is done (spec 1.2, 2.5). */
  readonly setupUs: number;
  /** One bitmap sync, nothing being sent meanwhile (spec 2.5). */
  readonly syncUs: number;
  /** A sync waits for vCPUs that sleep in their throttle: dirty ring and TCG. */
  readonly syncWaitsForVcpus: boolean;
  /** Clear of a chunk that is dirty all over, before its first page goes; 0: cleared at syncs. */
  readonly chunkClearUs: number;
  /** vm_stop and block flush; with libvirt's pre-switchover round trip. */
  readonly stopUs: number;
  readonly preSwitchoverUs: number;
  readonly deviceStateBytes: number;
  readonly deviceStateUs: number;
  /** VFIO's stop-copy size: in the exact test, and sent in the pause (spec 5.3). */
  readonly vfioStateBytes: number;
  /** What VFIO devices send before the switchover (8.1 on); null: nothing. */
  readonly vfioPrecopy: DevicePrecopy | null;
  /** switchover-ack: its way back from the target; null: nobody asks for it. */
  readonly switchoverAckUs: number | null;
  /** The source waits for the target's word before it is done (libvirt: always; spec 5.1). */
  readonly returnPath: boolean;
  /** libvirt: end of Perform to `cont` at the target (spec 7.1). */
  readonly finishUs: number;
}

/** What else the manager may set in mid-run. */
export type ChangedParameters = Partial<
  Pick<
    MigrationConfig,
    'autoConverge' | 'availSwitchoverBytesPerSecond' | 'maxPostcopyBandwidthBytesPerSecond'
  >
>;

export interface SyncResult {
  /** What the next round has to send. */
  readonly plan: SendPlan;
  /** |bitmap| after the sync. */
  readonly dirtyPages: number;
  /** Of these, what the round had not sent. */
  readonly unsentPages: number;
  /** Bits that turned from 0 to 1. */
  readonly newlyDirtyPages: number;
  /** Runs of dirty pages: ranges of post-copy's discard list; 0 where none is needed. */
  readonly dirtyRuns: number;
  /** What post-copy's guest will touch of what is dirty; empty where nobody asks. */
  readonly touched: readonly TouchedPages[];
  /** What the guest writes while its vCPUs run; empty where no quota asks. */
  readonly written: readonly WrittenPages[];
}

export type MigrationInput =
  | { readonly kind: 'wake' }
  /** The network's share of the RAM flow from now on. */
  | { readonly kind: 'rate'; readonly bytesPerSecond: number }
  | { readonly kind: 'setup-done'; readonly plan: SendPlan }
  | { readonly kind: 'sync-done'; readonly result: SyncResult }
  | { readonly kind: 'set-downtime-limit'; readonly ms: number }
  | { readonly kind: 'set-bandwidth'; readonly bytesPerSecond: number }
  | { readonly kind: 'set-parameters'; readonly changes: ChangedParameters }
  | { readonly kind: 'start-postcopy' }
  /** The manager pauses the guest at the source; it stays paused until the end. */
  | { readonly kind: 'suspend' }
  /** Mirrors are drained inside the pause (spec 7.5). */
  | { readonly kind: 'storage-drained' }
  | { readonly kind: 'cancel'; readonly reason: string }
  /** A broken post-copy gets a new connection. */
  | { readonly kind: 'recover' }
  /** Nobody will recover it, or there is nothing left to recover from. */
  | { readonly kind: 'give-up'; readonly reason: string }
  /** The connection is gone. */
  | {
      readonly kind: 'connection-lost';
      readonly reason: string;
      /** What a failure before post-copy is put down to; `network` unless told. */
      readonly cause?: 'network' | 'target';
    }
  /** libvirt's job fails: a destination volume, a mirror, a device that stays plugged. */
  | {
      readonly kind: 'job-failed';
      readonly cause: 'volume' | 'not-migratable';
      readonly reason: string;
    };

export type SyncKind = 'round' | 'background' | 'final' | 'postcopy';

export type MigrationAction =
  /** Ceiling of the RAM flow; 0 stops it. */
  | { readonly kind: 'set-flow'; readonly capBytesPerSecond: number }
  | { readonly kind: 'plan-setup' }
  /** Read the dirty log as of now; answer with `sync-done` at `readyUs`. */
  | {
      readonly kind: 'sync';
      readonly sync: SyncKind;
      readonly sentPages: number;
      readonly readyUs: number;
    }
  /** The guest's vCPUs from now on: throttled share, or stopped. */
  | { readonly kind: 'guest-speed'; readonly cpuShare: number; readonly running: boolean }
  /** dirty-limit: every writer, of whatever pace, at this share of its speed; 0: vCPUs sleep. */
  | { readonly kind: 'vcpu-share'; readonly share: number }
  /** MIGRATION_PASS: dirty-sync-count has moved. */
  | { readonly kind: 'iteration'; readonly count: number }
  /** The guest is stopped; drain the mirrors and answer `storage-drained` (spec 7.3). */
  | { readonly kind: 'drain-storage' }
  /** Post-copy: the target runs from now, memory follows. */
  | { readonly kind: 'target-resumed' }
  | { readonly kind: 'round-ended'; readonly round: RoundFacts }
  | { readonly kind: 'decision'; readonly action: string; readonly reason: string }
  | { readonly kind: 'ended'; readonly end: MigrationEnding };

export type MigrationEnding =
  | { readonly kind: 'completed' }
  | { readonly kind: 'cancelled'; readonly reason: string }
  | {
      readonly kind: 'failed';
      readonly cause: 'network' | 'target' | 'volume' | 'not-migratable';
      readonly reason: string;
    }
  /** Post-copy lost its connection: the guest's memory is split, the guest is lost. */
  | { readonly kind: 'lost'; readonly reason: string };

/** One round as rounds.csv tells it. */
export interface RoundFacts {
  readonly count: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly startPages: number;
  readonly endPages: number;
  readonly newlyDirtyPages: number;
  readonly sentBytes: number;
  readonly bandwidthBytesPerSecond: number;
  readonly thresholdBytes: number;
  readonly downtimeLimitMs: number;
  readonly throttlePercent: number;
  readonly decision: string;
}

export type MigrationPhase =
  | 'setup'
  | 'sending'
  | 'syncing'
  | 'stopping'
  | 'draining-storage'
  | 'final-sync'
  | 'final-send'
  | 'socket-drain'
  | 'loading'
  | 'finishing'
  | 'postcopy'
  | 'postcopy-paused'
  | 'postcopy-recover'
  | 'ended';

export interface MigrationState {
  config: MigrationConfig;
  /** Of `migrate`: mirrors may have been copied before it. */
  startUs: number;
  phase: MigrationPhase;
  /** When `wake` is due; Infinity when only inputs can move it. */
  wakeUs: number;
  /** Inputs the machine was told in mid-run. */
  maxBandwidthBytesPerSecond: number;
  downtimeLimitMs: number;
  postcopyRequested: boolean;
  suspended: boolean;
  /** Present share of the network, and the ceiling asked for. */
  bytesPerSecond: number;
  capBytesPerSecond: number;
  /** `wakeUs` holds for any share up to this one; 0: each is to be told at once. */
  quietBytesPerSecond: number;
  asOfUs: number;
  /** The running round. */
  plan: SendPlan;
  sender: Sender;
  /** Room to look ahead in. */
  readonly ahead: Sender;
  readonly progress: SendProgress;
  roundStartUs: number;
  /** When the log was last read: dirtied pages count from here. */
  syncUs: number;
  roundStartPages: number;
  /** QEMU's transferred counter at the round's start. */
  roundStartBytes: number;
  /** Why the sync under way was asked for, and pages sent when it was. */
  sync: SyncKind;
  sentPagesAtSync: number;
  period: DirtyPeriod;
  /** dirty-sync-count. */
  syncCount: number;
  /** Kept until an input, a flow or a plan changes what it says; null: to be made anew. */
  law: SendLaw | null;
  /** When auto-converge's timer next finds that no sync has come: Infinity in the first pass. */
  backgroundSyncUs: number;
  /** All RAM and device state bytes so far (QEMU's `transferred`), and what the network took. */
  transferredBytes: number;
  wireBytes: number;
  /** What `writeAll` has added to `transferred` last: all that may not have been written yet. */
  notedBytes: number;
  /** Pages of all rounds before the running one, for the job's statistics. */
  earlierPages: number;
  earlierZeroPages: number;
  /** The guest's RAM, and when the first sync was done; null before it. */
  ramPages: number;
  setupDoneUs: number | null;
  /** |bitmap| × page at the last sync, for expected-downtime. */
  lastSyncBytes: number;
  /** QEMU's expected-downtime, as the last window that said something left it. */
  expectedDowntimeMs: number;
  stoppedUs: number | null;
  qemuDowntimeUs: number | null;
  /** When QEMU's source is COMPLETED: its total-time ends. */
  completedUs: number | null;
  downtimeUs: number | null;
  postcopy: boolean;
  postcopyRequests: number;
  postcopyStartUs: number;
  faults: PostcopyFaults;
  /** The last test failed for VFIO alone: its state, or its initial data that are not acked. */
  heldByDevice: boolean;
  /** What was told of it last: asked for again and again, it is told once. */
  heldTold: string;
  /** The threshold that is put aside meanwhile, and the window that was open then. */
  heldThresholdBytes: number;
  heldWindowUs: number;
  device: DeviceData | null;
  throttleMaxPercent: number;
  dirtyLimit: DirtyLimit | null;
}

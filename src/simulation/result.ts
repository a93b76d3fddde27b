/**
 * What a run gives: plain records in simulated microseconds and bytes. `outcome` turns them into
 * rows, CSV and words. Every record list is in a fixed order (stated at each).
 */
import type { ExactCount } from '../fleet/exact-count.js';
import type { EarlyFailCause, SettledOutcome } from '../kubevirt/control-actions.js';
import type { Fidelity } from '../memory/round.js';
import type { LinkStep } from '../network/link-log.js';
import type { DomainJobInfo, QueryMigrate } from '../qemu/job-stats.js';

export type MigrationMode = 'PreCopy' | 'PostCopy' | 'Paused';
export type MigrationOutcome = 'succeeded' | 'failed' | 'aborted' | 'lost' | 'unfinished';
export type GuestOutcome = SettledOutcome;

/** Why a migration failed; '' when it did not. */
export type FailCause =
  | ''
  | EarlyFailCause
  | 'stuck'
  | 'completion-timeout'
  | 'network'
  | 'volume'
  | 'stalled';

/** What most of a migration's waiting was due to; '' when nothing held it up. */
export type SlowCause =
  | ''
  | 'queue'
  | 'link-share'
  | 'bandwidth-cap'
  | 'dirty-rate'
  | 'storage'
  | 'throttled'
  | 'target'
  | 'back-off';

/** What a migration waited for, each alone, in microseconds: `slow_cause` is the longest of them. */
export interface Waits {
  readonly backOffUs: number;
  readonly queueUs: number;
  /** Of the queue: the cluster's limit was full; the node's was, and the cluster's was not. */
  readonly clusterLimitUs: number;
  readonly nodeLimitUs: number;
  readonly targetUs: number;
  readonly storageUs: number;
  readonly linkShareUs: number;
  readonly bandwidthCapUs: number;
  readonly dirtyRateUs: number;
  readonly throttledUs: number;
}

/** What was left over the last pre-copy round; '' when none ended. */
export type RemainingTrend = '' | 'falling' | 'level' | 'rising';

/** What libvirt and KubeVirt's monitor showed last of a migration. */
export interface SeenAtEnd {
  readonly remainingBytes: number;
  /** Of disks that are mirrored, beside the memory. */
  readonly storageRemainingBytes: number;
  readonly remainingTrend: RemainingTrend;
  /** Since a poll last saw less remaining than the one before. */
  readonly noProgressUs: number;
  /** libvirt's dirty rate: distinct pages of the last period of a second or more. */
  readonly dirtyBytesPerSecond: number;
  /** QEMU's last window. */
  readonly bandwidthBytesPerSecond: number;
}

/** Page faults of a guest that ran while its memory followed. */
export interface PostcopyFaultRecord {
  /** Waiting for pages, mean over the vCPUs. */
  readonly stalledUs: number;
  /** All vCPUs waiting at once. */
  readonly blockedUs: number;
  /** Latencies that half, and 99 in 100, of the requests did not exceed; null: no requests. */
  readonly latencyP50Us: number | null;
  readonly latencyP99Us: number | null;
}

/** One attempt to move one guest. Times are null when that point was never reached. */
export interface MigrationRecord {
  readonly namespace: string;
  readonly name: string;
  /** 1 for the guest's first VMIM of the run. */
  readonly attempt: number;
  readonly sourceNode: string;
  /** '' until a node was chosen. */
  readonly targetNode: string;
  /** VMIM object made. */
  readonly createdUs: number;
  /** Target pod created: a slot is held from here. */
  readonly slotUs: number | null;
  /** QEMU's migrate command (libvirt's Perform). */
  readonly startedUs: number | null;
  readonly endedUs: number | null;
  /** STOP at the source to RESUME at the target; null when there was no switchover. */
  readonly downtimeUs: number | null;
  /** QEMU's own figure. */
  readonly qemuDowntimeUs: number | null;
  /** Every pause of the guest added up: the downtime, a suspend, a switchover that was aborted. */
  readonly guestPauseUs: number;
  readonly mode: MigrationMode;
  readonly outcome: MigrationOutcome;
  readonly failCause: FailCause;
  /** KubeVirt's or the scheduler's text for the failure; '' otherwise. */
  readonly failReason: string;
  readonly slowCause: SlowCause;
  readonly waits: Waits;
  /** dirty-sync-count at the end. */
  readonly rounds: number;
  /** What QEMU counts as transferred. */
  readonly transferredBytes: number;
  /** What crossed the links: RAM, device state, mirrors, protocol overhead. */
  readonly wireBytes: number;
  /** Of these, disk mirrors. */
  readonly storageBytes: number;
  readonly throttleMaxPercent: number;
  readonly postcopyRequests: number;
  /** null: never in post-copy. */
  readonly postcopyFaults: PostcopyFaultRecord | null;
  /** MigrationPolicy in force; '' for none. */
  readonly policy: string;
  /** null: it never started. */
  readonly seenAtEnd: SeenAtEnd | null;
}

/** One guest of a drained node, in (namespace, name) order. */
export interface GuestRecord {
  readonly namespace: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly sourceNode: string;
  readonly finalNode: string;
  readonly outcome: GuestOutcome;
  /** KubeVirt's reason where it cannot move, the last failure's, or ''. */
  readonly reason: string;
  readonly attempts: number;
  /** When it was last shown on a new node; null unless its outcome is `moved`. */
  readonly movedAtUs: number | null;
  /** Migrations that succeeded: several where a drain goes over many nodes. */
  readonly moves: number;
}

/** How a drained node ended: `back` is schedulable again, `draining` and `rebooting` at the run's end. */
export type NodeState =
  | 'empty'
  | 'back'
  | 'blocked'
  | 'lost'
  | 'draining'
  | 'rebooting'
  | 'not-begun';

/** One drained node, by name. */
export interface NodeRecord {
  readonly node: string;
  /** null: never. */
  readonly cordonedUs: number | null;
  /** When the last guest that was to leave had left; null when some are still there. */
  readonly emptyUs: number | null;
  /** Guests that were to leave it at its turn. */
  readonly guests: number;
  readonly moved: number;
  readonly blocked: number;
  /** 1 for the first node; null: its turn never came. */
  readonly turn: number | null;
  readonly begunUs: number | null;
  /** null: it stayed cordoned, or was never so. */
  readonly uncordonedUs: number | null;
  readonly state: NodeState;
}

/** A node that had guests or got some, by name. */
export interface ReceiverRecord {
  readonly node: string;
  /** Migrations to it, whatever their end, and the most target pods on it at one time. */
  readonly inbound: number;
  readonly inboundPeak: number;
  /** What came to it over the network. */
  readonly wireBytes: ExactCount;
  readonly guestsBefore: number;
  readonly guestsAfter: number;
  /** What its pods may ask for; null: no limit is known. */
  readonly memoryBytes: number | null;
  /** What pods asked for: before the drain, at most, and after it. */
  readonly memoryBeforeBytes: number;
  readonly memoryPeakBytes: number;
  readonly memoryAfterBytes: number;
  /** At the end it takes pods. */
  readonly schedulable: boolean;
}

/** One link in one step; links by name, steps in order; steps in which nothing happened are left out. */
export type LinkRecord = LinkStep;

/**
 * What migrations lost for want of one link: the time that their senders would have saved at their
 * own pace; over all flows, a flow's connections weighted. Longest first.
 */
export interface LinkWaitRecord {
  readonly link: string;
  readonly waitedUs: number;
}

/** One pre-copy round of one migration, on request (`--rounds`). */
export interface RoundRecord {
  readonly namespace: string;
  readonly name: string;
  readonly attempt: number;
  /** dirty-sync-count when the round began. */
  readonly round: number;
  readonly startedUs: number;
  readonly endedUs: number;
  readonly remainingStartBytes: number;
  readonly remainingEndBytes: number;
  /** Newly dirty at the sync that ended it. */
  readonly dirtiedBytes: number;
  readonly sentBytes: number;
  readonly bandwidthBytesPerSecond: number;
  readonly thresholdBytes: number;
  readonly downtimeLimitMs: number;
  readonly throttlePercent: number;
  /** What QEMU decided at its end: next round, switchover, post-copy, … */
  readonly decision: string;
}

/** One action of KubeVirt, libvirt or QEMU with its reason, on request (`--decisions`). */
export interface DecisionRecord {
  readonly atUs: number;
  readonly namespace: string;
  readonly name: string;
  readonly attempt: number;
  readonly actor: 'kubevirt' | 'libvirt' | 'qemu' | 'scheduler' | 'drain';
  readonly action: string;
  readonly reason: string;
}

/** What QEMU and libvirt report of one migration at one moment, on request (`trace --stats`). */
export interface JobStatsRecord {
  readonly atUs: number;
  readonly namespace: string;
  readonly name: string;
  readonly attempt: number;
  /** null while disks are copied: QEMU's migration has not begun. */
  readonly query: QueryMigrate | null;
  readonly info: DomainJobInfo;
}

export interface RunResult {
  readonly seed: number;
  readonly fidelity: Fidelity;
  /** When the drain began and when its last guest was settled (or the timeout struck). */
  readonly startUs: number;
  readonly endUs: number;
  readonly timedOut: boolean;
  /** By creation time, then guest. */
  readonly migrations: readonly MigrationRecord[];
  readonly guests: readonly GuestRecord[];
  readonly nodes: readonly NodeRecord[];
  readonly receivers: readonly ReceiverRecord[];
  /** Made anew each time they are gone through. */
  readonly links: Iterable<LinkRecord>;
  readonly linkWaits: readonly LinkWaitRecord[];
  /** KubeVirt's limits in force. */
  readonly parallelLimits: { readonly perCluster: number; readonly perNode: number };
  readonly linkStepUs: number;
  readonly rounds: readonly RoundRecord[];
  readonly decisions: readonly DecisionRecord[];
  /** In the order of time; empty unless asked for. */
  readonly jobStats: readonly JobStatsRecord[];
  /** Defaults that the run had to take, countable. */
  readonly warnings: readonly string[];
}

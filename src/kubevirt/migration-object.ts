/** A VirtualMachineInstanceMigration of the run (VMIM), and the guest that it is for. */
import type { Labels } from '../fleet/model.js';
import type { SettledOutcome } from './control-actions.js';
import type { LimitReading } from './limit-clock.js';
import type { MigrationSettings } from './policy.js';
import type { RetryBucket } from './retry-groups.js';

/**
 * Where an attempt stands. `back-off`, `pending`, `quota`: no target pod yet (KubeVirt's Pending);
 * from `scheduling` to `started` it counts against the limits (spec/kubevirt.md 5.1, 5.2).
 */
type MigrationStage =
  | 'back-off'
  | 'pending'
  | 'quota'
  | 'scheduling'
  | 'unschedulable'
  | 'starting'
  | 'handing-off'
  | 'started'
  | 'ended';

/** Who made it: what comes after a failure depends on it. */
export type MigrationSource = 'evacuation' | 'workload-update' | 'user';

export interface Migration {
  readonly id: number;
  readonly guest: FollowedGuest;
  readonly attempt: number;
  readonly source: MigrationSource;
  readonly sourceNode: number;
  readonly priority: number;
  readonly createdUs: number;
  /** Its back-off is over: from here it asks for a slot. */
  readonly readyUs: number;
  /** spec.addedNodeSelector of a user's VMIM. */
  readonly addedNodeSelector: Labels;
  /** Of the target pod, since its creation. */
  readonly unschedulableTimeoutUs: number;
  readonly pendingTimeoutUs: number;
  stage: MigrationStage;
  /** A user has deleted the VMIM; it is gone when its migration has ended. */
  deleted: boolean;
  /** Target pod created. */
  slotUs: number | null;
  /** Clocks of the limits when it first asked for a slot; null before. */
  asked: LimitReading | null;
  /** What of its wait for the slot each limit was full. */
  limited: LimitReading;
  /** -1 until a node was chosen. */
  targetNode: number;
  /** The scheduler's or the quota's last words. */
  message: string;
  /** Waits that were told already (one bit a reason). */
  waitsTold: number;
  /** When it asks for a slot again; null: it does not. */
  retries: RetryBucket | null;
  /** A scheduling attempt is in the event queue. */
  scheduling: boolean;
  settings: MigrationSettings | null;
}

/** A guest of a drained node, one with an outdated launcher, or one that a user migrates. */
export interface FollowedGuest {
  /** Index in fleet.guests. */
  readonly index: number;
  /** The last node that was or is drained of it; -1: none so far. */
  drainedNode: number;
  /** What the workload updater does with it. */
  update: 'none' | 'migrate' | 'evict';
  /** Where it runs now; -1: nowhere. */
  node: number;
  /** status.evacuationNodeName is set, or the node's drain taint asks for it. */
  marked: boolean;
  attempts: number;
  /** Failed attempts, all without a success between them. */
  failures: number;
  lastFailedUs: number;
  onlyUnschedulable: boolean;
  current: Migration | null;
  /** null again when the turn of the node that it has moved to comes. */
  outcome: SettledOutcome | null;
  reason: string;
}

/** Anything that has a target pod holds a slot of the cluster and of its source node. */
export function holdsSlot(stage: MigrationStage): boolean {
  switch (stage) {
    case 'scheduling':
    case 'unschedulable':
    case 'starting':
    case 'handing-off':
    case 'started':
      return true;
    case 'back-off':
    case 'pending':
    case 'quota':
    case 'ended':
      return false;
  }
}

/** What the control plane tells the engine. Times are microseconds of the run. */
import type { NodeEnd } from './drain-roll.js';
import type { LimitReading } from './limit-clock.js';
import type { MigrationSettings } from './policy.js';

/** Final state of a guest of a drained node. */
export type SettledOutcome =
  | 'moved'
  | 'failed'
  | 'lost'
  | 'restarted'
  | 'not-movable'
  | 'unschedulable'
  | 'left'
  | 'waiting';

/** Why an attempt ended before its migration began. */
export type EarlyFailCause =
  | 'unschedulable'
  | 'target'
  | 'not-migratable'
  | 'guest-lost'
  | 'cancelled';

/** How the engine says that a started migration ended. */
export interface MigrationEnd {
  readonly outcome: 'succeeded' | 'failed' | 'aborted' | 'lost';
  /** '' when it succeeded; kept for the records only. */
  readonly failCause: string;
  readonly reason: string;
}

/** The source launcher calls migrate: from here the attempt is the engine's. */
export interface StartMigration {
  readonly kind: 'start-migration';
  /** 0, 1, 2, … in the order of creation of the VMIMs; one number an attempt, over all guests. */
  readonly migrationId: number;
  /** Index in fleet.guests. */
  readonly guestIndex: number;
  /** 1 for the guest's first VMIM of the run. */
  readonly attempt: number;
  readonly sourceNode: string;
  readonly targetNode: string;
  readonly createdUs: number;
  /** From when it asked for a slot: its back-off was over. */
  readonly readyUs: number;
  readonly slotUs: number;
  /** What of its wait for the slot the cluster's limit was full, and the node's alone. */
  readonly limited: LimitReading;
  /** Frozen at hand-off (spec/kubevirt.md 1.2). */
  readonly settings: MigrationSettings;
}

/** An attempt that never came to its migration. */
export interface AttemptEndedBeforeStart {
  readonly kind: 'attempt-ended-before-start';
  readonly migrationId: number;
  readonly guestIndex: number;
  readonly attempt: number;
  readonly sourceNode: string;
  /** '' until a node was chosen. */
  readonly targetNode: string;
  readonly createdUs: number;
  readonly readyUs: number;
  /** null: no target pod was ever created. */
  readonly slotUs: number | null;
  readonly limited: LimitReading;
  readonly endedUs: number;
  /** '' where it has not failed: the run is over. */
  readonly failCause: EarlyFailCause | '';
  readonly reason: string;
  readonly policyName: string;
}

/** The VMIM of a started migration was deleted: its launcher is asked to abort it. */
interface AbortMigration {
  readonly kind: 'abort-migration';
  readonly migrationId: number;
}

export interface GuestSettled {
  readonly kind: 'guest-settled';
  readonly guestIndex: number;
  readonly outcome: SettledOutcome;
  readonly reason: string;
  /** The node that was to be emptied of it; '' for none. */
  readonly drainedNode: string;
  /** Where it runs now; '' when it runs nowhere (restarted, lost). */
  readonly finalNode: string;
  /** True when the guest is still on its drained node: the node cannot become empty. */
  readonly blocksNode: boolean;
  readonly atUs: number;
}

/** A guest with an outcome has to leave the node that it is on now; it will have another outcome. */
interface GuestReopened {
  readonly kind: 'guest-reopened';
  readonly guestIndex: number;
}

/** Its turn has come. */
interface NodeBegun {
  readonly kind: 'node-begun';
  readonly node: string;
  readonly atUs: number;
}

/** Schedulable again. */
interface NodeUncordoned {
  readonly kind: 'node-uncordoned';
  readonly node: string;
  readonly atUs: number;
}

/** Its turn is over. */
interface NodeOver {
  readonly kind: 'node-over';
  readonly node: string;
  readonly end: NodeEnd;
}

interface NodeCordoned {
  readonly kind: 'node-cordoned';
  readonly node: string;
  readonly atUs: number;
}

interface NodeEmpty {
  readonly kind: 'node-empty';
  readonly node: string;
  readonly atUs: number;
}

/** One line of decisions.csv. */
export interface ControlDecision {
  readonly kind: 'decision';
  readonly atUs: number;
  readonly namespace: string;
  readonly name: string;
  /** 0 when it is not about a VMIM. */
  readonly attempt: number;
  readonly actor: 'kubevirt' | 'scheduler' | 'drain';
  readonly action: string;
  readonly reason: string;
}

export type ControlAction =
  | StartMigration
  | AbortMigration
  | AttemptEndedBeforeStart
  | GuestSettled
  | GuestReopened
  | NodeBegun
  | NodeUncordoned
  | NodeOver
  | NodeCordoned
  | NodeEmpty
  | ControlDecision;

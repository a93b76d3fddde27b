/** The control plane's state, its clock-ordered events, and how actions are told. */
import TinyQueue from 'tinyqueue';
import type { Fleet, FleetNode, Guest, UserMigration } from '../fleet/model.js';
import type { ControlAction, ControlDecision } from './control-actions.js';
import { createRoll, type Roll } from './drain-roll.js';
import { createLimitClock, type LimitClock } from './limit-clock.js';
import type { FollowedGuest, Migration } from './migration-object.js';
import { createPlacement, holdsRoom, type Placement } from './placement.js';
import { type ReleaseProfile, releaseProfile } from './release.js';
import { createQuotaUse, type QuotaUse } from './resource-quota.js';
import { createRetryGroups, type RetryGroups } from './retry-groups.js';
import { rollPlan } from './roll-plan.js';

/** What the machine wakes up for by itself. */
export type ControlEvent =
  | { readonly kind: 'drain-begins' }
  | { readonly kind: 'window-ends' }
  | { readonly kind: 'guest-arrived'; readonly guest: FollowedGuest }
  | { readonly kind: 'evict-again'; readonly node: number }
  | { readonly kind: 'evacuate'; readonly node: number }
  | { readonly kind: 'update-workloads' }
  | { readonly kind: 'evict-outdated' }
  | { readonly kind: 'user-migration'; readonly wanted: UserMigration }
  | { readonly kind: 'in-flight-ended'; readonly guest: number; readonly node: number }
  | { readonly kind: MigrationEventKind; readonly migration: Migration };

type MigrationEventKind =
  | 'back-off-over'
  | 'schedule'
  | 'pod-ready'
  | 'hand-off'
  | 'prepared'
  | 'unschedulable-timeout'
  | 'pending-timeout';

interface TimedEvent {
  readonly atUs: number;
  readonly sequence: number;
  readonly event: ControlEvent;
}

/** VMIMs that retry at the same instant are handled one after the other. */
export interface RetryBatch {
  readonly atUs: number;
  keysLeft: number;
  resumeUs: number;
}

export interface MigrationQueue {
  /** VMIMs with a target pod, cluster wide and by source node. */
  holding: number;
  readonly outbound: Int32Array;
  readonly retries: RetryGroups;
  /** Without a target pod, by priority, each in the order of creation; ended ones are swept later. */
  readonly waiting: Map<number, Migration[]>;
  /** VMIMs that hold a slot. */
  readonly active: Set<Migration>;
  readonly quotaBlocked: Set<Migration>;
  /** Instant of the newest target pod; the next must wait until informers have seen it. */
  lastCreationUs: number;
  /** A migration became final: the next pass wakes the first waiting ones. */
  wake: boolean;
  /** Not yet told that they wait for the cluster's limit. */
  readonly untoldCluster: Migration[];
  readonly untoldNode: Map<number, Migration[]>;
  /** Nodes that became full, or got a VMIM, since they were last looked at. */
  readonly untoldFull: Set<number>;
  /** Retries of one instant that are still being worked off; null when none are. */
  batch: RetryBatch | null;
  /** Instant of the next retry that could create a target pod. */
  nextRetryUs: number;
}

export interface ControlState {
  readonly fleet: Fleet;
  readonly seed: number;
  readonly release: ReleaseProfile;
  readonly placement: Placement;
  readonly quota: QuotaUse;
  readonly queue: MigrationQueue;
  readonly events: TinyQueue<TimedEvent>;
  readonly roll: Roll;
  readonly limits: LimitClock;
  /** Every guest that may move, in fleet order; and those of nodes whose turn has begun. */
  readonly followed: FollowedGuest[];
  readonly drainedByNode: Map<number, FollowedGuest[]>;
  readonly migrations: Migration[];
  /** Target pods that no node takes now. */
  readonly unscheduled: Set<Migration>;
  readonly lostNodes: Set<number>;
  /** By the drain. */
  readonly cordoned: Set<number>;
  /** Nodes whose virt-handler is not there, and until when. */
  readonly handlersDownUs: Map<number, number>;
  /** Guests (by index) with a migration from before the run. */
  readonly inFlight: Set<number>;
  /** By node: guests that it still has, those of them without an outcome, and those on their way to it. */
  readonly guestsLeft: Int32Array;
  readonly unsettledOn: Int32Array;
  readonly incoming: Int32Array;
  /** The most of them at one time. */
  readonly incomingPeak: Int32Array;
  /** Nodes of which one of the last two has become 0. */
  readonly nodesToReview: Set<number>;
  /** Nodes that are not to be emptied any further, and why. */
  readonly givenUp: Map<number, string>;
  /** By PodDisruptionBudget: when pods that it counts were evicted, as far as that still counts. */
  readonly evictedUs: number[][];
  /** The workload updater has something to do. */
  readonly updates: boolean;
  updatePassDue: boolean;
  begun: boolean;
  unsettled: number;
  sequence: number;
  nowUs: number;
  actions: ControlAction[];
}

export function createState(fleet: Fleet, seed: number): ControlState {
  const nodes = fleet.nodes.length;
  const { parallelMigrationsPerCluster, parallelOutboundMigrationsPerNode } =
    fleet.kubevirt.migrations;
  const placement = createPlacement(fleet, seed);
  const state: ControlState = {
    fleet,
    seed,
    release: releaseProfile(fleet.kubevirt),
    placement,
    limits: createLimitClock(nodes, {
      cluster: parallelMigrationsPerCluster <= 0,
      node: parallelOutboundMigrationsPerNode <= 0,
    }),
    roll: createRoll(rollPlan(fleet, placement.indexOfNode)),
    quota: createQuotaUse(fleet),
    queue: createQueue(nodes),
    events: new TinyQueue<TimedEvent>([], (a, b) => a.atUs - b.atUs || a.sequence - b.sequence),
    followed: [],
    drainedByNode: new Map(),
    migrations: [],
    unscheduled: new Set(),
    lostNodes: new Set(),
    cordoned: new Set(),
    handlersDownUs: new Map(),
    inFlight: new Set(),
    guestsLeft: new Int32Array(nodes),
    unsettledOn: new Int32Array(nodes),
    incoming: new Int32Array(nodes),
    incomingPeak: new Int32Array(nodes),
    nodesToReview: new Set(),
    givenUp: new Map(),
    evictedUs: fleet.disruptionBudgets.map(() => []),
    updates: fleet.kubevirt.workloadUpdates.methods.length > 0,
    updatePassDue: false,
    begun: false,
    unsettled: 0,
    sequence: 0,
    nowUs: 0,
    actions: [],
  };
  const wanted = new Set(
    fleet.userMigrations
      .filter(({ action }) => action === 'create')
      .map(({ namespace, name }) => `${namespace}/${name}`),
  );
  for (const [index, guest] of fleet.guests.entries()) {
    const isWanted = wanted.has(`${guest.namespace}/${guest.name}`);
    addFollowedGuest(state, guest, index, isWanted);
  }
  state.unsettled = state.followed.length;
  return state;
}

export function at(state: ControlState, atUs: number, event: ControlEvent): void {
  state.events.push({ atUs, sequence: state.sequence, event });
  state.sequence += 1;
}

export function tell(state: ControlState, action: ControlAction): void {
  state.actions.push(action);
}

/** One line of decisions.csv about a guest. */
export function decide(
  state: ControlState,
  nowUs: number,
  guestIndex: number,
  line: Pick<ControlDecision, 'actor' | 'action' | 'reason'> & { readonly attempt?: number },
): void {
  const guest = guestAt(state, guestIndex);
  const { actor, action, reason, attempt = 0 } = line;
  const { namespace, name } = guest;
  tell(state, { kind: 'decision', atUs: nowUs, namespace, name, attempt, actor, action, reason });
}

export function guestAt(state: ControlState, index: number): Guest {
  return state.fleet.guests[index] as Guest;
}

/** '' for no node. */
export function nodeName(state: ControlState, node: number): string {
  return node < 0 ? '' : (state.fleet.nodes[node] as FleetNode).name;
}

function createQueue(nodes: number): MigrationQueue {
  return {
    holding: 0,
    outbound: new Int32Array(nodes),
    retries: createRetryGroups(),
    waiting: new Map(),
    active: new Set(),
    quotaBlocked: new Set(),
    lastCreationUs: Number.NEGATIVE_INFINITY,
    wake: false,
    untoldCluster: [],
    untoldNode: new Map(),
    untoldFull: new Set(),
    batch: null,
    nextRetryUs: Number.POSITIVE_INFINITY,
  };
}

/** The label that virt-controller puts on VMIs with an older launcher image. */
const OUTDATED_LABEL = 'kubevirt.io/outdatedLauncherImage';

function addFollowedGuest(
  state: ControlState,
  guest: Guest,
  index: number,
  isWanted: boolean,
): void {
  const node = state.placement.indexOfNode.get(guest.node ?? '') ?? -1;
  const isToLeave = state.roll.turns.has(node);
  const isOutdated =
    state.updates &&
    !isToLeave &&
    node >= 0 &&
    holdsRoom(guest) &&
    Object.hasOwn(guest.labels, OUTDATED_LABEL);
  if (!isToLeave && !isOutdated && !isWanted) return;
  state.followed.push({
    index,
    drainedNode: -1,
    update: isOutdated ? 'migrate' : 'none',
    node,
    marked: false,
    attempts: 0,
    failures: 0,
    lastFailedUs: 0,
    onlyUnschedulable: true,
    current: null,
    outcome: null,
    reason: '',
  });
}

/** Collects what a run reports, and sorts it at the end. */
import type { Fleet } from '../fleet/model.js';
import type { AttemptEndedBeforeStart, ControlAction } from '../kubevirt/control-actions.js';
import type { MigrationState, RoundFacts } from '../qemu/migration-state.js';
import { faultLatencyUs } from '../qemu/postcopy-faults.js';
import { PAGE_BYTES } from '../qemu/wire-format.js';
import { type ActiveMigration, wireBytes } from './active-migration.js';
import { checkCounted } from './flows.js';
import { createNodeTallies, type NodeTally, tallyGuest, tallyNode } from './node-tallies.js';
import type {
  DecisionRecord,
  FailCause,
  GuestRecord,
  JobStatsRecord,
  MigrationOutcome,
  MigrationRecord,
  PostcopyFaultRecord,
  RoundRecord,
} from './result.js';
import { seenAtEnd } from './seen-at-end.js';
import { mainSlowCause, noSlowTimes, type SlowTimes, waitsOf } from './slow-causes.js';

export interface Records {
  readonly fleet: Fleet;
  readonly migrations: MigrationRecord[];
  readonly guests: Map<number, GuestRecord>;
  readonly nodes: Map<string, NodeTally>;
  readonly rounds: RoundRecord[];
  readonly decisions: DecisionRecord[];
  readonly jobStats: JobStatsRecord[];
  /** Attempts a guest has had, and when it moved. */
  readonly attempts: Map<number, number>;
  readonly movedAtUs: Map<number, number>;
  readonly moves: Map<number, number>;
}

export function createRecords(fleet: Fleet): Records {
  return {
    fleet,
    migrations: [],
    guests: new Map(),
    nodes: createNodeTallies(fleet),
    rounds: [],
    decisions: [],
    jobStats: [],
    attempts: new Map(),
    movedAtUs: new Map(),
    moves: new Map(),
  };
}

/** What of the control plane's actions is a record and nothing else. */
export function recordAction(
  records: Records,
  action: Exclude<ControlAction, { kind: 'start-migration' | 'abort-migration' }>,
  wantsDecisions: boolean,
): void {
  switch (action.kind) {
    case 'attempt-ended-before-start':
      countAttempt(records, action.guestIndex, action.attempt);
      records.migrations.push(endedBeforeStart(records.fleet, action));
      return;
    case 'guest-settled':
      recordGuest(records, action);
      return;
    case 'guest-reopened':
      records.guests.delete(action.guestIndex);
      return;
    case 'node-begun':
    case 'node-cordoned':
    case 'node-empty':
    case 'node-uncordoned':
    case 'node-over':
      tallyNode(records.nodes, action);
      return;
    case 'decision': {
      if (!wantsDecisions) return;
      const { kind: _, ...decision } = action;
      records.decisions.push(decision);
      return;
    }
    default:
      action satisfies never;
  }
}

function recordGuest(
  records: Records,
  action: Extract<ControlAction, { kind: 'guest-settled' }>,
): void {
  const guest = records.fleet.guests[action.guestIndex];
  if (guest === undefined) throw new Error(`no guest ${action.guestIndex}`);
  if (records.guests.has(action.guestIndex)) {
    throw new Error(`guest ${guest.namespace}/${guest.name} was settled twice`);
  }
  tallyGuest(records.nodes, action);
  records.guests.set(action.guestIndex, {
    namespace: guest.namespace,
    name: guest.name,
    memoryBytes: guest.memoryBytes,
    sourceNode: guest.node ?? '',
    finalNode: action.finalNode,
    outcome: action.outcome,
    reason: action.reason,
    attempts: records.attempts.get(action.guestIndex) ?? 0,
    movedAtUs:
      action.outcome === 'moved' ? (records.movedAtUs.get(action.guestIndex) ?? null) : null,
    moves: records.moves.get(action.guestIndex) ?? 0,
  });
}

function countAttempt(records: Records, guestIndex: number, attempt: number): void {
  records.attempts.set(guestIndex, Math.max(attempt, records.attempts.get(guestIndex) ?? 0));
}

function endedBeforeStart(fleet: Fleet, action: AttemptEndedBeforeStart): MigrationRecord {
  const guest = fleet.guests[action.guestIndex];
  const slow = earlySlowTimes(action);
  const isUnfinished = action.failCause === '';
  return {
    namespace: guest?.namespace ?? '',
    name: guest?.name ?? '',
    attempt: action.attempt,
    sourceNode: action.sourceNode,
    targetNode: action.targetNode,
    createdUs: action.createdUs,
    slotUs: action.slotUs,
    startedUs: null,
    endedUs: isUnfinished ? null : action.endedUs,
    downtimeUs: null,
    qemuDowntimeUs: null,
    guestPauseUs: 0,
    mode: 'PreCopy',
    outcome: isUnfinished ? 'unfinished' : 'failed',
    failCause: action.failCause,
    failReason: action.reason,
    slowCause: mainSlowCause(slow),
    waits: waitsOf(slow),
    rounds: 0,
    transferredBytes: 0,
    wireBytes: 0,
    storageBytes: 0,
    throttleMaxPercent: 0,
    postcopyRequests: 0,
    postcopyFaults: null,
    policy: action.policyName,
    seenAtEnd: null,
  };
}

function earlySlowTimes(action: AttemptEndedBeforeStart): SlowTimes {
  const slotUs = action.slotUs ?? action.endedUs;
  const times = noSlowTimes();
  times.backOffUs = action.readyUs - action.createdUs;
  times.queueUs = slotUs - action.readyUs;
  times.targetUs = action.endedUs - slotUs;
  times.clusterLimitUs = action.limited.clusterUs;
  times.nodeLimitUs = action.limited.nodeUs;
  return times;
}

/** A migration's row, when it has ended or the run has. */
export function recordMigration(
  records: Records,
  migration: ActiveMigration,
  outcome: MigrationOutcome,
  failCause: FailCause,
  failReason: string,
): void {
  const { start, guest, qemu, slow } = migration;
  countAttempt(records, start.guestIndex, start.attempt);
  if (outcome === 'succeeded' && migration.endedUs !== null) {
    records.movedAtUs.set(start.guestIndex, migration.endedUs);
    records.moves.set(start.guestIndex, (records.moves.get(start.guestIndex) ?? 0) + 1);
  }
  const storageBytes = migration.disks.reduce((sum, flow) => sum + flow.countedBytes, 0);
  const transferredBytes = Math.floor(qemu.transferredBytes + 1e-6);
  checkCounted(start, Math.max(transferredBytes, wireBytes(migration)));
  records.migrations.push({
    namespace: guest.namespace,
    name: guest.name,
    attempt: start.attempt,
    sourceNode: start.sourceNode,
    targetNode: start.targetNode,
    createdUs: start.createdUs,
    slotUs: start.slotUs,
    startedUs: migration.startedUs,
    endedUs: migration.endedUs,
    downtimeUs: qemu.downtimeUs,
    qemuDowntimeUs: qemu.qemuDowntimeUs,
    guestPauseUs: migration.guestPauseUs,
    mode: migration.monitor.mode,
    outcome,
    failCause,
    failReason,
    slowCause: mainSlowCause(slow),
    waits: waitsOf(slow),
    rounds: qemu.syncCount,
    transferredBytes,
    wireBytes: wireBytes(migration),
    storageBytes,
    throttleMaxPercent: qemu.throttleMaxPercent,
    postcopyRequests: qemu.postcopyRequests,
    postcopyFaults: faultsOf(qemu),
    policy: start.settings.policyName,
    seenAtEnd: seenAtEnd(migration, migration.endedUs ?? migration.qemu.asOfUs),
  });
}

function faultsOf({ postcopy, faults }: MigrationState): PostcopyFaultRecord | null {
  if (!postcopy) return null;
  const whole = (us: number | null): number | null => (us === null ? null : Math.round(us));
  return {
    stalledUs: Math.round(faults.stalledUs),
    blockedUs: Math.round(faults.blockedUs),
    latencyP50Us: whole(faultLatencyUs(faults, 0.5)),
    latencyP99Us: whole(faultLatencyUs(faults, 0.99)),
  };
}

export function recordRound(records: Records, migration: ActiveMigration, round: RoundFacts): void {
  records.rounds.push({
    namespace: migration.guest.namespace,
    name: migration.guest.name,
    attempt: migration.start.attempt,
    round: round.count,
    startedUs: round.startUs,
    endedUs: round.endUs,
    remainingStartBytes: round.startPages * PAGE_BYTES,
    remainingEndBytes: round.endPages * PAGE_BYTES,
    dirtiedBytes: round.newlyDirtyPages * PAGE_BYTES,
    sentBytes: Math.floor(round.sentBytes),
    bandwidthBytesPerSecond: round.bandwidthBytesPerSecond,
    thresholdBytes: round.thresholdBytes,
    downtimeLimitMs: round.downtimeLimitMs,
    throttlePercent: round.throttlePercent,
    decision: round.decision,
  });
}

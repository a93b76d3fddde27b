/**
 * Who gets a slot, and when (spec/kubevirt.md 5.2, 5.3). VMIMs that wait retry by their own timers;
 * retries that cannot succeed change nothing, so they are not simulated one by one: VMIMs are kept
 * in groups with the same retry instants (retry-groups.ts), and only the first retry that may find
 * a slot is waited for.
 *
 * Creations are one at a time: until informers show the newest target pod, every pass ends with
 * "retry in 1 s". VMIMs that retry at the same instant are handled one after the other, so a later
 * one of a long batch meets a creation that is observed by then, and makes the next.
 *
 * Approximations: the two lengths below are not KubeVirt's constants but what its parts usually
 * take; a batch gives its slots to its oldest VMIMs; VMIMs refused within a batch keep the batch's
 * instant as the base of their retries; one of low priority that meets an unobserved creation
 * waits its own period instead of 1 s.
 */
import {
  at,
  type ControlState,
  decide,
  type MigrationQueue,
  nodeName,
  type RetryBatch,
} from './control-state.js';
import {
  type LimitReading,
  limitedSince,
  NEVER_LIMITED,
  noteLimits,
  readLimits,
} from './limit-clock.js';
import type { Migration } from './migration-object.js';
import { countQuota, quotaProblem } from './resource-quota.js';
import {
  addRetries,
  countRetries,
  dropRetries,
  firstRetry,
  moveGroup,
  nextRetryUs,
  type RetryPeriodUs,
  setNodeFull,
} from './retry-groups.js';

/** Until virt-controller's informer shows a pod that it has just created. */
const INFORMER_LAG_US = 50_000;
/** One pass of a migration controller's worker over a VMIM that has to wait. */
const PASS_US = 5_000;
const PASSES_PER_LAG = INFORMER_LAG_US / PASS_US;

/** Bits of Migration.waitsTold. */
const TOLD_CLUSTER = 1;
const TOLD_NODE = 2;
const TOLD_CREATION = 4;

/** A VMIM that is not backing off asks for a slot now, and then at every retry. */
export function enqueue(state: ControlState, nowUs: number, migration: Migration): void {
  const { queue } = state;
  migration.stage = 'pending';
  migration.asked ??= readLimits(state.limits, nowUs, migration.sourceNode);
  const periodUs = retryPeriodUs(state, migration.priority);
  setNodeFull(queue.retries, migration.sourceNode, isNodeFull(state, migration.sourceNode));
  addRetries(queue.retries, migration, periodUs, nowUs);
}

/** Remembers a new VMIM in the order of creation, for the wake-ups at the end of migrations. */
export function addWaiting(queue: MigrationQueue, migration: Migration): void {
  const list = queue.waiting.get(migration.priority);
  if (list === undefined) queue.waiting.set(migration.priority, [migration]);
  else list.push(migration);
  queue.untoldCluster.push(migration);
  const ofNode = queue.untoldNode.get(migration.sourceNode);
  if (ofNode === undefined) queue.untoldNode.set(migration.sourceNode, [migration]);
  else ofNode.push(migration);
  queue.untoldFull.add(migration.sourceNode);
}

/** Does what the retries of this instant do: at most one target pod is created. */
export function takeSlots(state: ControlState, nowUs: number): void {
  const { queue } = state;
  if (queue.wake) wakeFirst(state, nowUs);
  queue.wake = false;
  const keys = isClusterFull(state) ? 0 : countRetries(queue.retries, nowUs);
  if (keys > (queue.batch?.keysLeft ?? 0)) {
    queue.batch = { atUs: nowUs, keysLeft: keys, resumeUs: nowUs };
  }
  const { batch } = queue;
  if (batch !== null && batch.resumeUs <= nowUs) workOff(state, nowUs, batch);
  tellFullLimits(state, nowUs);
  const resumeUs = queue.batch?.resumeUs ?? Number.POSITIVE_INFINITY;
  const retryUs = isClusterFull(state)
    ? Number.POSITIVE_INFINITY
    : nextRetryUs(queue.retries, nowUs);
  queue.nextRetryUs = Math.min(resumeUs, retryUs);
}

/** Creates the batch's next target pod, as soon as the one before is observed. */
function workOff(state: ControlState, nowUs: number, batch: RetryBatch): void {
  const { queue } = state;
  const observedUs = queue.lastCreationUs + INFORMER_LAG_US;
  let candidate = bestDue(state, batch.atUs);
  while (candidate !== null && nowUs >= observedUs) {
    const problem = quotaProblem(state.quota, candidate.guest.index);
    if (problem === null) {
      createTargetPod(state, nowUs, candidate);
      candidate = bestDue(state, batch.atUs);
      break;
    }
    blockByQuota(state, nowUs, candidate, problem);
    candidate = bestDue(state, batch.atUs);
  }
  if (candidate !== null) tellWait(state, nowUs, candidate, TOLD_CREATION);
  batch.keysLeft -= PASSES_PER_LAG;
  batch.resumeUs = queue.lastCreationUs + INFORMER_LAG_US;
  if (candidate === null || batch.keysLeft <= 0) queue.batch = null;
}

/** The slot of a VMIM with a target pod is free again. */
export function freeSlot(state: ControlState, migration: Migration): void {
  const { queue } = state;
  countSlot(state, migration.sourceNode, -1);
  queue.active.delete(migration);
  countQuota(state.quota, migration.guest.index, -1);
}

/** VMIMs that a quota rejected are tried again: something in it has gone (spec/kubevirt.md 5.7). */
export function retryQuota(state: ControlState, nowUs: number): void {
  const blocked = [...state.queue.quotaBlocked];
  state.queue.quotaBlocked.clear();
  for (const migration of blocked) {
    if (migration.stage === 'quota') enqueue(state, nowUs, migration);
  }
}

/** 1 s for priorities from 100, 3 s from 50, else 5 s; before the priority queue always 5 s. */
function retryPeriodUs(state: ControlState, priority: number): RetryPeriodUs {
  if (!state.release.migrationPriorityQueue) return 5_000_000;
  if (priority >= 100) return 1_000_000;
  return priority >= 50 ? 3_000_000 : 5_000_000;
}

/** The first min(waiting, parallelMigrationsPerCluster) by priority retry at once. */
function wakeFirst(state: ControlState, nowUs: number): void {
  if (!state.release.migrationPriorityQueue) return;
  let left = state.fleet.kubevirt.migrations.parallelMigrationsPerCluster;
  const priorities = [...state.queue.waiting.keys()].sort((a, b) => b - a);
  for (const priority of priorities) {
    const woken: Migration[] = [];
    let gone = 0;
    for (const migration of state.queue.waiting.get(priority) ?? []) {
      if (left === 0) break;
      if (isWaiting(migration)) {
        left -= 1;
        if (migration.stage === 'pending') woken.push(migration);
      } else gone += 1;
    }
    if (gone > GONE_MOST) dropGone(state.queue, priority);
    wakeTogether(state, nowUs, woken);
  }
}

/**
 * Those that were woken by the last migration's end are mostly woken by the next one as well: their
 * group is moved as a whole where it holds nobody else, and older VMIMs than the new ones.
 */
function wakeTogether(state: ControlState, nowUs: number, woken: readonly Migration[]): void {
  const group = woken[0]?.retries?.group;
  if (group === undefined) {
    for (const migration of woken) enqueue(state, nowUs, migration);
    return;
  }
  const others = woken.filter(({ retries }) => retries?.group !== group);
  const isWhole = woken.length - others.length === group.count;
  const isOlder = others.every(({ id }) => id > group.newestId);
  const isMoved = isWhole && isOlder && moveGroup(state.queue.retries, group, nowUs);
  for (const migration of isMoved ? others : woken) enqueue(state, nowUs, migration);
}

/** Started and ended VMIMs that a scan of the waiting ones may pass: more are dropped. */
const GONE_MOST = 500;

function dropGone({ waiting }: MigrationQueue, priority: number): void {
  waiting.set(priority, (waiting.get(priority) ?? []).filter(isWaiting));
}

function isWaiting({ stage }: Migration): boolean {
  return stage === 'pending' || stage === 'back-off' || stage === 'quota';
}

/** The cluster's limit leaves no slot: retries change nothing. */
function isClusterFull({ queue, fleet }: ControlState): boolean {
  return queue.holding >= fleet.kubevirt.migrations.parallelMigrationsPerCluster;
}

/** Among the retries of this instant that both limits allow: highest priority, then oldest. */
function bestDue(state: ControlState, nowUs: number): Migration | null {
  return isClusterFull(state) ? null : firstRetry(state.queue.retries, nowUs);
}

/** A slot of the cluster and one of the node are taken (by = 1) or free again (by = -1). */
export function countSlot(state: ControlState, node: number, by: 1 | -1): void {
  const { queue } = state;
  queue.holding += by;
  queue.outbound[node] = (queue.outbound[node] ?? 0) + by;
  const isFull = isNodeFull(state, node);
  setNodeFull(queue.retries, node, isFull);
  if (isFull) queue.untoldFull.add(node);
  noteLimits(state.limits, state.nowUs, node, { cluster: isClusterFull(state), node: isFull });
}

function isNodeFull({ queue, fleet }: ControlState, node: number): boolean {
  const { parallelOutboundMigrationsPerNode } = fleet.kubevirt.migrations;
  return (queue.outbound[node] ?? 0) >= parallelOutboundMigrationsPerNode;
}

/** How long it has waited for each limit since it first asked for a slot. */
export function limitedFor(state: ControlState, nowUs: number, migration: Migration): LimitReading {
  if (migration.slotUs !== null && migration.slotUs < nowUs) return migration.limited;
  const { asked, sourceNode } = migration;
  return asked === null ? NEVER_LIMITED : limitedSince(state.limits, nowUs, sourceNode, asked);
}

function createTargetPod(state: ControlState, nowUs: number, migration: Migration): void {
  const { queue, fleet } = state;
  migration.stage = 'scheduling';
  migration.slotUs = nowUs;
  migration.limited = limitedFor(state, nowUs, migration);
  queue.lastCreationUs = nowUs;
  dropRetries(queue.retries, migration);
  countSlot(state, migration.sourceNode, 1);
  queue.active.add(migration);
  countQuota(state.quota, migration.guest.index, 1);
  migration.scheduling = true;
  at(state, nowUs + fleet.timings.schedulingUs, { kind: 'schedule', migration });
  const { unschedulableTimeoutUs, pendingTimeoutUs } = migration;
  at(state, nowUs + unschedulableTimeoutUs, { kind: 'unschedulable-timeout', migration });
  at(state, nowUs + pendingTimeoutUs, { kind: 'pending-timeout', migration });
  const { parallelMigrationsPerCluster: limit } = fleet.kubevirt.migrations;
  decide(state, nowUs, migration.guest.index, {
    actor: 'kubevirt',
    action: 'target-pod-created',
    reason: `slot ${queue.holding} of ${limit}, ${queue.outbound[migration.sourceNode]} out of ${nodeName(state, migration.sourceNode)}`,
    attempt: migration.attempt,
  });
}

function blockByQuota(
  state: ControlState,
  nowUs: number,
  migration: Migration,
  problem: string,
): void {
  const isNews = migration.message === '';
  migration.stage = 'quota';
  dropRetries(state.queue.retries, migration);
  migration.message = problem;
  state.queue.quotaBlocked.add(migration);
  if (!isNews) return;
  decide(state, nowUs, migration.guest.index, {
    actor: 'kubevirt',
    action: 'waits',
    reason: `RejectedByResourceQuota: ${problem}`,
    attempt: migration.attempt,
  });
}

/** Each VMIM tells once for which limit it waits, at the first instant at which that is full. */
function tellFullLimits(state: ControlState, nowUs: number): void {
  const { queue, fleet } = state;
  const limits = fleet.kubevirt.migrations;
  if (queue.holding >= limits.parallelMigrationsPerCluster) {
    for (const migration of queue.untoldCluster.splice(0)) {
      tellWait(state, nowUs, migration, TOLD_CLUSTER);
    }
    return;
  }
  for (const node of [...queue.untoldFull].sort((a, b) => a - b)) {
    queue.untoldFull.delete(node);
    if (!isNodeFull(state, node)) continue;
    const untold = queue.untoldNode.get(node) ?? [];
    for (const migration of untold) tellWait(state, nowUs, migration, TOLD_NODE);
    queue.untoldNode.delete(node);
  }
}

function tellWait(state: ControlState, nowUs: number, migration: Migration, which: number): void {
  if (migration.stage !== 'pending' || (migration.waitsTold & which) !== 0) return;
  migration.waitsTold |= which;
  const limits = state.fleet.kubevirt.migrations;
  const reason =
    which === TOLD_CLUSTER
      ? `parallelMigrationsPerCluster ${limits.parallelMigrationsPerCluster} is reached`
      : which === TOLD_NODE
        ? `parallelOutboundMigrationsPerNode ${limits.parallelOutboundMigrationsPerNode} is reached on ${nodeName(state, migration.sourceNode)}`
        : 'another target pod is being created';
  decide(state, nowUs, migration.guest.index, {
    actor: 'kubevirt',
    action: 'waits',
    reason,
    attempt: migration.attempt,
  });
}

/** VMIMs come to be: for an evacuation, for a workload update, or because a user asks for one. */
import type { Labels } from '../fleet/model.js';
import { backOffUs } from './back-off.js';
import { at, type ControlState, decide } from './control-state.js';
import { NEVER_LIMITED } from './limit-clock.js';
import type { FollowedGuest, Migration, MigrationSource } from './migration-object.js';
import { addWaiting, enqueue } from './migration-queue.js';

/** spec/kubevirt.md 5.3; VMIMs of users have none. */
export const SYSTEM_CRITICAL = 100;
export const SYSTEM_MAINTENANCE = 20;
export const NO_PRIORITY = 0;

const PRIORITY_NAMES: ReadonlyMap<number, string> = new Map([
  [SYSTEM_CRITICAL, 'priority system-critical'],
  [SYSTEM_MAINTENANCE, 'priority system-maintenance'],
  [NO_PRIORITY, 'no priority'],
]);

/** Time limits of a target pod and the annotations that replace them (spec/kubevirt.md 5.5). */
const UNSCHEDULABLE_TIMEOUT_US = 300_000_000;
const PENDING_TIMEOUT_US = 900_000_000;
const UNSCHEDULABLE_ANNOTATION = 'kubevirt.io/migrationUnschedulablePodTimeoutSeconds';
const PENDING_ANNOTATION = 'kubevirt.io/migrationPendingPodTimeoutSeconds';

interface Request {
  readonly source: MigrationSource;
  readonly priority: number;
  readonly annotations: Labels;
  readonly addedNodeSelector: Labels;
}

/** The guest has no unfinished VMIM: KubeVirt refuses a second one. */
export function createMigration(
  state: ControlState,
  nowUs: number,
  guest: FollowedGuest,
  { source, priority, annotations, addedNodeSelector }: Request,
): void {
  // Back-off is for what KubeVirt makes by itself (spec/kubevirt.md 5.6).
  const startUs = source === 'user' ? nowUs : guest.lastFailedUs + backOffUs(guest.failures);
  guest.attempts += 1;
  const migration: Migration = {
    id: state.migrations.length,
    guest,
    attempt: guest.attempts,
    source,
    sourceNode: guest.node,
    priority,
    createdUs: nowUs,
    readyUs: Math.max(nowUs, startUs),
    addedNodeSelector,
    unschedulableTimeoutUs: timeoutUs(
      annotations[UNSCHEDULABLE_ANNOTATION],
      UNSCHEDULABLE_TIMEOUT_US,
    ),
    pendingTimeoutUs: timeoutUs(annotations[PENDING_ANNOTATION], PENDING_TIMEOUT_US),
    stage: 'back-off',
    deleted: false,
    slotUs: null,
    asked: null,
    limited: NEVER_LIMITED,
    targetNode: -1,
    message: '',
    waitsTold: 0,
    retries: null,
    scheduling: false,
    settings: null,
  };
  state.migrations.push(migration);
  guest.current = migration;
  addWaiting(state.queue, migration);
  const line = { actor: 'kubevirt', attempt: migration.attempt } as const;
  decide(state, nowUs, guest.index, {
    ...line,
    action: 'migration-created',
    reason: `${source}, ${PRIORITY_NAMES.get(priority) ?? `priority ${priority}`}`,
  });
  if (migration.readyUs === nowUs) {
    enqueue(state, nowUs, migration);
    return;
  }
  at(state, migration.readyUs, { kind: 'back-off-over', migration });
  decide(state, nowUs, guest.index, {
    ...line,
    action: 'waits',
    reason: `back-off ${backOffUs(guest.failures) / 1e6} s after ${guest.failures} failed`,
  });
}

/** Whole seconds; what is no number is passed over, as KubeVirt does. */
function timeoutUs(annotation: string | undefined, usualUs: number): number {
  if (annotation === undefined || !/^\d{1,9}$/.test(annotation)) return usualUs;
  return Number(annotation) * 1_000_000;
}

/** What became of each node and guest in one replica: what a runbook is written from. */
import type { GuestOutcome, MigrationRecord, RunResult } from '../simulation/result.js';

export interface NodeDetail {
  readonly node: string;
  /** Its turn: 1 for the first; null: never. */
  readonly turn: number | null;
  readonly begunUs: number | null;
  /** null: some that were to leave are still there. */
  readonly emptyUs: number | null;
  readonly guests: number;
  readonly blocked: number;
}

export interface GuestDetail {
  /** NAMESPACE/NAME */
  readonly guest: string;
  readonly node: string;
  readonly outcome: GuestOutcome;
  readonly reason: string;
  readonly attempts: number;
  /** Of its last attempt, from libvirt's begin to its end; null: there was none. */
  readonly totalUs: number | null;
  /** The longest of one attempt. */
  readonly pauseUs: number;
  readonly mode: MigrationRecord['mode'];
  readonly failCause: MigrationRecord['failCause'];
  readonly throttleMaxPercent: number;
}

export interface ReplicaDetail {
  readonly nodes: readonly NodeDetail[];
  readonly guests: readonly GuestDetail[];
}

export function replicaDetail(result: RunResult): ReplicaDetail {
  const attempts = new Map<string, MigrationRecord[]>();
  for (const migration of result.migrations) {
    const key = `${migration.namespace}/${migration.name}`;
    const known = attempts.get(key);
    if (known === undefined) attempts.set(key, [migration]);
    else known.push(migration);
  }
  return {
    nodes: result.nodes.map(({ node, turn, begunUs, emptyUs, guests, blocked }) => ({
      node,
      turn,
      begunUs,
      emptyUs,
      guests,
      blocked,
    })),
    guests: result.guests.map(({ namespace, name, sourceNode, outcome, reason }) => {
      const guest = `${namespace}/${name}`;
      const own = attempts.get(guest) ?? [];
      return { guest, node: sourceNode, outcome, reason, ...attemptsDetail(own) };
    }),
  };
}

function attemptsDetail(own: readonly MigrationRecord[]) {
  const last = own.at(-1);
  const timed = last !== undefined && last.startedUs !== null && last.endedUs !== null;
  return {
    attempts: own.length,
    totalUs: timed ? (last.endedUs ?? 0) - (last.startedUs ?? 0) : null,
    pauseUs: Math.max(0, ...own.map(({ guestPauseUs }) => guestPauseUs)),
    mode: last?.mode ?? 'PreCopy',
    failCause: own.findLast(({ failCause }) => failCause !== '')?.failCause ?? '',
    throttleMaxPercent: Math.max(0, ...own.map((one) => one.throttleMaxPercent)),
  };
}

/** What became of each node and guest in one replica: what a runbook is written from. */
import type { GuestOutcome, MigrationRecord, NodeRecord, RunResult } from '../simulation/result.js';

export interface NodeDetail {
  readonly node: string;
  /** Its turn: 1 for the first; null: never. */
  readonly turn: number | null;
  readonly begunUs: number | null;
  /** null: some that were to leave are still there. */
  readonly emptyUs: number | null;
  /** When the last of those that moved had left it; null: none did. */
  readonly lastLeftUs: number | null;
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
    nodes: result.nodes.map((record) => nodeDetail(record, result.migrations)),
    guests: result.guests.map(({ namespace, name, sourceNode, outcome, reason }) => {
      const guest = `${namespace}/${name}`;
      const own = attempts.get(guest) ?? [];
      return { guest, node: sourceNode, outcome, reason, ...attemptsDetail(own) };
    }),
  };
}

function nodeDetail(record: NodeRecord, migrations: readonly MigrationRecord[]): NodeDetail {
  const { node, turn, begunUs, emptyUs, uncordonedUs, guests, blocked } = record;
  // Back after its reboot it takes guests again, and these leave at other nodes' turns.
  const untilUs = uncordonedUs ?? Number.POSITIVE_INFINITY;
  let lastLeftUs: number | null = null;
  for (const { sourceNode, outcome, endedUs } of migrations) {
    if (sourceNode !== node || outcome !== 'succeeded' || endedUs === null) continue;
    if (begunUs !== null && endedUs >= begunUs && endedUs <= untilUs) {
      lastLeftUs = Math.max(lastLeftUs ?? 0, endedUs);
    }
  }
  return { node, turn, begunUs, emptyUs, lastLeftUs, guests, blocked };
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

/** A run as the page's parts look at it: guests with their migrations. */
import type { RunTables } from '../run-tables.js';

export interface PageMigration {
  readonly guest: PageGuest;
  /** Its place in the run's table of migrations. */
  readonly row: number;
  readonly attempt: number;
  readonly source: string;
  readonly target: string;
  readonly createdS: number;
  readonly startedS: number | null;
  readonly endedS: number;
  readonly downtimeMs: number | null;
  readonly pauseMs: number;
  readonly mode: string;
  readonly outcome: string;
  readonly failCause: string;
  readonly failReason: string;
  readonly slowCause: string;
  /** What the slow cause is of all its waiting, 0 to 1; null without one. */
  readonly slowShare: number | null;
  readonly rounds: number;
  readonly wireBytes: number;
  readonly throttlePercent: number;
  readonly policy: string;
}

export interface PageGuest {
  /** NAMESPACE/NAME */
  readonly id: string;
  readonly memoryBytes: number;
  readonly source: string;
  readonly final: string;
  readonly outcome: string;
  readonly reason: string;
  readonly attempts: number;
  /** By attempt. */
  readonly migrations: PageMigration[];
}

export interface PageRun {
  /** `A` or `B` of two; '' for one alone. */
  readonly letter: string;
  /** Its place in the page, for what is unpacked later. */
  readonly place: number;
  readonly tables: RunTables;
  /** By namespace and name. */
  readonly guests: readonly PageGuest[];
  readonly byId: ReadonlyMap<string, PageGuest>;
  /** By creation. */
  readonly migrations: readonly PageMigration[];
  readonly fromS: number;
  readonly toS: number;
}

export function pageRun(tables: RunTables, place: number, letter: string): PageRun {
  const guests = guestsOf(tables);
  const byId = new Map(guests.map((guest) => [guest.id, guest]));
  const fromS = startOf(tables);
  const toS = fromS + (tables.summary.drain_time_s[0] ?? 0);
  const migrations = migrationsOf(tables, byId, toS);
  return { letter, place, tables, guests: [...byId.values()], byId, migrations, fromS, toS };
}

/** Seconds from creation of its first migration to the end of its last; null: none was made. */
export function totalSeconds(guest: PageGuest): number | null {
  const first = guest.migrations[0];
  const last = guest.migrations.at(-1);
  return first === undefined || last === undefined ? null : last.endedS - first.createdS;
}

/** The longest over its attempts; null: it was never switched over. */
export function worstDowntimeMs(guest: PageGuest): number | null {
  return guest.migrations.reduce<number | null>(
    (worst, { downtimeMs }) => (downtimeMs === null ? worst : Math.max(worst ?? 0, downtimeMs)),
    null,
  );
}

/** Causes of all its attempts, each once. */
export function causesOf(guest: PageGuest, kind: 'slowCause' | 'failCause'): readonly string[] {
  return [...new Set(guest.migrations.map((one) => one[kind]))].filter((cause) => cause !== '');
}

function startOf({ nodes, migrations }: RunTables): number {
  const known = [...nodes.cordoned_s, ...migrations.created_s].filter((at) => at !== null);
  return known.reduce((least, at) => Math.min(least, at), known[0] ?? 0);
}

function guestsOf({ guests }: RunTables): readonly PageGuest[] {
  return guests.name.map((name, i) => ({
    id: `${guests.namespace[i]}/${name}`,
    memoryBytes: guests.memory_bytes[i] ?? 0,
    source: guests.source_node[i] ?? '',
    final: guests.final_node[i] ?? '',
    outcome: guests.outcome[i] ?? '',
    reason: guests.reason[i] ?? '',
    attempts: guests.attempts[i] ?? 0,
    migrations: [],
  }));
}

/** Adds each to its guest; a guest that guests.csv does not tell of is made from its migration. */
function migrationsOf(
  { migrations: rows }: RunTables,
  byId: Map<string, PageGuest>,
  toS: number,
): readonly PageMigration[] {
  return rows.name.map((name, i) => {
    const id = `${rows.namespace[i]}/${name}`;
    const source = rows.source_node[i] ?? '';
    const guest = byId.get(id) ?? unlistedGuest(id, source);
    byId.set(id, guest);
    const migration: PageMigration = {
      guest,
      row: i,
      attempt: rows.attempt[i] ?? 0,
      source,
      target: rows.target_node[i] ?? '',
      createdS: rows.created_s[i] ?? 0,
      startedS: rows.started_s[i] ?? null,
      endedS: rows.ended_s[i] ?? toS,
      downtimeMs: rows.downtime_ms[i] ?? null,
      pauseMs: rows.guest_pause_ms[i] ?? 0,
      mode: rows.mode[i] ?? '',
      outcome: rows.outcome[i] ?? '',
      failCause: rows.fail_cause[i] ?? '',
      failReason: rows.fail_reason[i] ?? '',
      slowCause: rows.slow_cause[i] ?? '',
      slowShare: rows.slow_share[i] ?? null,
      rounds: rows.rounds[i] ?? 0,
      wireBytes: rows.wire_bytes[i] ?? 0,
      throttlePercent: rows.throttle_max_percent[i] ?? 0,
      policy: rows.policy[i] ?? '',
    };
    guest.migrations.push(migration);
    return migration;
  });
}

function unlistedGuest(id: string, source: string): PageGuest {
  const unknown = { memoryBytes: 0, final: '', outcome: '', reason: '', attempts: 0 };
  return { id, source, ...unknown, migrations: [] };
}

/** Rounds and decisions of one attempt, from what is unpacked when the first guest is opened. */
import type { RoundRecord } from '../../../simulation/result.js';
import type { RunDetail } from '../run-tables.js';
import type { PageMigration, PageRun } from './page-run.js';
import { unpack } from './unpack.js';

/** A round as the run recorded it; the guest and the attempt are known, times are seconds. */
type RecordedRound = Omit<RoundRecord, 'namespace' | 'name' | 'attempt' | 'startedUs' | 'endedUs'>;

export interface GuestRound extends RecordedRound {
  readonly startedS: number;
  readonly endedS: number;
}

export interface GuestDecision {
  readonly atS: number;
  readonly actor: string;
  readonly action: string;
  readonly reason: string;
}

export interface AttemptDetail {
  /** null: the run did not write them. */
  readonly rounds: readonly GuestRound[] | null;
  /** Those before the first attempt are the first attempt's. */
  readonly decisions: readonly GuestDecision[] | null;
  readonly guestsLeftOut: number;
}

export interface DetailReader {
  of(run: PageRun, guestId: string, attempt: PageMigration['attempt']): AttemptDetail;
}

interface Indexed {
  readonly detail: RunDetail;
  readonly rounds: ReadonlyMap<string, readonly number[]>;
  readonly decisions: ReadonlyMap<string, readonly number[]>;
}

export function detailReader(): DetailReader {
  const read = new Map<PageRun, Indexed>();
  return {
    of: (run, guestId, attempt) => {
      const indexed = read.get(run) ?? indexOf(unpack<RunDetail>(`detail-${run.place}`));
      read.set(run, indexed);
      return attemptDetail(indexed, guestId, attempt);
    },
  };
}

function indexOf(detail: RunDetail): Indexed {
  return { detail, rounds: rowsByGuest(detail.rounds), decisions: rowsByGuest(detail.decisions) };
}

function rowsByGuest(
  table: { readonly namespace: readonly string[]; readonly name: readonly string[] } | null,
): ReadonlyMap<string, readonly number[]> {
  const rows = new Map<string, number[]>();
  table?.name.forEach((name, i) => {
    const id = `${table.namespace[i]}/${name}`;
    const known = rows.get(id);
    if (known === undefined) rows.set(id, [i]);
    else known.push(i);
  });
  return rows;
}

function attemptDetail(
  { detail, rounds, decisions }: Indexed,
  guestId: string,
  attempt: number,
): AttemptDetail {
  const { rounds: roundTable, decisions: decisionTable, guestsLeftOut } = detail;
  return {
    guestsLeftOut,
    rounds:
      roundTable === null
        ? null
        : (rounds.get(guestId) ?? [])
            .filter((i) => roundTable.attempt[i] === attempt)
            .map((i) => roundAt(roundTable, i)),
    decisions:
      decisionTable === null
        ? null
        : (decisions.get(guestId) ?? [])
            .filter((i) => Math.max(1, decisionTable.attempt[i] ?? 0) === Math.max(1, attempt))
            .map((i) => ({
              atS: decisionTable.at_s[i] ?? 0,
              actor: decisionTable.actor[i] ?? '',
              action: decisionTable.action[i] ?? '',
              reason: decisionTable.reason[i] ?? '',
            })),
  };
}

function roundAt(table: NonNullable<RunDetail['rounds']>, i: number): GuestRound {
  return {
    round: table.round[i] ?? 0,
    startedS: table.started_s[i] ?? 0,
    endedS: table.ended_s[i] ?? 0,
    remainingStartBytes: table.remaining_start_bytes[i] ?? 0,
    remainingEndBytes: table.remaining_end_bytes[i] ?? 0,
    dirtiedBytes: table.dirtied_bytes[i] ?? 0,
    sentBytes: table.sent_bytes[i] ?? 0,
    bandwidthBytesPerSecond: table.bandwidth_bytes_per_s[i] ?? 0,
    thresholdBytes: table.threshold_bytes[i] ?? 0,
    downtimeLimitMs: table.downtime_limit_ms[i] ?? 0,
    throttlePercent: table.throttle_percent[i] ?? 0,
    decision: table.decision[i] ?? '',
  };
}

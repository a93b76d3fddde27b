/** One guest's migration in the terminal: each attempt, its rounds, and who decided what. */
import { escapeControls } from '../fleet/input-error.js';
import type {
  DecisionRecord,
  GuestRecord,
  MigrationRecord,
  RoundRecord,
  RunResult,
} from '../simulation/result.js';
import { bitRateText, bytesText, countText, durationText } from './quantity-text.js';
import { roundCells } from './round-cells.js';
import { type TextColumn, tableLines } from './text-table.js';

export interface GuestTrace {
  readonly guest: GuestRecord | null;
  readonly migrations: readonly MigrationRecord[];
  readonly rounds: readonly RoundRecord[];
  readonly decisions: readonly DecisionRecord[];
  readonly startUs: number;
}

/** What a run recorded about one guest. */
export function traceOf(
  result: RunResult,
  guest: { readonly namespace: string; readonly name: string },
): GuestTrace {
  const isOfGuest = (record: { readonly namespace: string; readonly name: string }): boolean =>
    record.namespace === guest.namespace && record.name === guest.name;
  return {
    guest: result.guests.find(isOfGuest) ?? null,
    migrations: result.migrations.filter(isOfGuest),
    rounds: result.rounds.filter(isOfGuest),
    decisions: result.decisions.filter(isOfGuest),
    startUs: result.startUs,
  };
}

/**
 * Lines without a line break at their end; times count from the drain's begin.
 * @param width of a line, for the tables
 */
export function traceLines(
  trace: GuestTrace,
  width: number = Number.POSITIVE_INFINITY,
): readonly string[] {
  const attempts = trace.migrations.flatMap((one) => attemptLines(trace, one, width));
  const lines = [guestLine(trace), ...attempts];
  if (trace.migrations.length === 0) {
    lines.push('', ...decisionLines(trace, trace.decisions));
  }
  return lines.map(escapeControls);
}

function guestLine(trace: GuestTrace): string {
  const guest = trace.guest;
  if (guest === null) return 'The run has no record of this guest.';
  const memory = bytesText(guest.memoryBytes);
  const reason = guest.reason === '' ? '' : `: ${guest.reason}`;
  const where = `${guest.sourceNode}${guest.finalNode === guest.sourceNode ? '' : ` to ${guest.finalNode}`}`;
  return `${guest.namespace}/${guest.name} (${memory}, ${where}): ${guest.outcome}${reason}`;
}

function attemptLines(
  trace: GuestTrace,
  migration: MigrationRecord,
  width: number,
): readonly string[] {
  const rounds = trace.rounds.filter((round) => round.attempt === migration.attempt);
  const decisions = trace.decisions.filter((d) => d.attempt === migration.attempt);
  const target = migration.targetNode === '' ? 'no target' : `to ${migration.targetNode}`;
  return [
    '',
    `Attempt ${migration.attempt}, ${migration.sourceNode} ${target}`,
    ...(rounds.length > 0 ? roundLines(trace, rounds, width) : ['  no round was begun']),
    ...decisionLines(trace, decisions),
    ...endLines(migration),
  ];
}

const ROUND_COLUMNS: readonly TextColumn[] = [
  { title: 'round', align: 'right' },
  { title: 'from', align: 'right', spare: 3 },
  { title: 'took', align: 'right' },
  { title: 'remaining', align: 'right' },
  { title: 'dirtied', align: 'right', spare: 2 },
  { title: 'sent', align: 'right', spare: 5 },
  { title: 'bandwidth', align: 'right' },
  { title: 'threshold', align: 'right', spare: 1 },
  { title: 'limit', align: 'right', spare: 4 },
  { title: 'throttle', align: 'right', spare: 6 },
  { title: 'decision', align: 'left' },
];

function roundLines(
  trace: GuestTrace,
  rounds: readonly RoundRecord[],
  width: number,
): readonly string[] {
  const rows = rounds.map((round) => roundCells(round, clock(trace, round.startedUs)));
  return tableLines(ROUND_COLUMNS, rows, width - 2).map((line) => `  ${line}`);
}

function decisionLines(trace: GuestTrace, decisions: readonly DecisionRecord[]): readonly string[] {
  return decisions.map((decision) => {
    const reason = decision.reason === '' ? '' : `: ${decision.reason}`;
    const at = clock(trace, decision.atUs).padStart(12);
    return `  ${at}  ${decision.actor} ${decision.action}${reason}`;
  });
}

/** What the monitor saw last of a migration that did not succeed: why it failed, in figures. */
function seenLine({ seenAtEnd, outcome }: MigrationRecord): readonly string[] {
  if (seenAtEnd === null || outcome === 'succeeded') return [];
  const { remainingTrend, dirtyBytesPerSecond, bandwidthBytesPerSecond } = seenAtEnd;
  const left = seenAtEnd.remainingBytes + seenAtEnd.storageRemainingBytes;
  const disks =
    seenAtEnd.storageRemainingBytes > 0
      ? ` (${bytesText(seenAtEnd.storageRemainingBytes)} of it disks)`
      : '';
  const trend = remainingTrend === '' ? '' : `, ${remainingTrend} from round to round`;
  const stalled =
    seenAtEnd.noProgressUs >= NO_PROGRESS_TOLD_US
      ? `, no progress for ${durationText(seenAtEnd.noProgressUs)}`
      : '';
  const rates = `dirtied ${bitRateText(dirtyBytesPerSecond)}, could send ${bitRateText(bandwidthBytesPerSecond)}`;
  return [`  last seen: ${bytesText(left)} left${disks}${trend}${stalled}; ${rates}`];
}

/** Polls are 400 ms apart: less than some of them is no lack of progress. */
const NO_PROGRESS_TOLD_US = 2_000_000;

function endLines(migration: MigrationRecord): readonly string[] {
  const took =
    migration.startedUs === null || migration.endedUs === null
      ? 'never started'
      : `total time ${durationText(migration.endedUs - migration.startedUs)}`;
  const paused =
    migration.downtimeUs === null
      ? 'no switchover'
      : `downtime ${durationText(migration.downtimeUs)}`;
  const cause =
    migration.failCause === '' ? '' : ` (${migration.failCause}: ${migration.failReason})`;
  const sent = `${bytesText(migration.wireBytes)} on the wire`;
  return [
    `  ${migration.outcome}${cause}, ${migration.mode}: ${took}, ${paused}, ${countText(migration.rounds, 'round')}, ${sent}`,
    ...seenLine(migration),
  ];
}

/** Seconds since the drain's begin, to the millisecond. */
function clock(trace: GuestTrace, us: number): string {
  return `${((us - trace.startUs) / 1e6).toFixed(3)} s`;
}

/** The link sharing held against exact solutions of another simulator (shared/data/maxmin). */
import type { MaxminCase } from './maxmin-case.js';
import { replayMaxmin } from './maxmin-replay.js';

/** The recorded times have 9 decimals; shared/data/maxmin gives both bounds. */
export const MAXMIN_BOUNDS = { relative: 1e-9, absoluteSeconds: 1e-9, shortSeconds: 1 } as const;

/** The error of finish − start that is farthest from the recorded one. */
interface WorstError {
  readonly case: string;
  /** Index of the flow in its case. */
  readonly flow: number;
  readonly error: number;
}

interface MaxminErrors {
  readonly flows: number;
  /** Flows out of bounds. */
  readonly failed: number;
  /** Relative to finish − start, of flows that last 1 s or more; null: there is none. */
  readonly worstRelative: WorstError | null;
  /** In seconds, of shorter flows; null: there is none. */
  readonly worstShortSeconds: WorstError | null;
  /** Relative, of all flows. */
  readonly medianRelative: number;
}

interface MaxminCaseReport extends MaxminErrors {
  readonly case: string;
}

export interface MaxminReport extends MaxminErrors {
  readonly cases: readonly MaxminCaseReport[];
  /** Flows that started or ended. */
  readonly changes: number;
  /** Wall-clock time of the whole replay by the number of changes. */
  readonly microsecondsPerChange: number;
  readonly withinBounds: boolean;
}

/**
 * Replays the cases with the engine's rate solver.
 * @param nowMs a clock in milliseconds, which times the replay and nothing else
 */
export function validateMaxmin(cases: readonly MaxminCase[], nowMs: () => number): MaxminReport {
  const reports: MaxminCaseReport[] = [];
  const relativeErrors: number[] = [];
  let changes = 0;
  let elapsedMs = 0;
  for (const maxminCase of cases) {
    const beganMs = nowMs();
    const finishSeconds = replayMaxmin(maxminCase);
    elapsedMs += nowMs() - beganMs;
    changes += 2 * maxminCase.flows.length;
    const { relative, report } = compareCase(maxminCase, finishSeconds);
    reports.push(report);
    for (const error of relative) relativeErrors.push(error);
  }
  const failed = reports.reduce((sum, report) => sum + report.failed, 0);
  return {
    flows: relativeErrors.length,
    failed,
    worstRelative: worstOf(reports.map((report) => report.worstRelative)),
    worstShortSeconds: worstOf(reports.map((report) => report.worstShortSeconds)),
    medianRelative: median(relativeErrors),
    cases: reports,
    changes,
    microsecondsPerChange: changes === 0 ? 0 : (elapsedMs * 1000) / changes,
    withinBounds: failed === 0,
  };
}

function compareCase(
  maxminCase: MaxminCase,
  finishSeconds: readonly number[],
): { readonly relative: readonly number[]; readonly report: MaxminCaseReport } {
  const relative: number[] = [];
  const long: WorstError[] = [];
  const short: WorstError[] = [];
  let failed = 0;
  for (const [flow, recorded] of maxminCase.finishSeconds.entries()) {
    const duration = recorded - maxminCase.flows[flow].startSeconds;
    const seconds = Math.abs(finishSeconds[flow] - recorded);
    const error = seconds === 0 ? 0 : seconds / duration;
    relative.push(error);
    const isShort = duration < MAXMIN_BOUNDS.shortSeconds;
    (isShort ? short : long).push({
      case: maxminCase.name,
      flow,
      error: isShort ? seconds : error,
    });
    // Written so that a NaN fails too.
    const isWithin =
      error <= MAXMIN_BOUNDS.relative || (isShort && seconds <= MAXMIN_BOUNDS.absoluteSeconds);
    if (!isWithin) failed++;
  }
  const report = {
    case: maxminCase.name,
    flows: relative.length,
    failed,
    worstRelative: worstOf(long),
    worstShortSeconds: worstOf(short),
    medianRelative: median(relative),
  };
  return { relative, report };
}

function worstOf(errors: readonly (WorstError | null)[]): WorstError | null {
  let worst: WorstError | null = null;
  for (const candidate of errors) {
    if (candidate === null) continue;
    if (worst === null || !(candidate.error <= worst.error)) worst = candidate;
  }
  return worst;
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A plan for a terminal and for programs. */
import type { Objective } from '../fleet/goal-model.js';
import { escapeControls } from '../fleet/input-error.js';
import { bytesText, countText, durationText, percentText } from '../outcome/quantity-text.js';
import { limitText, observedText } from './limits.js';
import type { Confirmed } from './plan.js';
import {
  certaintyOf,
  changesOf,
  changeText,
  type Gain,
  isBetter,
  limitReports,
  OBJECTIVES,
  objectiveSpread,
  type Plan,
  riskOf,
} from './plan-report.js';
import { scoreOf } from './score.js';
import type { Spread } from './spread.js';

export const OBJECTIVE_WORDS: Readonly<Record<Objective, string>> = {
  'drain-time': 'drain time',
  downtime: 'downtime (p99)',
  disruption: 'guest time lost',
  bytes: 'bytes on the wire',
};

export function amountText(objective: Objective, value: number): string {
  return objective === 'bytes' ? bytesText(value) : durationText(value);
}

export function spreadText(objective: Objective, spread: Spread | null): string {
  if (spread === null) return '';
  const { mean, interval } = spread;
  if (interval === null || interval.high === interval.low) return amountText(objective, mean);
  return `${amountText(objective, mean)} ± ${amountText(objective, interval.high - mean)}`;
}

/** What an operator reads when the search ends. */
export function planLines(plan: Plan): readonly string[] {
  const { request, outcome } = plan;
  const { best, contestant } = { ...outcome, contestant: outcome.best.contestant };
  const changes = changesOf(outcome.knobs, contestant.candidate);
  const tried = `${countText(outcome.contestants.length, 'candidate')} tried`;
  const isWithin = limitReports(request.goal, best.page).every(({ kept }) => kept);
  const found = isWithin ? 'A better plan' : 'No plan keeps every limit; one that comes nearer';
  const headline = isBetter(plan)
    ? `${found} was found with ${countText(changes.length, 'change')}`
    : 'Nothing better than the settings of today was found';
  return [
    `${headline} (fleet ${request.today.name}, ${tried})`,
    '',
    ...OBJECTIVES.map((objective) => comparisonLine(plan, objective)),
    `${'guests left behind'.padEnd(WIDTH)}${guestsBehind(plan, best)}, today ${guestsBehind(plan, outcome.today)}`,
    '',
    ...(request.goal.limits.length === 0 ? [] : ['Limits', ...limitLines(plan), '']),
    ...(changes.length === 0
      ? []
      : ['Changes', ...changes.map((one) => `  ${changeText(one)}`), '']),
    'How sure',
    ...certaintyLines(plan).map((line) => `  ${line}`),
  ].map(escapeControls);
}

const WIDTH = 20;

function comparisonLine({ outcome }: Plan, objective: Objective): string {
  const of = ({ page }: Confirmed) => spreadText(objective, objectiveSpread(page, objective));
  const { best, today, defaults } = outcome;
  const title = OBJECTIVE_WORDS[objective].padEnd(WIDTH);
  return `${title}${of(best)}, today ${of(today)}, KubeVirt's defaults ${of(defaults)}`;
}

function guestsBehind({ request }: Plan, { page }: Confirmed): string {
  return String(Number(scoreOf(request.goal, page).guestsBehind.toFixed(1)));
}

function limitLines({ request, outcome }: Plan): readonly string[] {
  return limitReports(request.goal, outcome.best.page).map(({ limit, worst, kept }) => {
    const verdict = kept ? 'kept' : 'NOT KEPT';
    return `  ${verdict}: ${limitText(limit)}; worst of the runs ${observedText(limit, worst)}`;
  });
}

/** What the replicas prove, and what more of them would. */
export function certaintyLines(plan: Plan): readonly string[] {
  const { replicas, past, riskMost, gain, runnerUp } = certaintyOf(plan);
  const lines: string[] = [];
  if (plan.request.goal.limits.length > 0) {
    lines.push(
      riskMost === null
        ? `${past} of ${countText(replicas, 'replica')} went past a limit`
        : `${keptText(replicas)}: with 95 % confidence at most ${percentText(riskMost)} of such drains would not; with twice the replicas ${percentText(riskOf(2 * replicas))}`,
    );
  }
  if (gain !== null) lines.push(gainText(gain));
  if (runnerUp === null) {
    lines.push('no other candidate with all replicas differs from it by more than the tolerance');
    return lines;
  }
  const { objective, difference, neededReplicas, contestant } = runnerUp;
  const words = OBJECTIVE_WORDS[objective];
  const more = difference.mean < 0 ? 'less' : 'more';
  const by = `${amountText(objective, Math.abs(difference.mean))} ${more}`;
  lines.push(
    neededReplicas === null
      ? `the runner-up (candidate ${contestant.number}) has ${by} ${words}: told apart by ${countText(runnerUp.replicas, 'replica')}`
      : `the runner-up (candidate ${contestant.number}) has ${by} ${words}, which chance may be: about ${countText(neededReplicas, 'replica')} would tell`,
  );
  return lines;
}

function keptText(replicas: number): string {
  return replicas === 1
    ? 'the only replica kept every limit'
    : `all ${countText(replicas, 'replica')} kept every limit`;
}

function gainText({ objective, difference, runs, wins, todayIsPast }: Gain): string {
  const { mean, interval } = difference;
  const amount = (value: number) => amountText(objective, Math.abs(value));
  const sign = mean < 0 ? 'more' : 'less';
  const past = todayIsPast ? ' (which goes past a limit)' : '';
  if (mean === 0 && (interval?.low ?? 0) === 0 && (interval?.high ?? 0) === 0) {
    return `as much ${OBJECTIVE_WORDS[objective]} as today${past}, page by page`;
  }
  const gain = `${amount(mean)} ${sign} ${OBJECTIVE_WORDS[objective]} than today${past}, page by page`;
  if (interval === null) return `${gain}: one run of each, which proves nothing`;
  const { low, high } = interval;
  if (low === high) return `${gain}, in every run`;
  return low > 0 || high < 0
    ? `${gain} (95 %: ${amount(Math.min(Math.abs(low), Math.abs(high)))} to ${amount(Math.max(Math.abs(low), Math.abs(high)))}); four times the replicas halve that`
    : `${gain}, less in ${wins} of ${countText(runs, 'run')}; by how much varies: four times the replicas halve that`;
}

/** Seconds, and bytes, as the names say. */
export function planJson(plan: Plan): object {
  const { request, outcome } = plan;
  const { best, today, defaults } = outcome;
  const { replicas, past, riskMost, runnerUp } = certaintyOf(plan);
  return {
    fleet: request.today.name,
    better: isBetter(plan),
    candidates: outcome.contestants.length,
    changes: changesOf(outcome.knobs, best.contestant.candidate),
    best: confirmedJson(plan, best),
    today: confirmedJson(plan, today),
    defaults: confirmedJson(plan, defaults),
    limits: limitReports(request.goal, best.page).map(({ limit, worst, kept }) => ({
      limit: limitText(limit),
      worst: observedText(limit, worst),
      kept,
    })),
    certainty: {
      replicas,
      past_a_limit: past,
      risk_at_most: riskMost,
      runner_up: runnerUp?.contestant.number ?? null,
      needed_replicas: runnerUp?.neededReplicas ?? null,
    },
  };
}

function confirmedJson({ request }: Plan, { contestant, page }: Confirmed): object {
  const mean = (objective: Objective, unit: number): number | null => {
    const spread = objectiveSpread(page, objective);
    return spread === null ? null : spread.mean / unit;
  };
  return {
    candidate: contestant.number,
    drain_time_s: mean('drain-time', 1e6),
    downtime_p99_ms: mean('downtime', 1000),
    degraded_s: mean('disruption', 1e6),
    wire_bytes: mean('bytes', 1),
    guests_behind: scoreOf(request.goal, page).guestsBehind,
  };
}

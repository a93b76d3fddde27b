/** The plan for the person who carries it out: Markdown, in the order in which things are done. */

import { escapeControls } from '../fleet/input-error.js';
import type { Fleet } from '../fleet/model.js';
import { countText, durationText } from '../outcome/quantity-text.js';
import { type GuestAction, guestActions } from './guest-actions.js';
import {
  APPLY_COMMAND,
  kubevirtPatch,
  migrationPolicies,
  PATCH_COMMAND,
} from './kubevirt-files.js';
import { limitText, observedText } from './limits.js';
import { isNetworkKnob } from './network-knobs.js';
import { nodeTimes } from './node-times.js';
import {
  type Change,
  changesOf,
  limitReports,
  OBJECTIVES,
  objectiveSpread,
  type Plan,
  plannedFleet,
} from './plan-report.js';
import { amountText, certaintyLines, OBJECTIVE_WORDS, spreadText } from './plan-text.js';
import { differingObjective, scoreOf } from './score.js';

export function runbook(plan: Plan): string {
  const { request, outcome } = plan;
  const runs = outcome.best.page.flatMap(({ detail }) => detail ?? []);
  const sections = [
    `# Runbook: ${markdownText(request.today.name)}`,
    goalSection(plan),
    resultSection(plan),
    changeSection(plan),
    orderSection(plan),
    guestSection(guestActions(runs)),
    ['## How sure', ...certaintyLines(plan).map((line) => `- ${markdownText(line)}.`)].join('\n'),
    `planned-fleet.yaml is the fleet with these settings: \`sluice run planned-fleet.yaml\` shows every migration of it.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function goalSection({ request, outcome }: Plan): string {
  const words = request.goal.minimise.map((one) => OBJECTIVE_WORDS[one]).join(', then ');
  const tried = countText(outcome.contestants.length, 'candidate');
  const lines = [`The goal: least ${words}. ${tried} tried; this one was confirmed page by page.`];
  const limits = limitReports(request.goal, outcome.best.page);
  if (limits.length === 0) return lines.join('\n');
  const rows = limits.map(({ limit, worst, kept }) => [
    limitText(limit),
    observedText(limit, worst),
    kept ? 'kept' : '**not kept**',
  ]);
  return [...lines, '', ...table(['limit', 'worst of the runs', ''], rows)].join('\n');
}

function resultSection({ request, outcome }: Plan): string {
  const { best, today, defaults } = outcome;
  const columns = [best, today, defaults];
  const rows = OBJECTIVES.map((objective) => [
    OBJECTIVE_WORDS[objective],
    ...columns.map(({ page }) => spreadText(objective, objectiveSpread(page, objective))),
  ]);
  const behind = columns.map(({ page }) =>
    String(Number(scoreOf(request.goal, page).guestsBehind.toFixed(1))),
  );
  return [
    '## What it brings',
    '',
    ...table(
      ['', 'plan', 'today', "KubeVirt's defaults"],
      [...rows, ['guests left behind', ...behind]],
    ),
  ].join('\n');
}

/** Each change with what the plan would be without it. */
function changeSection(plan: Plan): string {
  const { request, outcome } = plan;
  const planned = plannedFleet(plan);
  const changes = changesOf(outcome.knobs, outcome.best.contestant.candidate);
  if (changes.length === 0) return '## What to change\n\nNothing: today is as good as any.';
  const commands = [
    ...(kubevirtPatch(request.today, planned) === null ? [] : [PATCH_COMMAND]),
    ...(migrationPolicies(request.today, planned) === null ? [] : [APPLY_COMMAND]),
  ];
  const shown = commands.length === 0 ? [] : ['', '```', ...commands, '```'];
  const rows = changes.map((change) => [
    change.name,
    change.before,
    change.after,
    withoutText(plan, change),
  ]);
  const head = ['setting', 'today', 'plan', 'without this change'];
  const lines = ['## What to change', ...shown, '', ...table(head, rows)];
  const hardware = changes.some(({ name }) => isNetworkKnob(name))
    ? ['', 'What begins with network/ is hardware: no command does it.']
    : [];
  return [...lines, ...hardware, ...newPolicyLines(request.today, planned)].join('\n');
}

function newPolicyLines(today: Fleet, planned: Fleet): readonly string[] {
  const known = new Set(today.policies.map(({ name }) => name));
  const names = planned.policies.flatMap(({ name }) => (known.has(name) ? [] : [name]));
  if (names.length === 0) return [];
  const command = `kubectl delete migrationpolicy ${names.join(' ')}`;
  return ['', `New policies are for this drain; afterwards: \`${command}\`.`];
}

/** What gets worse, in the first objective or limit that does. */
function withoutText({ request, outcome }: Plan, change: Change): string {
  const { goal } = request;
  const { knobs } = outcome;
  const ablation = outcome.ablations.find(({ knob }) => knobs[knob]?.name === change.name);
  if (ablation === undefined) return '';
  const { replicas } = ablation.without;
  const own = outcome.best.contestant.replicas.slice(0, replicas.length);
  const score = scoreOf(goal, replicas);
  const best = scoreOf(goal, own);
  if (score.excess > best.excess) {
    const index = goal.limits.findIndex(
      (_, at) => limitReports(goal, replicas)[at]?.kept === false,
    );
    const broken = limitReports(goal, replicas)[index];
    if (broken !== undefined) {
      return `${limitText(broken.limit)} is not kept: ${observedText(broken.limit, broken.worst)}`;
    }
  }
  if (score.guestsBehind > best.guestsBehind) {
    return `${(score.guestsBehind - best.guestsBehind).toFixed(1)} more guests left behind`;
  }
  const index = differingObjective(goal, score, best);
  const objective = index === null ? undefined : goal.minimise[index];
  if (index === null || objective === undefined) return 'nothing that shows in the objectives';
  const more = (score.objectives[index] ?? 0) - (best.objectives[index] ?? 0);
  const sign = more > 0 ? 'more' : 'less';
  return `${amountText(objective, Math.abs(more))} ${sign} ${OBJECTIVE_WORDS[objective]}`;
}

function orderSection(plan: Plan): string {
  const { drain } = plannedFleet(plan);
  const runs = plan.outcome.best.page.flatMap(({ detail }) => detail ?? []);
  const atOnce =
    drain.atOnce.kind === 'all'
      ? 'all at once'
      : drain.atOnce.kind === 'nodes'
        ? `${drain.atOnce.count} at a time`
        : `${drain.atOnce.share * 100} % at a time`;
  const cordon = drain.cordon === 'all' ? ', all cordoned at the start' : '';
  const rows = nodeTimes(runs).map((node, index) => [
    String(index + 1),
    node.node,
    node.begun === null ? 'never' : begunText(node.begun.mean - drain.startUs),
    node.time === null ? 'none leaves' : intervalText(node.time),
    String(node.guests),
    node.blockedRuns === 0 ? '' : staysText(node.blockedRuns, runs.length),
  ]);
  const head = ['', 'node', 'begins', 'the last has left after (95 % interval)', 'guests', ''];
  return [
    '## Order of nodes',
    '',
    `In order of ${drain.order}, ${atOnce}${cordon}.`,
    '',
    ...table(head, rows),
  ].join('\n');
}

function begunText(us: number): string {
  return us <= 0 ? 'at the start' : `after ${durationText(us)}`;
}

function staysText(blockedRuns: number, runs: number): string {
  const often = blockedRuns === runs ? '' : ` in ${blockedRuns} of ${runs} runs`;
  return `not empty${often}: see its guests below`;
}

function intervalText({
  mean,
  interval,
}: {
  readonly mean: number;
  readonly interval: { readonly low: number; readonly high: number } | null;
}): string {
  if (interval === null) return durationText(mean);
  const low = durationText(Math.max(0, interval.low));
  return `${durationText(mean)} (${low} to ${durationText(interval.high)})`;
}

function guestSection(actions: readonly GuestAction[]): string {
  const usual = actions.filter(({ kind }) => kind === 'migrate-as-is');
  const special = actions.filter(({ kind }) => kind !== 'migrate-as-is');
  const rows = special.map(({ guest, node, kind, text }) => [node, guest, kind, text]);
  const usualText = `${countText(usual.length, 'guest')} to migrate as is`;
  const lines = [
    '## Guests',
    '',
    ...(rows.length === 0
      ? [`${usualText}, no other.`]
      : [`${usualText}. The others:`, '', ...table(['node', 'guest', 'action', ''], rows)]),
  ];
  const listed = usual.map(
    ({ guest, node, text }) => `- ${markdownText(`${node} ${guest}: ${text}`)}`,
  );
  return [...lines, '', '### Migrate as they are', '', ...listed].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(' | ')} |`;
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)];
}

/** Names come from a cluster: none of them may end a cell, or begin markup. */
function markdownText(text: string): string {
  return escapeControls(text).replaceAll(/[|<`]/g, (one) => `\\${one}`);
}

/** One guest: what became of it, its attempts, rounds, and every decision in words. */

import { decisionWords } from '../../decision-words.js';
import { bytesText, durationText } from '../../quantity-text.js';
import { type Chart, clockText } from './chart.js';
import { button, element } from './dom.js';
import {
  type AttemptDetail,
  type DetailReader,
  detailReader,
  type GuestDecision,
  type GuestRound,
} from './guest-detail.js';
import type { PageGuest, PageMigration, PageRun } from './page-run.js';
import { mountRoundsChart } from './rounds-chart.js';
import { outcomeColour, outcomeShape } from './theme.js';

export interface GuestDialog {
  /** `attempt` 0: the last one. */
  open(run: PageRun, guest: PageGuest, attempt: number): void;
}

/** Adds the dialog to the page. */
export function guestDialog(runs: readonly PageRun[]): GuestDialog {
  const details = detailReader();
  const content = element('div', { class: 'guest' });
  const dialog = element('dialog', { 'aria-labelledby': 'guest-title' }, content);
  document.body.append(dialog);
  let chart: Chart | null = null;
  const clear = (): void => {
    chart?.dispose();
    chart = null;
  };
  const show = (run: PageRun, guest: PageGuest, attempt: number): void => {
    clear();
    const migration =
      guest.migrations.find((one) => one.attempt === attempt) ?? guest.migrations.at(-1);
    const host = element('div', { class: 'chart rounds' });
    content.replaceChildren(
      header(run, runs, guest, () => dialog.close(), show),
      facts(guest),
      ...attempts(guest, migration, (chosen) => show(run, guest, chosen)),
      ...attemptParts(run, guest, migration, details, host),
    );
    if (!dialog.open) dialog.showModal();
    if (host.isConnected && migration !== undefined) {
      chart = mountRoundsChart(host, chartData(run, migration, details));
    }
  };
  dialog.addEventListener('close', clear);
  // A click beside the content is one on the dialog itself.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return { open: show };
}

function header(
  run: PageRun,
  runs: readonly PageRun[],
  guest: PageGuest,
  close: () => void,
  show: (run: PageRun, guest: PageGuest, attempt: number) => void,
): HTMLElement {
  const others =
    runs.length < 2
      ? []
      : runs.map((one) => {
          const there = one.byId.get(guest.id);
          const turn = button({ 'aria-pressed': String(one === run) }, `Run ${one.letter}`, () => {
            if (there !== undefined) show(one, there, 0);
          });
          turn.disabled = there === undefined;
          return turn;
        });
  return element(
    'header',
    {},
    element('h2', { id: 'guest-title' }, guest.id),
    element('span', { class: 'choice' }, ...others),
    button({ class: 'close', 'aria-label': 'Close' }, '×', close),
  );
}

function facts(guest: PageGuest): HTMLElement {
  const outcome = element('strong', {}, `${outcomeShape(guest.outcome)} ${guest.outcome}`);
  outcome.style.color = outcomeColour(guest.outcome);
  const where =
    guest.final === guest.source || guest.final === ''
      ? guest.source
      : `${guest.source} to ${guest.final}`;
  const reason = guest.reason === '' ? '' : `: ${guest.reason}`;
  return element('p', {}, outcome, `${reason}. ${bytesText(guest.memoryBytes)}, ${where}.`);
}

function attempts(
  guest: PageGuest,
  chosen: PageMigration | undefined,
  choose: (attempt: number) => void,
): readonly HTMLElement[] {
  if (guest.migrations.length < 2) return [];
  const buttons = guest.migrations.map((one) =>
    button(
      { 'aria-pressed': String(one === chosen) },
      `Attempt ${one.attempt}: ${one.outcome}`,
      () => choose(one.attempt),
    ),
  );
  return [element('div', { class: 'choice', role: 'group', 'aria-label': 'Attempt' }, ...buttons)];
}

function attemptParts(
  run: PageRun,
  guest: PageGuest,
  migration: PageMigration | undefined,
  details: DetailReader,
  host: HTMLElement,
): readonly HTMLElement[] {
  const detail = details.of(run, guest.id, migration?.attempt ?? 0);
  if (migration === undefined) {
    const nothing = element('p', { class: 'empty' }, 'No migration was made for it.');
    return [nothing, ...decisionParts(detail, run.fromS)];
  }
  const sinceS = migration.startedS ?? migration.createdS;
  const hasRounds = detail.rounds !== null && detail.rounds.length > 0;
  return [
    figures(migration),
    ...(hasRounds ? [legend(), host] : [noRounds(detail, migration)]),
    ...decisionParts(detail, sinceS),
    ...(hasRounds ? [roundsTable(detail.rounds ?? [], sinceS)] : []),
  ];
}

function noRounds(detail: AttemptDetail, migration: PageMigration): HTMLElement {
  const why =
    detail.rounds === null
      ? 'The run wrote no rounds: run again with --report (or --rounds --decisions) to see them.'
      : detail.guestsLeftOut > 0 && migration.rounds > 0
        ? `The rounds of ${detail.guestsLeftOut} guests that gave no trouble were left out to keep this page small; rounds.csv has them.`
        : 'No round was begun.';
  return element('p', { class: 'empty' }, why);
}

function figures(migration: PageMigration): HTMLElement {
  const { startedS, createdS, endedS, downtimeMs } = migration;
  const time = (seconds: number): string => durationText(seconds * 1e6);
  const rows: readonly (readonly [string, string])[] = [
    ['Waited', time((startedS ?? endedS) - createdS)],
    ['Took', startedS === null ? 'never started' : time(endedS - startedS)],
    ['Downtime', downtimeMs === null ? 'none' : durationText(downtimeMs * 1e3)],
    ['All pauses', durationText(migration.pauseMs * 1e3)],
    ['Sent', bytesText(migration.wireBytes)],
    ['Mode', migration.mode],
    ['Slow by', slowText(migration)],
    ['Failed by', migration.failCause || 'did not fail'],
    ['Policy', migration.policy || 'none'],
    ...(migration.throttlePercent > 0
      ? [['Slowed down by up to', `${migration.throttlePercent} %`] as const]
      : []),
  ];
  const parts = rows.map(([title, value]) =>
    element('div', {}, element('dt', {}, title), element('dd', {}, value)),
  );
  return element('dl', { class: 'facts' }, ...parts);
}

function slowText({ slowCause, slowShare }: PageMigration): string {
  if (slowCause === '') return 'nothing';
  return slowShare === null
    ? slowCause
    : `${slowCause} (${Math.round(100 * slowShare)} % of its waiting)`;
}

function legend(): HTMLElement {
  const key = (className: string, text: string): HTMLElement =>
    element(
      'span',
      { class: 'key' },
      element('i', { class: className, 'aria-hidden': 'true' }),
      text,
    );
  return element(
    'p',
    { class: 'legend' },
    key('solid accent', 'remaining, bandwidth'),
    key('fill second', 'dirtied in a round'),
    key('dashed second', 'dirtied a second, throttle'),
    key('dashed alarm', 'threshold: what fits into the downtime limit'),
  );
}

function chartData(run: PageRun, migration: PageMigration, details: DetailReader) {
  const { rounds, decisions } = details.of(run, migration.guest.id, migration.attempt);
  const marks = (decisions ?? [])
    .map((decision, i) => ({ decision, number: i + 1 }))
    .filter(({ decision }) => decision.atS >= (migration.startedS ?? migration.createdS))
    .filter(({ decision }) => decision.atS <= migration.endedS);
  return { migration, rounds: rounds ?? [], marks };
}

function decisionParts(detail: AttemptDetail, sinceS: number): readonly HTMLElement[] {
  if (detail.decisions === null || detail.decisions.length === 0) return [];
  const items = detail.decisions.map((decision) => decisionItem(decision, sinceS));
  return [
    element('h3', {}, 'Who decided what, and why'),
    element('ol', { class: 'decisions' }, ...items),
  ];
}

function decisionItem({ atS, actor, action, reason }: GuestDecision, sinceS: number): HTMLElement {
  const words = decisionWords(action);
  return element(
    'li',
    { class: `actor-${actor}` },
    element('span', { class: 'at' }, clockText(atS - sinceS)),
    element('span', { class: 'actor' }, actor),
    element('strong', {}, action),
    reason === '' ? null : element('span', { class: 'reason' }, ` ${reason}`),
    words === '' ? null : element('span', { class: 'words' }, words),
  );
}

function roundsTable(rounds: readonly GuestRound[], sinceS: number): HTMLElement {
  const titles = [
    'Round',
    'From',
    'Took',
    'Remaining',
    'Unsent',
    'Dirtied',
    'Sent',
    'Bandwidth',
    'Threshold',
    'Downtime limit',
    'Throttle',
    'Then',
  ];
  const rows = rounds.map((round) => {
    const cells = [
      String(round.round),
      clockText(round.startedS - sinceS),
      durationText((round.endedS - round.startedS) * 1e6),
      bytesText(round.remainingStartBytes),
      bytesText(round.remainingEndBytes),
      bytesText(round.dirtiedBytes),
      bytesText(round.sentBytes),
      `${bytesText(round.bandwidthBytesPerSecond)}/s`,
      bytesText(round.thresholdBytes),
      `${round.downtimeLimitMs} ms`,
      `${round.throttlePercent} %`,
    ].map((text) => element('td', { class: 'number' }, text));
    return element('tr', {}, ...cells, element('td', {}, round.decision));
  });
  const head = titles.map((title) => element('th', { scope: 'col' }, title));
  const table = element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
  return element(
    'details',
    {},
    element('summary', {}, 'The rounds in figures'),
    element('div', { class: 'wide' }, table),
  );
}

/** The rounds as a table, and the decisions as a list in words. */
import { decisionWords } from '../../outcome/decision-words.js';
import { element } from '../../outcome/report/page/dom.js';
import { roundCells } from '../../outcome/round-cells.js';
import type { GuestTrace } from '../../outcome/trace-text.js';
import type { DecisionRecord, RoundRecord } from '../../simulation/result.js';

const HEADINGS = [
  'round',
  'from',
  'took',
  'remaining',
  'dirtied',
  'sent',
  'bandwidth',
  'fits the pause',
  'pause allowed',
  'throttle',
  'decision',
];

/** The first rounds and the last ones tell the story; all of them are in the CSV. */
const FIRST_ROUNDS = 30;
const LAST_ROUNDS = 20;

export function roundsTable(trace: GuestTrace): HTMLElement {
  const { rounds } = trace;
  const whole = rounds.length <= FIRST_ROUNDS + LAST_ROUNDS;
  const first = whole ? rounds : rounds.slice(0, FIRST_ROUNDS);
  const last = whole ? [] : rounds.slice(-LAST_ROUNDS);
  const skipped = rounds.length - first.length - last.length;
  const gap = element(
    'tr',
    { class: 'gap' },
    element(
      'td',
      { colspan: String(HEADINGS.length) },
      `… ${skipped.toLocaleString('en')} rounds more, all in the CSV below …`,
    ),
  );
  const head = element(
    'tr',
    {},
    ...HEADINGS.map((heading) => element('th', { scope: 'col' }, heading)),
  );
  return element(
    'table',
    {},
    element('thead', {}, head),
    element(
      'tbody',
      {},
      ...first.map((round) => roundRow(trace, round)),
      ...(skipped > 0 ? [gap] : []),
      ...last.map((round) => roundRow(trace, round)),
    ),
  );
}

function roundRow(trace: GuestTrace, round: RoundRecord): HTMLElement {
  const cells = roundCells(round, clock(trace, round.startedUs));
  return element('tr', {}, ...cells.map((cell) => element('td', {}, cell)));
}

const DECISIONS_MOST = 200;

export function decisionList(trace: GuestTrace): HTMLElement {
  const shown = trace.decisions.slice(0, DECISIONS_MOST);
  const rest = trace.decisions.length - shown.length;
  const more = rest > 0 ? [element('li', {}, `… and ${rest.toLocaleString('en')} more`)] : [];
  return element(
    'ol',
    { class: 'decisions' },
    ...shown.map((d) => decisionItem(trace, d)),
    ...more,
  );
}

function decisionItem(trace: GuestTrace, decision: DecisionRecord): HTMLElement {
  const { actor, action, reason } = decision;
  return element(
    'li',
    { class: `by-${actor}` },
    element('time', {}, clock(trace, decision.atUs)),
    element('strong', {}, `${actor} ${action}`),
    element('span', { class: 'reason' }, reason),
    element('span', { class: 'sentence' }, decisionWords(action)),
  );
}

function clock(trace: GuestTrace, us: number): string {
  return `${((us - trace.startUs) / 1e6).toFixed(3)} s`;
}

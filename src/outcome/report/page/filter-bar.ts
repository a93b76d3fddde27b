/** What all parts of the page look at: search, outcomes, a span of time, and what is chosen. */
import { countText } from '../../quantity-text.js';
import { clockText } from './chart.js';
import { button, element } from './dom.js';
import type { PageRun } from './page-run.js';
import { EVERYTHING, isAll, type Selection } from './selection.js';
import { outcomeColour, outcomeShape } from './theme.js';

export function filterBar(runs: readonly PageRun[], selection: Selection): HTMLElement {
  const search = element('input', {
    type: 'search',
    placeholder: 'name, node, reason, cause …',
    'aria-label': 'Search guests',
  });
  search.addEventListener('input', () => selection.change({ search: search.value }));
  const from = minuteField('From minute', (fromS) => selection.change({ fromS }));
  const to = minuteField('To minute', (toS) => selection.change({ toS }));
  const status = element('span', { role: 'status', class: 'status' });
  const clear = button({}, 'Show all', () => selection.change(EVERYTHING));
  const outcomes = element('span', { class: 'choice', role: 'group', 'aria-label': 'Outcomes' });
  const show = (): void => {
    const filter = selection.filter();
    if (search.value !== filter.search) search.value = filter.search;
    if (document.activeElement !== from) from.value = minutes(filter.fromS);
    if (document.activeElement !== to) to.value = minutes(filter.toS);
    for (const made of outcomes.children) {
      const outcome = (made as HTMLElement).dataset.outcome ?? '';
      made.setAttribute('aria-pressed', String(filter.outcomes.has(outcome)));
    }
    clear.disabled = isAll(filter);
    status.textContent = statusText(runs, selection);
  };
  outcomes.append(...outcomeButtons(runs, selection));
  selection.onChange(show);
  show();
  return element(
    'div',
    { class: 'filter', role: 'search' },
    search,
    outcomes,
    from,
    to,
    clear,
    status,
  );
}

function minutes(seconds: number | null): string {
  return seconds === null ? '' : (seconds / 60).toFixed(1);
}

function minuteField(label: string, change: (seconds: number | null) => void): HTMLInputElement {
  const field = element('input', {
    type: 'number',
    min: '0',
    step: 'any',
    placeholder: label,
    'aria-label': label,
  });
  field.addEventListener('input', () => {
    const value = Number.parseFloat(field.value);
    change(Number.isFinite(value) ? value * 60 : null);
  });
  return field;
}

function outcomeButtons(runs: readonly PageRun[], selection: Selection): readonly HTMLElement[] {
  const counts = new Map<string, number>();
  for (const run of runs) {
    for (const { outcome } of run.guests) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => {
      const shape = element('span', { 'aria-hidden': 'true' }, `${outcomeShape(outcome)} `);
      shape.style.color = outcomeColour(outcome);
      const text = element('span', {}, shape, `${outcome} ${count.toLocaleString('en')}`);
      return button({ 'data-outcome': outcome, 'aria-pressed': 'false' }, text, () => {
        const chosen = new Set(selection.filter().outcomes);
        if (!chosen.delete(outcome)) chosen.add(outcome);
        selection.change({ outcomes: chosen });
      });
    });
}

function statusText(runs: readonly PageRun[], selection: Selection): string {
  const { fromS, toS, cause, brushed } = selection.filter();
  const counts = runs.map((run) => {
    const shown = selection.shown(run).length;
    const mark = run.letter === '' ? '' : `${run.letter}: `;
    return `${mark}${shown.toLocaleString('en')} of ${countText(run.guests.length, 'guest')}`;
  });
  const parts = [
    ...(cause === '' ? [] : [cause]),
    ...(brushed === null ? [] : ['brushed']),
    ...(fromS === null && toS === null
      ? []
      : [`${clockText(fromS ?? 0)} to ${toS === null ? 'the end' : clockText(toS)}`]),
  ];
  return [counts.join(', '), ...parts].join(' · ');
}

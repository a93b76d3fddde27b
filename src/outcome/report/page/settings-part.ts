/** Settings in force; of two runs, those that differ come first. */
import { countText } from '../../quantity-text.js';
import { element } from './dom.js';
import type { PageRun } from './page-run.js';

interface Setting {
  readonly scope: string;
  readonly name: string;
  readonly value: string;
  readonly source: string;
  readonly guests: number;
}

export function settingsPart(runs: readonly PageRun[]): HTMLElement {
  const settings = runs.map(settingsOf);
  const [first, second] = settings;
  if (first === undefined || settings.every((one) => one.length === 0)) {
    return element('p', { class: 'empty' }, 'The folder has no settings.csv.');
  }
  return second === undefined ? oneRun(first) : twoRuns(first, second);
}

function settingsOf({ tables: { settings } }: PageRun): readonly Setting[] {
  if (settings === null) return [];
  return settings.setting.map((name, i) => ({
    scope: settings.scope[i] ?? '',
    name,
    value: [settings.value[i], settings.unit[i]].filter((text) => text !== '').join(' '),
    source: settings.source[i] ?? '',
    guests: settings.guests[i] ?? 0,
  }));
}

function oneRun(settings: readonly Setting[]): HTMLElement {
  const groups: { readonly title: string; readonly rows: Setting[] }[] = [];
  for (const setting of settings) {
    const title = scopeTitle(setting);
    const last = groups.at(-1);
    // Two groups of guests may share a policy: a name that comes again begins another.
    const isSame = last?.title === title && !last.rows.some(({ name }) => name === setting.name);
    if (isSame) last.rows.push(setting);
    else groups.push({ title, rows: [setting] });
  }
  const parts = groups.map(({ title, rows }) =>
    element(
      'details',
      groups.length <= 6 ? { open: '' } : {},
      element('summary', {}, title),
      table(
        ['Setting', 'Value', 'From'],
        rows.map(({ name, value, source }) => [name, value, source]),
      ),
    ),
  );
  return element('div', { class: 'settings' }, ...parts);
}

function scopeTitle({ scope, guests }: Setting): string {
  const isGroup = scope === 'no policy' || scope.startsWith('policy ');
  return isGroup ? `Guests with ${scope} (${countText(guests, 'guest')})` : `The ${scope}`;
}

function twoRuns(a: readonly Setting[], b: readonly Setting[]): HTMLElement {
  const keyOf = ({ scope, name }: Setting): string => `${scope}: ${name}`;
  const other = new Map(b.map((setting) => [keyOf(setting), setting]));
  const keys = [...new Set([...a, ...b].map(keyOf))];
  const own = new Map(a.map((setting) => [keyOf(setting), setting]));
  const rows = keys.map((key) => [
    key,
    own.get(key)?.value ?? 'not in it',
    other.get(key)?.value ?? 'not in it',
  ]);
  const different = rows.filter(([, left, right]) => left !== right);
  const same = rows.filter(([, left, right]) => left === right);
  const titles = ['Setting', 'Run A', 'Run B'];
  return element(
    'div',
    {},
    different.length === 0
      ? element('p', { class: 'empty' }, 'All settings are the same.')
      : table(titles, different),
    element(
      'details',
      {},
      element('summary', {}, `${countText(same.length, 'setting')} that both share`),
      table(titles, same),
    ),
  );
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const head = titles.map((title) => element('th', { scope: 'col' }, title));
  const body = rows.map((cells) =>
    element(
      'tr',
      {},
      ...cells.map((text, i) =>
        i === 0 ? element('th', { scope: 'row' }, text) : element('td', {}, text),
      ),
    ),
  );
  return element(
    'div',
    { class: 'wide' },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...body),
    ),
  );
}

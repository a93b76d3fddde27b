/** The guests that pass the filter: sorted, page by page, to be copied as CSV. */
import { neutralText } from '../../column.js';
import { countText } from '../../quantity-text.js';
import { button, element } from './dom.js';
import { type GuestColumn, guestColumns } from './guest-columns.js';
import type { PageGuest, PageRun } from './page-run.js';
import type { Selection } from './selection.js';
import { outcomeColour } from './theme.js';

const ROWS_A_PAGE = 50;

interface TableState {
  sortBy: number;
  descending: boolean;
  page: number;
}

export function guestTable(
  runs: readonly PageRun[],
  selection: Selection,
  open: (guest: PageGuest) => void,
): HTMLElement {
  const [run] = runs;
  if (run === undefined) return element('div');
  const columns = guestColumns(runs);
  const state: TableState = { sortBy: 0, descending: false, page: 0 };
  const body = element('tbody');
  const header = element('tr');
  const pager = element('div', { class: 'tools' });
  const told = element('span', { role: 'status' });
  const show = (): void => {
    const rows = sorted(selection.shown(run), columns, state);
    const pages = Math.max(1, Math.ceil(rows.length / ROWS_A_PAGE));
    state.page = Math.min(state.page, pages - 1);
    const from = state.page * ROWS_A_PAGE;
    const visible = rows.slice(from, from + ROWS_A_PAGE);
    body.replaceChildren(...visible.map((guest) => guestRow(guest, columns, open)));
    header.replaceChildren(...columns.map((column, i) => headerCell(column, i, state, show)));
    pager.replaceChildren(...pagerParts(rows, pages, columns, state, told, show));
  };
  selection.onChange(() => {
    state.page = 0;
    show();
  });
  show();
  const table = element('table', {}, element('thead', {}, header), body);
  return element('div', {}, pager, element('div', { class: 'wide' }, table));
}

function sorted(
  guests: readonly PageGuest[],
  columns: readonly GuestColumn[],
  { sortBy, descending }: TableState,
): readonly PageGuest[] {
  const column = columns[sortBy];
  if (column === undefined) return guests;
  const keyed = guests.map((guest) => ({ guest, key: column.value(guest) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    if (typeof a.key === 'number' && typeof b.key === 'number') return sign * (a.key - b.key);
    return sign * byName.compare(String(a.key), String(b.key));
  });
  return keyed.map(({ guest }) => guest);
}

const byName = new Intl.Collator('en', { numeric: true });

function headerCell(
  column: GuestColumn,
  index: number,
  state: TableState,
  show: () => void,
): HTMLElement {
  const isSorted = state.sortBy === index;
  const order = isSorted ? (state.descending ? 'descending' : 'ascending') : 'none';
  const arrow = isSorted ? (state.descending ? ' ▼' : ' ▲') : '';
  const sort = button({}, `${column.title}${arrow}`, () => {
    state.descending = isSorted ? !state.descending : column.isNumber;
    state.sortBy = index;
    show();
    // The cell was made anew: whoever came by keyboard stays where they were.
    document.querySelector<HTMLElement>(`#guests th:nth-child(${index + 1}) button`)?.focus();
  });
  const attributes = {
    scope: 'col',
    'aria-sort': order,
    ...(column.isNumber ? { class: 'number' } : {}),
  };
  return element('th', attributes, sort);
}

function guestRow(
  guest: PageGuest,
  columns: readonly GuestColumn[],
  open: (guest: PageGuest) => void,
): HTMLElement {
  const cells = columns.map((column, i) => {
    if (i === 0) {
      const name = button({ class: 'link' }, guest.id, () => open(guest));
      return element('th', { scope: 'row' }, name);
    }
    const cell = element('td', column.isNumber ? { class: 'number' } : {}, column.text(guest));
    if (column.title.startsWith('Outcome')) {
      cell.className = 'outcome';
      cell.style.color = outcomeColour(String(column.value(guest)));
    }
    return cell;
  });
  return element('tr', {}, ...cells);
}

function pagerParts(
  rows: readonly PageGuest[],
  pages: number,
  columns: readonly GuestColumn[],
  state: TableState,
  told: HTMLElement,
  show: () => void,
): readonly HTMLElement[] {
  const turn = (by: number, text: string): HTMLButtonElement => {
    const turned = button({}, text, () => {
      state.page += by;
      show();
    });
    turned.disabled = state.page + by < 0 || state.page + by >= pages;
    return turned;
  };
  const copy = button({}, `Copy ${countText(rows.length, 'row')} as CSV`, () => {
    void copyText(csvText(rows, columns)).then((ok) => {
      told.textContent = ok ? 'copied' : 'the browser does not allow it';
    });
  });
  const place = element('span', {}, `page ${state.page + 1} of ${pages}`);
  told.textContent = '';
  return [turn(-1, 'Previous'), place, turn(1, 'Next'), copy, told];
}

/** As the files are: RFC 4180, nothing that a spreadsheet would run. */
function csvText(rows: readonly PageGuest[], columns: readonly GuestColumn[]): string {
  const quoted = (text: string): string =>
    /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const cellOf = (value: string | number | null): string =>
    typeof value === 'number' ? String(value) : quoted(neutralText(value ?? ''));
  const lines = rows.map((guest) => columns.map((column) => cellOf(column.value(guest))).join(','));
  return `${[columns.map(({ csvName }) => csvName).join(','), ...lines].join('\r\n')}\r\n`;
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

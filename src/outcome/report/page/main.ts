/** The report's page: unpacks the runs, builds its parts, and keeps them on one selection. */
import './main.css';
import type { RunTables } from '../run-tables.js';
import { causePart } from './causes.js';
import { followPaper, redrawCharts } from './chart.js';
import { distributionPart } from './distributions.js';
import { button, element, section } from './dom.js';
import { filterBar } from './filter-bar.js';
import { ganttPart } from './gantt.js';
import { guestDialog } from './guest-dialog.js';
import { guestTable } from './guest-table.js';
import { linkPart } from './link-map.js';
import { type PageRun, pageRun } from './page-run.js';
import { createSelection } from './selection.js';
import { settingsPart } from './settings-part.js';
import { unpack } from './unpack.js';

/** The answer is on the page already: it is painted before the charts are made. */
requestAnimationFrame(() => setTimeout(build, 0));

function build(): void {
  const tables = unpackRuns();
  const runs = tables.map((one, i) => pageRun(one, i, tables.length > 1 ? 'AB'.charAt(i) : ''));
  const main = document.getElementById('main');
  const [run] = runs;
  if (main === null || run === undefined) return;
  const selection = createSelection(runs);
  const dialog = guestDialog(runs);
  const gantts = runs.map((one) => ({
    run: one,
    ...ganttPart(one, selection, (guest, attempt) => dialog.open(one, guest, attempt)),
  }));
  const maps = runs.map((one) => ({ run: one, ...linkPart(one) }));
  const distributions = distributionPart(runs, selection, (of, guest) => dialog.open(of, guest, 0));
  main.replaceChildren(
    navigation(),
    filterBar(runs, selection),
    section('drain', 'The drain', GANTT_HINT, ...titled(gantts)),
    section('links', 'Links', LINK_HINT, ...titled(maps)),
    section('times', 'How long', '', distributions.content),
    section('causes', 'Why', 'Choose a cause to see its guests.', causePart(runs, selection)),
    section(
      'guests',
      'Guests',
      '',
      guestTable(runs, selection, (guest) => dialog.open(run, guest, 0)),
    ),
    section('settings', 'Settings in force', '', settingsPart(runs)),
  );
  for (const part of [...gantts, ...maps, distributions]) part.draw();
  followTheme();
  followPaper();
  document.documentElement.dataset.ready = 'true';
}

const GANTT_HINT =
  'Drag over an area to look at its guests only; choose a bar for its rounds; Ctrl and the wheel, or the slider below, zoom. Outlined bars did not succeed, dashed ones are guests that were not migrated.';
const LINK_HINT = 'How full each link was in each step of time, the busiest first.';

function unpackRuns(): readonly RunTables[] {
  return unpack<readonly RunTables[]>('tables');
}

/** Of two runs each part has its letter. */
function titled(
  parts: readonly { readonly run: PageRun; readonly content: HTMLElement }[],
): readonly HTMLElement[] {
  return parts.map(({ run, content }) =>
    run.letter === ''
      ? content
      : element('div', { class: 'of-run' }, element('h3', {}, `Run ${run.letter}`), content),
  );
}

function navigation(): HTMLElement {
  const targets = {
    drain: 'Drain',
    links: 'Links',
    times: 'How long',
    causes: 'Why',
    guests: 'Guests',
    settings: 'Settings',
  };
  const links = Object.entries(targets).map(([id, text]) => element('a', { href: `#${id}` }, text));
  const root = document.documentElement;
  const turn = button({ class: 'theme' }, 'Light or dark', () => {
    const isDark =
      root.dataset.theme === 'dark' || (root.dataset.theme === undefined && darkWished().matches);
    root.dataset.theme = isDark ? 'light' : 'dark';
    redrawCharts();
  });
  return element('nav', { 'aria-label': 'Parts of the report' }, ...links, turn);
}

function darkWished(): MediaQueryList {
  return window.matchMedia('(prefers-color-scheme: dark)');
}

function followTheme(): void {
  darkWished().addEventListener('change', redrawCharts);
}

/** How long guests were stopped and how long they took, with the worst by name. */
import type { BarSeriesOption } from 'echarts';
import { durationText } from '../../quantity-text.js';
import { axisStyle, type Chart, mountChart, tooltipContent, tooltipStyle } from './chart.js';
import { button, element } from './dom.js';
import { binCounts, bins } from './histogram.js';
import { type PageGuest, type PageRun, totalSeconds, worstDowntimeMs } from './page-run.js';
import type { Selection } from './selection.js';
import type { Theme } from './theme.js';

const WORST_TOLD = 5;

interface Measure {
  readonly title: string;
  /** Microseconds; null: none. */
  readonly of: (guest: PageGuest) => number | null;
}

const MEASURES: readonly Measure[] = [
  { title: 'Downtime', of: (guest) => scaled(worstDowntimeMs(guest), 1e3) },
  { title: 'Total time, waiting included', of: (guest) => scaled(totalSeconds(guest), 1e6) },
];

function scaled(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

export function distributionPart(
  runs: readonly PageRun[],
  selection: Selection,
  open: (run: PageRun, guest: PageGuest) => void,
): { readonly content: HTMLElement; draw(): void } {
  const panels = MEASURES.map((measure) => panel(runs, measure, selection, open));
  const content = element('div', { class: 'columns' }, ...panels.map((one) => one.content));
  const draw = (): void => {
    for (const one of panels) one.draw();
  };
  return { content, draw };
}

function panel(
  runs: readonly PageRun[],
  measure: Measure,
  selection: Selection,
  open: (run: PageRun, guest: PageGuest) => void,
): { readonly content: HTMLElement; draw(): void } {
  const host = element('div', { class: 'chart histogram' });
  const worst = element('div', { class: 'worst' });
  const showWorst = (): void =>
    worst.replaceChildren(...runs.map((run) => worstList(run, measure, selection, open)));
  let mounted: Chart | null = null;
  const draw = (): void => {
    showWorst();
    const label = `${measure.title}: how many guests for which length; the worst are listed beside it.`;
    mounted = mountChart(host, label, (theme) => histogramOption(runs, measure, selection, theme));
  };
  selection.onChange(() => {
    showWorst();
    mounted?.redraw();
  });
  const swatches = runs.length < 2 ? [] : runs.flatMap((run) => [swatchOf(run), run.letter]);
  const what = element('small', {}, ', guests by length', ...swatches);
  const title = element('h3', {}, measure.title, what);
  return { content: element('div', {}, title, host, worst), draw };
}

/** The colour of a run's bars. */
function swatchOf({ letter }: PageRun): HTMLElement {
  return element('span', {
    'aria-hidden': 'true',
    class: letter === 'A' ? 'swatch' : 'swatch second',
  });
}

function valuesOf(guests: readonly PageGuest[], { of }: Measure): number[] {
  return guests.map(of).filter((value) => value !== null);
}

function worstList(
  run: PageRun,
  measure: Measure,
  selection: Selection,
  open: (run: PageRun, guest: PageGuest) => void,
): HTMLElement {
  const longest = selection
    .shown(run)
    .map((guest) => ({ guest, us: measure.of(guest) }))
    .filter(({ us }) => us !== null)
    .sort((a, b) => (b.us ?? 0) - (a.us ?? 0))
    .slice(0, WORST_TOLD);
  const rows = longest.map(({ guest, us }) =>
    element(
      'li',
      {},
      button({ class: 'link' }, guest.id, () => open(run, guest)),
      element('span', {}, durationText(us ?? 0)),
    ),
  );
  const title = run.letter === '' ? 'The longest' : `The longest of ${run.letter}`;
  return element('div', {}, element('h4', {}, title), element('ol', {}, ...rows));
}

function histogramOption(
  runs: readonly PageRun[],
  measure: Measure,
  selection: Selection,
  theme: Theme,
): Record<string, unknown> {
  const histogram = bins(runs.flatMap((run) => valuesOf(run.guests, measure)));
  const shown = runs.map((run) => binCounts(histogram, valuesOf(selection.shown(run), measure)));
  const axis = axisStyle(theme);
  const range = (i: number): string =>
    `${durationText(histogram.from[i] ?? 0)} to ${durationText(histogram.to[i] ?? 0)}`;
  return {
    grid: { left: 44, right: 8, top: 12, bottom: 34 },
    tooltip: {
      ...tooltipStyle(theme),
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      formatter: (events: readonly { dataIndex: number }[]) => {
        const i = events[0]?.dataIndex ?? 0;
        const lines = runs.map((run, at) => `${run.letter} ${shown[at]?.[i] ?? 0} guests`.trim());
        return tooltipContent(range(i), lines);
      },
    },
    xAxis: {
      type: 'category',
      data: histogram.from.map((from) => durationText(from)),
      ...axis,
      splitLine: { show: false },
    },
    yAxis: { type: 'value', minInterval: 1, ...axis },
    series: runs.map(
      (_, at): BarSeriesOption => ({
        type: 'bar',
        data: shown[at] ?? [],
        barCategoryGap: '8%',
        barGap: '0%',
        itemStyle: { color: at === 0 ? theme.accent : theme.second },
      }),
    ),
  };
}

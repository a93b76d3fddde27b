/** The drain over time: a bar for each migration, by node and guest, with a brush that selects. */
import { durationText } from '../../quantity-text.js';
import { type Chart, clockText, MS, mountChart, timeAxis, tooltipContent } from './chart.js';
import { button, element } from './dom.js';
import { bandSeries, LABEL_WIDTH } from './gantt-bands.js';
import { barAt, barSeries } from './gantt-bars.js';
import { type GanttBar, type GanttRows, type GanttRowsMode, ganttRows } from './gantt-rows.js';
import type { PageGuest, PageRun } from './page-run.js';
import { isAll, type Selection } from './selection.js';
import { currentTheme, outcomeColour, outcomeShape, type Theme } from './theme.js';

const ROW_MOST = 22;
const HEIGHT_MOST = 560;
const HEIGHT_LEAST = 120;
/** Fewer guests fit with a row for each. */
const GUEST_ROWS_MOST = 60;

interface Brushed {
  readonly areas: readonly {
    readonly coordRange: readonly [readonly number[], readonly number[]];
  }[];
}

/** The part's content; `draw` is to be called once it is in the page. */
export function ganttPart(
  run: PageRun,
  selection: Selection,
  open: (guest: PageGuest, attempt: number) => void,
): { readonly content: HTMLElement; draw(): void } {
  let mode: GanttRowsMode = run.guests.length <= GUEST_ROWS_MOST ? 'guests' : 'lanes';
  let rows = ganttRows(run, mode);
  let mounted: Chart | null = null;
  const host = element('div', { class: 'chart gantt' });
  const show = (): void => {
    rows = ganttRows(run, mode);
    host.style.height = `${chartHeight(rows.rows)}px`;
    mounted?.chart.resize();
    mounted?.redraw();
    startBrush();
  };
  const startBrush = (): void => {
    const brushOption = { brushType: 'rect', brushMode: 'single' };
    mounted?.chart.dispatchAction({ type: 'takeGlobalCursor', key: 'brush', brushOption });
  };
  const zoom = (factor: number): void => {
    if (mounted !== null) zoomTime(mounted, factor);
  };
  const modes = modeButtons(mode, (chosen) => {
    mode = chosen;
    show();
  });
  const tools = element(
    'div',
    { class: 'tools' },
    modes,
    button({ 'aria-label': 'Zoom in on the time' }, '+', () => zoom(0.5)),
    button({ 'aria-label': 'Zoom out of the time' }, '−', () => zoom(2)),
    button({}, 'All', () => show()),
  );
  const draw = (): void => {
    host.style.height = `${chartHeight(rows.rows)}px`;
    mounted = mountChart(host, labelOf(run), (theme) =>
      ganttOption(run, rows, mode, selection, theme),
    );
    followMouse(mounted, host, () => rows, open);
    mounted.chart.on('brushEnd', (event) => select(selection, rows, event as unknown as Brushed));
    startBrush();
  };
  selection.onChange(() => {
    if (selection.filter().brushed === null && selection.filter().fromS === null) {
      mounted?.chart.dispatchAction({ type: 'brush', areas: [] });
    }
    mounted?.chart.setOption({
      series: [barSeries(rows, shownIn(run, selection), currentTheme())],
    });
  });
  return { content: element('div', {}, tools, outcomeLegend(rows), host), draw };
}

function shownIn(run: PageRun, selection: Selection): (bar: GanttBar) => boolean {
  const all = isAll(selection.filter());
  return ({ guest }) => all || selection.isShown(run, guest);
}

/** A bar is told of while the mouse is over it, and opened by a click that is no drag. */
function followMouse(
  { chart }: Chart,
  host: HTMLElement,
  rowsNow: () => GanttRows,
  open: (guest: PageGuest, attempt: number) => void,
): void {
  const tip = element('div', { class: 'floating', hidden: '' });
  host.append(tip);
  const barUnder = ({ offsetX, offsetY }: MousePlace): GanttBar | undefined => {
    if (!chart.containPixel({ gridIndex: 0 }, [offsetX, offsetY])) return undefined;
    const [ms = 0, row = 0] = chart.convertFromPixel({ gridIndex: 0 }, [offsetX, offsetY]);
    const [nearMs = 0] = chart.convertFromPixel({ gridIndex: 0 }, [offsetX + 3, offsetY]);
    return barAt(rowsNow(), ms / MS, row, (nearMs - ms) / MS);
  };
  let pressed: MousePlace | null = null;
  chart.getZr().on('mousedown', (event) => {
    pressed = { offsetX: event.offsetX, offsetY: event.offsetY };
  });
  chart.getZr().on('mousemove', (event) => {
    const bar = barUnder(event);
    tip.hidden = bar === undefined;
    if (bar === undefined) return;
    tip.replaceChildren(barTooltip(bar));
    tip.style.left = `${Math.min(event.offsetX + 14, host.clientWidth - tip.offsetWidth - 4)}px`;
    tip.style.top = `${event.offsetY + 14}px`;
  });
  chart.getZr().on('globalout', () => {
    tip.hidden = true;
  });
  chart.getZr().on('mouseup', (event) => {
    const moved =
      pressed === null
        ? 9
        : Math.hypot(event.offsetX - pressed.offsetX, event.offsetY - pressed.offsetY);
    const bar = moved < 4 ? barUnder(event) : undefined;
    if (bar !== undefined) open(bar.guest, bar.attempt);
  });
}

interface MousePlace {
  readonly offsetX: number;
  readonly offsetY: number;
}

function modeButtons(mode: GanttRowsMode, choose: (mode: GanttRowsMode) => void): HTMLElement {
  const group = element('span', { class: 'choice', role: 'group', 'aria-label': 'Rows' });
  const texts: Readonly<Record<GanttRowsMode, string>> = {
    lanes: 'A lane for each at once',
    guests: 'A row for each guest',
  };
  for (const one of ['lanes', 'guests'] as const) {
    const made = button({ 'aria-pressed': String(one === mode) }, texts[one], () => {
      for (const other of group.children)
        other.setAttribute('aria-pressed', String(other === made));
      choose(one);
    });
    group.append(made);
  }
  return group;
}

function chartHeight(rows: number): number {
  return Math.min(HEIGHT_MOST, Math.max(HEIGHT_LEAST, rows * ROW_MOST + 70));
}

function labelOf(run: PageRun): string {
  const nodes = new Set(run.guests.map(({ source }) => source)).size;
  const of = run.letter === '' ? '' : ` of run ${run.letter}`;
  return `The drain${of} over time: ${run.migrations.length} migrations from ${nodes} nodes. The table of guests has the same.`;
}

function zoomTime({ chart }: Chart, factor: number): void {
  const zooms = (chart.getOption() as { dataZoom: { start: number; end: number }[] }).dataZoom;
  const { start, end } = zooms[0] ?? { start: 0, end: 100 };
  const middle = (start + end) / 2;
  const half = Math.min(50, ((end - start) / 2) * factor);
  const from = Math.min(100 - 2 * half, Math.max(0, middle - half));
  chart.dispatchAction({ type: 'dataZoom', dataZoomIndex: 0, start: from, end: from + 2 * half });
}

function select(selection: Selection, rows: GanttRows, { areas }: Brushed): void {
  const range = areas[0]?.coordRange;
  if (range === undefined) {
    selection.change({ brushed: null, fromS: null, toS: null });
    return;
  }
  const [[fromMs = 0, toMs = 0], [top = 0, bottom = 0]] = range;
  const fromS = fromMs / MS;
  const toS = toMs / MS;
  const inside = rows.bars.filter(
    (bar) => bar.row + 1 > top && bar.row < bottom && bar.toS >= fromS && bar.fromS <= toS,
  );
  selection.change({ brushed: new Set(inside.map(({ guest }) => guest.id)), fromS, toS });
}

function ganttOption(
  run: PageRun,
  rows: GanttRows,
  mode: GanttRowsMode,
  selection: Selection,
  theme: Theme,
): Record<string, unknown> {
  const zoomed = {
    filterMode: 'none',
    borderColor: theme.line,
    fillerColor: `${theme.accent}33`,
    handleStyle: { color: theme.surface, borderColor: theme.muted },
    brushSelect: false,
  };
  const scrolls = rows.rows * ROW_MOST + 70 > HEIGHT_MOST;
  return {
    grid: { left: LABEL_WIDTH, right: scrolls ? 34 : 12, top: 8, bottom: 62 },
    xAxis: timeAxis(theme, run.fromS, run.toS),
    yAxis: { type: 'value', min: 0, max: Math.max(1, rows.rows), inverse: true, show: false },
    dataZoom: [
      {
        type: 'slider',
        xAxisIndex: 0,
        bottom: 8,
        height: 18,
        ...zoomed,
        labelFormatter: (atMs: number) => clockText(atMs / MS),
        textStyle: { color: theme.muted, fontSize: 10 },
      },
      {
        type: 'inside',
        xAxisIndex: 0,
        zoomOnMouseWheel: 'ctrl',
        moveOnMouseMove: false,
        filterMode: 'none',
      },
      ...(scrolls
        ? [{ type: 'slider', yAxisIndex: 0, right: 6, width: 16, showDetail: false, ...zoomed }]
        : []),
    ],
    brush: {
      xAxisIndex: 0,
      yAxisIndex: 0,
      toolbox: [],
      brushStyle: { color: `${theme.accent}22`, borderColor: theme.accent },
      inBrush: {},
      outOfBrush: {},
      throttleType: 'debounce',
      throttleDelay: 100,
    },
    series: [bandSeries(rows, mode, theme), barSeries(rows, shownIn(run, selection), theme)],
  };
}

/** The colours of what is in the picture. */
function outcomeLegend(rows: GanttRows): HTMLElement {
  const outcomes = new Set(rows.bars.map(({ outcome }) => outcome));
  const keys = [...outcomes].map((outcome) => {
    const shape = element('span', { 'aria-hidden': 'true' }, `${outcomeShape(outcome)} `);
    shape.style.color = outcomeColour(outcome);
    return element('span', { class: 'key' }, shape, outcome);
  });
  if (rows.bars.some(({ kind }) => kind === 'queue')) {
    const shape = element('span', { 'aria-hidden': 'true', class: 'waiting' });
    keys.push(element('span', { class: 'key' }, shape, 'waiting for its turn or a node'));
  }
  return element('p', { class: 'legend' }, ...keys);
}

function barTooltip({ guest, attempt, kind, fromS, toS, outcome }: GanttBar): HTMLElement {
  const took = durationText((toS - fromS) * 1e6);
  const target = guest.migrations.find((one) => one.attempt === attempt)?.target ?? '';
  const what = { queue: `waited ${took}`, run: `${outcome} after ${took}`, stay: outcome }[kind];
  return tooltipContent(guest.id, [
    kind === 'stay' ? guest.source : `${guest.source} to ${target === '' ? 'no node' : target}`,
    kind === 'stay' ? what : `attempt ${attempt}: ${what}`,
    ...(guest.reason === '' ? [] : [guest.reason]),
  ]);
}

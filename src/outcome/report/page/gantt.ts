/** The drain over time: a bar for each migration, by node and guest, with a brush that selects. */
import type { CustomSeriesOption, CustomSeriesRenderItem } from 'echarts';
import { graphic } from 'echarts/core';
import { durationText } from '../../quantity-text.js';
import {
  type Chart,
  clockText,
  MS,
  mountChart,
  timeAxis,
  tooltipContent,
  tooltipStyle,
} from './chart.js';
import { button, element } from './dom.js';
import { type GanttBar, type GanttRows, type GanttRowsMode, ganttRows } from './gantt-rows.js';
import type { PageGuest, PageRun } from './page-run.js';
import { isAll, type Selection } from './selection.js';
import { outcomeColour, outcomeShape, type Theme } from './theme.js';

const LABEL_WIDTH = 150;
const ROW_MOST = 22;
const HEIGHT_MOST = 560;
const HEIGHT_LEAST = 120;
/** Fewer guests fit with a row for each. */
const GUEST_ROWS_MOST = 60;
const READABLE_ROW = 11;

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
    outcomeLegend(rows),
  );
  const draw = (): void => {
    host.style.height = `${chartHeight(rows.rows)}px`;
    mounted = mountChart(host, labelOf(run), (theme) =>
      ganttOption(run, rows, mode, selection, theme),
    );
    mounted.chart.on('click', (event) => {
      const bar = event.seriesId === 'bars' ? rows.bars[barIndex(event.value)] : undefined;
      if (bar !== undefined) open(bar.guest, bar.attempt);
    });
    mounted.chart.on('brushEnd', (event) => select(selection, rows, event as unknown as Brushed));
    startBrush();
  };
  selection.onChange(() => {
    if (selection.filter().brushed === null && selection.filter().fromS === null) {
      mounted?.chart.dispatchAction({ type: 'brush', areas: [] });
    }
    mounted?.chart.setOption({ series: [{ id: 'bars', data: barData(run, rows, selection) }] });
  });
  return { content: element('div', {}, tools, host), draw };
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

/** row, row + 1, from and to in milliseconds, index, shown */
type BarDatum = readonly [number, number, number, number, number, number];

function barIndex(value: unknown): number {
  return (value as BarDatum)[4];
}

function barData(run: PageRun, rows: GanttRows, selection: Selection): BarDatum[] {
  const all = isAll(selection.filter());
  return rows.bars.map((bar, i) => [
    bar.row,
    bar.row + 1,
    bar.fromS * MS,
    bar.toS * MS,
    i,
    all || selection.isShown(run, bar.guest) ? 1 : 0,
  ]);
}

function ganttOption(
  run: PageRun,
  rows: GanttRows,
  mode: GanttRowsMode,
  selection: Selection,
  theme: Theme,
): Record<string, unknown> {
  const zoomed = {
    filterMode: 'weakFilter',
    borderColor: theme.line,
    fillerColor: `${theme.accent}33`,
    handleStyle: { color: theme.surface, borderColor: theme.muted },
    brushSelect: false,
  };
  const scrolls = rows.rows * ROW_MOST + 70 > HEIGHT_MOST;
  return {
    grid: { left: LABEL_WIDTH, right: scrolls ? 34 : 12, top: 8, bottom: 62 },
    tooltip: {
      ...tooltipStyle(theme),
      formatter: (event: { data: unknown }) => barTooltip(rows, event.data),
    },
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
        filterMode: 'weakFilter',
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
    series: [bandSeries(rows, mode, theme), barSeries(run, rows, selection, theme)],
  };
}

function barSeries(
  run: PageRun,
  rows: GanttRows,
  selection: Selection,
  theme: Theme,
): CustomSeriesOption {
  const colours = new Map<string, string>();
  const colourOf = (outcome: string): string => {
    const known = colours.get(outcome) ?? outcomeColour(outcome);
    colours.set(outcome, known);
    return known;
  };
  return {
    id: 'bars',
    type: 'custom',
    zlevel: 0,
    clip: true,
    dimensions: ['row', 'below', 'from', 'to', 'index', 'shown'],
    encode: { x: [2, 3], y: [0, 1], tooltip: [] },
    renderItem: ((params, api) => {
      const bar = rows.bars[Number(api.value(4))];
      if (bar === undefined) return null;
      const [left = 0, top = 0] = api.coord([api.value(2), api.value(0)]);
      const [right = 0, bottom = 0] = api.coord([api.value(3), api.value(1)]);
      const gap = bottom - top > 4 ? 1 : 0;
      const rect = {
        x: left,
        y: top + gap,
        width: Math.max(1, right - left),
        height: Math.max(0.7, bottom - top - 2 * gap),
      };
      const shape = graphic.clipRectByRect(rect, params.coordSys as unknown as typeof rect);
      if (shape === undefined) return null;
      const opacity = api.value(5) === 1 ? 1 : 0.12;
      return {
        type: 'rect',
        shape,
        style: { ...barStyle(bar, colourOf(bar.outcome), theme), opacity },
      };
    }) as CustomSeriesRenderItem,
    data: barData(run, rows, selection) as unknown as NonNullable<CustomSeriesOption['data']>,
    z: 3,
  };
}

/** Waiting is hollow, moving is solid, a guest that stays is thin: told without colour. */
function barStyle(bar: GanttBar, colour: string, theme: Theme): Record<string, unknown> {
  switch (bar.kind) {
    case 'queue':
      return { fill: `${theme.muted}33` };
    case 'run':
      return bar.outcome === 'succeeded'
        ? { fill: colour }
        : { fill: colour, stroke: theme.text, lineWidth: 1 };
    case 'stay':
      return { fill: `${colour}55`, stroke: colour, lineWidth: 1, lineDash: [4, 3] };
    default:
      return bar.kind satisfies never;
  }
}

/** Nodes: a band each, with its name; guests' names where rows are high enough to read. */
function bandSeries(rows: GanttRows, mode: GanttRowsMode, theme: Theme): CustomSeriesOption {
  return {
    id: 'bands',
    type: 'custom',
    zlevel: 0,
    clip: false,
    silent: true,
    encode: { y: [1, 2], x: [] },
    renderItem: ((params, api) => {
      const band = rows.bands[Number(api.value(0))];
      const system = params.coordSys as unknown as {
        x: number;
        y: number;
        width: number;
        height: number;
      };
      if (band === undefined) return null;
      const yOf = (row: number): number => api.coord([0, row])[1] ?? 0;
      const top = Math.max(system.y, yOf(band.fromRow));
      const bottom = Math.min(system.y + system.height, yOf(band.toRow));
      if (bottom - top < 1) return null;
      const even = Number(api.value(0)) % 2 === 0;
      const shape = { x: system.x, y: top, width: system.width, height: bottom - top };
      return {
        type: 'group',
        children: [
          { type: 'rect', shape, style: { fill: even ? theme.band : 'transparent' } },
          ...bandLabels(rows, mode, band, top, bottom, system.x + system.width, yOf, theme),
        ],
      };
    }) as CustomSeriesRenderItem,
    data: rows.bands.map((band, i) => [i, band.fromRow, band.toRow]),
    z: 1,
  };
}

function bandLabels(
  rows: GanttRows,
  mode: GanttRowsMode,
  band: GanttRows['bands'][number],
  top: number,
  bottom: number,
  right: number,
  yOf: (row: number) => number,
  theme: Theme,
): readonly Record<string, unknown>[] {
  const rowHeight = yOf(band.fromRow + 1) - yOf(band.fromRow);
  const label = (text: string, y: number, fill: string): Record<string, unknown> => ({
    type: 'text',
    style: {
      x: LABEL_WIDTH - 6,
      y,
      text,
      fill,
      align: 'right',
      verticalAlign: 'middle',
      fontSize: 11,
      width: LABEL_WIDTH - 10,
      overflow: 'truncate',
    },
  });
  if (mode === 'guests' && rowHeight >= READABLE_ROW) {
    const labels: Record<string, unknown>[] = [];
    for (let row = band.fromRow; row < band.toRow; row++) {
      const y = yOf(row + 0.5);
      if (y >= top && y <= bottom) labels.push(label(rows.names[row] ?? '', y, theme.text));
    }
    return [...labels, nodeMark(band.node, right, top, theme)];
  }
  const middle = (top + bottom) / 2;
  if (mode === 'guests') {
    const name = { ...label(band.node, middle, theme.muted) };
    return bottom - top >= READABLE_ROW ? [name] : [];
  }
  // Names that would lie on each other are left out: every second, every third, …
  const height = (yOf(rows.rows) - yOf(0)) / rows.bands.length;
  const every = Math.max(1, Math.ceil((READABLE_ROW + 3) / height));
  return rows.bands.indexOf(band) % every === 0 ? [label(band.node, middle, theme.text)] : [];
}

/** A node's name over its band, where the labels before it are its guests'. */
function nodeMark(node: string, right: number, top: number, theme: Theme): Record<string, unknown> {
  const style = {
    x: right - 4,
    y: top + 3,
    text: node,
    fill: theme.muted,
    align: 'right',
    fontSize: 10,
  };
  return { type: 'text', z2: 20, style };
}

/** The colours of what is in the picture. */
function outcomeLegend(rows: GanttRows): HTMLElement {
  const outcomes = new Set(rows.bars.map(({ outcome }) => outcome));
  const keys = [...outcomes].map((outcome) => {
    const shape = element('span', { 'aria-hidden': 'true' }, `${outcomeShape(outcome)} `);
    shape.style.color = outcomeColour(outcome);
    return element('span', { class: 'key' }, shape, outcome);
  });
  return element('span', { class: 'legend' }, ...keys);
}

function barTooltip(rows: GanttRows, data: unknown): HTMLElement | string {
  const bar = rows.bars[barIndex(data)];
  if (bar === undefined) return '';
  const { guest, attempt, kind, fromS, toS, outcome } = bar;
  const took = durationText((toS - fromS) * 1e6);
  const target = guest.migrations.find((one) => one.attempt === attempt)?.target ?? '';
  const what = { queue: `waited ${took}`, run: `${outcome} after ${took}`, stay: outcome }[kind];
  return tooltipContent(guest.id, [
    kind === 'stay' ? guest.source : `${guest.source} to ${target === '' ? 'no node' : target}`,
    kind === 'stay' ? what : `attempt ${attempt}: ${what}`,
    ...(guest.reason === '' ? [] : [guest.reason]),
  ]);
}

/** Links over time as a heat map: how full each was, and when nothing of it was left. */
import type { CustomSeriesOption, CustomSeriesRenderItem } from 'echarts';
import { durationText, percentText } from '../../quantity-text.js';
import type { LinkUse } from '../run-tables.js';
import {
  type Chart,
  clockText,
  MS,
  mountChart,
  timeAxis,
  tooltipContent,
  tooltipStyle,
} from './chart.js';
import { element } from './dom.js';
import type { PageRun } from './page-run.js';
import type { Theme } from './theme.js';

const ROW = 17;
const LABEL_WIDTH = 190;
const SHOWN_FIRST = 24;

/** Cividis: the same order of brightness for every kind of eye, in print as well. */
const RAMP = [
  '#00224e',
  '#123570',
  '#3b496c',
  '#575d6d',
  '#707173',
  '#8a8678',
  '#a59c74',
  '#c3b369',
  '#e1cc55',
  '#fee838',
] as const;

export function linkPart(run: PageRun): { readonly content: HTMLElement; draw(): void } {
  const use = run.tables.links;
  const host = element('div', { class: 'chart' });
  let rows: readonly number[] = [];
  let mounted: Chart | null = null;
  const show = (kind: string, all: boolean): void => {
    const chosen = use.links.flatMap((link, i) =>
      kindOf(link) === kind || kind === '' ? [i] : [],
    );
    rows = all ? chosen : chosen.slice(0, SHOWN_FIRST);
    host.style.height = `${rows.length * ROW + 40}px`;
    mounted?.chart.resize();
    mounted?.redraw();
  };
  const draw = (): void => {
    show('', false);
    const label = `How full ${use.links.length} links were over time.`;
    mounted = mountChart(host, label, (theme) => mapOption(run, rows, theme));
  };
  return { content: element('div', {}, tools(use, show), legend(), host, leftOut(use)), draw };
}

function kindOf(link: string): string {
  return link.split('/')[0] ?? link;
}

function tools(use: LinkUse, show: (kind: string, all: boolean) => void): HTMLElement {
  const kinds = [...new Set(use.links.map(kindOf))].sort();
  const choice = element('select', {}, element('option', { value: '' }, 'all kinds'));
  for (const kind of kinds) choice.append(element('option', { value: kind }, kind));
  const all = element('input', { type: 'checkbox' });
  const change = (): void => show(choice.value, all.checked);
  choice.addEventListener('change', change);
  all.addEventListener('change', change);
  return element(
    'div',
    { class: 'tools' },
    element('label', {}, 'Links ', choice),
    element('label', {}, all, ` all, not only the ${SHOWN_FIRST} busiest`),
  );
}

function legend(): HTMLElement {
  const ramp = element('span', { class: 'ramp', 'aria-hidden': 'true' });
  ramp.style.background = `linear-gradient(to right, ${RAMP.join(', ')})`;
  const mark = element('span', { class: 'saturated', 'aria-hidden': 'true' });
  return element(
    'p',
    { class: 'legend' },
    '0 % ',
    ramp,
    ' 100 % of the capacity; ',
    mark,
    ' part of the step with nothing left',
  );
}

function leftOut({ links, leftOut: count }: LinkUse): HTMLElement | null {
  if (links.length === 0) return element('p', { class: 'empty' }, 'Nothing crossed a link.');
  return count === 0
    ? null
    : element('p', { class: 'hint' }, `${count} links with less traffic are in links.csv only.`);
}

function mapOption(run: PageRun, rows: readonly number[], theme: Theme): Record<string, unknown> {
  const use = run.tables.links;
  const place = new Map(rows.map((link, row) => [link, row]));
  const cells = use.link.flatMap((link, i) => {
    const row = place.get(link);
    return row === undefined ? [] : [[row, use.step[i] ?? 0, i]];
  });
  return {
    grid: { left: LABEL_WIDTH, right: 12, top: 4, bottom: 30 },
    tooltip: {
      ...tooltipStyle(theme),
      formatter: (event: { data: readonly number[] }) => cellTooltip(use, event.data[2] ?? 0),
    },
    xAxis: {
      ...timeAxis(theme, use.fromS, Math.max(run.toS, use.fromS + use.stepS)),
      splitLine: { show: false },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: rows.map((link) => use.links[link] ?? ''),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: {
        color: theme.text,
        fontSize: 11,
        width: LABEL_WIDTH - 14,
        overflow: 'truncate',
        interval: 0,
      },
    },
    series: [cellSeries(use, cells, theme)],
  };
}

function cellSeries(use: LinkUse, cells: readonly number[][], theme: Theme): CustomSeriesOption {
  return {
    id: 'cells',
    type: 'custom',
    zlevel: 0,
    clip: true,
    encode: { y: 0, x: 1 },
    renderItem: ((_, api) => {
      const i = Number(api.value(2));
      const fromS = use.fromS + Number(api.value(1)) * use.stepS;
      const [left = 0, middle = 0] = api.coord([fromS * MS, api.value(0)]);
      const [right = 0] = api.coord([(fromS + use.stepS) * MS, api.value(0)]);
      const width = Math.max(1, right - left - (right - left > 4 ? 0.5 : 0));
      const height = ROW - 2;
      const y = middle - height / 2;
      const saturated = (use.saturated[i] ?? 0) / 1000;
      const cell = {
        type: 'rect',
        shape: { x: left, y, width, height },
        style: { fill: colourOf(totalOf(use, i)) },
      };
      const mark = {
        type: 'rect',
        shape: { x: left, y: y + height - 4, width: width * saturated, height: 4 },
        style: { fill: theme.alarm },
      };
      return { type: 'group', children: saturated > 0 ? [cell, mark] : [cell] };
    }) as CustomSeriesRenderItem,
    data: cells as number[][],
  };
}

/** Thousandths, of migrations and of others. */
function totalOf(use: LinkUse, i: number): number {
  return Math.min(1000, (use.migrations[i] ?? 0) + (use.background[i] ?? 0));
}

function colourOf(thousandths: number): string {
  return RAMP[Math.min(RAMP.length - 1, Math.floor((thousandths / 1000) * RAMP.length))] ?? RAMP[0];
}

function cellTooltip(use: LinkUse, i: number): HTMLElement {
  const fromS = use.fromS + (use.step[i] ?? 0) * use.stepS;
  const share = (thousandths: number | undefined): string => percentText((thousandths ?? 0) / 1000);
  const saturatedS = ((use.saturated[i] ?? 0) / 1000) * use.stepS;
  return tooltipContent(use.links[use.link[i] ?? 0] ?? '', [
    `${clockText(fromS)} to ${clockText(fromS + use.stepS)}`,
    `${share(use.migrations[i])} by migrations`,
    ...((use.background[i] ?? 0) > 0 ? [`${share(use.background[i])} by others`] : []),
    ...(saturatedS > 0 ? [`nothing left for ${durationText(saturatedS * 1e6)}`] : []),
  ]);
}

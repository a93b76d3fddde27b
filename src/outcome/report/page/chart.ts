/** ECharts with what this page needs of it, mounted so that a theme, a size or paper can change. */
import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import {
  BrushComponent,
  DataZoomComponent,
  GridComponent,
  TooltipComponent,
} from 'echarts/components';
import { type ECharts, type EChartsCoreOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { currentTheme, type Theme } from './theme.js';

use([
  BarChart,
  CustomChart,
  LineChart,
  GridComponent,
  TooltipComponent,
  DataZoomComponent,
  BrushComponent,
  CanvasRenderer,
]);

/** A sheet of paper between its margins, in CSS pixels. */
const PAPER_WIDTH = 720;

export interface Chart {
  readonly chart: ECharts;
  /** Draws all of it anew, zoom and brush given up. */
  redraw(): void;
  /** To be called before its host is thrown away. */
  dispose(): void;
}

const charts = new Set<Chart>();

/**
 * Draws into the host, which must be in the page and have its size.
 * @param label what the picture says, for those who do not see it
 */
export function mountChart(
  host: HTMLElement,
  label: string,
  option: (theme: Theme) => EChartsCoreOption,
): Chart {
  host.setAttribute('role', 'img');
  host.setAttribute('aria-label', label);
  const chart = init(host);
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(host);
  const mounted: Chart = {
    chart,
    redraw: () => chart.setOption({ ...BASE, ...option(currentTheme()) }, { notMerge: true }),
    dispose: () => {
      observer.disconnect();
      charts.delete(mounted);
      chart.dispose();
    },
  };
  charts.add(mounted);
  mounted.redraw();
  return mounted;
}

const BASE = { animation: false, useUTC: true };

/** ECharts' time axis counts in milliseconds; its ticks are at whole minutes and hours. */
export const MS = 1000;

export function redrawCharts(): void {
  for (const chart of charts) chart.redraw();
}

/** Paper is white and narrow: charts are drawn for it and back again. */
export function followPaper(): void {
  const root = document.documentElement;
  window.addEventListener('beforeprint', () => {
    root.classList.add('paper');
    for (const { chart } of charts) {
      chart.resize({ width: Math.min(chart.getWidth(), PAPER_WIDTH) });
    }
    redrawCharts();
  });
  window.addEventListener('afterprint', () => {
    root.classList.remove('paper');
    for (const { chart } of charts) chart.resize({ width: 'auto' });
    redrawCharts();
  });
}

/** A tooltip's content: a title and lines, as text. */
export function tooltipContent(title: string, lines: readonly string[]): HTMLElement {
  const box = document.createElement('div');
  box.className = 'tooltip';
  const head = document.createElement('strong');
  head.textContent = title;
  box.append(head, ...lines.map(tooltipLine));
  return box;
}

function tooltipLine(text: string): HTMLElement {
  const line = document.createElement('div');
  line.textContent = text;
  return line;
}

export function tooltipStyle(theme: Theme): object {
  return {
    confine: true,
    backgroundColor: theme.surface,
    borderColor: theme.line,
    textStyle: { color: theme.text, fontSize: 12 },
    transitionDuration: 0,
  };
}

/** How an axis looks on every chart of the page. */
export function axisStyle(theme: Theme): object {
  return {
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { lineStyle: { color: theme.line } },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.5 } },
    axisLabel: { color: theme.muted, fontSize: 11 },
    nameTextStyle: { color: theme.muted, fontSize: 11 },
  };
}

/** The axis of time, in seconds from the run's zero. */
export function timeAxis(theme: Theme, fromS: number, toS: number): object {
  return {
    ...axisStyle(theme),
    type: 'time',
    min: fromS * MS,
    max: toS * MS,
    axisLabel: {
      color: theme.muted,
      fontSize: 11,
      hideOverlap: true,
      formatter: (atMs: number) => clockText(atMs / MS),
    },
  };
}

/** `4:05`, `1:02:30`: seconds as a clock, for axes. */
export function clockText(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const text =
    hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return seconds < 0 ? `-${text}` : text;
}

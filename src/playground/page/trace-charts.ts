/** Two charts over one axis of time: what is left to send, and the rates that decide about it. */
import uPlot from 'uplot';
import type { TraceSeries } from '../trace-series.js';

export interface TraceCharts {
  readonly show: (series: TraceSeries) => void;
}

interface ChartSpec {
  readonly title: string;
  readonly lines: readonly LineSpec[];
  readonly log: boolean;
  readonly unit: string;
}

interface LineSpec {
  readonly label: string;
  /** Name of a colour of the style sheet. */
  readonly colour: string;
  readonly dash: readonly number[];
  readonly unit: string;
  readonly scale: string;
}

const REMAINING: ChartSpec = {
  title: 'Left to send (GiB)',
  log: true,
  unit: 'GiB',
  lines: [
    { label: 'left', colour: '--line-1', dash: [], unit: 'GiB', scale: 'y' },
    { label: 'fits the allowed pause', colour: '--line-2', dash: [6, 4], unit: 'GiB', scale: 'y' },
  ],
};

const RATES: ChartSpec = {
  title: 'Rates of each round (Gbit/s)',
  log: false,
  unit: 'Gbit/s',
  lines: [
    { label: 'sent', colour: '--line-1', dash: [], unit: 'Gbit/s', scale: 'y' },
    { label: 'newly dirtied', colour: '--line-3', dash: [2, 3], unit: 'Gbit/s', scale: 'y' },
    { label: 'throttled', colour: '--line-4', dash: [8, 3, 2, 3], unit: '%', scale: 'percent' },
  ],
};

const HEIGHT = 230;
const PERCENT_WIDTH = 52;
/** Steps of the time axis that people count in. */
const SECONDS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800],
];

export function createTraceCharts(root: HTMLElement): TraceCharts {
  let series: TraceSeries | null = null;
  let charts: readonly uPlot[] = [];

  const draw = (): void => {
    if (series === null) return;
    const [remaining, rates] = dataOf(series);
    charts[0]?.setData(remaining);
    charts[1]?.setData(rates);
  };
  const build = (): void => {
    for (const chart of charts) chart.destroy();
    const marks = (): TraceSeries['marks'] => series?.marks ?? [];
    charts = [REMAINING, RATES].map((spec) => new uPlot(optionsOf(spec, root, marks), [[]], root));
    draw();
  };
  build();
  new ResizeObserver(() => {
    for (const chart of charts) chart.setSize({ width: widthOf(root), height: HEIGHT });
  }).observe(root);
  // Colours are drawn, not styled: another scheme means other charts.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', build);
  return {
    show: (shown) => {
      series = shown;
      draw();
    },
  };
}

function widthOf(root: HTMLElement): number {
  return Math.max(260, root.clientWidth);
}

type Data = uPlot.AlignedData;

function dataOf(series: TraceSeries): readonly [Data, Data] {
  const x = [...series.seconds];
  const throttled = series.throttlePercent.some((percent) => percent !== null && percent > 0);
  return [
    [x, [...series.remaining], [...series.threshold]],
    [
      x,
      [...series.bandwidth],
      [...series.dirtied],
      series.throttlePercent.map((percent) => (throttled ? percent : null)),
    ],
  ];
}

function optionsOf(
  spec: ChartSpec,
  root: HTMLElement,
  marks: () => TraceSeries['marks'],
): uPlot.Options {
  const colour = (name: string): string => getComputedStyle(root).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { stroke: colour('--grid'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  return {
    title: spec.title,
    width: widthOf(root),
    height: HEIGHT,
    // Both charts have one axis of time: the first leaves the room that the second has for per cent.
    padding: [null, spec === REMAINING ? PERCENT_WIDTH : 0, null, null],
    cursor: { sync: { key: 'trace' }, points: { size: 6 } },
    scales: {
      x: { time: false },
      y: spec.log
        ? { distr: 3, log: 10 }
        : { range: (_, __, most) => [0, Math.max(most, 0.01) * 1.08] },
      percent: { range: [0, 100] },
    },
    axes: [
      { ...axis, incrs: [...SECONDS], space: 72, values: (_, values) => values.map(clockText) },
      { ...axis, size: 62, values: (_, values) => values.map(figureText) },
      {
        ...axis,
        scale: 'percent',
        show: spec === RATES,
        side: 1,
        size: PERCENT_WIDTH,
        grid: { show: false },
        values: (_, values) => values.map((value) => `${value} %`),
      },
    ],
    series: [
      { label: 'at', value: (_, value) => (value === null ? '–' : clockText(value)) },
      ...spec.lines.map((line) => ({
        label: line.label,
        scale: line.scale,
        stroke: colour(line.colour),
        width: 2,
        dash: [...line.dash],
        points: { show: false },
        value: (_: uPlot, value: number | null) =>
          value === null ? '–' : `${figureText(value)} ${line.unit}`,
      })),
    ],
    hooks: { draw: [(chart) => drawMarks(chart, marks(), colour)] },
  };
}

/** A line down for each decision; what it was stands in the list. */
function drawMarks(
  chart: uPlot,
  marks: TraceSeries['marks'],
  colour: (name: string) => string,
): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const { seconds, decision } of marks) {
    const x = Math.round(chart.valToPos(seconds, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colour(decision.actor === 'kubevirt' ? '--mark-kubevirt' : '--mark-qemu');
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function clockText(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toFixed(2))} s`;
  if (seconds < 7200) return `${Number((seconds / 60).toFixed(2))} min`;
  return `${Number((seconds / 3600).toFixed(2))} h`;
}

function figureText(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(3)));
}

/** One migration round by round: what is left against what would fit, the rates, the limits. */
import type { CustomSeriesRenderItem } from 'echarts';
import { bytesText, durationText } from '../../quantity-text.js';
import {
  axisStyle,
  type Chart,
  clockText,
  MS,
  mountChart,
  timeAxis,
  tooltipContent,
  tooltipStyle,
} from './chart.js';
import type { GuestRound } from './guest-detail.js';
import type { PageMigration } from './page-run.js';
import { markSeries, type RoundMark } from './rounds-marks.js';
import type { Theme } from './theme.js';

/** A logarithmic axis has no zero: less than this is drawn as this. */
const LEAST_BYTES = 1024 * 1024;

export interface RoundsChartData {
  readonly migration: PageMigration;
  readonly rounds: readonly GuestRound[];
  /** From the start of QEMU's migration on. */
  readonly marks: readonly RoundMark[];
}

export function mountRoundsChart(host: HTMLElement, data: RoundsChartData): Chart {
  const label = `${data.rounds.length} rounds of ${data.migration.guest.id}; the tables below have the same.`;
  return mountChart(host, label, (theme) => roundsOption(data, theme));
}

function sinceMs(migration: PageMigration, atS: number): number {
  return (atS - (migration.startedS ?? migration.createdS)) * MS;
}

/** Three plots, one over the other, with one time axis. */
const PLOTS = [
  { top: 56, height: 180 },
  { top: 270, height: 84 },
  { top: 388, height: 66 },
] as const;

function roundsOption(data: RoundsChartData, theme: Theme): Record<string, unknown> {
  const { migration, rounds } = data;
  const axis = axisStyle(theme);
  const fromS = migration.startedS ?? migration.createdS;
  const yAxis = (gridIndex: number, name: string, show: (value: number) => string) => ({
    ...axis,
    gridIndex,
    name,
    nameLocation: 'end',
    nameGap: 13,
    nameTextStyle: { color: theme.muted, fontSize: 11, align: 'left', padding: [0, 0, 0, -60] },
    type: 'value',
    splitNumber: 3,
    axisLabel: { color: theme.muted, fontSize: 10, formatter: show },
  });
  return {
    grid: PLOTS.map((plot) => ({ left: 78, right: 44, ...plot })),
    tooltip: {
      ...tooltipStyle(theme),
      trigger: 'axis',
      axisPointer: { type: 'line' },
      formatter: (events: readonly { axisValue: number }[]) =>
        roundTooltip(data, fromS + (events[0]?.axisValue ?? 0) / MS),
    },
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    xAxis: PLOTS.map((_, gridIndex) => ({
      ...timeAxis(theme, 0, migration.endedS - fromS),
      gridIndex,
      splitLine: { show: false },
      ...(gridIndex === PLOTS.length - 1 ? {} : { axisLabel: { show: false } }),
    })),
    yAxis: [
      {
        ...yAxis(0, 'Memory (logarithmic)', bytesText),
        type: 'log',
        logBase: 16,
        splitNumber: 5,
        min: LEAST_BYTES,
        max: largestBytes(rounds),
        axisLabel: {
          color: theme.muted,
          fontSize: 10,
          formatter: bytesText,
          showMaxLabel: false,
        },
      },
      {
        ...yAxis(1, 'Rates', (value) => `${bytesText(value)}/s`),
        ...binaryTicks(rounds),
      },
      yAxis(2, 'Downtime limit', (value) => `${value} ms`),
      {
        ...yAxis(2, '', (value) => `${value} %`),
        position: 'right',
        show: isThrottled(rounds),
        max: 100,
        splitLine: { show: false },
      },
    ],
    series: [...memorySeries(data, theme), ...rateSeries(data, theme), ...limitSeries(data, theme)],
  };
}

/** The axis ends just above the largest: a whole power would leave much of it empty. */
function largestBytes(rounds: readonly GuestRound[]): number {
  const most = rounds.reduce((so, round) => Math.max(so, round.remainingStartBytes), LEAST_BYTES);
  return most * 1.5;
}

/** Ticks at whole powers of two, as the labels are in binary units: two to four of them. */
function binaryTicks(rounds: readonly GuestRound[]): Record<'interval' | 'max', number> {
  const most = rounds.reduce(
    (so, round) => Math.max(so, round.bandwidthBytesPerSecond, dirtiedPerSecond(round)),
    1024,
  );
  const interval = 2 ** Math.floor(Math.log2(most / 2));
  return { interval, max: Math.ceil(most / interval) * interval };
}

function dirtiedPerSecond({ dirtiedBytes, startedS, endedS }: GuestRound): number {
  return endedS > startedS ? dirtiedBytes / (endedS - startedS) : 0;
}

function isThrottled(rounds: readonly GuestRound[]): boolean {
  return rounds.some(({ throttlePercent }) => throttlePercent > 0);
}

/** The one behind the plots' own. */
const THROTTLE_AXIS = PLOTS.length;

interface LineStyle {
  readonly colour: string;
  readonly plot: number;
  readonly axis?: number;
  readonly dashed?: boolean;
}

function line(
  name: string,
  points: readonly (readonly [number, number])[],
  { colour, plot, axis = plot, dashed = false }: LineStyle,
): Record<string, unknown> {
  return {
    name,
    type: 'line',
    xAxisIndex: plot,
    yAxisIndex: axis,
    data: points,
    showSymbol: false,
    color: colour,
    lineStyle: { color: colour, width: 2, type: dashed ? 'dashed' : 'solid' },
    endLabel: { show: false },
  };
}

function memorySeries(data: RoundsChartData, theme: Theme): Record<string, unknown>[] {
  const { rounds, marks, migration } = data;
  const shown = (bytes: number): number => Math.max(LEAST_BYTES, bytes);
  const place = {
    msOf: (atS: number) => sinceMs(migration, atS),
    bytes: LEAST_BYTES * 2,
    bottom: PLOTS[2].top + PLOTS[2].height,
  };
  const dirtied = rounds.map((round, i) => [i, shown(round.dirtiedBytes), 0]);
  return [
    {
      name: 'dirtied',
      type: 'custom',
      zlevel: 0,
      data: dirtied,
      encode: { x: [], y: 1 },
      clip: true,
      silent: true,
      renderItem: ((_, api) => {
        const round = rounds[Number(api.value(0))];
        if (round === undefined) return null;
        const [left = 0, top = 0] = api.coord([sinceMs(migration, round.startedS), api.value(1)]);
        const [right = 0, bottom = 0] = api.coord([sinceMs(migration, round.endedS), LEAST_BYTES]);
        const shape = {
          x: left,
          y: top,
          width: Math.max(1, right - left - 1),
          height: bottom - top,
        };
        return { type: 'rect', shape, style: { fill: `${theme.second}55` } };
      }) as CustomSeriesRenderItem,
    },
    line(
      'remaining',
      rounds.flatMap((round) =>
        fallOf(
          [sinceMs(migration, round.startedS), shown(round.remainingStartBytes)],
          [sinceMs(migration, round.endedS), shown(round.remainingEndBytes)],
        ),
      ),
      { colour: theme.accent, plot: 0 },
    ),
    line(
      'threshold',
      stepPoints(data, (round) => shown(round.thresholdBytes)),
      { colour: theme.alarm, plot: 0, dashed: true },
    ),
    markSeries(marks, place, theme),
  ];
}

type Point = readonly [ms: number, bytes: number];

/** What falls evenly is a curve on a logarithmic axis: a point for each halving shows it. */
function fallOf(start: Point, end: Point): readonly Point[] {
  const points: Point[] = [start];
  for (let bytes = start[1] / 2; bytes > end[1]; bytes /= 2) {
    const share = (start[1] - bytes) / (start[1] - end[1]);
    points.push([start[0] + share * (end[0] - start[0]), bytes]);
  }
  return [...points, end];
}

function rateSeries(data: RoundsChartData, theme: Theme): Record<string, unknown>[] {
  return [
    line(
      'bandwidth',
      stepPoints(data, (round) => round.bandwidthBytesPerSecond),
      { colour: theme.accent, plot: 1 },
    ),
    line('dirtied a second', stepPoints(data, dirtiedPerSecond), {
      colour: theme.second,
      plot: 1,
      dashed: true,
    }),
  ];
}

function limitSeries(data: RoundsChartData, theme: Theme): Record<string, unknown>[] {
  const throttle = isThrottled(data.rounds)
    ? [
        line(
          'throttle',
          stepPoints(data, (round) => round.throttlePercent),
          { colour: theme.second, plot: 2, axis: THROTTLE_AXIS, dashed: true },
        ),
      ]
    : [];
  return [
    line(
      'downtime limit',
      stepPoints(data, (round) => round.downtimeLimitMs),
      { colour: theme.alarm, plot: 2 },
    ),
    ...throttle,
  ];
}

function stepPoints(
  { rounds, migration }: RoundsChartData,
  of: (round: GuestRound) => number,
): (readonly [number, number])[] {
  return rounds.flatMap((round) => [
    [sinceMs(migration, round.startedS), of(round)] as const,
    [sinceMs(migration, round.endedS), of(round)] as const,
  ]);
}

function roundTooltip({ rounds, migration }: RoundsChartData, atS: number): HTMLElement | string {
  const round = rounds.find(({ endedS }) => endedS >= atS) ?? rounds.at(-1);
  if (round === undefined) return '';
  const sinceS = round.startedS - (migration.startedS ?? migration.createdS);
  return tooltipContent(
    `Round ${round.round}, from ${clockText(sinceS)} for ${durationText((round.endedS - round.startedS) * 1e6)}`,
    [
      `${bytesText(round.remainingStartBytes)} at its begin, ${bytesText(round.remainingEndBytes)} unsent at its end`,
      `${bytesText(round.dirtiedBytes)} newly dirtied`,
      `threshold ${bytesText(round.thresholdBytes)} = ${bytesText(round.bandwidthBytesPerSecond)}/s for ${round.downtimeLimitMs} ms`,
      ...(round.throttlePercent > 0 ? [`guest slowed down by ${round.throttlePercent} %`] : []),
      `then: ${round.decision}`,
    ],
  );
}

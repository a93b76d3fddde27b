/** The bars of the drain as shapes, and which of them lies under the mouse. */
import type { CustomSeriesOption, CustomSeriesRenderItem } from 'echarts';
import { MS } from './chart.js';
import type { GanttBar, GanttRows } from './gantt-rows.js';
import { rectsElement } from './rects.js';
import { outcomeColour, type Theme } from './theme.js';

interface BarGroup {
  readonly kind: GanttBar['kind'];
  readonly outcome: string;
  readonly shown: boolean;
  readonly bars: GanttBar[];
}

/** One datum for each look. */
export function barSeries(
  rows: GanttRows,
  isShown: (bar: GanttBar) => boolean,
  theme: Theme,
): CustomSeriesOption {
  const groups = groupsOf(rows, isShown);
  return {
    id: 'bars',
    type: 'custom',
    zlevel: 0,
    z: 3,
    clip: true,
    silent: true,
    encode: { x: [], y: [] },
    renderItem: ((_, api) => {
      const group = groups[Number(api.value(0))];
      if (group === undefined) return null;
      const place = (ms: number, row: number): readonly number[] => api.coord([ms, row]);
      const opacity = group.shown ? 1 : 0.12;
      return rectsElement(rectsOf(group.bars, place), { ...barStyle(group, theme), opacity });
    }) as CustomSeriesRenderItem,
    data: groups.map((_, i) => [i]),
  };
}

function groupsOf(rows: GanttRows, isShown: (bar: GanttBar) => boolean): readonly BarGroup[] {
  const groups = new Map<string, BarGroup>();
  for (const bar of rows.bars) {
    const { kind, outcome } = bar;
    const shown = isShown(bar);
    const key = `${kind} ${kind === 'queue' ? '' : outcome} ${shown}`;
    const group = groups.get(key) ?? { kind, outcome, shown, bars: [] };
    group.bars.push(bar);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Both axes are linear: two points of each give all others. */
function rectsOf(
  bars: readonly GanttBar[],
  place: (ms: number, row: number) => readonly number[],
): readonly number[] {
  const [x0 = 0, y0 = 0] = place(0, 0);
  const [x1 = 0, y1 = 0] = place(MS * 1000, 1);
  const perSecond = (x1 - x0) / 1000;
  const rowHeight = y1 - y0;
  const gap = rowHeight > 4 ? 1 : 0;
  const height = Math.max(0.7, rowHeight - 2 * gap);
  return bars.flatMap(({ fromS, toS, row }) => [
    x0 + fromS * perSecond,
    y0 + row * rowHeight + gap,
    Math.max(1, (toS - fromS) * perSecond),
    height,
  ]);
}

/** Waiting is pale, moving is solid, a guest that stays is dashed: told without colour. */
function barStyle({ kind, outcome }: BarGroup, theme: Theme): Record<string, unknown> {
  const colour = outcomeColour(outcome);
  switch (kind) {
    case 'queue':
      return { fill: `${theme.muted}33` };
    case 'run':
      return outcome === 'succeeded'
        ? { fill: colour }
        : { fill: colour, stroke: theme.text, lineWidth: 1 };
    case 'stay':
      return { fill: `${colour}55`, stroke: colour, lineWidth: 1, lineDash: [4, 3] };
    default:
      return kind satisfies never;
  }
}

/** The bar at a time and row; one that is short is met within `nearS` of it. */
export function barAt(
  rows: GanttRows,
  atS: number,
  row: number,
  nearS: number,
): GanttBar | undefined {
  const inRow = rows.bars.filter((bar) => bar.row === Math.floor(row));
  const hit = (bar: GanttBar): boolean => bar.fromS - nearS <= atS && atS <= bar.toS + nearS;
  return inRow.find((bar) => bar.kind !== 'queue' && hit(bar)) ?? inRow.find(hit);
}

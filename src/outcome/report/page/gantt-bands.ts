/** The bands behind the drain's bars, one a node, and the names before them. */
import type { CustomSeriesOption, CustomSeriesRenderItem } from 'echarts';
import type { GanttRows, GanttRowsMode } from './gantt-rows.js';
import type { Theme } from './theme.js';

/** Room for the names, left of the bars. */
export const LABEL_WIDTH = 150;
const READABLE_ROW = 11;

/** Nodes: a band each, with its name; guests' names where rows are high enough to read. */
export function bandSeries(rows: GanttRows, mode: GanttRowsMode, theme: Theme): CustomSeriesOption {
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

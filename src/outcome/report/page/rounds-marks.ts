/** The decisions of QEMU and KubeVirt, as lines through the plots of one migration's rounds. */
import type { CustomSeriesRenderItem } from 'echarts';
import type { GuestDecision } from './guest-detail.js';
import { outcomeColour, type Theme } from './theme.js';

export interface RoundMark {
  /** As in the list below the chart. */
  readonly number: number;
  readonly decision: GuestDecision;
}

interface MarkPlace {
  /** Of an instant of the run on the chart's axis. */
  readonly msOf: (atS: number) => number;
  /** Some value of the axis of bytes. */
  readonly bytes: number;
  /** Where the lowest plot ends, in pixels. */
  readonly bottom: number;
}

/** A line and a number for each decision; numbers that would lie on each other are told once. */
export function markSeries(
  marks: readonly RoundMark[],
  { msOf, bytes, bottom }: MarkPlace,
  theme: Theme,
): Record<string, unknown> {
  let lastRight = Number.NEGATIVE_INFINITY;
  return {
    name: 'decisions',
    type: 'custom',
    zlevel: 0,
    data: marks.map(({ decision, number }) => [msOf(decision.atS), number]),
    encode: { x: 0, y: [] },
    silent: true,
    clip: false,
    z: 5,
    renderItem: ((params, api) => {
      if (params.dataIndexInside === 0) lastRight = Number.NEGATIVE_INFINITY;
      const x = api.coord([api.value(0), bytes])[0] ?? 0;
      const mark = marks[params.dataIndex];
      const colour = mark === undefined ? theme.text : actorColour(mark.decision.actor, theme);
      const text = String(api.value(1));
      const isFree = x - 8 > lastRight;
      if (isFree) lastRight = x + 8;
      return {
        type: 'group',
        children: [
          {
            type: 'line',
            shape: { x1: x, y1: 24, x2: x, y2: bottom },
            style: { stroke: colour, lineWidth: 1, opacity: 0.7 },
          },
          ...(isFree
            ? [
                { type: 'circle', shape: { cx: x, cy: 14, r: 9 }, style: { fill: colour } },
                {
                  type: 'text',
                  style: {
                    x,
                    y: 14,
                    text,
                    fill: theme.surface,
                    align: 'center',
                    verticalAlign: 'middle',
                    fontSize: 10,
                  },
                },
              ]
            : []),
        ],
      };
    }) as CustomSeriesRenderItem,
  };
}

function actorColour(actor: string, theme: Theme): string {
  switch (actor) {
    case 'kubevirt':
      return outcomeColour('aborted');
    case 'qemu':
      return theme.text;
    default:
      return theme.muted;
  }
}

/** What stands at the top of a report: the answer in one line and five numbers. */
import { bytesText, countText, durationText } from '../quantity-text.js';
import { verdictText } from '../verdict.js';
import type { Columns, summaryFields } from './run-tables.js';

export interface HeadlineFigure {
  readonly title: string;
  readonly value: string;
  /** What belongs to it; '' for nothing. */
  readonly note: string;
  /** Whether it asks for a look. */
  readonly isBad: boolean;
}

type SummaryColumns = Columns<typeof summaryFields>;

/** `Drained 8 nodes in 12 min`. */
export function verdictOf(summary: SummaryColumns): string {
  return verdictText({
    drainTimeUs: figure(summary.drain_time_s) * 1e6,
    timedOut: summary.timed_out[0] === 'true',
    nodes: figure(summary.nodes),
    nodesEmpty: figure(summary.nodes_empty),
    nodesBack: figure(summary.nodes_back),
    guests: figure(summary.guests),
    guestsMoved: figure(summary.guests_moved),
  });
}

/** `fleet three-racks, seed 1, page fidelity`. */
export function runName(summary: SummaryColumns): string {
  return `fleet ${summary.fleet[0]}, seed ${summary.seed[0]}, ${summary.fidelity[0]} fidelity`;
}

/** Five of them. */
export function headlineFigures(summary: SummaryColumns): readonly HeadlineFigure[] {
  const guests = figure(summary.guests);
  const moved = figure(summary.guests_moved);
  const nodes = figure(summary.nodes);
  const empty = figure(summary.nodes_empty);
  const timedOut = summary.timed_out[0] === 'true';
  return [
    {
      title: 'Drain time',
      value: durationText(figure(summary.drain_time_s) * 1e6),
      note: timedOut ? 'timed out' : 'until the last guest was settled',
      isBad: timedOut,
    },
    {
      title: 'Nodes empty',
      value: `${empty} of ${nodes}`,
      note: empty < nodes ? `${countText(nodes - empty, 'node')} still in use` : 'all of them',
      isBad: empty < nodes,
    },
    {
      title: 'Guests moved',
      value: `${moved.toLocaleString('en')} of ${guests.toLocaleString('en')}`,
      note: `${countText(figure(summary.migrations), 'migration')} were made`,
      isBad: moved < guests,
    },
    downtimeFigure(summary),
    trafficFigure(summary),
  ];
}

function downtimeFigure(summary: SummaryColumns): HeadlineFigure {
  const worst = summary.downtime_worst_ms[0] ?? null;
  const median = summary.downtime_median_ms[0] ?? null;
  if (worst === null || median === null) {
    return {
      title: 'Worst downtime',
      value: 'none',
      note: 'no guest was switched over',
      isBad: false,
    };
  }
  return {
    title: 'Worst downtime',
    value: durationText(worst * 1000),
    note: `${summary.downtime_worst_guest[0]}; median ${durationText(median * 1000)}`,
    isBad: worst >= 1000,
  };
}

/** Waiting below it is rounding and round ends. */
const WORTH_TELLING_US = 1_000_000;

function trafficFigure(summary: SummaryColumns): HeadlineFigure {
  const link = summary.bottleneck_link[0] ?? '';
  const waited = (summary.bottleneck_waited_s[0] ?? 0) * 1e6;
  return {
    title: 'Traffic',
    value: bytesText(figure(summary.wire_bytes)),
    note:
      link === '' || waited < WORTH_TELLING_US
        ? 'no waiting for links'
        : `${durationText(waited)} lost waiting for ${link}`,
    isBad: false,
  };
}

function figure(column: readonly (number | null)[]): number {
  return column[0] ?? 0;
}

/** summary.csv: one row a run, wide and flat, so that the rows of many runs make one table. */
import {
  type Column,
  millisecondsColumn,
  secondsColumn,
  shareColumn,
  textColumn,
  wholeColumn,
} from './column.js';
import {
  FAIL_CAUSES,
  GUEST_OUTCOMES,
  MIGRATION_OUTCOMES,
  SLOW_CAUSES,
  type Summary,
} from './summary.js';
import { totalWaitUs, WAIT_NAMES, waitColumn } from './waiting.js';

export const summaryColumns: readonly Column<Summary>[] = [
  textColumn('fleet', (s) => s.fleet),
  wholeColumn('seed', (s) => s.seed),
  textColumn('fidelity', (s) => s.fidelity),
  secondsColumn('drain_time_s', (s) => s.drainTimeUs),
  textColumn('timed_out', (s) => String(s.timedOut)),
  wholeColumn('nodes', (s) => s.nodes),
  wholeColumn('nodes_empty', (s) => s.nodesEmpty),
  wholeColumn('guests', (s) => s.guests),
  ...GUEST_OUTCOMES.map((outcome) =>
    wholeColumn<Summary>(`guests_${snake(outcome)}`, (s) => s.guestOutcomes[outcome]),
  ),
  wholeColumn('migrations', (s) => s.migrations),
  ...MIGRATION_OUTCOMES.map((outcome) =>
    wholeColumn<Summary>(`migrations_${snake(outcome)}`, (s) => s.migrationOutcomes[outcome]),
  ),
  millisecondsColumn('downtime_median_ms', (s) => s.downtime?.medianUs ?? null),
  millisecondsColumn('downtime_p99_ms', (s) => s.downtime?.p99Us ?? null),
  millisecondsColumn('downtime_worst_ms', (s) => s.downtime?.worstUs ?? null),
  textColumn('downtime_worst_guest', (s) => s.downtime?.worstGuest ?? ''),
  millisecondsColumn('guest_pause_ms', (s) => s.guestPauseUs),
  wholeColumn('transferred_bytes', (s) => s.transferredBytes),
  wholeColumn('wire_bytes', (s) => s.wireBytes),
  wholeColumn('storage_bytes', (s) => s.storageBytes),
  textColumn('busiest_link', (s) => s.busiestLinks[0]?.link ?? ''),
  shareColumn('busiest_link_utilisation', (s) => s.busiestLinks[0]?.meanUtilisation ?? null),
  shareColumn('busiest_link_peak', (s) => s.busiestLinks[0]?.peakUtilisation ?? null),
  ...SLOW_CAUSES.map((cause) =>
    wholeColumn<Summary>(`slow_${snake(cause)}`, (s) => s.slow[cause].migrations),
  ),
  ...FAIL_CAUSES.map((cause) =>
    wholeColumn<Summary>(`failed_${snake(cause)}`, (s) => s.failed[cause].migrations),
  ),
  textColumn('bottleneck_link', (s) => s.bottlenecks[0]?.link ?? ''),
  secondsColumn('bottleneck_waited_s', (s) => s.bottlenecks[0]?.waitedUs ?? null),
  shareColumn('bottleneck_share', (s) => s.bottlenecks[0]?.share ?? null),
  wholeColumn('nodes_back', (s) => s.nodesBack),
  wholeColumn('guest_moves', (s) => s.guestMoves),
  wholeColumn('guests_moved_again', (s) => s.guestsMovedAgain),
  wholeColumn('inbound_peak', (s) => s.balance.inboundPeak),
  textColumn('inbound_peak_node', (s) => s.balance.inboundPeakNode),
  shareColumn('memory_peak_share', (s) => s.balance.memoryPeakShare),
  textColumn('memory_peak_node', (s) => s.balance.memoryPeakNode),
  shareColumn('memory_spread_before', (s) => s.balance.spreadBefore),
  shareColumn('memory_spread_after', (s) => s.balance.spreadAfter),
  secondsColumn('waited_s', (s) => totalWaitUs(s.waits)),
  ...WAIT_NAMES.map((name) => secondsColumn<Summary>(waitColumn(name), (s) => s.waits[name])),
];

/** `not-movable` → `not_movable`, as column names are written. */
export function snake(word: string): string {
  return word.replaceAll('-', '_');
}

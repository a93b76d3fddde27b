/** The summary as `--json` prints it: the words of summary.csv, with its lists in full. */
import type { ExactCount } from '../fleet/exact-count.js';
import type { Summary } from './summary.js';
import { snake } from './summary-table.js';

/** Plain JSON data; seconds, milliseconds, bytes and shares (0 to 1) as the names say. */
export function summaryJson(summary: Summary): Readonly<Record<string, unknown>> {
  return {
    fleet: summary.fleet,
    seed: summary.seed,
    fidelity: summary.fidelity,
    drain_time_s: summary.drainTimeUs / 1e6,
    timed_out: summary.timedOut,
    nodes: { drained: summary.nodes, empty: summary.nodesEmpty, back: summary.nodesBack },
    guests: { total: summary.guests, ...snakeKeys(summary.guestOutcomes) },
    moves: { total: summary.guestMoves, guests_moved_again: summary.guestsMovedAgain },
    reasons: summary.reasons,
    migrations: { total: summary.migrations, ...snakeKeys(summary.migrationOutcomes) },
    downtime: downtimeJson(summary),
    guest_pause_ms: summary.guestPauseUs / 1000,
    transferred_bytes: jsonCount(summary.transferredBytes),
    wire_bytes: jsonCount(summary.wireBytes),
    storage_bytes: jsonCount(summary.storageBytes),
    busiest_links: summary.busiestLinks.map((link) => ({
      link: link.link,
      bytes: link.bytes,
      utilisation: link.meanUtilisation,
      peak: link.peakUtilisation,
    })),
    bottlenecks: summary.bottlenecks.map((one) => ({
      link: one.link,
      waited_s: one.waitedUs / 1e6,
      share: one.share,
      saturated_s: one.fullUs / 1e6,
    })),
    waited_for: summary.waitedFor.map((one) => ({
      what: one.what,
      waited_s: one.waitedUs / 1e6,
      share: one.share,
    })),
    receivers: {
      inbound_peak: summary.balance.inboundPeak,
      inbound_peak_node: summary.balance.inboundPeakNode,
      memory_peak_share: summary.balance.memoryPeakShare,
      memory_peak_node: summary.balance.memoryPeakNode,
      memory_spread_before: summary.balance.spreadBefore,
      memory_spread_after: summary.balance.spreadAfter,
    },
    slow: causesJson(summary.slow),
    failed: causesJson(summary.failed),
  };
}

/** Most readers of JSON take numbers for doubles: beyond 2^53 the digits are text. */
function jsonCount(count: ExactCount): number | string {
  return typeof count === 'number' ? count : count.toString();
}

function downtimeJson(summary: Summary): Readonly<Record<string, unknown>> | null {
  const downtime = summary.downtime;
  if (downtime === null) return null;
  return {
    migrations: downtime.count,
    median_ms: downtime.medianUs / 1000,
    p99_ms: downtime.p99Us / 1000,
    worst_ms: downtime.worstUs / 1000,
    worst_guest: downtime.worstGuest,
  };
}

function causesJson(causes: Summary['slow'] | Summary['failed']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(causes).map(([cause, total]) => [
      snake(cause),
      { migrations: total.migrations, elapsed_s: total.elapsedUs / 1e6 },
    ]),
  );
}

function snakeKeys(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([key, count]) => [snake(key), count]));
}

/**
 * The CSV files of a run: their columns in order, as docs/outputs.md defines them. New columns go
 * to the end, so that what reads a file by position goes on working.
 */
import type {
  DecisionRecord,
  GuestRecord,
  LinkRecord,
  MigrationRecord,
  NodeRecord,
  ReceiverRecord,
  RoundRecord,
} from '../simulation/result.js';
import {
  type Column,
  millisecondsColumn,
  secondsColumn,
  shareColumn,
  textColumn,
  wholeColumn,
} from './column.js';
import { mainWaitShare, WAIT_NAMES, waitColumn } from './waiting.js';

export const migrationColumns: readonly Column<MigrationRecord>[] = [
  textColumn('namespace', (m) => m.namespace),
  textColumn('name', (m) => m.name),
  wholeColumn('attempt', (m) => m.attempt),
  textColumn('source_node', (m) => m.sourceNode),
  textColumn('target_node', (m) => m.targetNode),
  secondsColumn('created_s', (m) => m.createdUs),
  secondsColumn('queued_s', (m) => difference(m.createdUs, m.slotUs ?? m.endedUs)),
  secondsColumn('started_s', (m) => m.startedUs),
  secondsColumn('ended_s', (m) => m.endedUs),
  secondsColumn('total_time_s', (m) => difference(m.startedUs, m.endedUs)),
  millisecondsColumn('downtime_ms', (m) => m.downtimeUs),
  millisecondsColumn('guest_pause_ms', (m) => m.guestPauseUs),
  textColumn('mode', (m) => m.mode),
  textColumn('outcome', (m) => m.outcome),
  textColumn('fail_cause', (m) => m.failCause),
  textColumn('slow_cause', (m) => m.slowCause),
  wholeColumn('rounds', (m) => m.rounds),
  wholeColumn('transferred_bytes', (m) => m.transferredBytes),
  wholeColumn('wire_bytes', (m) => m.wireBytes),
  wholeColumn('storage_bytes', (m) => m.storageBytes),
  wholeColumn('throttle_max_percent', (m) => m.throttleMaxPercent),
  textColumn('policy', (m) => m.policy),
  textColumn('fail_reason', (m) => m.failReason),
  millisecondsColumn('qemu_downtime_ms', (m) => m.qemuDowntimeUs),
  wholeColumn('postcopy_requests', (m) => m.postcopyRequests),
  textColumn('remaining_trend', (m) => m.seenAtEnd?.remainingTrend ?? ''),
  wholeColumn('remaining_bytes', (m) => m.seenAtEnd?.remainingBytes ?? null),
  wholeColumn('storage_remaining_bytes', (m) => m.seenAtEnd?.storageRemainingBytes ?? null),
  secondsColumn('no_progress_s', (m) => m.seenAtEnd?.noProgressUs ?? null),
  wholeColumn('dirty_rate_bytes_per_s', (m) => m.seenAtEnd?.dirtyBytesPerSecond ?? null),
  wholeColumn('bandwidth_bytes_per_s', (m) => m.seenAtEnd?.bandwidthBytesPerSecond ?? null),
  millisecondsColumn('postcopy_stall_ms', (m) => m.postcopyFaults?.stalledUs ?? null),
  millisecondsColumn('postcopy_blocked_ms', (m) => m.postcopyFaults?.blockedUs ?? null),
  millisecondsColumn('postcopy_fault_p50_ms', (m) => m.postcopyFaults?.latencyP50Us ?? null),
  millisecondsColumn('postcopy_fault_p99_ms', (m) => m.postcopyFaults?.latencyP99Us ?? null),
  shareColumn('slow_share', mainWaitShare),
  ...WAIT_NAMES.map((name) =>
    secondsColumn<MigrationRecord>(waitColumn(name), (m) => m.waits[name]),
  ),
];

export const receiverColumns: readonly Column<ReceiverRecord>[] = [
  textColumn('node', (r) => r.node),
  wholeColumn('inbound', (r) => r.inbound),
  wholeColumn('inbound_peak', (r) => r.inboundPeak),
  wholeColumn('wire_bytes', (r) => r.wireBytes),
  wholeColumn('guests_before', (r) => r.guestsBefore),
  wholeColumn('guests_after', (r) => r.guestsAfter),
  wholeColumn('memory_bytes', (r) => r.memoryBytes),
  wholeColumn('memory_before_bytes', (r) => r.memoryBeforeBytes),
  wholeColumn('memory_peak_bytes', (r) => r.memoryPeakBytes),
  wholeColumn('memory_after_bytes', (r) => r.memoryAfterBytes),
  shareColumn('memory_before_share', (r) => memoryShare(r, r.memoryBeforeBytes)),
  shareColumn('memory_peak_share', (r) => memoryShare(r, r.memoryPeakBytes)),
  shareColumn('memory_after_share', (r) => memoryShare(r, r.memoryAfterBytes)),
  textColumn('schedulable', (r) => String(r.schedulable)),
];

export const guestColumns: readonly Column<GuestRecord>[] = [
  textColumn('namespace', (g) => g.namespace),
  textColumn('name', (g) => g.name),
  wholeColumn('memory_bytes', (g) => g.memoryBytes),
  textColumn('source_node', (g) => g.sourceNode),
  textColumn('final_node', (g) => g.finalNode),
  textColumn('outcome', (g) => g.outcome),
  textColumn('reason', (g) => g.reason),
  wholeColumn('attempts', (g) => g.attempts),
  secondsColumn('moved_at_s', (g) => g.movedAtUs),
  wholeColumn('moves', (g) => g.moves),
];

export const nodeColumns: readonly Column<NodeRecord>[] = [
  textColumn('node', (n) => n.node),
  secondsColumn('cordoned_s', (n) => n.cordonedUs),
  secondsColumn('empty_s', (n) => n.emptyUs),
  wholeColumn('guests', (n) => n.guests),
  wholeColumn('moved', (n) => n.moved),
  wholeColumn('blocked', (n) => n.blocked),
  textColumn('state', (n) => n.state),
  wholeColumn('turn', (n) => n.turn),
  secondsColumn('begun_s', (n) => n.begunUs),
  secondsColumn('uncordoned_s', (n) => n.uncordonedUs),
];

export const linkColumns: readonly Column<LinkRecord>[] = [
  textColumn('link', (l) => l.link),
  secondsColumn('from_s', (l) => l.fromUs),
  secondsColumn('to_s', (l) => l.toUs),
  wholeColumn('capacity_bytes_per_s', (l) => l.capacityBytesPerSecond),
  wholeColumn('bytes', (l) => l.bytes),
  shareColumn('utilisation', linkUtilisation),
  wholeColumn('background_bytes', (l) => l.backgroundBytes),
  secondsColumn('saturated_s', (l) => l.fullUs),
];

export const roundColumns: readonly Column<RoundRecord>[] = [
  textColumn('namespace', (r) => r.namespace),
  textColumn('name', (r) => r.name),
  wholeColumn('attempt', (r) => r.attempt),
  wholeColumn('round', (r) => r.round),
  secondsColumn('started_s', (r) => r.startedUs),
  secondsColumn('ended_s', (r) => r.endedUs),
  wholeColumn('remaining_start_bytes', (r) => r.remainingStartBytes),
  wholeColumn('remaining_end_bytes', (r) => r.remainingEndBytes),
  wholeColumn('dirtied_bytes', (r) => r.dirtiedBytes),
  wholeColumn('sent_bytes', (r) => r.sentBytes),
  wholeColumn('bandwidth_bytes_per_s', (r) => r.bandwidthBytesPerSecond),
  wholeColumn('threshold_bytes', (r) => r.thresholdBytes),
  wholeColumn('downtime_limit_ms', (r) => r.downtimeLimitMs),
  wholeColumn('throttle_percent', (r) => r.throttlePercent),
  textColumn('decision', (r) => r.decision),
];

export const decisionColumns: readonly Column<DecisionRecord>[] = [
  secondsColumn('at_s', (d) => d.atUs),
  textColumn('namespace', (d) => d.namespace),
  textColumn('name', (d) => d.name),
  wholeColumn('attempt', (d) => d.attempt),
  textColumn('actor', (d) => d.actor),
  textColumn('action', (d) => d.action),
  textColumn('reason', (d) => d.reason),
];

/** Share of what the link could have carried in the step, 0 to 1. */
export function linkUtilisation(link: LinkRecord): number {
  const carried = (link.capacityBytesPerSecond * (link.toUs - link.fromUs)) / 1e6;
  return carried > 0 ? link.bytes / carried : 0;
}

/** Of what the node's pods may ask for; null where no limit is known. */
export function memoryShare({ memoryBytes }: ReceiverRecord, bytes: number): number | null {
  return memoryBytes === null || memoryBytes <= 0 ? null : bytes / memoryBytes;
}

function difference(fromUs: number | null, toUs: number | null): number | null {
  return fromUs === null || toUs === null ? null : toUs - fromUs;
}

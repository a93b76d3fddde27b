/**
 * Nothing is lost or made up (DESIGN.md): checks that every run ends with. A failure is a bug of
 * Sluice, never of the input.
 */
import { usageBytes } from '../network/usage.js';
import type { RunResult } from './result.js';
import type { Run } from './run-state.js';

/** Integer byte counts of flows are floors: one byte a flow and step may come early. */
function slackBytes(capacityBytesPerSecond: number, migrations: number): number {
  return capacityBytesPerSecond * 1e-5 + migrations + 1;
}

/** Throws on a broken invariant. */
export function checkRun(run: Run, result: RunResult): void {
  checkGuests(run, result);
  checkLinks(run, result);
  checkBytes(run, result);
}

/** Every guest of a drained node, and every other that is to move, has exactly one outcome. */
function checkGuests(run: Run, result: RunResult): void {
  if (result.guests.length !== run.guestsTotal) {
    throw new Error(
      `${run.guestsTotal} guests to account for, ${result.guests.length} accounted for`,
    );
  }
}

function checkLinks(run: Run, result: RunResult): void {
  for (const row of result.links) {
    const seconds = (row.toUs - row.fromUs) / 1e6;
    const most = row.capacityBytesPerSecond * seconds;
    if (
      row.bytes + row.backgroundBytes >
      most + slackBytes(row.capacityBytesPerSecond, run.records.migrations.length)
    ) {
      throw new Error(`link ${row.link}: ${row.bytes} bytes in ${seconds} s, ${most} fit`);
    }
  }
}

/** What left the sources' NICs, over all of them, is what the migrations' rows say, to the byte. */
function checkBytes(run: Run, result: RunResult): void {
  const rows = new Map<string, number>();
  for (const migration of result.migrations) {
    const { sourceNode } = migration;
    rows.set(sourceNode, (rows.get(sourceNode) ?? 0) + migration.wireBytes);
  }
  for (const [node, bytes] of rows) {
    const up = run.topology.attachments.get(node)?.nicUp.members ?? [];
    const usage = run.flows.log.migrations;
    const crossed = up.reduce((sum, link) => sum + usageBytes(usage, link), 0);
    if (crossed !== bytes) {
      throw new Error(`node ${node}: ${crossed} bytes crossed it, migrations sent ${bytes}`);
    }
  }
}

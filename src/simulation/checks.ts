/**
 * Nothing is lost or made up (DESIGN.md): checks that every run ends with. A failure is a bug of
 * Sluice, never of the input.
 */
import { type ExactCount, exactSum } from '../fleet/exact-count.js';
import { holdsRoom } from '../kubevirt/placement.js';
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
  checkLost(run, result);
}

/** Nobody lives on a node that is gone; a guest that had ended before is not there any more. */
function checkLost({ controlPlane, fleet }: Run, { guests }: RunResult): void {
  const lost = new Set([...controlPlane.lostNodes].map((node) => fleet.nodes[node]?.name));
  if (lost.size === 0) return;
  const ended = new Set(
    fleet.guests.filter((guest) => !holdsRoom(guest)).map((one) => `${one.namespace}/${one.name}`),
  );
  for (const { namespace, name, finalNode, outcome } of guests) {
    if (!lost.has(finalNode) || ended.has(`${namespace}/${name}`)) continue;
    throw new Error(`${namespace}/${name} is ${outcome} on ${finalNode}, which was lost`);
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

/**
 * What crossed a node's NICs and proxy is what the migrations' rows say, to the byte: out of it as
 * their source, into it as their target, and through its proxy as either.
 */
function checkBytes(run: Run, result: RunResult): void {
  const sent = new Map<string, ExactCount>();
  const received = new Map<string, ExactCount>();
  for (const { sourceNode, targetNode, wireBytes } of result.migrations) {
    if (wireBytes === 0) continue;
    sent.set(sourceNode, exactSum([sent.get(sourceNode) ?? 0, wireBytes]));
    received.set(targetNode, exactSum([received.get(targetNode) ?? 0, wireBytes]));
  }
  for (const [node, { nicUp, nicDown, proxy }] of run.topology.attachments) {
    const out = sent.get(node) ?? 0;
    const into = received.get(node) ?? 0;
    checkCrossed(run, `out of ${node}`, nicUp.members, out);
    checkCrossed(run, `into ${node}`, nicDown.members, into);
    checkCrossed(run, `through the proxy of ${node}`, [proxy], exactSum([out, into]));
  }
}

function checkCrossed(run: Run, where: string, links: readonly number[], bytes: ExactCount): void {
  const crossed = exactSum(links.map((link) => usageBytes(run.flows.log.migrations, link)));
  if (crossed !== bytes) {
    throw new Error(`${crossed} bytes went ${where}, migrations sent ${bytes}`);
  }
}

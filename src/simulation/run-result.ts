/** What a run has gathered, as its result. */
import { nodeLoads } from '../kubevirt/control-plane.js';
import { policyAdmissionWarnings } from '../kubevirt/policy-admission.js';
import { linkSteps } from '../network/link-log.js';
import { checkRun } from './checks.js';
import { nodeRecords } from './node-tallies.js';
import { receiverRecords } from './receivers.js';
import type { LinkWaitRecord, RunResult } from './result.js';
import type { Run } from './run-state.js';

/** Sorted and checked: throws on a broken invariant (a bug). */
export function resultOfRun(run: Run, timedOut: boolean): RunResult {
  const { records, options } = run;
  const { migrations: limits } = run.fleet.kubevirt;
  const migrations = [...records.migrations].sort(
    (a, b) =>
      a.createdUs - b.createdUs ||
      compareText(a.namespace, b.namespace) ||
      compareText(a.name, b.name) ||
      a.attempt - b.attempt,
  );
  // A guest may be settled before its last attempt is.
  const guests = [...records.guests.entries()]
    .sort(([a], [b]) => a - b)
    .map(([index, guest]) => ({ ...guest, attempts: records.attempts.get(index) ?? 0 }));
  const result: RunResult = {
    seed: options.seed,
    fidelity: options.fidelity,
    startUs: run.fleet.drain.startUs,
    endUs: run.nowUs,
    timedOut,
    migrations,
    guests,
    nodes: nodeRecords(records.nodes),
    receivers: receiverRecords(run.fleet, run.before, nodeLoads(run.controlPlane), migrations),
    links: linkSteps(run.flows.log, run.nowUs),
    linkWaits: linkWaits(run),
    parallelLimits: {
      perCluster: limits.parallelMigrationsPerCluster,
      perNode: limits.parallelOutboundMigrationsPerNode,
    },
    linkStepUs: options.linkStepUs,
    // Told when their counts were known, which may be later than they ended.
    rounds: [...records.rounds].sort((a, b) => a.endedUs - b.endedUs),
    decisions: records.decisions,
    jobStats: records.jobStats,
    warnings: [
      ...run.topology.assumedNics.map(
        (node) => `node ${node}: no NIC is known, the fleet's smallest is assumed`,
      ),
      ...run.fleet.policies.flatMap((one) => policyAdmissionWarnings(run.fleet.kubevirt, one)),
    ],
  };
  checkRun(run, result);
  return result;
}

/** Longest first, then by name. */
function linkWaits(run: Run): readonly LinkWaitRecord[] {
  const { links } = run.topology;
  const rows = [...run.flows.waitedUs].flatMap((us, index) => {
    const waitedUs = Math.round(us);
    return waitedUs > 0 ? [{ link: links[index]?.name ?? '', waitedUs }] : [];
  });
  return rows.sort((a, b) => b.waitedUs - a.waitedUs || compareText(a.link, b.link));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Ends of migrations on their way to virt-controller (spec/kubevirt.md 8): the launcher, virt-handler
 * and virt-controller each see them once. What befalls the target meanwhile befalls the guest.
 */
import { migrationEnded } from '../kubevirt/control-plane.js';
import type { Run } from './run-state.js';

export interface EndReport {
  /** When virt-controller hears of it. */
  readonly atUs: number;
  readonly endedUs: number;
  readonly migrationId: number;
  readonly outcome: 'succeeded' | 'failed' | 'aborted' | 'lost';
  readonly failCause: string;
  readonly reason: string;
}

/** So long the source's virt-handler waits for a ready domain at the target (spec/kubevirt.md 8). */
const TARGET_READY_US = 60_000_000;

/** Puts the end on its way. */
export function sendReport(run: Run, end: Omit<EndReport, 'atUs'>): void {
  insert(run, { ...end, atUs: end.endedUs + run.fleet.timings.finalisationUs });
}

/** Virt-controller hears of what is due. */
export function deliverReports({ reports, controlPlane, nowUs }: Run): void {
  for (let report = reports[0]; report !== undefined && report.atUs <= nowUs; ) {
    reports.shift();
    migrationEnded(controlPlane, nowUs, report.migrationId, report);
    report = reports[0];
  }
}

/** The target pod of the guest (`NAMESPACE/NAME`) is gone, and the guest that had arrived with it. */
export function loseArrived(run: Run, guest: string): void {
  for (const report of arrived(run)) {
    if (nameOf(run, report) === guest) replace(run, report, lost(report, 'Target pod is down'));
  }
}

/**
 * The target's virt-handler, which finds the guest there, is down until `untilUs`: it finds it then,
 * unless the source's has given up before.
 */
export function holdReports(run: Run, node: string, untilUs: number): void {
  const { finalisationUs } = run.fleet.timings;
  for (const report of arrived(run)) {
    const target = run.controlPlane.migrations[report.migrationId]?.targetNode ?? -1;
    if (run.fleet.nodes[target]?.name !== node) continue;
    const mostUs = report.endedUs + TARGET_READY_US;
    const atUs = Math.max(report.atUs, Math.min(untilUs, mostUs) + finalisationUs);
    const reason = `virt-handler on ${node} was down for longer than the source waits for the target`;
    replace(run, report, { ...(untilUs > mostUs ? lost(report, reason) : report), atUs });
  }
}

/** Of guests that run at their targets. */
function arrived({ reports }: Run): readonly EndReport[] {
  return reports.filter(({ outcome }) => outcome === 'succeeded');
}

function nameOf({ controlPlane, fleet }: Run, { migrationId }: EndReport): string {
  const migration = controlPlane.migrations[migrationId];
  const guest = migration && fleet.guests[migration.guest.index];
  return `${guest?.namespace}/${guest?.name}`;
}

function lost(report: EndReport, reason: string): EndReport {
  return { ...report, outcome: 'lost', failCause: 'guest-lost', reason };
}

function replace(run: Run, report: EndReport, by: EndReport): void {
  run.reports.splice(run.reports.indexOf(report), 1);
  insert(run, by);
}

/** In the order of time, behind those of the same instant. */
function insert({ reports }: Run, report: EndReport): void {
  let at = reports.length;
  while (at > 0 && (reports[at - 1] as EndReport).atUs > report.atUs) at -= 1;
  reports.splice(at, 0, report);
}

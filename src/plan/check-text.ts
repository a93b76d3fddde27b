/** A check as a person reads it, and as a program does. */

import { escapeControls } from '../fleet/input-error.js';
import { countText, durationText } from '../outcome/quantity-text.js';
import { tableLines } from '../outcome/text-table.js';
import { type CheckReport, SEVERITIES } from './check.js';
import type { CheckName, Finding, Severity } from './check-finding.js';

const EXAMPLES = 3;
const TITLES: Readonly<Record<Severity, string>> = {
  blocker: 'Blockers',
  warning: 'Warnings',
  note: 'Notes',
};

/** What each check looks for, as the heading over its findings. */
const MEANINGS: Readonly<Record<CheckName, string>> = {
  'not-migratable': 'cannot migrate',
  'left-by-taint': 'left where they are by the drain taint',
  external: 'left to an external controller',
  'disruption-budget': 'a PodDisruptionBudget forbids the eviction',
  quota: 'a ResourceQuota forbids the target pod',
  'volume-too-small': 'a volume does not fit its destination',
  'no-target': 'no node may take it',
  'no-room': 'no node has room',
  'no-room-together': 'no room once others have moved',
  restarted: 'restarted, not migrated',
  'cpu-trap': 'a CPU model that few nodes have',
  'few-targets': 'few nodes may take it',
  'crowded-target': 'more would go to a node than it holds',
  balance: 'out of balance afterwards',
  'spare-room': 'room for a missing node',
  'not-converging': 'will not converge',
  'may-not-converge': 'may not converge',
  slowed: 'slowed down until they converge',
  'first-pass-too-slow': 'the completion timeout is shorter than the first pass',
  'dirty-rate-unknown': 'no dirty rate is known',
  'mirror-behind': 'disks that are written faster than they are copied',
  'copies-disks': 'copies disks',
  'in-flight': 'on its way already',
  'node-state': 'state of nodes',
  'other-pods': 'pods other than guests',
  'no-slots': 'no migration may start',
  'post-copy-never': 'post-copy that never begins',
  'policy-admission': 'policies that KubeVirt would refuse',
  'idle-setting': 'settings that do nothing',
  'parallel-above-links': 'more at once than links carry',
  'policies-overlap': 'policies that overlap',
  'policy-unused': 'policies that match nobody',
};

export function checkLines(report: CheckReport): readonly string[] {
  const { blocker, warning, note } = report.counts;
  const nodes = countText(report.nodes, 'node');
  const scope = report.nodesAsked ? `${nodes} to drain` : `each of ${nodes} in turn`;
  return [
    `${countText(blocker, 'blocker')}, ${countText(warning, 'warning')}, ${countText(note, 'note')} (fleet ${escapeControls(report.fleet)}, ${scope}, ${countText(report.guests, 'guest')})`,
    ...SEVERITIES.flatMap((severity) =>
      section(
        severity,
        report.findings.filter((one) => one.severity === severity),
      ),
    ),
    '',
    'A wider migration network (estimates: no drain is quicker)',
    ...widthLines(report).map((line) => `  ${line}`),
  ];
}

function section(severity: Severity, findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return [];
  const checks = new Map<CheckName, Finding[]>();
  for (const one of findings) checks.set(one.check, [...(checks.get(one.check) ?? []), one]);
  return [
    '',
    TITLES[severity],
    ...[...checks].flatMap(([check, all]) => [
      `  ${all.length} × ${MEANINGS[check]}`,
      ...all.slice(0, EXAMPLES).map((one) => `    ${escapeControls(oneLine(one))}`),
      ...(all.length > EXAMPLES
        ? [`    … and ${all.length - EXAMPLES} more in check.csv (--out)`]
        : []),
      ...adviceLines(all),
    ]),
  ];
}

function oneLine({ subject, node, finding, about }: Finding): string {
  const where = node === '' || about === 'node' ? '' : ` on ${node}`;
  return `${subject}${where}: ${finding}`;
}

/** Findings of one check may ask for different things: each is said, with how many ask for it. */
function adviceLines(all: readonly Finding[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { advice } of all) {
    if (advice !== '') counts.set(advice, (counts.get(advice) ?? 0) + 1);
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, EXAMPLES);
  return most.map(([advice, count]) => {
    const of = counts.size > 1 ? `${count} × ` : '';
    return `    → ${of}${escapeControls(advice)}`;
  });
}

function widthLines({ widths }: CheckReport): readonly string[] {
  return tableLines(
    [
      { title: 'NICs and uplinks', align: 'left' },
      { title: 'bandwidthPerMigration', align: 'left' },
      { title: 'at least', align: 'right' },
      { title: 'not converging', align: 'right' },
      { title: 'bound by', align: 'left' },
    ],
    widths.map((one) => [
      `× ${one.width}`,
      one.bandwidthLimit === 'none' ? 'none' : 'as it is',
      durationText(one.leastDrainSeconds * 1e6),
      String(one.guestsNotConverging),
      one.bound ?? '',
    ]),
  );
}

/** The words of check.csv. */
export function checkJson(report: CheckReport): Readonly<Record<string, unknown>> {
  return {
    fleet: report.fleet,
    nodes: report.nodes,
    guests: report.guests,
    counts: report.counts,
    findings: report.findings,
    network: report.widths.map((one) => ({
      width: one.width,
      bandwidth_limit: one.bandwidthLimit,
      least_drain_s: one.leastDrainSeconds,
      guests_not_converging: one.guestsNotConverging,
      bound: one.bound,
    })),
  };
}

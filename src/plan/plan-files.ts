/** All that a plan writes. */
import { fleetToFile } from '../fleet/file/export.js';
import { textFile, type WholeFile } from '../outcome/whole-files.js';
import { kubevirtPatch, migrationPolicies } from './kubevirt-files.js';
import { type Plan, plannedFleet } from './plan-report.js';
import { planTables } from './plan-tables.js';
import { runbook } from './runbook.js';

export const PLAN_FILES: readonly string[] = [
  'plan.csv',
  'pareto.csv',
  'kubevirt-patch.yaml',
  'migration-policies.yaml',
  'planned-fleet.yaml',
  'runbook.md',
];

/** A file of YAML that has nothing to change says so; kubectl refuses it. */
export function planFiles(plan: Plan): readonly WholeFile[] {
  const { today } = plan.request;
  const planned = plannedFleet(plan);
  const patch = kubevirtPatch(today, planned) ?? '# The KubeVirt CR stays as it is.\n';
  const policies = migrationPolicies(today, planned) ?? '# The policies stay as they are.\n';
  return [
    ...planTables(plan),
    textFile('kubevirt-patch.yaml', patch),
    textFile('migration-policies.yaml', policies),
    textFile('planned-fleet.yaml', fleetToFile(planned)),
    textFile('runbook.md', runbook(plan)),
  ];
}

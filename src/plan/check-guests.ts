/** What keeps a single guest from leaving, or is lost when it leaves (spec/kubevirt.md 4, 5.7, 6). */
import type { DisruptionBudget, Fleet } from '../fleet/model.js';
import { matchesLabels } from '../kubevirt/label-matching.js';
import { liveMigratable } from '../kubevirt/migratable.js';
import { launcherLabels } from '../kubevirt/pod-class.js';
import { createQuotaUse, quotaProblem } from '../kubevirt/resource-quota.js';
import { bytesText, durationText } from '../outcome/quantity-text.js';
import { copiedVolumes, tooSmallDestination } from '../simulation/migration-setup.js';
import type { Finding } from './check-finding.js';
import type { CheckedGuest, CheckScope } from './check-scope.js';

export function checkGuests(scope: CheckScope): readonly Finding[] {
  const quota = createQuotaUse(scope.fleet);
  return scope.guests.flatMap((one) => [
    ...evictionFindings(scope.fleet, one),
    ...(moves(one)
      ? [
          ...quotaFindings(one, quotaProblem(quota, one.index)),
          ...diskFindings(one),
          ...stateFindings(one),
        ]
      : []),
  ]);
}

/** KubeVirt will try to migrate it. */
export function moves({ verdict }: CheckedGuest): boolean {
  return verdict === 'mark';
}

export function aboutGuest(
  { name, node }: CheckedGuest,
  rest: Pick<Finding, 'severity' | 'check' | 'finding' | 'advice'>,
): Finding {
  return { about: 'guest', subject: name, node, ...rest };
}

function evictionFindings(fleet: Fleet, one: CheckedGuest): readonly Finding[] {
  const { guest, verdict } = one;
  const { reason, message } = liveMigratable(fleet, guest);
  const strategy = guest.evictionStrategy ?? fleet.kubevirt.evictionStrategy;
  switch (verdict) {
    case 'mark':
      return [];
    case 'deny':
      return [
        aboutGuest(one, {
          severity: 'blocker',
          check: 'not-migratable',
          finding: `evictionStrategy ${strategy}, but not migratable: ${message || reason}`,
          advice: 'shut it down in the window, or change what keeps it from migrating',
        }),
      ];
    case 'external':
      return [
        aboutGuest(one, {
          severity: 'blocker',
          check: 'external',
          finding: 'evictionStrategy External: KubeVirt leaves it to an external controller',
          advice: 'make sure that its controller acts, or move it by hand',
        }),
      ];
    case 'left':
      return [
        aboutGuest(one, {
          severity: 'blocker',
          check: 'left-by-taint',
          finding: `evictionStrategy ${strategy}: the drain taint leaves it on its node`,
          advice: 'set LiveMigrate, shut it down in the window, or drain by eviction',
        }),
      ];
    case 'allow': {
      const because = reason === '' ? '' : `, ${reason}`;
      const restarted = aboutGuest(one, {
        severity: 'warning',
        check: 'restarted',
        finding: `is shut down, not migrated: evictionStrategy ${strategy}${because}`,
        advice: 'agree on its restart, or set LiveMigrate where it can migrate',
      });
      const budget = spentBudget(fleet.disruptionBudgets, one);
      return budget === null ? [restarted] : [budgetFinding(one, budget.name)];
    }
  }
}

function spentBudget(budgets: readonly DisruptionBudget[], { guest }: CheckedGuest) {
  const labels = launcherLabels(guest);
  const spent = budgets.find(
    ({ namespace, matchLabels, disruptionsAllowed }) =>
      namespace === guest.namespace &&
      disruptionsAllowed === 0 &&
      matchesLabels(matchLabels, labels),
  );
  return spent ?? null;
}

function budgetFinding(one: CheckedGuest, budget: string): Finding {
  return aboutGuest(one, {
    severity: 'blocker',
    check: 'disruption-budget',
    finding: `its eviction would violate PodDisruptionBudget ${budget}, which allows none`,
    advice: 'raise the budget, or shut the guest down',
  });
}

function quotaFindings(one: CheckedGuest, problem: string | null): readonly Finding[] {
  if (problem === null) return [];
  const advice = 'raise the quota: while a guest migrates both of its pods count';
  return [aboutGuest(one, { severity: 'blocker', check: 'quota', finding: problem, advice })];
}

/** What a disk costs when nothing else limits it than the bandwidth limit (0: none). */
function diskFindings(one: CheckedGuest): readonly Finding[] {
  const { guest, settings } = one;
  const tooSmall = tooSmallDestination(guest);
  const findings: Finding[] = [];
  if (tooSmall !== null) {
    findings.push(
      aboutGuest(one, {
        severity: 'blocker',
        check: 'volume-too-small',
        finding: `the destination of volume ${tooSmall} is smaller than its disk`,
        advice: 'make the destination claim at least as large',
      }),
    );
  }
  const bytes = copiedVolumes(guest).reduce((sum, volume) => sum + volume.bytes, 0);
  if (bytes < WORTH_COPYING_BYTES) return findings;
  const limit = settings.bandwidthPerMigrationBytesPerSecond;
  const time = limit > 0 ? `: ${durationText((bytes / limit) * 1e6)} at its bandwidth limit` : '';
  const finding = `copies ${bytesText(bytes)} of disks before its memory${time}`;
  const advice = 'move it last, or copy its volumes apart from the drain';
  findings.push(aboutGuest(one, { severity: 'note', check: 'copies-disks', finding, advice }));
  return findings;
}

/** A cloud-init disk or a container disk is copied in no time. */
const WORTH_COPYING_BYTES = 8 * 2 ** 30;

function stateFindings(one: CheckedGuest): readonly Finding[] {
  const { guest, node } = one;
  const findings: Finding[] = [];
  const note = (finding: string) =>
    findings.push(aboutGuest(one, { severity: 'note', check: 'in-flight', finding, advice: '' }));
  if (guest.migrating) note('is migrating already: it holds a slot, and gives no dirty rate');
  if (guest.evacuationNodeName === node) note('is marked for evacuation: a drain has begun before');
  const { workload } = guest;
  if (workload.kind === 'observed' && workload.dirtyRates.length === 0) {
    findings.push(
      aboutGuest(one, {
        severity: 'warning',
        check: 'dirty-rate-unknown',
        finding: 'no dirty rate is known: it is taken to write nothing',
        advice: 'measure it (virsh domdirtyrate-calc), or give its workload in a fleet file',
      }),
    );
  }
  return findings;
}

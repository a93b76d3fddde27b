/** Settings that contradict each other, do nothing, or ask for more than the links carry. */
import { DEFAULT_MIGRATIONS } from '../fleet/defaults.js';
import type { Fleet } from '../fleet/model.js';
import { matchingPolicy } from '../kubevirt/policy.js';
import { policyAdmissionWarnings } from '../kubevirt/policy-admission.js';
import { hasFeatureGate } from '../kubevirt/release.js';
import { bitRateText, bytesText, countText } from '../outcome/quantity-text.js';
import { nicBytesPerSecond, type SharedNetwork } from './bandwidth-share.js';
import type { Finding } from './check-finding.js';
import { moves } from './check-guests.js';
import type { CheckScope } from './check-scope.js';

export function checkSettings(scope: CheckScope, shared: SharedNetwork): readonly Finding[] {
  const { fleet } = scope;
  return [
    ...postCopyFindings(fleet),
    ...admissionFindings(fleet),
    ...noSlotFindings(scope),
    ...idleFindings(fleet),
    ...linkFindings(scope, shared),
    ...policyFindings(scope),
  ];
}

type Subject = Pick<Finding, 'about' | 'subject' | 'node'>;

function policySubject(name: string): Subject {
  return { about: 'policy', subject: name, node: '' };
}

function setting(name: string): Subject {
  return { about: 'cluster', subject: name, node: '' };
}

function postCopyFindings(fleet: Fleet): readonly Finding[] {
  const finding =
    'allowPostCopy without allowWorkloadDisruption: post-copy never begins, migrations are aborted in its place';
  const advice = 'allow both, or neither';
  const rest = { severity: 'warning', check: 'post-copy-never', finding, advice } as const;
  const cluster = fleet.kubevirt.migrations;
  const found: Finding[] = [];
  if (cluster.allowPostCopy && !cluster.allowWorkloadDisruption) {
    found.push({ ...setting('migrations.allowPostCopy'), ...rest });
  }
  for (const policy of fleet.policies) {
    const postCopy = policy.allowPostCopy ?? cluster.allowPostCopy;
    // A policy's post-copy allows disruption where it does not say otherwise (spec/kubevirt.md 1.2).
    const disruption =
      policy.allowWorkloadDisruption ?? policy.allowPostCopy ?? cluster.allowWorkloadDisruption;
    const own = policy.allowPostCopy !== null || policy.allowWorkloadDisruption !== null;
    if (own && postCopy && !disruption) found.push({ ...policySubject(policy.name), ...rest });
  }
  return found;
}

function admissionFindings({ kubevirt, policies }: Fleet): readonly Finding[] {
  return policies.flatMap((policy) =>
    policyAdmissionWarnings(kubevirt, policy).map((text) => ({
      ...policySubject(policy.name),
      severity: 'warning' as const,
      check: 'policy-admission' as const,
      finding: text.replace(`policy ${policy.name}: `, ''),
      advice: 'turn the gate on, or take the field out',
    })),
  );
}

/** A target pod is made while fewer migrations run than the limit: never for 0 (spec/kubevirt.md 5.2). */
function noSlotFindings({ fleet, guests }: CheckScope): readonly Finding[] {
  const limits = ['parallelMigrationsPerCluster', 'parallelOutboundMigrationsPerNode'] as const;
  const waiting = guests.filter(moves).length;
  return limits
    .filter((name) => fleet.kubevirt.migrations[name] <= 0)
    .map((name) => ({
      ...setting(`migrations.${name}`),
      severity: waiting > 0 ? 'blocker' : 'warning',
      check: 'no-slots',
      finding: `${fleet.kubevirt.migrations[name]} at a time: no migration ever starts, ${countText(waiting, 'guest')} would wait for ever`,
      advice: 'allow at least 1',
    }));
}

function idleFindings({ kubevirt }: Fleet): readonly Finding[] {
  const { migrations } = kubevirt;
  const found: Finding[] = [];
  const idle = (name: string, finding: string, advice: string) =>
    found.push({ ...setting(name), severity: 'warning', check: 'idle-setting', finding, advice });
  const gated =
    hasFeatureGate(kubevirt, 'MigrationStallDetection') ||
    hasFeatureGate(kubevirt, 'MigrationDowntimeTuning');
  if (migrations.maxDowntimeMs !== DEFAULT_MIGRATIONS.maxDowntimeMs && !gated) {
    const advice = 'turn on MigrationStallDetection or MigrationDowntimeTuning';
    idle(
      'migrations.maxDowntimeMs',
      `${migrations.maxDowntimeMs} ms is never sent to QEMU without a feature gate; it keeps its own 300 ms`,
      advice,
    );
  }
  const { parallelOutboundMigrationsPerNode: out, parallelMigrationsPerCluster: all } = migrations;
  // 0 in the cluster is no limit that another one misses: nothing moves at all.
  if (out > all && all > 0) {
    idle(
      'migrations.parallelOutboundMigrationsPerNode',
      `${out} out of a node are never reached: the cluster's limit is ${all}`,
      'raise the cluster limit, or lower this one',
    );
  }
  if (migrations.completionTimeoutPerGiB === 0 && migrations.allowPostCopy) {
    idle(
      'migrations.completionTimeoutPerGiB',
      '0 is no time limit: post-copy, which begins when it strikes, never does',
      'give it a limit',
    );
  }
  return found;
}

/** Limits that the links never let be reached, or that they cannot carry. */
function linkFindings({ fleet, nodes }: CheckScope, shared: SharedNetwork): readonly Finding[] {
  const { bandwidthPerMigrationBytesPerSecond: limit } = fleet.kubevirt.migrations;
  const { proxyBytesPerSecond } = fleet.network;
  const { outbound } = shared;
  const narrow = nodes.filter((node) => {
    const nic = nicBytesPerSecond(shared, node);
    return nic > 0 && (limit > 0 ? limit * outbound > Math.min(nic, proxyBytesPerSecond) : false);
  });
  const first = narrow[0];
  if (first === undefined) return [];
  const nic = nicBytesPerSecond(shared, first);
  const narrowest = Math.min(nic, proxyBytesPerSecond);
  const what = nic <= proxyBytesPerSecond ? 'NIC' : 'proxy';
  const more = narrow.length > 1 ? ` and ${countText(narrow.length - 1, 'more node')}` : '';
  return [
    {
      ...setting('migrations.bandwidthPerMigration'),
      severity: 'warning',
      check: 'parallel-above-links',
      finding: `${outbound} out of a node at ${bytesText(limit)}/s each ask for ${bitRateText(limit * outbound)}; the ${what} of ${first}${more} carries ${bitRateText(narrowest)}`,
      advice: 'fewer out of a node at once are each faster, and converge sooner',
    },
  ];
}

function policyFindings({ fleet, guests }: CheckScope): readonly Finding[] {
  const used = new Set<string>();
  const overlaps = new Map<string, { count: number; example: string }>();
  for (const { guest, name } of guests) {
    const labels = fleet.namespaces.find((one) => one.name === guest.namespace)?.labels ?? {};
    const matching = fleet.policies.filter(
      (policy) => matchingPolicy([policy], guest.labels, labels) !== null,
    );
    for (const policy of matching) used.add(policy.name);
    const winner = matchingPolicy(fleet.policies, guest.labels, labels);
    const losers = matching.filter((policy) => policy !== winner).map((policy) => policy.name);
    if (winner === null || losers.length === 0) continue;
    const key = `${winner.name} wins over ${losers.join(' and ')}`;
    const before = overlaps.get(key);
    overlaps.set(key, { count: (before?.count ?? 0) + 1, example: before?.example ?? name });
  }
  const overlapping = [...overlaps].map(([key, { count, example }]) => ({
    ...policySubject(key.slice(0, key.indexOf(' '))),
    severity: 'note' as const,
    check: 'policies-overlap' as const,
    finding: `${key} for ${countText(count, 'guest')} (such as ${example})`,
    advice: '',
  }));
  const unused = fleet.policies
    .filter(({ name }) => !used.has(name))
    .map(({ name }) => ({
      ...policySubject(name),
      severity: 'note' as const,
      check: 'policy-unused' as const,
      finding: 'matches none of these guests',
      advice: '',
    }));
  return [...overlapping, ...unused];
}

/**
 * A policy of its own for a guest that spoils the rest: one that breaks a limit, does not converge,
 * or holds its place in the queue much longer than the others. KubeVirt applies one policy to a
 * guest, whole (spec/kubevirt.md 1.2), so each starts from the one that holds for it now.
 */
import { emptyPolicy } from '../fleet/defaults.js';
import type { Goal } from '../fleet/goal-model.js';
import type { Fleet, Guest, Labels, MigrationPolicy } from '../fleet/model.js';
import { matchingPolicy } from '../kubevirt/policy.js';
import { hasFeatureGate } from '../kubevirt/release.js';
import { lateChoices } from './cluster-knobs.js';
import { type ActionKind, guestActions } from './guest-actions.js';
import type { Knob } from './knob.js';
import { selectionTest } from './limits.js';
import type { ReplicaDetail } from './replica-detail.js';

/** More make the search wider than its candidates can cover. */
const MOST_GUESTS = 4;

/** @param runs of today's settings, or others that a plan starts from */
export function guestKnobs(
  today: Fleet,
  goal: Goal,
  runs: readonly ReplicaDetail[],
): readonly Knob[] {
  const taken = new Set(today.policies.map(({ name }) => name));
  const knobs: Knob[] = [];
  for (const guest of spoilers(today, goal, runs)) {
    const knob = knobOfGuest(today, goal, guest);
    if (knob === null || taken.has(policyName(knob.name))) continue;
    taken.add(policyName(knob.name));
    knobs.push(knob);
    if (knobs.length === MOST_GUESTS) break;
  }
  return knobs;
}

/** The worst first. */
const SPOILING: readonly ActionKind[] = [
  'cannot-converge',
  'needs-post-copy',
  'needs-pause',
  'move-last',
];

function spoilers(
  { guests }: Fleet,
  { limits }: Goal,
  runs: readonly ReplicaDetail[],
): readonly Guest[] {
  const byName = new Map(guests.map((guest) => [`${guest.namespace}/${guest.name}`, guest]));
  const longestUs = new Map<string, number>();
  const breakers = new Set<string>();
  for (const { guest: name, totalUs, pauseUs, mode } of runs.flatMap((run) => run.guests)) {
    longestUs.set(name, Math.max(longestUs.get(name) ?? 0, totalUs ?? 0));
    const guest = byName.get(name);
    const breaks = limits.some((limit) => {
      if (guest === undefined || !('guests' in limit)) return false;
      const isOver = limit.kind === 'pause' ? pauseUs > limit.mostUs : mode === 'PostCopy';
      return isOver && selectionTest(limit.guests)(guest);
    });
    if (breaks) breakers.add(name);
  }
  const rank = (kind: ActionKind, name: string) =>
    breakers.has(name) ? -1 : SPOILING.indexOf(kind);
  return guestActions(runs)
    .filter(({ kind, guest }) => breakers.has(guest) || SPOILING.includes(kind))
    .sort(
      (a, b) =>
        rank(a.kind, a.guest) - rank(b.kind, b.guest) ||
        (longestUs.get(b.guest) ?? 0) - (longestUs.get(a.guest) ?? 0),
    )
    .flatMap(({ guest }) => byName.get(guest) ?? []);
}

/** Seconds for each decimal GB after which a late one is dealt with: one pass, or a few. */
const SOON_PER_GB = [1, 5] as const;

function knobOfGuest(today: Fleet, goal: Goal, guest: Guest): Knob | null {
  const own = ownLabel(today, guest);
  if (own === null) return null;
  const name = `sluice-${guest.namespace}-${own.value}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-');
  const choice = (text: string, changed: Partial<MigrationPolicy>) => ({
    text,
    apply: (fleet: Fleet) => withOwnPolicy(fleet, guest, own, { ...changed, name }),
  });
  const late = lateChoices(goal).filter((one) => one !== 'post-copy' || mayPostCopy(goal, guest));
  const disrupted = late.filter((one) => one !== 'abort');
  return {
    name: `policy/${name}`,
    choices: [
      { text: 'none', apply: (fleet) => fleet },
      ...disrupted.flatMap((what) =>
        SOON_PER_GB.map((seconds) =>
          choice(`${what} after ${seconds} s per GB`, {
            allowPostCopy: what === 'post-copy',
            allowWorkloadDisruption: true,
            completionTimeoutPerGiB: seconds,
          }),
        ),
      ),
      choice('throttled', { allowAutoConverge: true }),
      choice('not throttled', { allowAutoConverge: false }),
      choice('no bandwidth limit', { bandwidthPerMigrationBytesPerSecond: 0 }),
      choice('throttled, no bandwidth limit', {
        allowAutoConverge: true,
        bandwidthPerMigrationBytesPerSecond: 0,
      }),
      choice('400 s per GB', { completionTimeoutPerGiB: 400 }),
    ],
  };
}

function policyName(knobName: string): string {
  return knobName.slice('policy/'.length);
}

function mayPostCopy({ limits }: Goal, guest: Guest): boolean {
  return !limits.some(
    (limit) => limit.kind === 'no-post-copy' && selectionTest(limit.guests)(guest),
  );
}

interface Label {
  readonly key: string;
  readonly value: string;
}

/** KubeVirt's own marks, which change when the guest moves. */
const PASSING = new Set([
  'kubevirt.io/nodeName',
  'kubevirt.io/migrationTargetNodeName',
  'kubevirt.io/outdatedLauncherImage',
]);
/** Set by the VirtualMachine, and the same after a restart. */
const LASTING = ['kubevirt.io/vm', 'vm.kubevirt.io/name'];

/** The label that fewest guests of its namespace share; null: none tells it from the others. */
function ownLabel({ guests }: Fleet, guest: Guest): Label | null {
  const beside = guests.filter(({ namespace }) => namespace === guest.namespace);
  const shared = ({ key, value }: Label) =>
    beside.filter(({ labels }) => labels[key] === value).length;
  const found = Object.entries(guest.labels)
    .filter(([key]) => !PASSING.has(key))
    .map(([key, value]) => ({ key, value, guests: shared({ key, value }) }))
    .filter((one) => one.guests < beside.length || beside.length === 1)
    .sort(
      (a, b) =>
        a.guests - b.guests ||
        LASTING.indexOf(b.key) - LASTING.indexOf(a.key) ||
        (a.key < b.key ? -1 : 1),
    );
  return found[0] ?? null;
}

const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** Copied from the policy in force, with a pair more in its selectors, so that it wins over it. */
function withOwnPolicy(
  fleet: Fleet,
  guest: Guest,
  own: Label,
  changed: Partial<MigrationPolicy> & { readonly name: string },
): Fleet {
  const namespace = fleet.namespaces.find(({ name }) => name === guest.namespace)?.labels ?? {};
  const before = matchingPolicy(fleet.policies, guest.labels, namespace);
  const base = before ?? emptyPolicy(changed.name, {});
  const named = namespace[NAMESPACE_NAME];
  const selectors = {
    namespace: {
      ...base.selectors?.namespace,
      ...(named === undefined ? {} : { [NAMESPACE_NAME]: named }),
    } satisfies Labels,
    virtualMachineInstance: {
      ...base.selectors?.virtualMachineInstance,
      [own.key]: own.value,
    } satisfies Labels,
  };
  const policy = { ...admissible(fleet, base), ...changed, selectors };
  return {
    ...fleet,
    policies: [...fleet.policies, policy].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** A new policy is refused with fields whose gate is off; one that is there keeps them (spec 1.2). */
function admissible({ kubevirt }: Fleet, policy: MigrationPolicy): MigrationPolicy {
  const stall = hasFeatureGate(kubevirt, 'MigrationStallDetection');
  const tuning = hasFeatureGate(kubevirt, 'MigrationDowntimeTuning');
  return {
    ...policy,
    maxDowntimeMs: stall || tuning ? policy.maxDowntimeMs : null,
    stallDetector: stall ? policy.stallDetector : null,
    downtimeTuning: tuning ? policy.downtimeTuning : null,
  };
}

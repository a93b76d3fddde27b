/** Knobs of MigrationPolicies, those that are there and new ones (spec/kubevirt.md 1.2 to 1.4). */
import { emptyPolicy } from '../fleet/defaults.js';
import type { Goal } from '../fleet/goal-model.js';
import type { Fleet, Guest, Labels, MigrationPolicy, StallDetectorPolicy } from '../fleet/model.js';
import { matchingPolicy } from '../kubevirt/policy.js';
import {
  bandwidthsOf,
  bandwidthText,
  lateChoices,
  tunableGates,
  type WhenLate,
  whenLateFields,
} from './cluster-knobs.js';
import { type Knob, knobOf } from './knob.js';
import { selectionTest } from './limits.js';

/** Guests of the nodes to drain, each with the policy that holds for it. */
function guestsToMove(fleet: Fleet): readonly { guest: Guest; policy: MigrationPolicy | null }[] {
  const drained = new Set(fleet.drain.nodes);
  const labels = new Map(fleet.namespaces.map(({ name, labels }) => [name, labels]));
  return fleet.guests
    .filter(({ node }) => node !== null && drained.has(node))
    .map((guest) => ({
      guest,
      policy: matchingPolicy(fleet.policies, guest.labels, labels.get(guest.namespace) ?? {}),
    }));
}

/** Of policies that hold for a guest that is to move; others change nothing. */
export function policyKnobs(today: Fleet, goal: Goal): readonly Knob[] {
  const inForce = new Set(guestsToMove(today).flatMap(({ policy }) => policy?.name ?? []));
  const known = today.policies.filter(({ name }) => inForce.has(name));
  return [...newPolicies(today, goal), ...known].flatMap((policy) => knobsOf(policy, today, goal));
}

function knobsOf(policy: MigrationPolicy, today: Fleet, goal: Goal): readonly Knob[] {
  const name = (field: string) => `policy/${policy.name}/${field}`;
  const change = (fleet: Fleet, changed: Partial<MigrationPolicy>) =>
    withPolicy(fleet, policy, changed);
  return [
    knobOf(
      name('bandwidthPerMigration'),
      policy.bandwidthPerMigrationBytesPerSecond,
      [null, 0, ...bandwidthsOf(today)],
      (value) => (value === null ? UNSET : bandwidthText(value)),
      (fleet, value) => change(fleet, { bandwidthPerMigrationBytesPerSecond: value }),
    ),
    knobOf(
      name('completionTimeoutPerGiB'),
      policy.completionTimeoutPerGiB,
      [null, 2, 10, 50, 150, 400],
      orUnset,
      (fleet, value) => change(fleet, { completionTimeoutPerGiB: value }),
    ),
    knobOf(
      name('allowAutoConverge'),
      policy.allowAutoConverge,
      [null, false, true],
      orUnset,
      (fleet, value) => change(fleet, { allowAutoConverge: value }),
    ),
    knobOf(
      name('whenLate'),
      lateOf(policy),
      [UNSET, ...lateChoices(goal)] as const,
      (late) => late,
      (fleet, late) => change(fleet, lateChange(late)),
    ),
    ...gatedKnobs(policy, today, goal),
  ];
}

const UNSET = 'unset';

function orUnset(value: number | boolean | string | null): string {
  return value === null ? UNSET : String(value);
}

function lateOf({ allowPostCopy, allowWorkloadDisruption }: MigrationPolicy): WhenLate | 'unset' {
  if (allowPostCopy === null && allowWorkloadDisruption === null) return UNSET;
  if (!(allowWorkloadDisruption ?? allowPostCopy)) return 'abort';
  return allowPostCopy ? 'post-copy' : 'pause';
}

function lateChange(late: WhenLate | 'unset'): Partial<MigrationPolicy> {
  return late === UNSET
    ? { allowPostCopy: null, allowWorkloadDisruption: null }
    : whenLateFields(late);
}

/** Fields that need a feature gate; the two experiments exclude each other in one policy. */
function gatedKnobs(policy: MigrationPolicy, today: Fleet, goal: Goal): readonly Knob[] {
  const gates = tunableGates(today, goal);
  if (gates.length === 0) return [];
  const downtime = knobOf(
    `policy/${policy.name}/maxDowntimeMs`,
    policy.maxDowntimeMs,
    [null, 100, 200, 400, 900, 2000],
    orUnset,
    (fleet, value) => withPolicy(fleet, policy, { maxDowntimeMs: value }),
  );
  const stall = gates.includes('MigrationStallDetection') && policy.downtimeTuning === null;
  const tuning =
    gates.includes('MigrationDowntimeTuning') && policy.stallDetector === null && !stall;
  return [downtime, ...(stall ? stallKnobs(policy) : []), ...(tuning ? [tuningKnob(policy)] : [])];
}

export const NO_STALL_DETECTOR: StallDetectorPolicy = {
  stallMargin: null,
  stallProgressTimeout: null,
  switchoverTimeout: null,
  ewmaAlpha: null,
  precopyPossibleFactor: null,
  patienceWindowDecayFactor: null,
  searchLocalMinima: null,
  completionTimeoutFactor: null,
};

function stallKnobs(policy: MigrationPolicy): readonly Knob[] {
  const own = policy.stallDetector ?? NO_STALL_DETECTOR;
  const option = <Field extends keyof StallDetectorPolicy>(
    field: Field,
    values: readonly StallDetectorPolicy[Field][],
  ): Knob =>
    knobOf(
      `policy/${policy.name}/${field}`,
      own[field],
      [null as StallDetectorPolicy[Field], ...values],
      orUnset,
      (fleet, value) => {
        const now = fleet.policies.find(({ name }) => name === policy.name)?.stallDetector;
        const stallDetector = { ...NO_STALL_DETECTOR, ...now, [field]: value };
        return withPolicy(fleet, policy, { stallDetector });
      },
    );
  return [
    option('stallMargin', [2, 8]),
    option('stallProgressTimeout', [15, 80]),
    option('searchLocalMinima', [false]),
    option('precopyPossibleFactor', ['1', '3']),
  ];
}

/** As one knob: its fields mean little without each other (spec/kubevirt.md 3.3). */
function tuningKnob(policy: MigrationPolicy): Knob {
  const tunings = [
    { initialMs: 150, steps: 7, startAfterIteration: 3, cooldownSeconds: 10 },
    { initialMs: 50, steps: 10, startAfterIteration: 3, cooldownSeconds: 10 },
    { initialMs: 300, steps: 3, startAfterIteration: 2, cooldownSeconds: 5 },
  ];
  return knobOf(
    `policy/${policy.name}/downtimeTuning`,
    policy.downtimeTuning,
    [null, ...tunings],
    (tuning) =>
      tuning === null ? UNSET : `${tuning.initialMs ?? ''} ms in ${tuning.steps ?? ''} steps`,
    (fleet, downtimeTuning) => withPolicy(fleet, policy, { downtimeTuning }),
  );
}

/** The policy with the change; one that is not there yet comes with it. */
function withPolicy(
  fleet: Fleet,
  policy: MigrationPolicy,
  changed: Partial<MigrationPolicy>,
): Fleet {
  const isThere = fleet.policies.some(({ name }) => name === policy.name);
  const policies = isThere ? fleet.policies : [...fleet.policies, policy];
  return {
    ...fleet,
    policies: policies
      .map((one) => (one.name === policy.name ? { ...one, ...changed } : one))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/**
 * Policies that could be: one for each class of guests that a limit names, and one for all guests,
 * which any other policy beats (an empty selector matches with score 0).
 */
function newPolicies(today: Fleet, goal: Goal): readonly MigrationPolicy[] {
  const bare = guestsToMove(today).filter(({ policy }) => policy === null);
  const classes = goal.limits.flatMap((limit) => {
    if (limit.kind !== 'pause' && limit.kind !== 'no-post-copy') return [];
    const { labels } = limit.guests;
    const isSelected = selectionTest(limit.guests);
    const some = Object.keys(labels).length > 0 && bare.some(({ guest }) => isSelected(guest));
    return some ? [emptyPolicy(`sluice-${nameOf(labels)}`, labels)] : [];
  });
  const needed = tunableGates(today, goal).length > 0 && bare.length > 0;
  const all = [...classes, ...(needed ? [emptyPolicy('sluice-all', {})] : [])];
  const taken = new Set(today.policies.map(({ name }) => name));
  return all.filter(
    ({ name }, index) =>
      !taken.has(name) && all.findIndex((other) => other.name === name) === index,
  );
}

function nameOf(labels: Labels): string {
  const text = Object.values(labels).join('-').toLowerCase();
  return text.replaceAll(/[^a-z0-9-]+/g, '-').slice(0, 40);
}

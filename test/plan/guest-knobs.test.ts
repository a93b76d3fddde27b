import { describe, expect, it } from 'vitest';
import type { Goal } from '../../src/fleet/goal-model.js';
import type { Fleet } from '../../src/fleet/model.js';
import { settingsFor } from '../../src/kubevirt/policy.js';
import { policyAdmissionWarnings } from '../../src/kubevirt/policy-admission.js';
import { guestKnobs } from '../../src/plan/guest-knobs.js';
import { migrationPolicies } from '../../src/plan/kubevirt-files.js';
import type { GuestDetail, ReplicaDetail } from '../../src/plan/replica-detail.js';
import { buildFleet } from '../fleet-builder.js';

const goal: Goal = {
  minimise: ['drain-time'],
  tolerance: 0.01,
  limits: [],
  search: {
    featureGates: [],
    nodesAtOnce: null,
    networkWidths: [],
    separateNetwork: false,
    keep: [],
  },
};

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

const today = buildFleet({
  nodes: 3,
  guests: NAMES.map((name) => ({
    name,
    namespace: 'shop',
    labels: { app: 'db', 'kubevirt.io/nodeName': `only-${name}`, 'kubevirt.io/vm': name },
  })),
  namespaces: [{ name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop' }, quota: {} }],
  policies: [
    {
      name: 'class',
      selectors: { namespace: null, virtualMachineInstance: { app: 'db' } },
      completionTimeoutPerGiB: 20,
      maxDowntimeMs: 500,
    },
  ],
});

/** One run; each guest moved in ten seconds but for what is said of it. */
function run(own: Readonly<Record<string, Partial<GuestDetail>>>): ReplicaDetail {
  const guests = NAMES.map((name) => ({
    guest: `shop/${name}`,
    node: 'node-01',
    outcome: 'moved' as const,
    reason: '',
    attempts: 1,
    totalUs: 10_000_000,
    pauseUs: 100_000,
    mode: 'PreCopy' as const,
    failCause: '' as const,
    throttleMaxPercent: 0,
    ...own[name],
  }));
  return { nodes: [], guests };
}

const stuck = { outcome: 'failed', failCause: 'completion-timeout' } as const;
const slow = { totalUs: 900_000_000 };

function names(own: Parameters<typeof run>[0], limits: Goal['limits'] = []): readonly string[] {
  return guestKnobs(today, { ...goal, limits }, [run(own)]).map(({ name }) => name);
}

function chosen(text: string): Fleet {
  const [knob] = guestKnobs(today, goal, [run({ b: stuck })]);
  const choice = knob?.choices.find((one) => one.text === text);
  if (choice === undefined) throw new Error(`no choice ${text}`);
  return choice.apply(today);
}

describe('policies for single guests', () => {
  it('are offered for those that spoil the rest, the worst first, and no more than four', () => {
    expect(names({})).toEqual([]);
    expect(names({ b: slow, e: stuck })).toEqual(['policy/sluice-shop-e', 'policy/sluice-shop-b']);
    const all = Object.fromEntries(NAMES.map((name) => [name, { pauseUs: 2_000_000 }]));
    expect(names(all)).toHaveLength(4);
  });

  it('are offered first for those that break a limit', () => {
    const guests = { labels: { 'kubevirt.io/vm': 'c' }, namespace: '*' };
    const limit = { kind: 'pause', quantile: 'worst', mostUs: 400_000, guests } as const;
    const own = { c: { pauseUs: 500_000 }, d: { pauseUs: 500_000 }, e: stuck };
    expect(names(own, [limit])).toEqual(['policy/sluice-shop-c', 'policy/sluice-shop-e']);
  });

  it('win over the policy in force, start from it, and leave the others to it', () => {
    const fleet = chosen('throttled');
    const [a, b] = fleet.guests;
    if (a === undefined || b === undefined) throw new Error('no guests');
    expect(settingsFor(fleet, a).policyName).toBe('class');
    expect(settingsFor(fleet, b)).toMatchObject({
      policyName: 'sluice-shop-b',
      allowAutoConverge: true,
      completionTimeoutPerGiB: 20,
    });
  });

  it('are such as KubeVirt admits: labels that stay, no field whose gate is off', () => {
    const fleet = chosen('post-copy after 1 s per GB');
    const policy = fleet.policies.find(({ name }) => name === 'sluice-shop-b');
    expect(policy?.selectors).toEqual({
      namespace: { 'kubernetes.io/metadata.name': 'shop' },
      virtualMachineInstance: { app: 'db', 'kubevirt.io/vm': 'b' },
    });
    expect(policy && policyAdmissionWarnings(fleet.kubevirt, policy)).toEqual([]);
    expect(migrationPolicies(today, fleet)).not.toContain('name: class');
  });

  it('do not offer post-copy to who may not have it', () => {
    const guests = { labels: { 'kubevirt.io/vm': 'b' }, namespace: '*' };
    const limits = [{ kind: 'no-post-copy', guests }] as const;
    const [knob] = guestKnobs(today, { ...goal, limits }, [run({ b: stuck })]);
    const texts = knob?.choices.map(({ text }) => text) ?? [];
    expect(texts).toContain('pause after 1 s per GB');
    expect(texts.filter((text) => text.startsWith('post-copy'))).toEqual([]);
  });
});

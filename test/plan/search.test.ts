/** The search itself, over replicas that a formula gives: what is best is known beforehand. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Goal } from '../../src/fleet/goal-model.js';
import type { Fleet, MigrationPolicy } from '../../src/fleet/model.js';
import { clusterKnobs } from '../../src/plan/cluster-knobs.js';
import { drainKnobs } from '../../src/plan/drain-knobs.js';
import { FIGURES } from '../../src/plan/figures.js';
import { turnableKnobs } from '../../src/plan/knob.js';
import { kubevirtPatch, migrationPolicies } from '../../src/plan/kubevirt-files.js';
import { type PlanOutcome, searchPlan } from '../../src/plan/plan.js';
import { certaintyOf, changesOf, changeText, plannedFleet } from '../../src/plan/plan-report.js';
import { certaintyLines } from '../../src/plan/plan-text.js';
import { NO_STALL_DETECTOR, policyKnobs } from '../../src/plan/policy-knobs.js';
import type { Replica, ReplicaTask } from '../../src/plan/replica.js';
import type { ReplicaPool } from '../../src/plan/replica-pool.js';
import { buildFleet } from '../fleet-builder.js';

const SECOND_US = 1_000_000;

const goal: Goal = {
  minimise: ['drain-time', 'downtime'],
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

const fleet = buildFleet({
  nodes: 6,
  guests: 2,
  drain: { nodes: ['node-01', 'node-02'] },
  policies: [{ name: 'all', selectors: { namespace: null, virtualMachineInstance: {} } }],
});

/** Eight at once and 4 a node are best; a policy's auto-converge costs downtime; chance by seed. */
function replicaOf({ fleet: { kubevirt, policies }, seed, limits }: ReplicaTask): Replica {
  const { parallelMigrationsPerCluster: cluster, parallelOutboundMigrationsPerNode: node } =
    kubevirt.migrations;
  const seconds = 1000 + 50 * Math.abs(cluster - 8) + 100 * Math.abs(node - 4) + (seed % 7);
  const downtimeUs = policies.some(({ allowAutoConverge }) => allowAutoConverge)
    ? 900_000
    : 100_000;
  const value: Readonly<Record<string, number>> = {
    drain_time: seconds * SECOND_US,
    downtime_p99: downtimeUs,
  };
  return {
    figures: FIGURES.map(({ name }) => value[name] ?? 0),
    observed: limits.map(({ kind }) => (kind === 'link-share' ? node / 10 : 0)),
    detail: { nodes: [], guests: [] },
  };
}

/** Hands replicas out in the order that `shuffle` makes of them. */
function formulaPool(shuffle: <Item>(items: Item[]) => Item[] = (items) => items): ReplicaPool {
  return {
    run: async (requests, onDone) => {
      for (const request of shuffle([...requests])) onDone(request, replicaOf(request.task()));
    },
    close: async () => {},
  };
}

function search(over: Partial<Goal>, pool = formulaPool(), seed = 1): Promise<PlanOutcome> {
  const own = { ...goal, ...over };
  return searchPlan({ ...request(own), seed, pool });
}

function request(own: Goal, today: Fleet = fleet) {
  const all = [...clusterKnobs(today, own), ...policyKnobs(today, own), ...drainKnobs(today, own)];
  return {
    today,
    goal: own,
    knobs: turnableKnobs(all, own.search.keep),
    knobsAfter: () => [],
    candidates: 200,
    replicas: 3,
    signal: new AbortController().signal,
    onReplica: () => {},
  };
}

function changes({ knobs, best }: PlanOutcome): readonly string[] {
  return changesOf(knobs, best.contestant.candidate).map(changeText);
}

describe('searchPlan', () => {
  it('finds what is best, and asks for nothing that is good for nothing', async () => {
    const outcome = await search({});
    expect(changes(outcome)).toEqual([
      'parallelMigrationsPerCluster: 5 → 8',
      'parallelOutboundMigrationsPerNode: 2 → 4',
    ]);
    expect(outcome.ablations).toHaveLength(2);
    expect(outcome.contestants.length).toBeGreaterThanOrEqual(200);
    // Bad candidates are dropped with one replica.
    const dropped = outcome.contestants.filter(({ replicas }) => replicas.length === 1);
    expect(dropped.length).toBeGreaterThan(50);
  });

  it('undoes what chance turned beside it, however short the search', async () => {
    const short = { ...request(goal), candidates: 24, seed: 3, pool: formulaPool() };
    const names = changes(await searchPlan(short)).map((change) => change.split(':')[0]);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !name?.startsWith('parallel'))).toEqual([]);
  });

  it('keeps hard limits, and what the goal keeps', async () => {
    const limits = [{ kind: 'link-share', links: '*', most: 0.3 }] as const;
    const outcome = await search({ limits });
    expect(changes(outcome)).toEqual([
      'parallelMigrationsPerCluster: 5 → 8',
      'parallelOutboundMigrationsPerNode: 2 → 3',
    ]);
    const kept = { ...goal, search: { ...goal.search, keep: ['parallel*PerCluster', 'policy/*'] } };
    expect(changes(await search(kept))).toEqual(['parallelOutboundMigrationsPerNode: 2 → 4']);
  });

  it('says what it gains over today, and how close the next best came', async () => {
    const own = { ...request(goal), seed: 1, pool: formulaPool() };
    const lines = certaintyLines({ file: 'f', request: own, outcome: await searchPlan(own) });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('5 min 50 s less drain time than today, page by page, in every run');
    expect(lines[1]).toMatch(
      /^the runner-up \(candidate \d+\) has 1 min 40 s more drain time: told/,
    );
    const limits = [{ kind: 'link-share', links: '*', most: 0.1 }] as const;
    const within = { ...request({ ...goal, limits }), seed: 1, pool: formulaPool() };
    const plan = { file: 'f', request: within, outcome: await searchPlan(within) };
    expect(certaintyLines(plan).join()).toMatch(/than today \(which goes past a limit\), page/);
    // A seed is one proof, though it is run by chunk and by page: 1 - 0.05^(1/n) of n seeds.
    const { contestant, page } = plan.outcome.best;
    const seeds = Math.max(contestant.replicas.length, page.length);
    expect(certaintyOf(plan)).toMatchObject({ replicas: seeds, riskMost: 1 - 0.05 ** (1 / seeds) });
  });

  it('tries nothing that KubeVirt would refuse: fields whose feature gate is off', async () => {
    const featureGates = ['MigrationDowntimeTuning', 'MigrationStallDetection'] as const;
    const outcome = await search({ search: { ...goal.search, featureGates } });
    const tried = outcome.contestants.map(({ candidate }) =>
      changesOf(outcome.knobs, candidate).map(changeText),
    );
    const gated = tried.filter((texts) => texts.some((text) => /maxDowntimeMs|stall/.test(text)));
    expect(gated.length).toBeGreaterThan(40);
    for (const texts of gated) expect(texts.join()).toMatch(/featureGate: /);
  });

  it('depends on the seed alone, not on the order in which replicas end', async () => {
    const backwards = formulaPool((items) => [...items].reverse());
    const data = (outcome: PlanOutcome) => JSON.stringify(outcome);
    expect(data(await search({}, backwards, 5))).toBe(data(await search({}, formulaPool(), 5)));
    const told = ({ contestants }: PlanOutcome) => contestants.map(({ candidate }) => candidate);
    expect(told(await search({}, formulaPool(), 6))).not.toEqual(
      told(await search({}, formulaPool(), 5)),
    );
  });
});

describe('what kubectl takes', () => {
  const { migrations } = fleet.kubevirt;
  const withMigrations = (changed: Partial<typeof migrations>, gates: readonly string[] = []) => ({
    ...fleet,
    kubevirt: { ...fleet.kubevirt, featureGates: gates, migrations: { ...migrations, ...changed } },
  });

  it('is only what differs, with both halves of what depends on each other', () => {
    expect(kubevirtPatch(fleet, fleet)).toBeNull();
    expect(migrationPolicies(fleet, fleet)).toBeNull();
    const bandwidth = { bandwidthPerMigrationBytesPerSecond: 512 * 2 ** 20 };
    const late = { allowPostCopy: true, allowWorkloadDisruption: true };
    expect(
      kubevirtPatch(fleet, withMigrations({ ...bandwidth, ...late }))
        ?.split('\n')
        .filter((line) => !line.startsWith('#')),
    ).toEqual([
      'spec:',
      '  configuration:',
      '    migrations:',
      '      allowPostCopy: true',
      '      allowWorkloadDisruption: true',
      '      bandwidthPerMigration: 512Mi',
      '',
    ]);
    const gated = kubevirtPatch(
      withMigrations({}, ['HostDisk']),
      withMigrations({}, ['HostDisk', 'X']),
    );
    expect(gated).toContain('featureGates:\n        - HostDisk\n        - X\n');
  });

  it('says null of a policy field that is to go: kubectl apply lets others stay', () => {
    const with512 = { bandwidthPerMigrationBytesPerSecond: 512 * 2 ** 20, allowPostCopy: true };
    const detector = { stallDetector: { ...NO_STALL_DETECTOR, stallMargin: 2 } };
    const policy = (changed: Partial<MigrationPolicy>): Fleet => ({
      ...fleet,
      policies: fleet.policies.map((one) => ({ ...one, ...changed })),
    });
    const text = migrationPolicies(
      policy({ ...with512, ...detector }),
      policy({ allowPostCopy: true }),
    );
    expect(parse(text ?? '').spec).toEqual({
      selectors: { virtualMachineInstanceSelector: {} },
      allowPostCopy: true,
      bandwidthPerMigration: null,
      experimental: null,
    });
  });

  it('has policies whole, as KubeVirt reads them', async () => {
    const knobs = request(goal).knobs;
    const place = knobs.findIndex(({ name }) => name === 'policy/all/whenLate');
    const candidate = knobs.map((_, index) => (index === place ? 3 : 0));
    const best = { contestant: { candidate }, page: [] };
    const outcome = { knobs, best } as unknown as PlanOutcome;
    const planned = plannedFleet({
      file: 'f',
      request: { ...request(goal), seed: 1, pool: formulaPool() },
      outcome,
    });
    expect(
      migrationPolicies(fleet, planned)
        ?.split('\n')
        .filter((line) => !line.startsWith('#')),
    ).toEqual([
      'apiVersion: migrations.kubevirt.io/v1alpha1',
      'kind: MigrationPolicy',
      'metadata:',
      '  name: all',
      'spec:',
      '  selectors:',
      '    virtualMachineInstanceSelector: {}',
      '  allowPostCopy: true',
      '  allowWorkloadDisruption: true',
      '',
    ]);
  });
});

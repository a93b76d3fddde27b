/**
 * Drains, workload updates, users' migrations, deletions and lost nodes at any time: every guest has
 * one outcome, every VMIM one end, no limit is exceeded (checks.ts throws on lost bytes or guests).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UserMigration } from '../../src/fleet/model.js';
import type { RunResult } from '../../src/simulation/result.js';
import { buildFleet, GIB, type GuestInput, SECOND_US } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const MIB = 2 ** 20;
const atUs = fc.integer({ min: 0, max: 200 * SECOND_US });

const guest = fc.record({
  node: fc.integer({ min: 1, max: 4 }),
  gib: fc.integer({ min: 1, max: 4 }),
  pagesPerSecond: fc.constantFrom(0, 20_000, 1_000_000),
  outdated: fc.boolean(),
  strategy: fc.constantFrom('None', 'LiveMigrate', 'LiveMigrateIfPossible', 'External'),
  pinned: fc.integer({ min: 0, max: 5 }).map((draw) => draw === 0),
  homeless: fc.integer({ min: 0, max: 7 }).map((draw) => draw === 0),
});

const scenario = fc.record({
  guests: fc.array(guest, { minLength: 1, maxLength: 8 }),
  requests: fc.array(
    fc.record({ atUs, guest: fc.nat(7), action: fc.constantFrom('create', 'delete') }),
    { maxLength: 8 },
  ),
  lost: fc.array(fc.record({ atUs, node: fc.integer({ min: 1, max: 4 }) }), { maxLength: 2 }),
  drained: fc.subarray([1, 2, 3]),
  methods: fc.subarray(['LiveMigrate', 'Evict'] as const),
  release: fc.constantFrom('1.4', '1.8', '1.9'),
  postCopy: fc.boolean(),
  disruption: fc.boolean(),
  method: fc.constantFrom('evict' as const, 'taint' as const),
  startSeconds: fc.constantFrom(0, 30),
  budget: fc.option(fc.nat(2), { nil: null }),
  quotaGiB: fc.option(fc.integer({ min: 4, max: 40 }), { nil: null }),
  stall: fc.boolean(),
  parallel: fc.integer({ min: 1, max: 6 }),
  outbound: fc.integer({ min: 1, max: 3 }),
});

const OWN = { namespace: 'default' } as const;

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

const nodeName = (number: number): string => `node-0${number}`;

function guestInput(one: Scenario['guests'][number], index: number): GuestInput {
  const hotBytes = 512 * MIB;
  const region = {
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    phases: [],
    pacedBy: 'cpu',
  } as const;
  const { pagesPerSecond } = one;
  return {
    name: `g${index}`,
    node: nodeName(one.node),
    memoryBytes: one.gib * GIB,
    evictionStrategy: one.strategy as 'None',
    labels: one.outdated ? { 'kubevirt.io/outdatedLauncherImage': '' } : { app: 'x' },
    ...(one.pinned ? { hostDevices: ['vendor.com/x'], liveMigratable: null } : {}),
    ...(one.homeless ? { nodeSelector: { pool: 'nowhere' } } : {}),
    workload: {
      kind: 'regions',
      regions: [
        { ...region, name: 'hot', bytes: hotBytes, writes: { kind: 'random', pagesPerSecond } },
        { ...region, name: 'rest', bytes: one.gib * GIB - hotBytes, writes: { kind: 'none' } },
      ],
    },
  };
}

function userMigrations(draw: Scenario): readonly UserMigration[] {
  return draw.requests
    .filter((one) => one.guest < draw.guests.length)
    .map((one) => ({
      action: one.action as UserMigration['action'],
      atUs: one.atUs,
      namespace: 'default',
      name: `g${one.guest}`,
      annotations: {},
      addedNodeSelector: {},
    }))
    .sort((a, b) => a.atUs - b.atUs);
}

function run(draw: Scenario): Promise<RunResult> {
  const fleet = buildFleet({
    nodes: 5,
    guests: draw.guests.map(guestInput),
    userMigrations: userMigrations(draw),
    drain: {
      nodes: draw.drained.map(nodeName),
      method: draw.method,
      startUs: draw.startSeconds * SECOND_US,
      timeoutUs: 3 * 3600 * SECOND_US,
    },
    disruptionBudgets:
      draw.budget === null
        ? []
        : [{ ...OWN, name: 'all', matchLabels: {}, disruptionsAllowed: draw.budget }],
    namespaces:
      draw.quotaGiB === null
        ? []
        : [{ name: 'default', labels: {}, quota: { 'requests.memory': draw.quotaGiB * GIB } }],
    events: draw.lost
      .map((one) => ({ kind: 'node-lost', atUs: one.atUs, node: nodeName(one.node) }) as const)
      .sort((a, b) => a.atUs - b.atUs),
    kubevirt: {
      release: draw.release,
      featureGates: draw.stall ? ['MigrationStallDetection'] : [],
      workloadUpdates: {
        methods: draw.methods,
        batchEvictionSize: 1,
        batchEvictionIntervalUs: 60 * SECOND_US,
      },
      migrations: {
        bandwidthPerMigrationBytesPerSecond: 128 * MIB,
        completionTimeoutPerGiB: 10,
        parallelMigrationsPerCluster: draw.parallel,
        parallelOutboundMigrationsPerNode: draw.outbound,
        allowPostCopy: draw.postCopy,
        allowWorkloadDisruption: draw.disruption,
      },
    },
  });
  return runFleet(fleet, { rounds: false });
}

const ENDED = /^migration-(succeeded|failed|aborted|lost)$/;

function accounts(result: RunResult, draw: Scenario): void {
  const held = new Set<string>();
  const open = new Map<string, number>();
  for (const { action, name, attempt } of result.decisions) {
    const key = `${name} ${attempt}`;
    if (action === 'migration-created') open.set(name, (open.get(name) ?? 0) + 1);
    if (action === 'target-pod-created') held.add(key);
    if (ENDED.test(action)) {
      held.delete(key);
      open.set(name, (open.get(name) ?? 0) - 1);
    }
    expect(open.get(name) ?? 0).toBeLessThanOrEqual(1);
    expect(held.size).toBeLessThanOrEqual(draw.parallel);
  }
  const times = result.decisions.map(({ atUs: at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const settled = new Map<string, string>();
  for (const { action, name, reason } of result.decisions) {
    if (action !== 'settled') continue;
    // Once each; only a guest whose node is lost afterwards is settled again.
    if (settled.has(name)) expect(reason).toMatch(/^lost: node /);
    expect(settled.get(name) ?? '').not.toMatch(/^lost/);
    settled.set(name, reason);
  }
  expect(settled.size).toBe(result.guests.length);
  expect(result.timedOut).toBe(false);
  const created = result.decisions.filter(({ action }) => action === 'migration-created');
  expect(created).toHaveLength(result.migrations.length);
}

describe('everything at once', () => {
  it('each guest has one outcome, each VMIM one end', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (draw) => accounts(await run(draw), draw)),
      { numRuns: 300, seed: 31 },
    );
  }, 60_000);
});

/**
 * Draining the dumped cluster: decisions.csv accounts for every VirtualMachineInstanceMigration, and
 * agrees with migrations.csv about it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadFleet } from '../../src/fleet/load/load-fleet.js';
import type { Fleet } from '../../src/fleet/model.js';
import type { DecisionRecord, MigrationRecord, RunResult } from '../../src/simulation/result.js';
import { sharedData } from '../shared-data.js';
import { runFleet } from './run-fleet.js';

const folder = sharedData('cluster');
const DRAINED = ['gpu-b1', 'sto-b1', 'wrk-b1', 'wrk-b2', 'wrk-b3', 'wrk-b4'];

/** What each wait may name; anything else is a wait that nobody accounts for. */
const WAITS = [
  /^parallelMigrationsPerCluster \d+ is reached$/,
  /^parallelOutboundMigrationsPerNode \d+ is reached on \S+$/,
  /^another target pod is being created$/,
  /^back-off \d+ s after \d+ failed$/,
  /^RejectedByResourceQuota: /,
];

describe.skipIf(folder === null)('VMIMs of the dump (skipped without ../shared/data)', () => {
  let fleet: Fleet;
  let result: RunResult;
  const storyOf = new Map<string, DecisionRecord[]>();
  const keyOf = (one: { namespace: string; name: string; attempt: number }) =>
    `${one.namespace}/${one.name} ${one.attempt}`;
  const story = (migration: MigrationRecord) => storyOf.get(keyOf(migration)) ?? [];
  const at = (migration: MigrationRecord, action: string | RegExp) =>
    story(migration).find((one) =>
      typeof action === 'string' ? one.action === action : action.test(one.action),
    )?.atUs;

  beforeAll(async () => {
    const loaded = await loadFleet({
      files: [`${folder}/cluster.json`],
      dirtyRates: `${folder}/prometheus-dirty-rate.json`,
      memory: `${folder}/prometheus-memory.json`,
      network: `${folder}/prometheus-node-network.json`,
    });
    fleet = { ...loaded.fleet, drain: { ...loaded.fleet.drain, nodes: DRAINED } };
    result = await runFleet(fleet, { rounds: false });
    for (const decision of result.decisions) {
      const key = keyOf(decision);
      const list = storyOf.get(key);
      if (list === undefined) storyOf.set(key, [decision]);
      else list.push(decision);
    }
  });

  it('has the same VMIMs in decisions and in migrations', () => {
    const created = result.decisions.filter(({ action }) => action === 'migration-created');
    expect(created.length).toBeGreaterThan(50);
    expect(created.map(keyOf).sort()).toEqual(result.migrations.map(keyOf).sort());
  });

  it('created, started and ended when migrations.csv says', () => {
    const { finalisationUs } = fleet.timings;
    for (const migration of result.migrations) {
      expect(at(migration, 'migration-created')).toBe(migration.createdUs);
      expect(at(migration, 'target-pod-created') ?? null).toBe(migration.slotUs);
      expect(at(migration, 'migration-started') ?? null).toBe(migration.startedUs);
      if (migration.outcome === 'unfinished') continue;
      const reportUs = migration.startedUs === null ? 0 : finalisationUs;
      const ended = at(migration, /^migration-(succeeded|failed|aborted|lost)$/);
      expect(ended).toBe((migration.endedUs ?? 0) + reportUs);
    }
  });

  it('every wait for a slot names what it waited for', () => {
    for (const migration of result.migrations) {
      const waits = story(migration).filter(({ action }) => action === 'waits');
      const waitedUs = (migration.slotUs ?? migration.endedUs ?? 0) - migration.createdUs;
      if (waitedUs > 0) expect(waits, keyOf(migration)).not.toHaveLength(0);
      else expect(waits, keyOf(migration)).toHaveLength(0);
      for (const { reason } of waits) {
        expect(
          WAITS.some((known) => known.test(reason)),
          reason,
        ).toBe(true);
      }
      const times = story(migration).map(({ atUs }) => atUs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });

  it('both limits hold at every instant, from target pod to the end that KubeVirt sees', () => {
    const { parallelMigrationsPerCluster, parallelOutboundMigrationsPerNode } =
      fleet.kubevirt.migrations;
    const ended = /^migration-(succeeded|failed|aborted|lost)$/;
    const held = new Map<string, string>();
    const sources = new Map(result.migrations.map((one) => [keyOf(one), one.sourceNode]));
    for (const decision of result.decisions) {
      const key = keyOf(decision);
      if (decision.action === 'target-pod-created') held.set(key, sources.get(key) ?? '');
      if (ended.test(decision.action)) held.delete(key);
      expect(held.size).toBeLessThanOrEqual(parallelMigrationsPerCluster);
      for (const node of DRAINED) {
        const out = [...held.values()].filter((source) => source === node).length;
        expect(out).toBeLessThanOrEqual(parallelOutboundMigrationsPerNode);
      }
    }
    expect(held.size).toBe(0);
  });

  it('one migration a guest at a time, and one settlement each', () => {
    const open = new Set<string>();
    for (const { action, namespace, name } of result.decisions) {
      const guest = `${namespace}/${name}`;
      if (action === 'migration-created') {
        expect(open.has(guest), guest).toBe(false);
        open.add(guest);
      } else if (/^migration-(succeeded|failed|aborted|lost)$/.test(action)) open.delete(guest);
    }
    const settled = result.decisions.filter(({ action }) => action === 'settled');
    expect(settled).toHaveLength(result.guests.length);
  });
});

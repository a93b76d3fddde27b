/** Workload updates: outdated launchers migrate or are evicted in batches (spec/kubevirt.md 7). */
import { describe, expect, it } from 'vitest';
import type { WorkloadUpdateStrategy } from '../../src/fleet/model.js';
import { buildFleet, type FleetInput, type GuestInput, SECOND_US } from '../fleet-builder.js';
import { type DriverOptions, drive } from './control-plane-driver.js';

const OUTDATED = { labels: { 'kubevirt.io/outdatedLauncherImage': '' } };
const PINNED = {
  liveMigratable: { status: false, reason: 'HostDeviceNotLiveMigratable', message: '' },
};

function update(
  guests: readonly GuestInput[],
  methods: WorkloadUpdateStrategy['methods'],
  fleet: FleetInput = {},
  options: DriverOptions = {},
) {
  const workloadUpdates = {
    methods,
    batchEvictionSize: 2,
    batchEvictionIntervalUs: 60 * SECOND_US,
  };
  const built = buildFleet({
    drain: { nodes: [] },
    ...fleet,
    guests,
    kubevirt: { workloadUpdates, ...fleet.kubevirt },
  });
  const result = drive(built, options);
  const outcomes = Object.fromEntries(
    [...result.settled].map(([name, { outcome }]) => [name, outcome]),
  );
  return { ...result, outcomes };
}

describe('workload updates', () => {
  it('migrate the outdated guests and leave the others alone', () => {
    const { outcomes, decisions } = update(
      [{ name: 'old', ...OUTDATED }, { name: 'new' }],
      ['LiveMigrate'],
    );
    expect(outcomes).toEqual({ old: 'moved' });
    expect(decisions[0]?.reason).toBe('workload-update, priority system-critical');
  });

  it('do nothing without a method', () => {
    expect(update([{ name: 'old', ...OUTDATED }], []).outcomes).toEqual({});
  });

  it('make more VMIMs than can run, and hold both limits', () => {
    const names = Array.from({ length: 12 }, (_, i) => `g${i}`);
    const { outcomes, actions } = update(
      names.map((name, i) => ({ name, node: `node-0${(i % 3) + 1}`, ...OUTDATED })),
      ['LiveMigrate'],
      { nodes: 5, kubevirt: { migrations: { parallelMigrationsPerCluster: 3 } } },
    );
    expect(Object.values(outcomes)).toEqual(Array(12).fill('moved'));
    let slots = 0;
    let pending = 0;
    let mostSlots = 0;
    let mostPending = 0;
    for (const { action } of actions) {
      if (action.kind !== 'decision') continue;
      if (action.action === 'migration-created') pending += 1;
      if (action.action === 'target-pod-created') {
        pending -= 1;
        slots += 1;
      }
      if (action.action === 'migration-succeeded') slots -= 1;
      mostSlots = Math.max(mostSlots, slots);
      mostPending = Math.max(mostPending, pending);
    }
    expect(mostSlots).toBe(3);
    expect(mostPending).toBeGreaterThan(2);
  });

  it('back off after a failure like an evacuation', () => {
    const end = () => ({ outcome: 'aborted', failCause: 'stuck', reason: 'stuck' }) as const;
    const { outcomes, starts } = update(
      [{ name: 'old', ...OUTDATED }],
      ['LiveMigrate'],
      {},
      { end },
    );
    expect(outcomes).toEqual({ old: 'failed' });
    const gaps = starts.slice(1).map(({ atUs }, i) => (atUs - (starts[i]?.atUs ?? 0)) / SECOND_US);
    // 30 s of migration, the back-off, and 6 s up to the next start.
    expect(gaps.map((gap) => gap - 36)).toEqual([20, 40, 80, 160, 320]);
  });

  it('evict in batches what cannot migrate, where the eviction is allowed', () => {
    const guests = Array.from({ length: 5 }, (_, i) => ({
      name: `g${i}`,
      evictionStrategy: 'None' as const,
      ...OUTDATED,
      ...PINNED,
    }));
    const { outcomes, decisions } = update(guests, ['LiveMigrate', 'Evict']);
    expect(Object.values(outcomes)).toEqual(Array(5).fill('restarted'));
    const times = decisions
      .filter(({ action }) => action === 'eviction-allowed')
      .map(({ atUs }) => atUs / SECOND_US);
    expect(times).toEqual([0, 0, 60, 60, 120]);
  });

  it('cannot get past a guest that must migrate and cannot', () => {
    const guest = { ...OUTDATED, ...PINNED, evictionStrategy: 'LiveMigrate' } as const;
    expect(update([{ name: 'g', ...guest }], ['Evict']).outcomes).toEqual({ g: 'not-movable' });
    expect(update([{ name: 'g', ...guest }], ['LiveMigrate']).outcomes).toEqual({ g: 'left' });
  });

  it('leave guests of drained nodes to the evacuation', () => {
    const { decisions, outcomes } = update(
      [{ name: 'g', evictionStrategy: 'LiveMigrate', ...OUTDATED }],
      ['LiveMigrate'],
      { drain: { nodes: ['node-01'] } },
    );
    expect(outcomes).toEqual({ g: 'moved' });
    const made = decisions.filter(({ action }) => action === 'migration-created');
    expect(made.map(({ reason }) => reason)).toEqual(['evacuation, priority system-critical']);
  });
});

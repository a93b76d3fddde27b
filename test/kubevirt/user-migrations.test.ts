/** virtctl migrate and migrate-cancel: admission, priority, time limits, deletion at each stage. */
import { describe, expect, it } from 'vitest';
import type { UserMigration } from '../../src/fleet/model.js';
import { buildFleet, type FleetInput, SECOND_US } from '../fleet-builder.js';
import { type DriverOptions, drive } from './control-plane-driver.js';

const AT = (
  seconds: number,
  action: UserMigration['action'],
  annotations: UserMigration['annotations'] = {},
): UserMigration => ({
  action,
  atUs: seconds * SECOND_US,
  namespace: 'default',
  name: 'g',
  annotations,
  addedNodeSelector: {},
});

function run(
  userMigrations: readonly UserMigration[],
  fleet: FleetInput = {},
  options: DriverOptions = {},
) {
  const built = buildFleet({
    guests: [{ name: 'g' }],
    drain: { nodes: [] },
    userMigrations,
    ...fleet,
  });
  const result = drive(built, options);
  const story = result.decisions.map(({ atUs, action }) => `${atUs / SECOND_US} ${action}`);
  const reasons = result.decisions.map(({ reason }) => reason).join('\n');
  return { ...result, story, reasons, guest: result.settled.get('g') };
}

const DRAIN: FleetInput = {
  guests: [{ name: 'g', evictionStrategy: 'LiveMigrate' }],
  drain: { nodes: ['node-01'] },
};

describe('virtctl migrate', () => {
  it('moves a guest of a node that nobody drains, with no priority', () => {
    const { guest, reasons, story } = run([AT(5, 'create')]);
    expect(guest).toMatchObject({ outcome: 'moved', blocksNode: false });
    expect(story[0]).toBe('5 migration-created');
    expect(reasons).toContain('user, no priority');
  });

  it('is not repeated when it fails', () => {
    const end = () => ({ outcome: 'aborted', failCause: 'stuck', reason: 'stuck' }) as const;
    const { guest, starts } = run([AT(0, 'create')], {}, { end });
    expect(starts).toHaveLength(1);
    expect(guest).toMatchObject({ outcome: 'failed', finalNode: 'node-01', reason: 'stuck' });
  });

  it('is refused for a guest that cannot move, and while another one is unfinished', () => {
    const liveMigratable = { status: false, reason: 'DisksNotLiveMigratable', message: '' };
    const pinned = run([AT(0, 'create')], { guests: [{ name: 'g', liveMigratable }] });
    expect(pinned.guest).toMatchObject({
      outcome: 'not-movable',
      reason: 'DisksNotLiveMigratable',
    });
    const twice = run([AT(0, 'create'), AT(3, 'create')]);
    expect(twice.reasons).toContain('in-flight migration detected');
    expect(twice.starts).toHaveLength(1);
    expect(twice.guest?.outcome).toBe('moved');
  });

  it.each([
    [{}, 300],
    [{ 'kubevirt.io/migrationUnschedulablePodTimeoutSeconds': '30' }, 30],
    [{ 'kubevirt.io/migrationPendingPodTimeoutSeconds': '45' }, 45],
    [{ 'kubevirt.io/migrationUnschedulablePodTimeoutSeconds': 'soon' }, 300],
  ])('an unschedulable target pod with annotations %j fails after %i s', (annotations, seconds) => {
    const { guest, story } = run([AT(0, 'create', annotations)], {
      guests: [{ name: 'g', nodeSelector: { pool: 'nowhere' } }],
    });
    expect(guest?.outcome).toBe('unschedulable');
    expect(story).toContain(`${seconds} migration-failed`);
  });

  it('goes only where its added node selector allows; the own keys of the VMI win', () => {
    const nodes = [
      { name: 'node-01' },
      { name: 'node-02', labels: { rack: 'a' } },
      { name: 'node-03', labels: { rack: 'b' } },
    ];
    const wanted = { ...AT(0, 'create'), addedNodeSelector: { rack: 'b' } };
    expect(run([wanted], { nodes }).guest?.finalNode).toBe('node-03');
    const own = { name: 'g', nodeSelector: { rack: 'a' } };
    expect(run([wanted], { nodes, guests: [own] }).guest?.finalNode).toBe('node-02');
    const nowhere = run([{ ...wanted, addedNodeSelector: { rack: 'c' } }], { nodes });
    expect(nowhere.guest).toMatchObject({
      outcome: 'unschedulable',
      reason: "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
    });
  });

  it('waits behind evacuations: lower priority, retried every 5 s', () => {
    const result = drive(
      buildFleet({
        guests: [
          { name: 'g', node: 'node-02' },
          { name: 'a', evictionStrategy: 'LiveMigrate' },
          { name: 'b', evictionStrategy: 'LiveMigrate' },
        ],
        kubevirt: { migrations: { parallelMigrationsPerCluster: 1 } },
        userMigrations: [AT(0, 'create')],
      }),
    );
    const order = result.starts.map(({ action }) =>
      action.kind === 'start-migration' ? action.guestIndex : -1,
    );
    // a and b are 0 and 1 in the fleet's order, g is 2.
    expect(order).toEqual([0, 1, 2]);
  });
});

describe('virtctl migrate-cancel', () => {
  it('before the hand-off the target pod goes, and the evacuation makes a new one at once', () => {
    const { story, guest, starts, reasons } = run([AT(2, 'delete')], DRAIN);
    expect(story).toContain('2 migration-deleted');
    expect(story).toContain('2 migration-failed');
    // No back-off: a deleted VMIM is not among the failed ones.
    expect(story.filter((line) => line.endsWith('migration-created'))).toEqual([
      '0 migration-created',
      '2 migration-created',
    ]);
    expect(reasons).not.toContain('back-off');
    expect(starts).toHaveLength(1);
    expect(guest?.outcome).toBe('moved');
  });

  it('after the hand-off it waits until the migration runs, then aborts it', () => {
    const { story } = run([AT(5, 'delete')], DRAIN);
    expect(story).toContain('5 migration-deleted');
    expect(story).toContain('6 migration-started');
    expect(story).toContain('6 migration-aborted');
  });

  it('aborts one that runs', () => {
    const { story, guest } = run([AT(10, 'delete')], DRAIN);
    expect(story).toContain('10 migration-aborted');
    expect(guest?.outcome).toBe('moved');
  });

  it('ends what a user has begun', () => {
    const { guest, starts } = run([AT(0, 'create'), AT(10, 'delete')]);
    expect(starts).toHaveLength(1);
    expect(guest).toMatchObject({ outcome: 'failed', reason: 'Live migration has been aborted' });
  });

  it('says so when there is nothing to delete', () => {
    const { reasons } = run([AT(0, 'delete'), AT(5, 'create')]);
    expect(reasons).toContain('there is none to delete');
  });
});

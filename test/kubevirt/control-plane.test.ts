import { describe, expect, it } from 'vitest';
import type { Fleet } from '../../src/fleet/model.js';
import type { MigrationEnd } from '../../src/kubevirt/control-actions.js';
import { buildFleet, type FleetInput, GIB, SECOND_US } from '../fleet-builder.js';
import { type DriverOptions, type DriverResult, drive, SUCCESS } from './control-plane-driver.js';

const FAILURE: MigrationEnd = { outcome: 'failed', failCause: 'network', reason: 'link down' };

/** A drain of node-01 in a fleet of two nodes, and its one guest's final state. */
function drainOne(input: FleetInput, options: DriverOptions = {}) {
  const fleet = buildFleet({ nodes: 2, guests: [{ name: 'g' }], ...input });
  const result = drive(fleet, options);
  return { ...result, guest: result.settled.get('g') };
}

function decisionsOf({ decisions }: DriverResult, name: string): readonly string[] {
  return decisions.filter((line) => line.name === name).map(({ action }) => action);
}

/** Seconds at which actions of a kind were told. */
function timesOf(result: DriverResult, kind: string): readonly number[] {
  return result.actions
    .filter(({ action }) => action.kind === kind)
    .map(({ atUs }) => atUs / SECOND_US);
}

const full = (bytes: number) => ({
  nodes: [{ name: 'node-01' }, { name: 'node-02', allocatable: { memory: bytes } }],
});

describe('outcomes of guests', () => {
  it('moved: cordon, eviction refused, VMIM, pod, hand-off, migration, node empty', () => {
    const result = drainOne({});
    expect(result.guest).toMatchObject({ outcome: 'moved', finalNode: 'node-02', reason: '' });
    expect(decisionsOf(result, 'g')).toEqual([
      'eviction-denied',
      'migration-created',
      'target-pod-created',
      'target-pod-scheduled',
      'handed-off',
      'migration-started',
      'migration-succeeded',
      'settled',
    ]);
    // 0.2 s scheduling, 4 s pod start, 0.3 s hand-off, 1.5 s preparation; then 30 s of migration.
    expect(timesOf(result, 'start-migration')).toEqual([6]);
    expect(timesOf(result, 'node-cordoned')).toEqual([0]);
    expect(timesOf(result, 'node-empty')).toEqual([36]);
  });

  it('not-movable: LiveMigrate and not migratable blocks the node', () => {
    const liveMigratable = { status: false, reason: 'DisksNotLiveMigratable', message: 'PVC x' };
    const result = drainOne({ guests: [{ name: 'g', liveMigratable }] });
    expect(result.guest).toMatchObject({
      outcome: 'not-movable',
      reason: 'DisksNotLiveMigratable',
      finalNode: 'node-01',
      blocksNode: true,
    });
    expect(timesOf(result, 'node-empty')).toEqual([]);
  });

  it('restarted: strategy None, or IfPossible and not migratable; leaves the node at once', () => {
    const liveMigratable = { status: false, reason: 'SEVNotLiveMigratable', message: '' };
    const result = drainOne({
      guests: [
        { name: 'g', evictionStrategy: null },
        { name: 'h', evictionStrategy: 'LiveMigrateIfPossible', liveMigratable },
        { name: 'i', evictionStrategy: 'LiveMigrateIfPossible' },
      ],
    });
    expect(result.guest).toMatchObject({ outcome: 'restarted', finalNode: '', blocksNode: false });
    expect(result.settled.get('h')).toMatchObject({
      outcome: 'restarted',
      reason: 'evictionStrategy LiveMigrateIfPossible, SEVNotLiveMigratable',
    });
    expect(result.settled.get('i')?.outcome).toBe('moved');
  });

  it('left: External', () => {
    const result = drainOne({
      kubevirt: { evictionStrategy: 'External' },
      guests: [{ name: 'g', evictionStrategy: null }],
    });
    expect(result.guest).toMatchObject({ outcome: 'left', blocksNode: true });
  });

  it('left: a VMI that is final holds nothing', () => {
    const result = drainOne({ guests: [{ name: 'g', phase: 'Succeeded' }] });
    expect(result.guest).toMatchObject({ outcome: 'left', reason: 'VMI is Succeeded' });
    expect(timesOf(result, 'node-empty')).toEqual([0]);
  });

  it('unschedulable: after 300 s, when nothing else could make room', () => {
    const result = drainOne(full(GIB));
    expect(result.guest).toMatchObject({
      outcome: 'unschedulable',
      reason: '0/2 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable.',
    });
    expect(result.endUs / SECOND_US).toBe(300);
    const attempt = result.actions.find(
      ({ action }) => action.kind === 'attempt-ended-before-start',
    )?.action;
    expect(attempt).toMatchObject({ failCause: 'unschedulable', slotUs: 0, targetNode: '' });
  });

  it('failed: after six attempts with back-off 20, 40, 80, 160, 320 s', () => {
    const result = drainOne({}, { lengthUs: 10 * SECOND_US, end: () => FAILURE });
    expect(result.guest).toMatchObject({
      outcome: 'failed',
      reason: 'link down',
      blocksNode: true,
    });
    const starts = timesOf(result, 'start-migration');
    const gaps = starts.slice(1).map((start, at) => start - (starts[at] ?? 0));
    // Each gap: 10 s of migration, the back-off, 6 s from target pod to start.
    expect(gaps.map((gap) => gap - 16)).toEqual([20, 40, 80, 160, 320]);
  });

  it('moved at the second attempt', () => {
    const end = ({ attempt }: { attempt: number }) => (attempt === 1 ? FAILURE : SUCCESS);
    const result = drainOne({}, { end });
    expect(result.guest?.outcome).toBe('moved');
    expect(result.starts).toHaveLength(2);
    expect(decisionsOf(result, 'g')).toContain('waits');
  });

  it('lost: by a failed post-copy, or with its node', () => {
    const end = (): MigrationEnd => ({ outcome: 'lost', failCause: 'guest-lost', reason: 'gone' });
    expect(drainOne({}, { end }).guest).toMatchObject({ outcome: 'lost', finalNode: '' });
    const nodeLost = { atUs: 2 * SECOND_US, node: 'node-01' };
    expect(drainOne({}, { nodeLost }).guest).toMatchObject({
      outcome: 'lost',
      reason: 'node node-01 was lost',
    });
    const later = { atUs: 20 * SECOND_US, node: 'node-01' };
    const cut = drainOne({}, { nodeLost: later, end: () => FAILURE });
    expect(cut.guest).toMatchObject({ outcome: 'lost', reason: 'link down' });
    expect(cut.starts).toHaveLength(1);
  });

  it('waiting: still on its way at the timeout', () => {
    const drain = { timeoutUs: 10 * SECOND_US };
    expect(drainOne({ drain }).guest).toMatchObject({ outcome: 'waiting', finalNode: 'node-01' });
    const early = drainOne({ drain: { timeoutUs: 3 * SECOND_US } });
    expect(early.guest?.outcome).toBe('waiting');
    expect(timesOf(early, 'attempt-ended-before-start')).toEqual([3]);
  });
});

describe('target pods', () => {
  it('a lost target node before the start fails the attempt, and the next one goes elsewhere', () => {
    const fleet = buildFleet({ nodes: 3, guests: [{ name: 'g' }] });
    const first = drive(fleet).settled.get('g')?.finalNode ?? '';
    const result = drive(fleet, { nodeLost: { atUs: 3 * SECOND_US, node: first } });
    expect(result.settled.get('g')?.outcome).toBe('moved');
    expect(result.settled.get('g')?.finalNode).not.toBe(first);
    const failed = result.actions.find(
      ({ action }) => action.kind === 'attempt-ended-before-start',
    )?.action;
    expect(failed).toMatchObject({ failCause: 'target', reason: 'Target pod is down' });
  });

  it('an unschedulable pod holds its slots for 300 s', () => {
    const result = drive(
      buildFleet({
        ...full(10 * GIB),
        guests: [
          { name: 'a', memoryBytes: 64 * GIB },
          { name: 'b', memoryBytes: 64 * GIB },
          { name: 'c', memoryBytes: 4 * GIB },
        ],
      }),
    );
    const created = result.decisions.filter(({ action }) => action === 'target-pod-created');
    expect(created.map(({ name, atUs }) => [name, atUs / SECOND_US])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 300],
    ]);
    expect(result.settled.get('c')?.outcome).toBe('moved');
  });

  it('a pod that fits nowhere is scheduled when another attempt gives its room back', () => {
    const fleet = buildFleet({
      ...full(11 * GIB),
      guests: [{ name: 'a' }, { name: 'b', evictionStrategy: 'LiveMigrate' }],
    });
    const end = ({ guestIndex, attempt }: { guestIndex: number; attempt: number }) =>
      guestIndex === 0 && attempt === 1 ? FAILURE : SUCCESS;
    const result = drive(fleet, { end });
    expect(result.settled.get('b')?.outcome).toBe('moved');
    const scheduled = result.decisions.filter(({ action }) => action === 'target-pod-scheduled');
    // a's migration fails at 36 s; the scheduler takes 0.2 s.
    expect(scheduled.map(({ name, atUs }) => [name, atUs / SECOND_US])).toEqual([
      ['a', 0.2],
      ['b', 36.2],
    ]);
    expect(result.settled.get('a')?.outcome).toBe('unschedulable');
  });

  it('a move out of a zone lets in a guest that keeps away from the moved one', () => {
    const zone = (name: string, value: string) => ({
      name,
      labels: { zone: value, 'kubernetes.io/hostname': name },
    });
    const selector = { matchLabels: { app: 'db' }, matchExpressions: [] };
    const away = { podAntiRequired: [{ topologyKey: 'zone', selector, namespaces: [] }] };
    const to = (node: string) => ({ nodeSelector: { 'kubernetes.io/hostname': node } });
    const fleet = buildFleet({
      nodes: [zone('node-01', 'x'), zone('node-02', 'x'), zone('node-03', 'y')],
      guests: [
        { name: 'a', labels: { app: 'db' }, ...to('node-03') },
        { name: 'b', affinity: away, ...to('node-02') },
      ],
    });
    const result = drive(fleet);
    expect(result.settled.get('b')).toMatchObject({ outcome: 'moved', finalNode: 'node-02' });
    // b's pod waits unscheduled until a's migration has ended at 36 s.
    expect(timesOf(result, 'start-migration')).toEqual([6, 42]);
  });

  it('an endless start of the pod ends after 900 s', () => {
    const timings = { podStartUs: 2000 * SECOND_US };
    const result = drainOne({ timings, drain: { timeoutUs: 901 * SECOND_US } });
    expect(timesOf(result, 'attempt-ended-before-start')[0]).toBe(900);
  });
});

describe('resource quota', () => {
  const quotaFleet = (memory: number): Fleet =>
    buildFleet({
      nodes: 3,
      guests: [{ name: 'a' }, { name: 'b' }],
      namespaces: [{ name: 'default', labels: {}, quota: { 'requests.memory': memory } }],
    });

  it('counts both pods of a migrating guest, and frees with the source pod', () => {
    const result = drive(quotaFleet(28 * GIB));
    expect([...result.settled.values()].map(({ outcome }) => outcome)).toEqual(['moved', 'moved']);
    const created = result.decisions.filter(({ action }) => action === 'target-pod-created');
    expect(created.map(({ atUs }) => atUs / SECOND_US)).toEqual([0, 36]);
  });

  it('settles guests that a quota can never let go', () => {
    const result = drive(quotaFleet(17 * GIB));
    expect(result.settled.get('a')).toMatchObject({ outcome: 'unschedulable' });
    expect(result.settled.get('a')?.reason).toContain('exceeded quota');
  });
});

describe('drain clients', () => {
  it('waits for startUs', () => {
    const result = drainOne({ drain: { startUs: 50 * SECOND_US } });
    expect(timesOf(result, 'node-cordoned')).toEqual([50]);
  });

  it('retries an eviction that a disruption budget refuses', () => {
    const guests = ['a', 'b', 'c'].map((name) => ({
      name,
      labels: { app: 'x' },
      evictionStrategy: 'None' as const,
    }));
    const budget = { namespace: 'default', name: 'pdb', matchLabels: { app: 'x' } };
    const some = drive(
      buildFleet({ guests, disruptionBudgets: [{ ...budget, disruptionsAllowed: 1 }] }),
    );
    expect(timesOf(some, 'guest-settled')).toEqual([0, 5, 10]);
    // A budget counts the pods of all nodes that are drained beside each other.
    const apart = guests.map((guest, i) => ({ ...guest, node: i === 0 ? 'node-01' : 'node-02' }));
    const both = drive(
      buildFleet({
        guests: apart,
        disruptionBudgets: [{ ...budget, disruptionsAllowed: 1 }],
        drain: { nodes: ['node-01', 'node-02'] },
      }),
    );
    expect(timesOf(both, 'guest-settled')).toEqual([0, 5, 10]);
    const none = drive(
      buildFleet({ guests, disruptionBudgets: [{ ...budget, disruptionsAllowed: 0 }] }),
    );
    expect([...none.settled.values()].map(({ outcome }) => outcome)).toEqual([
      'not-movable',
      'not-movable',
      'not-movable',
    ]);
  });

  it('moves what asks to be moved by the drain taint, and evicts nothing', () => {
    const result = drive(
      buildFleet({
        drain: { method: 'taint' },
        guests: [{ name: 'a' }, { name: 'b', evictionStrategy: 'None' }],
      }),
    );
    expect(result.settled.get('a')?.outcome).toBe('moved');
    expect(result.settled.get('b')).toMatchObject({ outcome: 'left', blocksNode: true });
  });

  it('never moves to a node that is drained too', () => {
    const fleet = buildFleet({ nodes: 3, guests: 3, drain: { nodes: ['node-01', 'node-02'] } });
    const result = drive(fleet);
    const finalNodes = new Set([...result.settled.values()].map(({ finalNode }) => finalNode));
    expect([...finalNodes]).toEqual(['node-03']);
    expect(timesOf(result, 'node-empty')).toHaveLength(2);
  });
});

describe('queue', () => {
  it('creates target pods one at a time, 1 s apart in a small batch', () => {
    const fleet = buildFleet({
      nodes: 4,
      guests: 4,
      drain: { nodes: ['node-01', 'node-02'] },
      kubevirt: { migrations: { parallelMigrationsPerCluster: 3 } },
    });
    const created = drive(fleet).decisions.filter(({ action }) => action === 'target-pod-created');
    expect(created.slice(0, 4).map(({ atUs }) => atUs / SECOND_US)).toEqual([0, 1, 2, 36]);
  });

  it('lets system-critical evacuations go before descheduler ones', () => {
    const annotations = { 'kubevirt.io/eviction-source': 'descheduler' };
    const fleet = buildFleet({
      guests: [{ name: 'a', annotations }, { name: 'b' }, { name: 'c' }],
      kubevirt: { migrations: { parallelMigrationsPerCluster: 1 } },
    });
    const created = drive(fleet).decisions.filter(({ action }) => action === 'target-pod-created');
    expect(created.map(({ name }) => name)).toEqual(['b', 'c', 'a']);
  });

  it('creates no more VMIMs than free slots before release 1.7', () => {
    const guests = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));
    const created = (release: string, featureGates: readonly string[] = []) =>
      drive(buildFleet({ guests, kubevirt: { release, featureGates } })).decisions.filter(
        ({ action, atUs }) => action === 'migration-created' && atUs === 0,
      ).length;
    expect(created('1.6')).toBe(2);
    expect(created('1.8')).toBe(2);
    expect(created('1.8', ['MigrationPriorityQueue'])).toBe(5);
    expect(created('1.9')).toBe(5);
    const all = drive(buildFleet({ guests, kubevirt: { release: '1.6' } }));
    expect([...all.settled.values()].every(({ outcome }) => outcome === 'moved')).toBe(true);
  });

  it('counts a migration that is under way in the dump', () => {
    const fleet = buildFleet({
      guests: [{ name: 'a', migrating: true }, { name: 'b' }],
      kubevirt: { migrations: { parallelMigrationsPerCluster: 1 } },
    });
    const created = drive(fleet).decisions.filter(({ action }) => action === 'target-pod-created');
    expect(created.map(({ name, atUs }) => [name, atUs / SECOND_US])).toEqual([
      ['b', 60],
      ['a', 96],
    ]);
  });

  it('tells once for which limit a VMIM waits', () => {
    const guests = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
    const { decisions } = drive(buildFleet({ guests }));
    const waits = decisions.filter(({ action }) => action === 'waits');
    expect(new Set(waits.map(({ name, reason }) => `${name} ${reason}`)).size).toBe(waits.length);
    expect(waits.map(({ reason }) => reason)).toContain(
      'parallelOutboundMigrationsPerNode 2 is reached on node-01',
    );
  });
});

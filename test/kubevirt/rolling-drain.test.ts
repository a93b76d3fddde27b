import { describe, expect, it } from 'vitest';
import { buildFleet, type FleetInput, SECOND_US } from '../fleet-builder.js';
import { type DriverOptions, drive } from './control-plane-driver.js';

const NODES = ['node-01', 'node-02', 'node-03'];

function roll(drain: FleetInput['drain'], more: FleetInput = {}, options: DriverOptions = {}) {
  const fleet = buildFleet({
    nodes: 4,
    guests: 2,
    ...more,
    drain: { nodes: NODES, atOnce: { kind: 'nodes', count: 1 }, ...drain },
  });
  const result = drive(fleet, options);
  const told = (kind: string) =>
    result.actions.flatMap(({ atUs, action }) =>
      action.kind === kind && 'node' in action ? [{ atUs, node: action.node }] : [],
    );
  const outcomes = new Map([...result.settled].map(([name, { outcome }]) => [name, outcome]));
  const moves = (name: string) =>
    result.starts.filter(
      ({ action }) =>
        action.kind === 'start-migration' && fleet.guests[action.guestIndex]?.name === name,
    ).length;
  return { ...result, told, outcomes, moves };
}

const STUCK = {
  name: 'stuck',
  node: 'node-02',
  liveMigratable: { status: false, reason: 'DisksNotLiveMigratable', message: '' },
} as const;

describe('a drain that takes turns', () => {
  it('begins a node when the one before is empty, and moves guests again', () => {
    const { told, outcomes, moves } = roll({});
    const begun = told('node-begun');
    expect(begun.map(({ node }) => node)).toEqual(NODES);
    const empty = told('node-empty');
    expect(begun[1]?.atUs).toBe(empty[0]?.atUs);
    expect(begun[2]?.atUs).toBe(empty[1]?.atUs);
    expect([...outcomes].filter(([name]) => !name.startsWith('node-04'))).toHaveLength(6);
    expect(new Set(outcomes.values())).toEqual(new Set(['moved']));
    const total = NODES.flatMap((node) => [`${node}-guest-01`, `${node}-guest-02`])
      .map(moves)
      .reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(6);
  });

  it('gives rebooted nodes back to the scheduler after their reboot, and soaks', () => {
    const rebootUs = 600 * SECOND_US;
    const soakUs = 60 * SECOND_US;
    const { told, starts, endUs } = roll({ rebootUs, soakUs });
    const empty = told('node-empty');
    const back = told('node-uncordoned');
    expect(back.map(({ atUs }) => atUs)).toEqual(empty.map(({ atUs }) => atUs + rebootUs));
    expect(told('node-begun')[1]?.atUs).toBe((back[0]?.atUs ?? 0) + soakUs);
    expect(endUs).toBe(back.at(-1)?.atUs);
    const targets = starts.map(({ action }) =>
      action.kind === 'start-migration' ? action.targetNode : '',
    );
    expect(targets).toContain('node-01');
  });

  it('with every node cordoned at the start, moves nobody twice', () => {
    const { starts, told } = roll({ cordon: 'all' });
    expect(new Set(told('node-cordoned').map(({ atUs }) => atUs))).toEqual(new Set([0]));
    const indices = starts.map(({ action }) =>
      action.kind === 'start-migration' ? action.guestIndex : -1,
    );
    expect(new Set(indices).size).toBe(indices.length);
    expect(indices).toHaveLength(6);
  });

  it('takes nodes in the order asked for, and a rack after the other', () => {
    const guests = ['node-01', 'node-03', 'node-03'].map((node, i) => ({ name: `g${i}`, node }));
    const turns = (drain: FleetInput['drain']) =>
      roll(drain, { guests })
        .told('node-begun')
        .map(({ node }) => node);
    expect(turns({ order: 'most-guests' })).toEqual(['node-03', 'node-01', 'node-02']);
    expect(turns({ order: 'fewest-guests' })).toEqual(['node-02', 'node-01', 'node-03']);
    expect(turns({ order: 'listed', nodes: ['node-02', 'node-03', 'node-01'] })).toEqual([
      'node-02',
      'node-03',
      'node-01',
    ]);
  });

  it('leaves guests alone whose node was not begun when a blocked node stops the roll', () => {
    const guests = [STUCK, { name: 'early', node: 'node-01' }, { name: 'late', node: 'node-03' }];
    const { outcomes, settled } = roll({ ifBlocked: 'stop' }, { guests });
    expect(outcomes.get('stuck')).toBe('not-movable');
    expect(outcomes.get('late')).toBe('left');
    expect(settled.get('late')?.reason).toBe('its node was not begun: node node-02 is blocked');
  });

  it('restarts what blocks a node where that is asked for', () => {
    const { settled, told } = roll({ ifBlocked: 'restart' }, { guests: [STUCK] });
    expect(settled.get('stuck')).toMatchObject({
      outcome: 'restarted',
      reason: 'shut down, not-movable: DisksNotLiveMigratable',
      finalNode: '',
    });
    expect(told('node-empty').map(({ node }) => node)).toContain('node-02');
  });

  it('waits for room on a node that will be back, however long that takes', () => {
    const big = { memoryBytes: 150 * 2 ** 30 };
    const guests = ['node-01', 'node-02', 'node-03'].map((node) => ({ name: node, node, ...big }));
    const more = { nodes: 4, guests } as const;
    // node-01's guest takes node-04; node-02's fits nowhere until node-01 is back.
    const drain = { atOnce: { kind: 'nodes', count: 2 }, rebootUs: 900 * SECOND_US } as const;
    const { outcomes } = roll(drain, more);
    expect(new Set(outcomes.values())).toEqual(new Set(['moved']));
    const without = roll({ ...drain, rebootUs: null, atOnce: { kind: 'all' } }, more);
    expect([...without.outcomes.values()].filter((one) => one === 'unschedulable')).toHaveLength(2);
  });
});

describe('the end of a maintenance window', () => {
  const endUs = 50 * SECOND_US;
  // One node at a time, one migration at a time, 30 s each: the window ends within the second one.
  const more = {
    guests: 4,
    kubevirt: { migrations: { parallelMigrationsPerCluster: 1 } },
  } as const;
  const ended = (atEnd: 'let-finish' | 'stop-starting' | 'abort') =>
    roll({ window: { endUs, atEnd } }, more);

  it('lets nodes under way finish, and begins no more', () => {
    const { outcomes, told } = ended('let-finish');
    expect(told('node-begun')).toHaveLength(1);
    expect(outcomes.get('node-01-guest-04')).toBe('moved');
    expect(outcomes.get('node-02-guest-01')).toBe('left');
  });

  it('or lets migrations finish, and starts no more', () => {
    const { outcomes, settled } = ended('stop-starting');
    expect([1, 2, 3, 4].map((guest) => outcomes.get(`node-01-guest-0${guest}`))).toEqual([
      'moved',
      'moved',
      'waiting',
      'waiting',
    ]);
    expect(settled.get('node-01-guest-04')?.reason).toBe('the maintenance window is over');
  });

  it('or aborts them', () => {
    const { outcomes, actions } = ended('abort');
    expect([1, 2, 3, 4].map((guest) => outcomes.get(`node-01-guest-0${guest}`))).toEqual([
      'moved',
      'waiting',
      'waiting',
      'waiting',
    ]);
    expect(actions.filter(({ action }) => action.kind === 'abort-migration')).toHaveLength(1);
  });

  it("a node's own time limit ends its turn, and the next one begins", () => {
    const { outcomes, told } = roll({ nodeTimeoutUs: endUs }, more);
    expect(told('node-begun')[1]?.atUs).toBeGreaterThanOrEqual(endUs);
    expect(outcomes.get('node-01-guest-03')).toBe('waiting');
    expect(outcomes.get('node-02-guest-01')).toBe('moved');
  });
});

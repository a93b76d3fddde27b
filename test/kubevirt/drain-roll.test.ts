import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRoll,
  isRollOver,
  type NodeEnd,
  type Roll,
  type RollAction,
  type RollPlan,
  takeTurn,
} from '../../src/kubevirt/drain-roll.js';

const PLAN: RollPlan = {
  stages: [[0, 1, 2]],
  atOnce: 1,
  rebootUs: null,
  soakUs: 0,
  nodeTimeoutUs: null,
  ifBlocked: 'leave',
};

const roll = (plan: Partial<RollPlan> = {}): Roll => createRoll({ ...PLAN, ...plan });
const kinds = (actions: readonly RollAction[]) => actions.map(({ kind }) => kind);
const begun = (actions: readonly RollAction[]) =>
  actions.flatMap((action) => (action.kind === 'drain-nodes' ? action.nodes : []));
const settled = (node: number, blocked = false) =>
  ({ kind: 'node-settled', node, blocked }) as const;

describe('the turns of a drain', () => {
  it('begin all at once, or so many at a time', () => {
    expect(begun(takeTurn(roll({ atOnce: 3 }), 0, { kind: 'begin' }))).toEqual([0, 1, 2]);
    const two = roll({ atOnce: 2 });
    expect(begun(takeTurn(two, 0, { kind: 'begin' }))).toEqual([0, 1]);
    expect(begun(takeTurn(two, 5, settled(1)))).toEqual([2]);
    expect(isRollOver(two)).toBe(false);
    takeTurn(two, 6, settled(0));
    takeTurn(two, 7, settled(2));
    expect(isRollOver(two)).toBe(true);
  });

  it('hold their place through reboot and soak; the last soak is not waited for', () => {
    const one = roll({ stages: [[0, 1]], rebootUs: 100, soakUs: 20 });
    takeTurn(one, 0, { kind: 'begin' });
    expect(takeTurn(one, 10, settled(0))).toEqual([]);
    expect(one.nextUs).toBe(110);
    expect(kinds(takeTurn(one, 110, { kind: 'due' }))).toEqual(['uncordon-node', 'node-over']);
    expect(one.nextUs).toBe(130);
    expect(begun(takeTurn(one, 130, { kind: 'due' }))).toEqual([1]);
    takeTurn(one, 140, settled(1));
    expect(isRollOver(one)).toBe(false);
    takeTurn(one, 240, { kind: 'due' });
    expect(isRollOver(one)).toBe(true);
  });

  it('go rack by rack: the next one waits for the last node of the one before', () => {
    const racks = roll({ stages: [[0, 1], [2]], atOnce: 2 });
    expect(begun(takeTurn(racks, 0, { kind: 'begin' }))).toEqual([0, 1]);
    expect(begun(takeTurn(racks, 1, settled(0)))).toEqual([]);
    expect(begun(takeTurn(racks, 2, settled(1)))).toEqual([2]);
  });

  it('of a blocked node: left, taken back, the last one, or its guests restarted', () => {
    const blocked = (ifBlocked: RollPlan['ifBlocked']) => {
      const one = roll({ ifBlocked, rebootUs: 50 });
      takeTurn(one, 0, { kind: 'begin' });
      return { one, actions: takeTurn(one, 9, settled(0, true)) };
    };
    expect(kinds(blocked('leave').actions)).toEqual(['node-over', 'drain-nodes']);
    expect(kinds(blocked('uncordon').actions)).toEqual([
      'uncordon-node',
      'node-over',
      'drain-nodes',
    ]);
    expect(kinds(blocked('stop').actions)).toEqual(['roll-stopped', 'node-over']);
    expect(isRollOver(blocked('stop').one)).toBe(true);
    const { one, actions } = blocked('restart');
    expect(kinds(actions)).toEqual(['restart-guests']);
    takeTurn(one, 9, settled(0));
    expect(one.turns.get(0)).toEqual({ kind: 'rebooting', untilUs: 59 });
  });

  it('end at their time limit, and begin no more when the roll is stopped', () => {
    const slow = roll({ nodeTimeoutUs: 30 });
    takeTurn(slow, 0, { kind: 'begin' });
    expect(takeTurn(slow, 30, { kind: 'due' })).toEqual([{ kind: 'give-up-node', node: 0 }]);
    expect(slow.nextUs).toBe(Number.POSITIVE_INFINITY);
    expect(kinds(takeTurn(slow, 40, { kind: 'stop', callOff: true }))).toEqual([
      'roll-stopped',
      'give-up-node',
    ]);
    expect(begun(takeTurn(slow, 41, settled(0)))).toEqual([]);
    expect(isRollOver(slow)).toBe(true);
  });

  it('take every node once, never more at a time than asked for, whatever happens', () => {
    const ends = fc.array(fc.constantFrom<NodeEnd>('empty', 'blocked', 'lost'), {
      minLength: 1,
      maxLength: 12,
    });
    const plans = fc.record({
      atOnce: fc.integer({ min: 1, max: 5 }),
      rebootUs: fc.option(fc.integer({ min: 0, max: 50 })),
      soakUs: fc.integer({ min: 0, max: 50 }),
      nodeTimeoutUs: fc.option(fc.integer({ min: 1, max: 30 })),
      ifBlocked: fc.constantFrom('leave', 'uncordon', 'restart'),
      racks: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(plans, ends, ({ racks, ...plan }, fates) => {
        const nodes = fates.map((_, node) => node);
        const stages = Array.from({ length: racks }, (_, rack) =>
          nodes.filter((node) => node % racks === rack),
        );
        const one = createRoll({ ...plan, stages });
        const seen: number[] = [];
        let nowUs = 0;
        const take = (actions: readonly RollAction[]) => {
          seen.push(...begun(actions));
          const open = [...one.turns].filter(
            ([, { kind }]) => kind !== 'waiting' && kind !== 'over',
          );
          expect(open.length).toBeLessThanOrEqual(plan.atOnce);
          expect(new Set(open.map(([node]) => node % racks)).size).toBeLessThanOrEqual(1);
        };
        take(takeTurn(one, nowUs, { kind: 'begin' }));
        for (let turns = 0; turns < 200 && !isRollOver(one); turns += 1) {
          const draining = nodes.find((node) => one.turns.get(node)?.kind === 'draining');
          if (draining === undefined) {
            nowUs = one.nextUs;
            take(takeTurn(one, nowUs, { kind: 'due' }));
            continue;
          }
          nowUs += 1;
          const fate = fates[draining];
          if (fate === 'lost') take(takeTurn(one, nowUs, { kind: 'node-lost', node: draining }));
          else take(takeTurn(one, nowUs, settled(draining, fate === 'blocked')));
          if (plan.ifBlocked === 'restart') take(takeTurn(one, nowUs, settled(draining)));
        }
        expect(isRollOver(one)).toBe(true);
        expect([...seen].sort((a, b) => a - b)).toEqual(nodes);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

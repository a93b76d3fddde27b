import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addFlow,
  addLink,
  bottleneckOf,
  createSharing,
  flowRate,
  isFull,
  removeFlow,
  setCapacity,
  setFlow,
  settle,
  takeTurned,
} from '../../src/network/max-min.js';
import type { PlainFlow } from './progressive-filling.js';
import { arbitraryHistory, type Change, replay, TIED, UNLIKE } from './sharing-histories.js';

const UNCAPPED = Number.POSITIVE_INFINITY;
const flow = (route: number[], capBytesPerSecond = UNCAPPED, weight = 1): PlainFlow => ({
  route,
  capBytesPerSecond,
  weight,
});

describe('max-min sharing, worked by hand', () => {
  it('shares a link by weight', () => {
    const sharing = createSharing([900]);
    const one = addFlow(sharing, flow([0]));
    const two = addFlow(sharing, flow([0], UNCAPPED, 2));
    expect(settle(sharing)).toEqual([one, two]);
    expect([flowRate(sharing, one), flowRate(sharing, two)]).toEqual([300, 600]);
  });

  it('gives a capped flow its cap and the others the rest', () => {
    const sharing = createSharing([1000]);
    const capped = addFlow(sharing, flow([0], 200));
    const free = addFlow(sharing, flow([0]));
    settle(sharing);
    expect([flowRate(sharing, capped), flowRate(sharing, free)]).toEqual([200, 800]);
  });

  it('fills the parking lot', () => {
    const sharing = createSharing([1000, 300]);
    const near = addFlow(sharing, flow([0]));
    const both = addFlow(sharing, flow([0, 1]));
    settle(sharing);
    expect([flowRate(sharing, near), flowRate(sharing, both)]).toEqual([700, 300]);
  });

  it('reports only the flows that a pause reaches, and their return', () => {
    const sharing = createSharing([1000, 1000, 1500]);
    const a = addFlow(sharing, flow([0, 2]));
    const b = addFlow(sharing, flow([0]));
    const c = addFlow(sharing, flow([1, 2]));
    settle(sharing);
    setFlow(sharing, b, { capBytesPerSecond: 0, weight: 1 });
    expect(settle(sharing)).toEqual([a, b, c]);
    expect([a, b, c].map((id) => flowRate(sharing, id))).toEqual([750, 0, 750]);
    setFlow(sharing, b, { capBytesPerSecond: UNCAPPED, weight: 1 });
    expect(settle(sharing)).toEqual([a, b, c]);
    expect([a, b, c].map((id) => flowRate(sharing, id))).toEqual([500, 500, 1000]);
  });

  it('leaves flows alone that the change does not reach', () => {
    const sharing = createSharing([1000, 1000]);
    addFlow(sharing, flow([0]));
    const other = addFlow(sharing, flow([1]));
    settle(sharing);
    const late = addFlow(sharing, flow([1]));
    expect(settle(sharing)).toEqual([other, late]);
  });

  it('stops flows on a link that goes down, and starts them again', () => {
    const sharing = createSharing([1000, 400]);
    const id = addFlow(sharing, flow([0, 1]));
    settle(sharing);
    setCapacity(sharing, 0, 0);
    expect(settle(sharing)).toEqual([id]);
    expect(flowRate(sharing, id)).toBe(0);
    setCapacity(sharing, 0, 100);
    settle(sharing);
    expect(flowRate(sharing, id)).toBe(100);
  });

  it('reports nothing when changes undo each other before the settle', () => {
    const sharing = createSharing([1000]);
    const id = addFlow(sharing, flow([0]));
    settle(sharing);
    removeFlow(sharing, addFlow(sharing, flow([0])));
    setFlow(sharing, id, { capBytesPerSecond: 0, weight: 1 });
    setFlow(sharing, id, { capBytesPerSecond: UNCAPPED, weight: 1 });
    expect(settle(sharing)).toEqual([]);
    expect(flowRate(sharing, id)).toBe(1000);
  });

  it('gives a removed flow’s id out again', () => {
    const sharing = createSharing([1000]);
    const id = addFlow(sharing, flow([0]));
    settle(sharing);
    removeFlow(sharing, id);
    expect(() => flowRate(sharing, id)).toThrow(`no flow ${id}`);
    expect(addFlow(sharing, flow([0], 10))).toBe(id);
    expect(settle(sharing)).toEqual([id]);
    expect(flowRate(sharing, id)).toBe(10);
  });

  it('refuses what cannot be', () => {
    const sharing = createSharing([1000]);
    expect(() => createSharing([Number.NaN])).toThrow('capacity(=NaN) of link 0');
    expect(() => addFlow(sharing, flow([1]))).toThrow('no link 1');
    expect(() => addFlow(sharing, flow([0, 0]))).toThrow('link 0 is twice in the route');
    expect(() => addFlow(sharing, flow([0], -1))).toThrow('capBytesPerSecond(=-1)');
    expect(() => addFlow(sharing, flow([0], 1, 0))).toThrow('weight(=0)');
    expect(() => setCapacity(sharing, 0, -5)).toThrow('capacity(=-5) of link 0');
    expect(() => removeFlow(sharing, 0)).toThrow('no flow 0');
  });
});

describe('links that are added', () => {
  it('bound what only their flows have together, however many there are', () => {
    const sharing = createSharing([1000, 1000]);
    const groups = Array.from({ length: 40 }, () => addLink(sharing, 30));
    const flows = groups.flatMap((group) => [
      addFlow(sharing, flow([0, group])),
      addFlow(sharing, flow([1, group])),
    ]);
    settle(sharing);
    // 40 × 30 over two links of 1000: the groups are what limits.
    for (const id of flows) expect(flowRate(sharing, id)).toBeCloseTo(15, 9);
    setCapacity(sharing, groups[0], 200);
    settle(sharing);
    expect(flowRate(sharing, flows[0])).toBeCloseTo(100, 9);
    expect(flowRate(sharing, flows[2])).toBeCloseTo(15, 9);
  });
});

describe('what holds a flow back', () => {
  it('is told, and when links became full or ceased to be', () => {
    const sharing = createSharing([1000, 300]);
    const near = addFlow(sharing, flow([0], 400));
    const both = addFlow(sharing, flow([0, 1]));
    settle(sharing);
    expect([near, both].map((id) => bottleneckOf(sharing, id))).toEqual([null, 1]);
    expect(takeTurned(sharing)).toEqual([1]);
    expect([isFull(sharing, 0), isFull(sharing, 1)]).toEqual([false, true]);
    setFlow(sharing, near, { capBytesPerSecond: 900, weight: 1 });
    settle(sharing);
    expect([near, both].map((id) => bottleneckOf(sharing, id))).toEqual([0, 1]);
    removeFlow(sharing, both);
    settle(sharing);
    expect([...takeTurned(sharing)].sort()).toEqual([0, 1]);
    expect([isFull(sharing, 0), isFull(sharing, 1)]).toEqual([false, false]);
    expect(takeTurned(sharing)).toEqual([]);
  });

  it('is a link that is down, which is not full', () => {
    const sharing = createSharing([0]);
    const id = addFlow(sharing, flow([0]));
    settle(sharing);
    expect([isFull(sharing, 0), bottleneckOf(sharing, id)]).toEqual([false, 0]);
  });
});

describe('max-min sharing against progressive filling', () => {
  for (const [name, shape] of Object.entries({ tied: TIED, unlike: UNLIKE })) {
    it(`gives the same rates through random ${name} histories`, () => {
      fc.assert(
        fc.property(arbitraryHistory(shape), ([capacities, history]) =>
          replay(capacities, history),
        ),
        { seed: 5, numRuns: 200 },
      );
    });
  }

  it('a link that comes to hold a flow back at the very rate that it had frees the one before', () => {
    const add = (of: PlainFlow): Change => ({ kind: 'add', flow: of });
    replay(
      [1e6, 1000000.0000000015],
      [
        add(flow([1])),
        add(flow([0, 1], 1841.0793789571037)),
        add(flow([1], UNCAPPED, 3)),
        add(flow([1, 0], UNCAPPED, 12)),
        add(flow([0], 62384.932538815265)),
        { kind: 'settle' },
        add(flow([0], 187154.7976164558, 3)),
        { kind: 'remove', pick: 0 },
        { kind: 'capacity', pick: 0, capacity: 1000000.0000000014 },
      ],
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addFlow,
  addLink,
  bottleneckOf,
  createSharing,
  type FlowId,
  flowRate,
  isFull,
  linkRate,
  removeFlow,
  setCapacity,
  setFlow,
  settle,
  takeTurned,
} from '../../src/network/max-min.js';
import { type PlainFlow, progressiveFilling } from './progressive-filling.js';

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
    expect(linkRate(sharing, 0)).toBe(1000);
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

/** One step of a random history; `pick` chooses a live flow or a link. */
type Change =
  | { readonly kind: 'add'; readonly flow: PlainFlow }
  | { readonly kind: 'remove' | 'pause'; readonly pick: number }
  | { readonly kind: 'set'; readonly pick: number; readonly cap: number; readonly weight: number }
  | { readonly kind: 'capacity'; readonly pick: number; readonly capacity: number }
  | { readonly kind: 'settle' };

interface Shape {
  readonly linkCount: number;
  readonly capacity: fc.Arbitrary<number>;
  readonly cap: fc.Arbitrary<number>;
  readonly weight: fc.Arbitrary<number>;
}

// Few distinct values make ties, many make long chains of bottlenecks: both are wanted.
const TIED: Shape = {
  linkCount: 6,
  capacity: fc.constantFrom(0, 100, 100, 200, 300),
  cap: fc.constantFrom(UNCAPPED, UNCAPPED, 0, 25, 50, 100),
  weight: fc.constantFrom(1, 1, 2),
};
const UNLIKE: Shape = {
  linkCount: 12,
  capacity: fc.double({ min: 1e6, max: 1e11, noNaN: true }),
  cap: fc.oneof(fc.constant(UNCAPPED), fc.double({ min: 1e3, max: 1e10, noNaN: true })),
  weight: fc.integer({ min: 1, max: 16 }),
};

function historyOf({ linkCount, capacity, cap, weight }: Shape): fc.Arbitrary<Change[]> {
  const links = Array.from({ length: linkCount }, (_, link) => link);
  const route = fc.shuffledSubarray(links, { minLength: 1, maxLength: 5 });
  const pick = fc.nat(1000);
  const change: fc.Arbitrary<Change> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('add' as const),
        flow: fc.record({ route, capBytesPerSecond: cap, weight }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), pick }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pause' as const), pick }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), pick, cap, weight }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('capacity' as const), pick, capacity }) },
    { weight: 6, arbitrary: fc.constant({ kind: 'settle' as const }) },
  );
  return fc.array(change, { maxLength: 150, size: 'max' });
}

/** Plays a history on both solvers and compares every rate and report at every settle. */
function replay(capacitiesAtFirst: readonly number[], history: readonly Change[]): void {
  const capacities = [...capacitiesAtFirst];
  const sharing = createSharing(capacities);
  const live = new Map<FlowId, PlainFlow>();
  const settled = new Map<FlowId, number>();
  const set = (id: FlowId, limits: { capBytesPerSecond: number; weight: number }) => {
    setFlow(sharing, id, limits);
    live.set(id, { ...(live.get(id) as PlainFlow), ...limits });
  };
  for (const change of [...history, { kind: 'settle' as const }]) {
    const ids = [...live.keys()];
    const id = 'pick' in change ? ids[change.pick % ids.length] : undefined;
    if (change.kind === 'add') {
      const added = addFlow(sharing, change.flow);
      live.set(added, change.flow);
      settled.set(added, 0);
    } else if (change.kind === 'capacity') {
      const link = change.pick % capacities.length;
      capacities[link] = change.capacity;
      setCapacity(sharing, link, change.capacity);
    } else if (change.kind === 'settle') {
      compare(sharing, capacities, live, settled);
    } else if (id !== undefined) {
      if (change.kind === 'set') {
        set(id, { capBytesPerSecond: change.cap, weight: change.weight });
      } else if (change.kind === 'pause') {
        set(id, { capBytesPerSecond: 0, weight: live.get(id)?.weight ?? 1 });
      } else {
        removeFlow(sharing, id);
        live.delete(id);
      }
    }
  }
}

function compare(
  sharing: ReturnType<typeof createSharing>,
  capacities: readonly number[],
  live: ReadonlyMap<FlowId, PlainFlow>,
  settled: Map<FlowId, number>,
): void {
  const changed = settle(sharing);
  const ids = [...live.keys()].sort((a, b) => a - b);
  const expected = progressiveFilling(
    capacities,
    ids.map((id) => live.get(id) as PlainFlow),
  );
  const moved: FlowId[] = [];
  const sums = capacities.map(() => 0);
  const wrong: string[] = [];
  for (const [i, id] of ids.entries()) {
    const rate = flowRate(sharing, id);
    const { route } = live.get(id) as PlainFlow;
    // What the plain solver's own residuals can be trusted for: 1e-12 of the largest link passed.
    const widest = Math.max(...route.map((link) => capacities[link]));
    const tolerance = 1e-10 * expected[i] + 1e-12 * widest;
    if (!(Math.abs(rate - expected[i]) <= tolerance)) wrong.push(`${id}: ${rate}, ${expected[i]}`);
    if (rate !== settled.get(id)) moved.push(id);
    settled.set(id, rate);
    for (const link of route) sums[link] += rate;
  }
  for (const [link, capacity] of capacities.entries()) {
    const rate = linkRate(sharing, link);
    const isSum = Math.abs(rate - sums[link]) <= 1e-12 * capacity;
    if (!isSum || rate > capacity) wrong.push(`link ${link}: ${rate} of ${capacity}`);
  }
  expect(wrong).toEqual([]);
  expect(changed).toEqual(moved);
}

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
      const capacities = fc.array(shape.capacity, {
        minLength: shape.linkCount,
        maxLength: shape.linkCount,
      });
      fc.assert(fc.property(capacities, historyOf(shape), replay), { seed: 5, numRuns: 200 });
    });
  }
});

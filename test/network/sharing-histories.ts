/** Random histories of flows and links, played on the incremental solver and on the plain one. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addFlow,
  createSharing,
  type FlowId,
  flowRate,
  removeFlow,
  setCapacity,
  setFlow,
  settle,
} from '../../src/network/max-min.js';
import { type PlainFlow, progressiveFilling } from './progressive-filling.js';

const UNCAPPED = Number.POSITIVE_INFINITY;

/** One step of a random history; `pick` chooses a live flow or a link. */
export type Change =
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
export const TIED: Shape = {
  linkCount: 6,
  capacity: fc.constantFrom(0, 100, 100, 200, 300),
  cap: fc.constantFrom(UNCAPPED, UNCAPPED, 0, 25, 50, 100),
  weight: fc.constantFrom(1, 1, 2),
};
export const UNLIKE: Shape = {
  linkCount: 12,
  capacity: fc.double({ min: 1e6, max: 1e11, noNaN: true }),
  cap: fc.oneof(fc.constant(UNCAPPED), fc.double({ min: 1e3, max: 1e10, noNaN: true })),
  weight: fc.integer({ min: 1, max: 16 }),
};

function changesOf({ linkCount, capacity, cap, weight }: Shape): fc.Arbitrary<Change[]> {
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

/** Capacities at first, and what happens then. */
export function arbitraryHistory(
  shape: Shape,
): fc.Arbitrary<readonly [readonly number[], readonly Change[]]> {
  const { linkCount } = shape;
  return fc.tuple(
    fc.array(shape.capacity, { minLength: linkCount, maxLength: linkCount }),
    changesOf(shape),
  );
}

/** Plays a history on both solvers and compares every rate and report at every settle. */
export function replay(capacitiesAtFirst: readonly number[], history: readonly Change[]): void {
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
    if (sums[link] > capacity * (1 + 1e-12))
      wrong.push(`link ${link}: ${sums[link]} of ${capacity}`);
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(changed, moved);
}

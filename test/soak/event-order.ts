/**
 * Both queues of events, held against a list that is sorted plainly: what is due first comes first,
 * and at one instant the order is the one that the engine promises (docs/architecture.md).
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { at, type ControlEvent, createState } from '../../src/kubevirt/control-state.js';
import {
  createEventQueue,
  nextEventUs,
  takeDue,
  wakeAt,
} from '../../src/simulation/event-queue.js';
import { buildFleet } from '../fleet-builder.js';

const fleet = buildFleet({});
/** Few instants, so that many events share one. */
const instants = fc.integer({ min: 0, max: 8 });

/** KubeVirt's control plane: by time, at one instant in the order in which they were asked for. */
export const controlEvents = fc.property(
  fc.array(fc.oneof(instants, fc.constant('take' as const)), { maxLength: 60 }),
  (steps) => {
    const { state, due } = { state: createState(fleet, 1), due: [] as [number, number][] };
    const take = () => {
      due.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      const taken = state.events.pop();
      const found = taken === undefined ? undefined : [taken.atUs, nodeOf(taken.event)];
      assert.deepEqual(found, due.shift(), 'an event of the control plane came out of order');
    };
    for (const [node, step] of steps.entries()) {
      if (step === 'take') take();
      else {
        at(state, step, { kind: 'evacuate', node });
        due.push([step, node]);
      }
    }
    while (due.length > 0) take();
  },
);

function nodeOf(event: ControlEvent): number {
  return 'node' in event ? event.node : -1;
}

/** Migrations: by time, each by its latest wish, at one instant by migration number. */
export const wakes = fc.property(
  fc.array(fc.tuple(fc.nat(6), fc.oneof(instants, fc.constant(Number.POSITIVE_INFINITY))), {
    maxLength: 60,
  }),
  fc.integer({ min: 1, max: 9 }),
  (wishes, wishesATake) => {
    const queue = createEventQueue();
    const due = new Map<number, number>();
    let nowUs = 0;
    const take = () => {
      const nextUs = Math.min(Number.POSITIVE_INFINITY, ...due.values());
      assert.equal(nextEventUs(queue), nextUs, 'the wrong instant comes next');
      if (nextUs === Number.POSITIVE_INFINITY) return;
      nowUs = nextUs;
      const expected = [...due].filter(([, us]) => us === nowUs).map(([migration]) => migration);
      expected.sort((a, b) => a - b);
      assert.deepEqual(takeDue(queue, nowUs), expected, 'migrations are woken out of order');
      for (const migration of expected) due.delete(migration);
    };
    wishes.forEach(([migration, afterUs], index) => {
      wakeAt(queue, migration, nowUs + afterUs);
      due.set(migration, nowUs + afterUs);
      if (index % wishesATake === 0) take();
    });
    while (Math.min(Number.POSITIVE_INFINITY, ...due.values()) < Number.POSITIVE_INFINITY) take();
  },
);

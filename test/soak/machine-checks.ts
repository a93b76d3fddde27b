/** Machines that take a short way, held against those that take every step; by seed. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { arbitraryScript, jump, runScript, tick } from '../kubevirt/monitor-stretches.js';
import { arbitraryHistory, replay, TIED, UNLIKE } from '../network/sharing-histories.js';
import { loopReference } from '../qemu/loop-reference.js';
import { advance, lawOf, senderCases } from '../qemu/sender-cases.js';
import { controlEvents, wakes } from './event-order.js';
import { draws } from './round-draws.js';

interface MachineCheck {
  readonly name: string;
  readonly property: fc.IRawProperty<unknown>;
  /** Cases of one seed. */
  readonly numRuns: number;
}

const monitor = fc.property(arbitraryScript, (script) => {
  const ticked = runScript(script, tick);
  const jumped = runScript(script, jump);
  assert.deepEqual(jumped.calls, ticked.calls);
  assert.deepEqual(jumped.states, ticked.states);
});

const sender = fc.property(senderCases, (one) => {
  const law = lawOf(one);
  const [skipping, stepping] = [true, false].map((skips) => {
    const { end, sender: at } = advance(law, Number.POSITIVE_INFINITY, skips);
    const { wireBytes } = at;
    at.wireBytes = 0;
    return { wireBytes, others: { end, at } };
  });
  assert.deepEqual(skipping?.others, stepping?.others);
  // The ends of turns take no time: whether the network has them at once, or with the next page.
  const apart = Math.abs((skipping?.wireBytes ?? 0) - (stepping?.wireBytes ?? 0));
  assert.ok(apart <= 2 * law.turnBytes, `${apart} bytes apart on the wire`);
});

const loop = fc.property(senderCases, (one) => {
  const law = lawOf(one);
  const reference = loopReference(law);
  const { atUs, pages } = advance(law, Number.POSITIVE_INFINITY, true).sender;
  assert.deepEqual({ atUs, pages }, { atUs: reference.endUs, pages: reference.pages });
});

const solver = fc.property(
  fc.oneof(arbitraryHistory(TIED), arbitraryHistory(UNLIKE)),
  ([capacities, history]) => replay(capacities, history),
);

export const MACHINE_CHECKS: readonly MachineCheck[] = [
  { name: 'monitor', property: monitor as fc.IRawProperty<unknown>, numRuns: 60 },
  { name: 'sender', property: sender as fc.IRawProperty<unknown>, numRuns: 10 },
  { name: 'loop', property: loop as fc.IRawProperty<unknown>, numRuns: 3 },
  { name: 'solver', property: solver as fc.IRawProperty<unknown>, numRuns: 10 },
  { name: 'fidelity', property: draws as fc.IRawProperty<unknown>, numRuns: 2 },
  { name: 'order', property: controlEvents as fc.IRawProperty<unknown>, numRuns: 20 },
  { name: 'order', property: wakes as fc.IRawProperty<unknown>, numRuns: 20 },
];

/** Throws an Error with the smallest counterexample that fast-check finds. */
export function checkMachines(seed: number): void {
  for (const { name, property, numRuns } of MACHINE_CHECKS) {
    const found = fc.check(property as fc.IProperty<unknown>, { seed: seed | 0, numRuns });
    if (!found.failed) continue;
    throw new Error(`${name}: ${fc.defaultReportMessage(found)}`);
  }
}

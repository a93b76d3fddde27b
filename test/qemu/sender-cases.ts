/** Random rounds for the sender, which skips windows that are alike or steps through each. */
import fc from 'fast-check';
import { createSendPlan, type SendPlan } from '../../src/qemu/send-plan.js';
import { advanceSender } from '../../src/qemu/sender.js';
import { openSender, type Sender, type SendLaw } from '../../src/qemu/sender-state.js';
import { SLICE_NUMBERS } from '../../src/qemu/slices.js';

export const PAGE_WIRE = 4104;

export interface SenderCase {
  readonly stretches: readonly { readonly pages: number; readonly zero: boolean }[];
  readonly budgetBytes: number;
  readonly unitPages: number;
  readonly bytesPerUs: number;
  readonly downtimeLimitMs: number;
}

export const senderCases: fc.Arbitrary<SenderCase> = fc.record({
  stretches: fc.array(
    fc.record({ pages: fc.integer({ min: 1, max: 20_000 }), zero: fc.boolean() }),
    { minLength: 1, maxLength: 4 },
  ),
  budgetBytes: fc.oneof(
    fc.constant(Number.POSITIVE_INFINITY),
    fc.integer({ min: 50_000, max: 12_000_000 }),
  ),
  unitPages: fc.constantFrom(1, 32, 128),
  bytesPerUs: fc.integer({ min: 20, max: 2000 }),
  downtimeLimitMs: fc.constantFrom(0, 10, 100, 300),
});

function planOf(one: SenderCase): SendPlan {
  return createSendPlan(
    one.stretches.map(({ pages, zero }) => ({
      pages,
      zeroPages: zero ? pages : 0,
      wireBytes: pages * (zero ? 9 : PAGE_WIRE),
      chargedBytes: pages * (zero ? 9 : PAGE_WIRE),
    })),
    0.25,
    0,
  );
}

export function lawOf(one: SenderCase): SendLaw {
  return {
    plan: planOf(one),
    budget: { bytes: one.budgetBytes, unitPages: one.unitPages, unitsInFlight: 0 },
    bytesPerUs: one.bytesPerUs,
    drainBytesPerUs: one.bytesPerUs,
    fillBytesPerUs: one.bytesPerUs,
    backlogBytes: 0,
    overlapped: one.budgetBytes === Number.POSITIVE_INFINITY,
    downtimeLimitMs: one.downtimeLimitMs,
    availSwitchoverBytesPerSecond: 0,
    completesAtThreshold: false,
    turnBytes: 18,
    turnCountedBytes: 18,
    wakeLatencyUs: 80,
    stopsAtTurn: false,
    slice: new Float64Array(SLICE_NUMBERS),
  };
}

export function advance(
  law: SendLaw,
  untilUs: number,
  skips: boolean,
): { end: string; sender: Sender } {
  const sender = openSender(0);
  const end = advanceSender(sender, law, untilUs, null, { stopsAtSpans: false, skips });
  return { end, sender };
}

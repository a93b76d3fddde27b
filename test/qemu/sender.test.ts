import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openProgress } from '../../src/qemu/send-progress.js';
import { advanceSender } from '../../src/qemu/sender.js';
import { openSender, Sender } from '../../src/qemu/sender-state.js';
import { loopReference } from './loop-reference.js';
import { advance, lawOf, PAGE_WIRE, senderCases } from './sender-cases.js';

describe('the sender', () => {
  it('comes to the same turn whether it steps through every window or skips', () => {
    fc.assert(
      fc.property(senderCases, (one) => {
        const law = lawOf(one);
        expect(advance(law, Number.POSITIVE_INFINITY, true)).toEqual(
          advance(law, Number.POSITIVE_INFINITY, false),
        );
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it('stands where it would at any instant in between, however often it is asked', () => {
    fc.assert(
      fc.property(
        senderCases,
        fc.array(fc.integer({ min: 1, max: 3_000_000 }), { maxLength: 6 }),
        (one, steps) => {
          const law = lawOf(one);
          const often = openSender(0);
          let nowUs = 0;
          for (const step of steps) {
            nowUs += step;
            const end = advanceSender(often, law, nowUs, null, {
              stopsAtSpans: false,
              skips: true,
            });
            if (end === 'due') break;
          }
          const { sender } = advance(law, nowUs, true);
          expect(often.pages).toBeCloseTo(sender.pages, 3);
          expect(often.loop).toBe(sender.loop);
          expect(Math.abs(often.windowStartUs - sender.windowStartUs)).toBeLessThanOrEqual(
            steps.length * 2,
          );
        },
      ),
      { numRuns: 150, seed: 2 },
    );
  });

  it('is the loop of the specification, page by page', () => {
    fc.assert(
      fc.property(senderCases, (one) => {
        const law = lawOf(one);
        const { sender } = advance(law, Number.POSITIVE_INFINITY, true);
        const reference = loopReference(law);
        expect(sender.atUs).toBe(reference.endUs);
        expect(sender.pages).toBe(reference.pages);
        expect(sender.chargedBytes).toBeCloseTo(reference.bytes, 3);
        expect(sender.thresholdBytes).toBeCloseTo(reference.thresholdBytes, 3);
      }),
      { numRuns: 80, seed: 3 },
    );
  });

  it('bursts at a window’s start, and its progress says so', () => {
    const law = lawOf({
      stretches: [{ pages: 100_000, zero: false }],
      budgetBytes: 6_710_886,
      unitPages: 1,
      bytesPerUs: 1000,
      downtimeLimitMs: 0,
    });
    const sender = openSender(0);
    const progress = openProgress(0);
    advanceSender(sender, law, 1_050_000, progress, { stopsAtSpans: false, skips: true });
    expect(sender.loop).toBe('asleep');
    expect(sender.pages).toBe(11 * 1636);
    expect(progress.periodUs).toContain(100_080);
    expect(progress.activeUs.find((us) => us > 0)).toBe(Math.ceil((1636 * PAGE_WIRE) / 1000));
  });

  it('goes on with an old window when the limit was raised in its sleep', () => {
    const low = lawOf({
      stretches: [{ pages: 100_000, zero: false }],
      budgetBytes: 1_677_721,
      unitPages: 1,
      bytesPerUs: 1000,
      downtimeLimitMs: 0,
    });
    const high = { ...low, budget: { ...low.budget, bytes: 6_710_886 } };
    const sender = openSender(0);
    const options = { stopsAtSpans: false, skips: true };
    advanceSender(sender, low, 50_000, null, options);
    expect(sender.pages).toBe(409);
    advanceSender(sender, high, 150_000, null, options);
    // The rest of the raised budget in the old window, then a whole new one.
    expect(sender.pages).toBe(1636 + 1636);
  });

  it('closes a window that a long sync has filled and outlasted, without sending a page', () => {
    const law = lawOf({
      stretches: [{ pages: 300, zero: false }],
      budgetBytes: 104_857,
      unitPages: 1,
      bytesPerUs: 100,
      downtimeLimitMs: 300,
    });
    const sender = openSender(0);
    Object.assign(sender, { atUs: 100_500, windowBytes: 1_765_813 });
    const options = { stopsAtSpans: false, skips: true };
    const ahead = new Sender().copyFrom(sender);
    expect(advanceSender(ahead, law, Number.POSITIVE_INFINITY, null, options)).toBe('due');
    expect(ahead).toMatchObject({ atUs: 100_500, pages: 0, windowBytes: 0 });
    // What a look ahead sees at this very instant, the sender comes to by it.
    expect(advanceSender(sender, law, 100_500, null, options)).toBe('due');
    expect(sender).toEqual(ahead);
  });

  it('never lets the network take more than it was given, nor more than was written', () => {
    fc.assert(
      fc.property(senderCases, fc.integer({ min: 1, max: 5_000_000 }), (one, untilUs) => {
        const law = { ...lawOf(one), drainBytesPerUs: one.bytesPerUs / 3 };
        const { sender } = advance(law, untilUs, true);
        expect(sender.wireBytes).toBeLessThanOrEqual(sender.writtenBytes + 1e-6);
        expect(sender.wireBytes).toBeLessThanOrEqual(law.drainBytesPerUs * sender.atUs + 1e-6);
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});

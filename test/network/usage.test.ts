import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createLinkLog,
  type LinkLog,
  linkSteps,
  noteCapacity,
  noteFull,
} from '../../src/network/link-log.js';
import { addUsage, createUsage, usageBytes, usedSteps } from '../../src/network/usage.js';

const LINKS = [
  { name: 'b', capacityBytesPerSecond: 100 },
  { name: 'a', capacityBytesPerSecond: 200 },
];

function rows(log: LinkLog, endUs = Number.POSITIVE_INFINITY) {
  return [...linkSteps(log, endUs)].map((row) => [row.link, row.fromUs, row.toUs, row.bytes]);
}

describe('usage of links', () => {
  it('splits a transfer over the steps it crosses', () => {
    const log = createLinkLog(LINKS, 1_000_000);
    addUsage(log.migrations, 0, 500_000, 3_500_000, 300);
    expect(rows(log)).toEqual([
      ['b', 0, 1_000_000, 50],
      ['b', 1_000_000, 2_000_000, 100],
      ['b', 2_000_000, 3_000_000, 100],
      ['b', 3_000_000, 4_000_000, 50],
    ]);
  });

  it('orders rows by link name and time, and leaves out idle steps', () => {
    const log = createLinkLog(LINKS, 10);
    addUsage(log.migrations, 0, 2000, 2010, 5);
    addUsage(log.migrations, 1, 1000, 1010, 7);
    addUsage(log.migrations, 0, 0, 10, 3);
    expect(rows(log)).toEqual([
      ['a', 1000, 1010, 7],
      ['b', 0, 10, 3],
      ['b', 2000, 2010, 5],
    ]);
  });

  it('ends the last step with the run', () => {
    const log = createLinkLog(LINKS, 10);
    addUsage(log.migrations, 0, 0, 14, 14);
    expect(rows(log, 14).map(([, , toUs]) => toUs)).toEqual([10, 14]);
  });

  it('puts an instant’s bytes in the step that ends there', () => {
    const log = createLinkLog(LINKS, 10);
    addUsage(log.migrations, 0, 20, 20, 4);
    expect(rows(log, 20)).toEqual([['b', 10, 20, 4]]);
  });

  it('shows what a degraded link could carry, on average over the step', () => {
    const log = createLinkLog(LINKS, 10);
    addUsage(log.migrations, 1, 0, 30, 30);
    noteCapacity(log, 1, 4, 0);
    noteCapacity(log, 1, 9, 100);
    noteCapacity(log, 1, 20, 200);
    const capacities = [...linkSteps(log, 30)].map((row) => row.capacityBytesPerSecond);
    expect(capacities).toEqual([(4 * 200 + 1 * 100) / 10, 100, 200]);
  });

  it('tells when a link was full, and what else crossed it, even without migrations', () => {
    const log = createLinkLog(LINKS, 10);
    noteFull(log, 0, true, 5);
    noteFull(log, 0, true, 7);
    noteFull(log, 0, false, 12);
    noteFull(log, 0, false, 15);
    addUsage(log.background, 0, 10, 20, 8);
    expect([...linkSteps(log, 100)]).toEqual([
      {
        link: 'b',
        fromUs: 0,
        toUs: 10,
        capacityBytesPerSecond: 100,
        bytes: 0,
        backgroundBytes: 0,
        fullUs: 5,
      },
      {
        link: 'b',
        fromUs: 10,
        toUs: 20,
        capacityBytesPerSecond: 100,
        bytes: 0,
        backgroundBytes: 8,
        fullUs: 2,
      },
    ]);
  });

  it('refuses bytes and times that cannot be', () => {
    expect(() => createUsage(LINKS, 0)).toThrow('stepUs(=0)');
    const usage = createUsage(LINKS, 10);
    expect(() => addUsage(usage, 0, 0, 1, 1.5)).toThrow('bytes(=1.5)');
    expect(() => addUsage(usage, 0, 5, 4, 1)).toThrow('interval 5 to 4');
    expect(() => addUsage(usage, 9, 0, 1, 1)).toThrow('no link 9');
  });

  it('keeps every byte, and no step gets more than its share and a byte', () => {
    const transfer = fc.record({
      fromUs: fc.integer({ min: 0, max: 5_000_000 }),
      lengthUs: fc.integer({ min: 0, max: 90_000_000 }),
      bytes: fc.integer({ min: 0, max: 1e13 }),
    });
    const property = fc.property(
      fc.array(transfer, { maxLength: 20 }),
      fc.integer({ min: 79_193, max: 60_000_000 }),
      (transfers, stepUs) => {
        const usage = createUsage(LINKS, stepUs);
        let total = 0;
        let mostBytesPerUs = 0;
        let instantBytes = 0;
        for (const { fromUs, lengthUs, bytes } of transfers) {
          addUsage(usage, 0, fromUs, fromUs + lengthUs, bytes);
          total += bytes;
          if (lengthUs === 0) instantBytes += bytes;
          else mostBytesPerUs += bytes / lengthUs;
        }
        const amounts = usedSteps([usage], 0).amounts[0] ?? [];
        expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(total);
        expect(usageBytes(usage, 0)).toBe(total);
        const most = mostBytesPerUs * stepUs * (1 + 1e-12) + instantBytes + transfers.length;
        const isSound = (bytes: number) => Number.isSafeInteger(bytes) && bytes <= most;
        expect(amounts.filter((amount) => !isSound(amount))).toEqual([]);
      },
    );
    fc.assert(property, { seed: 7, numRuns: 60 });
  });
});

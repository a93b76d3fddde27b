import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addUsage, createUsage, usageBytes, usageRows } from '../../src/network/usage.js';

const LINKS = [
  { name: 'b', capacityBytesPerSecond: 100 },
  { name: 'a', capacityBytesPerSecond: 200 },
];

describe('usage of links', () => {
  it('splits a transfer over the steps it crosses', () => {
    const usage = createUsage(LINKS, 1_000_000);
    addUsage(usage, 0, 500_000, 3_500_000, 300);
    expect(usageRows(usage).map((row) => [row.link, row.fromUs, row.toUs, row.bytes])).toEqual([
      ['b', 0, 1_000_000, 50],
      ['b', 1_000_000, 2_000_000, 100],
      ['b', 2_000_000, 3_000_000, 100],
      ['b', 3_000_000, 4_000_000, 50],
    ]);
  });

  it('orders rows by link name and time, and leaves out idle steps', () => {
    const usage = createUsage(LINKS, 10);
    addUsage(usage, 0, 2000, 2010, 5);
    addUsage(usage, 1, 1000, 1010, 7);
    addUsage(usage, 0, 0, 10, 3);
    expect(usageRows(usage)).toEqual([
      { link: 'a', fromUs: 1000, toUs: 1010, capacityBytesPerSecond: 200, bytes: 7 },
      { link: 'b', fromUs: 0, toUs: 10, capacityBytesPerSecond: 100, bytes: 3 },
      { link: 'b', fromUs: 2000, toUs: 2010, capacityBytesPerSecond: 100, bytes: 5 },
    ]);
  });

  it('ends the last step with the run', () => {
    const usage = createUsage(LINKS, 10);
    addUsage(usage, 0, 0, 14, 14);
    expect(usageRows(usage, 14).map((row) => row.toUs)).toEqual([10, 14]);
  });

  it('puts an instant’s bytes in the step that ends there', () => {
    const usage = createUsage(LINKS, 10);
    addUsage(usage, 0, 20, 20, 4);
    expect(usageRows(usage, 20).map((row) => [row.fromUs, row.toUs])).toEqual([[10, 20]]);
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
        const rows = usageRows(usage);
        expect(rows.reduce((sum, row) => sum + row.bytes, 0)).toBe(total);
        expect(usageBytes(usage, 0)).toBe(total);
        const most = mostBytesPerUs * stepUs * (1 + 1e-12) + instantBytes + transfers.length;
        const isSound = (bytes: number) => Number.isSafeInteger(bytes) && bytes <= most;
        expect(rows.filter((row) => !isSound(row.bytes))).toEqual([]);
      },
    );
    fc.assert(property, { seed: 7, numRuns: 60 });
  });
});

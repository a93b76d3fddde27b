import { describe, expect, it } from 'vitest';
import { createSendPlan } from '../../src/qemu/send-plan.js';

const CHUNK_PAGES = 2 ** 18;

function clearUs(pages: number, clearedChunks: number, chunkClearUs: number): number {
  const stretch = { pages, zeroPages: 0, wireBytes: pages * 4104, chargedBytes: pages * 4104 };
  const plan = createSendPlan([{ ...stretch, clearedChunks }], 0.25, 0, chunkClearUs);
  return (plan.spans[0]?.cpuUsPerPage ?? Number.NaN) * pages;
}

describe("the clear of a chunk's dirty log", () => {
  it('takes the sender its whole time where the chunk is dirty all over', () => {
    expect(clearUs(CHUNK_PAGES, 1, 2000)).toBeCloseTo(2000, 6);
    expect(clearUs(8 * CHUNK_PAGES, 8, 2000)).toBeCloseTo(16_000, 6);
  });

  it('takes some 35 µs where few pages are dirty (spec/qemu.md 2.5: 25 to 45)', () => {
    expect(clearUs(100, 1, 2000)).toBeGreaterThan(25);
    expect(clearUs(100, 1, 2000)).toBeLessThan(45);
  });

  it('takes nothing where the sync has cleared', () => {
    expect(clearUs(CHUNK_PAGES, 1, 0)).toBe(0);
    expect(clearUs(CHUNK_PAGES, 0, 0)).toBe(0);
  });

  it('is never longer than the host says', () => {
    expect(clearUs(100, 1, 10)).toBe(10);
  });
});

import { describe, expect, it } from 'vitest';
import { createGuestMemory, dirtyPages, type GuestMemory } from '../../src/memory/guest-memory.js';
import { layoutGuest } from '../../src/memory/layout.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { planRound } from '../../src/memory/plan.js';
import { stepRound } from '../../src/memory/round.js';
import { firstPages } from './first-pages.js';
import { regionOf, STEADY, WIRE } from './regions.js';

const kernels = loadKernels();

function guest(pages: number, chunkPages: number): ReturnType<typeof createGuestMemory> {
  const layout = layoutGuest({
    memoryBytes: pages * 4096,
    seed: 1,
    guestKey: 1,
    chunkPages,
    regions: [
      regionOf(pages / 2, { writes: { kind: 'random', pagesPerSecond: pages / 4 } }),
      regionOf(pages / 2, { filledShare: 0.5, compressedShare: 0.25 }),
    ],
  });
  return createGuestMemory(layout, { tracking: 'chunk-clear', shared: false });
}

describe('round plan', () => {
  it('of the first round holds every page, zero ones at their header', () => {
    const plan = planRound(guest(1000, 100), WIRE);
    expect(plan.pages).toBe(1000);
    expect(plan.zeroPages).toBe(250);
    expect(plan.bytes).toBe(750 * 4104 + 250 * 9);
    expect(plan.spans.length).toBe(20);
  });

  it('charges compressed pages by their share', () => {
    const plan = planRound(guest(1000, 100), { ...WIRE, compressedFactor: 1 });
    expect(plan.bytes).toBe(500 * 4104 + 250 * (8 + 1024) + 250 * 9);
  });

  it('takes whole chunks for guests of many segments', () => {
    const plan = planRound(guest(100_000, 400), WIRE);
    expect(plan.pages).toBe(100_000);
    expect(plan.bytes).toBe(75_000 * 4104 + 25_000 * 9);
    expect(plan.spans.length).toBe(1);
  });

  it('has its stretches in cursor order: filled pages first in each chunk, zero ones behind', () => {
    const { spans } = planRound(guest(1000, 100), WIRE);
    expect(spans.slice(0, 2)).toEqual([
      { pages: 75, bytes: 75 * 4104, zeroPages: 0, clearedChunks: 1 },
      { pages: 25, bytes: 25 * 9, zeroPages: 25, clearedChunks: 0 },
    ]);
  });

  it('agrees with what the step says was sent, and with the dirty pages that are left', () => {
    const memory = guest(3000, 100);
    for (let round = 1; round < 8; round += 1) {
      const plan = planRound(memory, WIRE);
      expect(plan.pages).toBe(dirtyPages(memory));
      const sentPages = round % 3 === 0 ? plan.pages : Math.floor(plan.pages * 0.7);
      const sent = firstPages(plan, sentPages);
      const result = stepRound(kernels, {
        memory,
        seed: 4,
        guestKey: 5,
        fidelity: 'page',
        syncNumber: round + 1,
        previousSyncUs: round * 1e6,
        syncUs: (round + 1) * 1e6,
        sentPages,
        progress: {
          timesUs: Float64Array.of(round * 1e6, (round + 1) * 1e6),
          bytes: Float64Array.of(0, sent.bytes),
        },
        wire: WIRE,
        intensity: STEADY,
      });
      expect(result.sentBytes).toBeCloseTo(sent.bytes, 6);
      expect(result.sentZeroPages).toBeCloseTo(sent.zeroPages, 6);
      expect(result.unsentPages).toBe(plan.pages - sentPages);
      expect(result.dirtyPages).toBe(dirtyPages(memory));
    }
  });

  it('counts each chunk that a round clears once, and none where the sync clears', () => {
    const memory = guest(3000, 100);
    const clears = (one: GuestMemory): number =>
      planRound(one, WIRE).spans.reduce((sum, span) => sum + span.clearedChunks, 0);
    const chunks = Math.ceil(memory.layout.pages / memory.layout.chunkPages);
    expect(clears({ ...memory, tracking: 'chunk-clear' })).toBe(chunks);
    expect(clears({ ...memory, tracking: 'sync-clear' })).toBe(0);
  });

  it('refuses to send more than is dirty, and nonsense', () => {
    const task = {
      memory: guest(1000, 100),
      seed: 1,
      guestKey: 1,
      fidelity: 'page' as const,
      syncNumber: 2,
      previousSyncUs: 0,
      syncUs: 10,
      sentPages: 1001,
      progress: { timesUs: Float64Array.of(0), bytes: Float64Array.of(0) },
      wire: WIRE,
      intensity: STEADY,
    };
    expect(() => stepRound(kernels, task)).toThrow('sentPages 1001: 1 more than are dirty');
    expect(() => stepRound(kernels, { ...task, sentPages: 0.5 })).toThrow('sentPages 0.5');
    expect(() => stepRound(kernels, { ...task, sentPages: 1, syncUs: -1 })).toThrow('syncUs -1');
  });
});

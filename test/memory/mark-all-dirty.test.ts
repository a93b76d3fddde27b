import { expect, it } from 'vitest';
import { createGuestMemory, dirtyPages, markAllDirty } from '../../src/memory/guest-memory.js';
import { layoutGuest } from '../../src/memory/layout.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { planRound } from '../../src/memory/plan.js';
import { stepRound } from '../../src/memory/round.js';

it('all dirty: every page is in the next plan, and the cursor stays inside its segment', () => {
  const layout = layoutGuest({
    memoryBytes: 3000 * 4096,
    regions: [
      {
        name: 'all',
        bytes: 3000 * 4096,
        filledShare: 1,
        compressedShare: 1,
        placement: { kind: 'spread' },
        writes: { kind: 'random', pagesPerSecond: 100 },
        phases: [],
        pacedBy: 'cpu',
      },
    ],
    seed: 1,
    guestKey: 1,
    chunkPages: 1000,
  });
  const memory = createGuestMemory(layout, { tracking: 'sync-clear', shared: false });
  const kernels = loadKernels();
  const wire = { zeroPageBytes: 9, pageBytes: 4104, pageHeaderBytes: 8, compressedFactor: null };
  const step = (syncNumber: number, sentPages: number) =>
    stepRound(kernels, {
      memory,
      seed: 1,
      guestKey: 1,
      fidelity: 'page',
      syncNumber,
      previousSyncUs: (syncNumber - 1) * 1e6,
      syncUs: syncNumber * 1e6,
      sentPages,
      progress: {
        timesUs: Float64Array.of((syncNumber - 1) * 1e6, syncNumber * 1e6),
        bytes: Float64Array.of(0, sentPages * 4104),
      },
      wire,
      intensity: { fromUs: [], cpuFactor: [], clockFactor: [] },
    });
  step(1, 1300);
  expect(dirtyPages(memory)).toBeLessThan(1900);
  const cursor = [...memory.header.slice(0, 2)];
  markAllDirty(memory);
  expect([...memory.header.slice(0, 2)]).toEqual(cursor);
  expect(dirtyPages(memory)).toBe(3000);
  expect(planRound(memory, wire).pages).toBe(3000);
  // From page 1,300 on: the rest of the guest, then its beginning; all of it is sent.
  expect(step(2, 3000).unsentPages).toBe(0);
  expect(memory.header[1]).toBe(300);
});

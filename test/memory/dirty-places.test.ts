import { describe, expect, it } from 'vitest';
import { dirtyHostPages, dirtyRuns } from '../../src/memory/dirty-places.js';
import { createGuestMemory, type GuestMemory } from '../../src/memory/guest-memory.js';
import { layoutGuest } from '../../src/memory/layout.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { stepRound } from '../../src/memory/round.js';
import { NaiveGuest, smallRandom } from '../reference/naive-guest.js';
import { meanDifference, twoSampleDistance } from '../reference/statistics.js';
import { regionOf, STEADY, WIRE } from './regions.js';

const kernels = loadKernels();
const layout = layoutGuest({
  memoryBytes: 1000 * 4096,
  seed: 1,
  guestKey: 1,
  chunkPages: 256,
  regions: [
    regionOf(300, {
      placement: { kind: 'contiguous', at: 0.3 },
      writes: { kind: 'random', pagesPerSecond: 100 },
    }),
    regionOf(200, { writes: { kind: 'sweep', pagesPerSecond: 60, startShare: 0 } }),
    regionOf(500, { writes: { kind: 'random', pagesPerSecond: 20 } }),
  ],
});
const round = {
  sentPages: 900,
  progress: { timesUs: Float64Array.of(0, 1e6), bytes: Float64Array.of(0, 900 * 4104) },
  intensity: STEADY,
};

function stepped(seed: number): GuestMemory {
  const memory = createGuestMemory(layout, { tracking: 'chunk-clear', shared: false });
  stepRound(kernels, {
    ...round,
    memory,
    seed,
    guestKey: 3,
    fidelity: 'page',
    syncNumber: 2,
    previousSyncUs: 0,
    syncUs: 1e6,
    wire: WIRE,
  });
  return memory;
}

function naive(seed: number): NaiveGuest {
  const guest = new NaiveGuest(layout, 'chunk-clear', smallRandom(seed * 7919));
  guest.step({ ...round, fromUs: 0, toUs: 1e6, pageBytes: 4104, zeroPageBytes: 9 });
  return guest;
}

describe('places of dirty pages', () => {
  const seeds = Array.from({ length: 800 }, (_, i) => i + 1);
  const memories = seeds.map(stepped);
  const guests = seeds.map(naive);

  it('runs have the law of pages that keep their identity', () => {
    const drawn = memories.map((memory, i) =>
      dirtyRuns(kernels, memory, { seed: i, guestKey: 3, syncNumber: 2 }),
    );
    const real = guests.map((guest) => guest.count((page) => guest.dirty[page - 1] !== true));
    expect(meanDifference(drawn, real)).toBeLessThan(4);
    expect(twoSampleDistance(drawn, real)).toBeLessThan(2.1);
  });

  it('host pages have the law of pages that keep their identity', () => {
    for (const size of [2, 16, 128, 1024]) {
      const drawn = memories.map((memory, i) =>
        dirtyHostPages(kernels, memory, size, { seed: i, guestKey: 3, syncNumber: 2 }),
      );
      const real = guests.map((guest) => {
        const touched = guest.dirty.flatMap((bit, page) => (bit ? [Math.floor(page / size)] : []));
        return new Set(touched).size;
      });
      expect(meanDifference(drawn, real), `${size} pages`).toBeLessThan(4);
      expect(twoSampleDistance(drawn, real), `${size} pages`).toBeLessThan(2.1);
    }
  });

  it('all dirty: one run, every host page', () => {
    const memory = createGuestMemory(layout, { tracking: 'chunk-clear', shared: false });
    const draw = { seed: 1, guestKey: 1, syncNumber: 1 };
    expect(dirtyRuns(kernels, memory, draw)).toBe(1);
    expect(dirtyHostPages(kernels, memory, 512, draw)).toBe(2);
  });
});

import { afterAll, describe, expect, it } from 'vitest';
import { createGuestMemory, type GuestMemory } from '../../src/memory/guest-memory.js';
import { createInPlacePageWork } from '../../src/memory/in-place.js';
import { layoutGuest } from '../../src/memory/layout.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { type PageWork, runAll } from '../../src/memory/page-work.js';
import { planRound } from '../../src/memory/plan.js';
import { createPoolPageWork } from '../../src/memory/pool.js';
import type { RoundResult, RoundTask } from '../../src/memory/round.js';
import { regionOf, STEADY, WIRE } from './regions.js';

const GUESTS = 24;
const PAGES = 300_000;

function guests(shared: boolean): GuestMemory[] {
  return Array.from({ length: GUESTS }, (_, i) => {
    const layout = layoutGuest({
      memoryBytes: PAGES * 4096,
      seed: 1,
      guestKey: i,
      shared,
      regions: [
        regionOf(100_000, {
          placement: { kind: 'contiguous-seeded' },
          writes: { kind: 'zipf', pagesPerSecond: 50_000, exponent: 0.9 },
        }),
        regionOf(20_000, { writes: { kind: 'sweep', pagesPerSecond: 3000, startShare: 0.1 } }),
        regionOf(180_000, { writes: { kind: 'random', pagesPerSecond: 1000 * i } }),
      ],
    });
    return createGuestMemory(layout, { tracking: 'chunk-clear', shared });
  });
}

function tasksOf(memories: readonly GuestMemory[], round: number): RoundTask[] {
  return memories.map((memory, i) => {
    const plan = planRound(memory, WIRE);
    const sentPages = Math.floor(plan.pages * 0.8);
    return {
      memory,
      seed: 11,
      guestKey: i,
      fidelity: 'page',
      syncNumber: round + 1,
      previousSyncUs: round * 2e6,
      syncUs: (round + 1) * 2e6,
      sentPages,
      progress: {
        timesUs: Float64Array.of(round * 2e6, (round + 1) * 2e6),
        bytes: Float64Array.of(0, sentPages * 4104),
      },
      wire: i % 2 === 0 ? WIRE : { ...WIRE, compressedFactor: 0.5 },
      // Whatever a task may hold goes to another thread as it is.
      intensity: i % 3 === 0 ? STEADY : slowedFrom(round * 2e6 + 5e5),
      ...(round === 4 && i % 4 === 0 ? { pagesPerHostPage: 512 } : {}),
    };
  });
}

function slowedFrom(fromUs: number): RoundTask['intensity'] {
  return { fromUs: [0, fromUs], cpuFactor: [1, 0.3], clockFactor: [1, 0.8] };
}

async function run(work: PageWork, memories: readonly GuestMemory[]): Promise<RoundResult[]> {
  const results: RoundResult[] = [];
  for (let round = 1; round <= 4; round += 1) {
    results.push(...(await runAll(work, tasksOf(memories, round))));
  }
  return results;
}

const inPlace = createInPlacePageWork(loadKernels());
const pool = createPoolPageWork({ threads: 3 });
afterAll(() => pool.close());

describe('page work', () => {
  it('is byte for byte the same in place and by a pool', async () => {
    const own = guests(false);
    const pooled = guests(true);
    expect(await run(pool, pooled)).toEqual(await run(inPlace, own));
    own.forEach((memory, i) => {
      expect([...memory.header]).toEqual([...(pooled[i] as GuestMemory).header]);
      expect(memory.dirty).toEqual(Uint32Array.from((pooled[i] as GuestMemory).dirty));
      expect(memory.splits).toEqual(Uint32Array.from((pooled[i] as GuestMemory).splits));
      expect(memory.sweepBits).toEqual(Uint32Array.from((pooled[i] as GuestMemory).sweepBits));
    });
  });

  it('with one thread is done in place', () => {
    expect(createPoolPageWork({ threads: 1 }).threads).toBe(1);
    expect(pool.threads).toBe(3);
  });

  it("surfaces a worker's error", async () => {
    const tasks = tasksOf(guests(true), 1);
    const last = tasks.at(-1) as RoundTask;
    const broken = [...tasks.slice(0, -1), { ...last, sentPages: PAGES + 1 }];
    await expect(() => runAll(pool, broken)).rejects.toThrow(
      'sentPages 300001: 1 more than are dirty',
    );
  });

  it('refuses memory that workers could not change', async () => {
    await expect(() => runAll(pool, tasksOf(guests(false), 1))).rejects.toThrow('not shared');
  });
});

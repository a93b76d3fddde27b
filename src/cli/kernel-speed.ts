/** How fast rounds of guests are computed on this machine, by the code that runs them. */
import { presetRegions } from '../fleet/presets.js';
import type { Region } from '../fleet/workload.js';
import { createGuestMemory, type GuestMemory } from '../memory/guest-memory.js';
import { layoutGuest } from '../memory/layout.js';
import { type PageWork, runAll } from '../memory/page-work.js';
import { planRound } from '../memory/plan.js';
import type { RoundTask } from '../memory/round.js';

export interface RoundSpeed {
  readonly roundsPerSecond: number;
  /** Pages of the guests times rounds: each has had its chance to be written. */
  readonly pagesPerSecond: number;
}

const GIB = 2 ** 30;
const BYTES_PER_SECOND = 3e9;
const WIRE = { zeroPageBytes: 9, pageBytes: 4104, pageHeaderBytes: 8, compressedFactor: null };

/** A guest of a terabyte with a working set of 1 %: most chunks are counted, not drawn. */
export function sparseGuest(): GuestMemory {
  const regions = presetRegions('in-memory-analytics', 1024 * GIB, AS_IT_IS);
  return memoryOf(1024 * GIB, regions);
}

/** A guest of 16 GiB that writes everywhere: each page is drawn. */
export function denseGuest(): GuestMemory {
  const pages = (16 * GIB) / 4096;
  const heap: Region = {
    name: 'heap',
    bytes: 16 * GIB,
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    writes: { kind: 'random', pagesPerSecond: pages * 0.05 },
    phases: [],
    pacedBy: 'cpu',
  };
  return memoryOf(16 * GIB, [heap]);
}

const AS_IT_IS = { rates: 1, workingSet: 1, filled: null, compressed: null };

function memoryOf(memoryBytes: number, regions: readonly Region[]): GuestMemory {
  const layout = layoutGuest({ memoryBytes, regions, seed: 1, guestKey: 1, shared: true });
  return createGuestMemory(layout, { tracking: 'chunk-clear', shared: true });
}

/** Best of the batches, one round of every guest each, that fit into about `forMs`. */
export async function measureRounds(
  work: PageWork,
  guests: readonly GuestMemory[],
  forMs: number,
): Promise<RoundSpeed> {
  let bestMs = Number.POSITIVE_INFINITY;
  let nowUs = 0;
  const endMs = performance.now() + forMs;
  for (let sync = 1; sync <= WARM_UP + 1 || performance.now() < endMs; sync += 1) {
    const tasks = guests.map((memory, i) => roundOf(memory, i, sync, nowUs));
    const beforeMs = performance.now();
    await runAll(work, tasks);
    const tookMs = performance.now() - beforeMs;
    if (sync > WARM_UP) bestMs = Math.min(bestMs, tookMs);
    nowUs = Math.max(...tasks.map((task) => task.syncUs));
  }
  const pages = guests.reduce((sum, { layout }) => sum + layout.pages, 0);
  return {
    roundsPerSecond: (guests.length / bestMs) * 1e3,
    pagesPerSecond: (pages / bestMs) * 1e3,
  };
}

/** The first rounds compile and fill caches. */
const WARM_UP = 5;

/** All that is dirty is sent, at a rate of 24 Gbit/s; a second at least. */
function roundOf(memory: GuestMemory, guestKey: number, sync: number, nowUs: number): RoundTask {
  const plan = planRound(memory, WIRE);
  const syncUs = nowUs + Math.max(1e6, Math.round((plan.bytes / BYTES_PER_SECOND) * 1e6));
  return {
    memory,
    seed: 1,
    guestKey,
    fidelity: 'page',
    syncNumber: sync,
    previousSyncUs: nowUs,
    syncUs,
    sentPages: plan.pages,
    progress: { timesUs: Float64Array.of(nowUs, syncUs), bytes: Float64Array.of(0, plan.bytes) },
    wire: WIRE,
    intensity: { fromUs: [], cpuFactor: [], clockFactor: [] },
  };
}

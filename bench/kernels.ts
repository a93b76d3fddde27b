/**
 * Times the page kernels and whole rounds: best of several runs, single thread, warm. Gives a
 * table's rows. A row's `hash` is of the results: a faster kernel that computes something else shows
 * itself.
 */
import type { Region } from '../src/fleet/workload.js';
import { createGuestMemory, dirtyPages } from '../src/memory/guest-memory.js';
import type { KernelExports, Kernels } from '../src/memory/kernels.js';
import { type GuestLayout, layoutGuest } from '../src/memory/layout.js';
import { loadKernels } from '../src/memory/load-node.js';
import { bytesAtPages, planRound } from '../src/memory/plan.js';
import { type Fidelity, stepRound } from '../src/memory/round.js';

interface KernelBenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'GB/s' | 'Gpages/s' | 'ns' | 'us';
  readonly hash: number;
}

/** Exports that only tests and benches use (assembly/index.ts). */
interface SingleKernels extends KernelExports {
  testMask(n: number, x: number, keyLow: number, keyHigh: number): number;
  mergeClearCount(dst: number, src: number, bytes: number): number;
}

const BLOCK_PAGES = 32_768;
const CHUNK_BYTES = 32_768;

/** `small` takes under a second, and gives the same rows from fewer repeats. */
export function benchKernels(small: boolean): readonly KernelBenchRow[] {
  const kernels = loadKernels();
  const exports = kernels.exports as SingleKernels;
  const repeats = small ? 50 : 4000;
  const at = exports.bitsDirty();
  const rows: KernelBenchRow[] = [];
  const bytesRow = (name: string, run: () => number): void => {
    const { seconds, hash } = best(repeats, run);
    rows.push({ name, value: CHUNK_BYTES / seconds / 1e9, unit: 'GB/s', hash });
  };
  exports.testMask(at, BLOCK_PAGES, 0.4, 1, 2);
  bytesRow('popcount, 32 KiB', () => exports.popcount(at, CHUNK_BYTES / 8));
  bytesRow('merge, clear, count, 32 KiB', () =>
    exports.mergeClearCount(at, exports.bitsBefore(), CHUNK_BYTES),
  );
  bytesRow('runs, 32 KiB', () => exports.countRuns(at, CHUNK_BYTES * 8, 0));
  for (const p of [0.0001, 0.001, 0.01, 0.045, 0.1, 0.3, 0.5, 0.7, 0.95, 0.999]) {
    const x = -Math.log1p(-p);
    let key = 0;
    const { seconds, hash } = best(repeats, () => {
      key += 1;
      return exports.testMask(at, BLOCK_PAGES, x, key, 7);
    });
    rows.push({
      name: `mask and count, p ${p}`,
      value: BLOCK_PAGES / seconds / 1e9,
      unit: 'Gpages/s',
      hash,
    });
  }
  rows.push(benchCold(kernels, repeats));
  for (const fidelity of ['page', 'chunk'] as const)
    rows.push(...benchRounds(kernels, fidelity, small));
  return rows;
}

/** Draws for whole chunks that are nearly never written (1e-9 a second and page, 10 s). */
function benchCold(kernels: Kernels, repeats: number): KernelBenchRow {
  const jobs = 1024;
  kernels.jobExponents.fill(1e-8, 0, jobs);
  kernels.jobPages.fill(262_144, 0, jobs);
  for (let i = 0; i < jobs; i += 1) kernels.jobIds[i] = i * 262_144;
  let sync = 0;
  const { seconds, hash } = best(repeats, () => {
    sync += 1;
    kernels.exports.drawParts(jobs, 1, 1, 0, 1, sync);
    return kernels.jobCounts.subarray(0, jobs).reduce((sum, count) => sum + count, 0);
  });
  return { name: 'draw for a cold chunk', value: (seconds / jobs) * 1e9, unit: 'ns', hash };
}

/** A 1-TiB guest, 1 % working set in one piece: hot fifth at 1 write/s a page, the rest at 0.02. */
function benchRounds(
  kernels: Kernels,
  fidelity: Fidelity,
  small: boolean,
): readonly KernelBenchRow[] {
  const memory = createGuestMemory(terabyteLayout(), { tracking: 'chunk-clear', shared: false });
  const wire = { zeroPageBytes: 9, pageBytes: 4104, pageHeaderBytes: 8, compressed: false };
  const rounds = small ? 20 : 600;
  const bytesPerSecond = 3e9;
  let nowUs = 0;
  let planSeconds = Number.POSITIVE_INFINITY;
  const steps: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const start = performance.now();
    const plan = planRound(memory, wire);
    const sentPages = Math.max(0, plan.pages - 100_000);
    const bytes = bytesAtPages(plan, sentPages);
    planSeconds = Math.min(planSeconds, (performance.now() - start) / 1e3);
    const syncUs = nowUs + Math.max(1e6, Math.round((bytes / bytesPerSecond) * 1e6));
    const task = {
      memory,
      seed: 1,
      guestKey: 1,
      fidelity,
      syncNumber: round + 1,
      previousSyncUs: nowUs,
      syncUs,
      sentPages,
      progress: { timesUs: Float64Array.of(nowUs, syncUs), bytes: Float64Array.of(0, bytes) },
      wire,
      intensity: { fromUs: [], cpuFactor: [], clockFactor: [] },
    };
    const before = performance.now();
    stepRound(kernels, task);
    steps.push((performance.now() - before) * 1e3);
    nowUs = syncUs;
  }
  const sorted = steps.slice(Math.min(100, rounds / 2)).sort((a, b) => a - b);
  const hash = dirtyPages(memory);
  const name = `1-TiB round, 1 % working set, ${fidelity} fidelity`;
  return [
    { name: `${name}: step, median`, value: sorted[sorted.length >> 1] ?? 0, unit: 'us', hash },
    { name: `${name}: plan, best`, value: planSeconds * 1e6, unit: 'us', hash },
  ];
}

function terabyteLayout(): GuestLayout {
  const region = (pages: number, part: Partial<Region>): Region => ({
    name: 'region',
    bytes: pages * 4096,
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    writes: { kind: 'none' },
    phases: [],
    pacedBy: 'cpu',
    ...part,
  });
  const pages = 2 ** 28;
  const hot = Math.round(pages * 0.002);
  const working = Math.round(pages * 0.01);
  const pagesPerSecond = hot + (working - hot) * 0.02;
  return layoutGuest({
    memoryBytes: pages * 4096,
    seed: 1,
    guestKey: 1,
    regions: [
      region(working, {
        placement: { kind: 'contiguous-seeded' },
        writes: {
          kind: 'hotcold',
          pagesPerSecond,
          hotShare: 0.2,
          hotWritesShare: hot / pagesPerSecond,
        },
      }),
      region(pages - working, {
        writes: { kind: 'random', pagesPerSecond: (pages - working) * 1e-9 },
      }),
    ],
  });
}

/** The same at every size, so that a small run's hash is that of a large one. */
const HASHED_CALLS = 50;

/** Best time of a call over `repeats`, in batches long enough for the clock; and a hash of results. */
function best(
  repeats: number,
  run: () => number,
): { readonly seconds: number; readonly hash: number } {
  let hash = 0;
  for (let i = 0; i < HASHED_CALLS; i += 1) hash = (Math.imul(hash, 31) + run()) >>> 0;
  const batch = 20;
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeats; i += batch) {
    const start = performance.now();
    for (let j = 0; j < batch; j += 1) run();
    seconds = Math.min(seconds, (performance.now() - start) / 1e3 / batch);
  }
  return { seconds, hash };
}

/**
 * Single page kernels, beside the same algorithms in C where a compiler is (native-kernels.ts). A
 * row's `hash` is of the results: a faster kernel that computes something else shows itself.
 */
import type { KernelExports, Kernels } from '../src/memory/kernels.js';
import { loadKernels } from '../src/memory/load-node.js';
import { type NativeKernels, nativeSeconds, type PerTarget } from './native-kernels.js';
import { recordJobs } from './rounds.js';

export interface KernelRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'GB/s' | 'Gpages/s' | 'ns';
  readonly hash: string;
  /** Seconds of the best call, here and in C; null where there is nothing to compare with. */
  readonly seconds: number;
  readonly nativeSeconds: PerTarget | null;
}

/** Exports that only tests and benches use (assembly/index.ts). */
interface SingleKernels extends KernelExports {
  testBlocks(blocks: number, x: number, keyLow: number, keyHigh: number): number;
  mergeClearCount(dst: number, src: number, bytes: number): number;
}

/** A kernel, called again and again; each call counts as `work` bytes, pages or draws. */
interface KernelBench {
  readonly name: string;
  readonly unit: KernelRow['unit'];
  readonly work: number;
  readonly call: () => number;
  /** What the C program is asked for: kernel and argument. */
  readonly native: readonly [kernel: string, argument: string] | null;
}

const BLOCK_PAGES = 32_768;
/** Of a call; bench/native/main.c has the same. */
const BLOCKS = 16;
const KEY_HIGH = 7;
/** Together with as much beside it in the second-level cache. */
const BITMAP_BYTES = 262_144;
const PROBABILITIES = [
  ...[0.0001, 0.001, 0.003, 0.01, 0.02, 0.045, 0.1, 0.2],
  ...[0.3, 0.4, 0.5, 0.7, 0.9, 0.95, 0.98, 0.999],
];

/** `small` takes under a second, and gives the same rows from fewer repeats. */
export function benchKernels(small: boolean, native: NativeKernels | null): readonly KernelRow[] {
  const kernels = loadKernels();
  const milliseconds = small ? 1 : 25;
  const benches = [...scanBenches(kernels), ...maskBenches(kernels), coldBench(kernels)];
  for (const workingSet of [1, 5, 20]) benches.push(drawBench(workingSet));
  return benches.map((bench) => {
    const { seconds, hash } = best(milliseconds, bench.call);
    const rate = bench.work / seconds / 1e9;
    return {
      name: bench.name,
      value: bench.unit === 'ns' ? (seconds / bench.work) * 1e9 : rate,
      unit: bench.unit,
      hash,
      seconds,
      nativeSeconds:
        native === null || bench.native === null
          ? null
          : nativeSeconds(native, bench.native, milliseconds, hash),
    };
  });
}

function scanBenches(kernels: Kernels): KernelBench[] {
  const exports = kernels.exports as SingleKernels;
  // The module's own buffers hold a chunk; views on memory that has grown are of no use any more,
  // so these kernels are an instance of their own.
  const at = exports.memory.buffer.byteLength;
  exports.memory.grow((2 * BITMAP_BYTES) / 65_536);
  const words = new BigUint64Array(exports.memory.buffer, at, BITMAP_BYTES / 8);
  for (let i = 0; i < words.length; i += 1) words[i] = BigInt(i) * 0x9e3779b97f4a7c15n;
  const of = (name: string, kernel: string | null, call: () => number): KernelBench => ({
    name: `${name}, 256 KiB`,
    unit: 'GB/s',
    work: BITMAP_BYTES,
    call,
    native: kernel === null ? null : [kernel, String(BITMAP_BYTES)],
  });
  return [
    of('popcount', 'popcount', () => exports.popcount(at, BITMAP_BYTES / 8)),
    of('merge, clear, count', 'merge', () =>
      exports.mergeClearCount(at, at + BITMAP_BYTES, BITMAP_BYTES),
    ),
    of('runs', 'runs', () => exports.countRuns(at, BITMAP_BYTES * 8, 0)),
  ];
}

function maskBenches(kernels: Kernels): KernelBench[] {
  const exports = kernels.exports as SingleKernels;
  return PROBABILITIES.map((p) => {
    const exponent = -Math.log1p(-p);
    let key = 0;
    return {
      name: `mask and count, p ${p}`,
      unit: 'Gpages/s',
      work: BLOCKS * BLOCK_PAGES,
      call: () => {
        key += 1;
        return exports.testBlocks(BLOCKS, exponent, key, KEY_HIGH);
      },
      native: ['mask', String(exponent)],
    };
  });
}

/** Draws for whole chunks that are nearly never written (1e-9 a second and page, 10 s). */
function coldBench(kernels: Kernels): KernelBench {
  const jobs = 1024;
  const { exports } = kernels;
  const buffer = exports.memory.buffer;
  const ids = new Uint32Array(buffer, exports.jobIds(), jobs);
  new Float64Array(buffer, exports.jobExponents(), jobs).fill(1e-8);
  new Uint32Array(buffer, exports.jobPages(), jobs).fill(262_144);
  for (let i = 0; i < jobs; i += 1) ids[i] = i * 262_144;
  const counts = new Uint32Array(buffer, exports.jobCounts(), jobs);
  let sync = 0;
  const call = (): number => {
    sync += 1;
    exports.drawParts(jobs, 1, 1, 0, 1, sync);
    return counts.reduce((sum, count) => sum + count, 0);
  };
  return { name: 'draw for a cold chunk', unit: 'ns', work: jobs, call, native: null };
}

/** All masks of one round of a 1-TiB guest, as rounds.ts runs it: per page that is drawn. */
function drawBench(workingSet: number): KernelBench {
  const jobs = recordJobs(workingSet);
  const kernels = loadKernels();
  kernels.jobExponents.set(jobs.exponents);
  kernels.jobPages.set(jobs.pages);
  kernels.jobIds.set(jobs.ids);
  const count = jobs.pages.length;
  let sync = 0;
  const call = (): number => {
    sync += 1;
    kernels.exports.drawParts(count, 1, 1, 0, 1, sync);
    let sum = 0;
    for (let i = 0; i < count; i += 1) sum += kernels.jobCounts[i] as number;
    return sum >>> 0;
  };
  const list = [...jobs.pages].map((pages, i) => `${jobs.exponents[i]},${pages},${jobs.ids[i]}`);
  return {
    name: `masks of a 1-TiB round, working set ${workingSet} %`,
    unit: 'Gpages/s',
    work: jobs.pages.reduce((sum, pages) => sum + pages, 0),
    call,
    native: ['round', list.join(' ')],
  };
}

/** The same at every size, so that a small run's hash is that of a large one. */
const HASHED_CALLS = 50;
/** Batches are this long or one call, whichever is more: the clock is not the finest. */
const BATCH_MILLISECONDS = 0.1;

/** Best time of a call within so long, and a hash of the first calls' results. */
function best(
  milliseconds: number,
  call: () => number,
): { readonly seconds: number; readonly hash: string } {
  let hash = 0;
  const start = performance.now();
  for (let i = 0; i < HASHED_CALLS; i += 1) hash = (Math.imul(hash, 31) + call()) >>> 0;
  let now = performance.now();
  let bestMs = (now - start) / HASHED_CALLS;
  const batch = Math.ceil(BATCH_MILLISECONDS / bestMs);
  const end = now + milliseconds;
  while (now < end) {
    const before = now;
    for (let i = 0; i < batch; i += 1) call();
    now = performance.now();
    bestMs = Math.min(bestMs, (now - before) / batch);
  }
  return { seconds: bestMs / 1e3, hash: hash.toString(16).padStart(8, '0') };
}

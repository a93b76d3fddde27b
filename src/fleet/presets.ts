/**
 * Workloads by name, for guests of any size. Sizes are shares of the guest's memory and rates are
 * per page of a region, so that a preset scales with the guest; each figure says where it is from
 * (shared/data/published, "published" below) or that it is a judgement.
 */

import { PAGE_BYTES } from './units.js';
import type { Region, WriteProcess } from './workload.js';

export const PRESET_NAMES = [
  'idle',
  'web',
  'oltp',
  'in-memory-database',
  'jvm',
  'build',
  'in-memory-analytics',
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

interface PresetScale {
  /** Multiplies every write rate. */
  readonly rates: number;
  /** Multiplies the written regions' sizes; they end at the guest's memory. */
  readonly workingSet: number;
  /** Share of the memory with content at the start; null: the preset's own. */
  readonly filled: number | null;
  /** Size after compression over size before; null: the preset's own. */
  readonly compressed: number | null;
}

interface PresetRegion {
  readonly name: string;
  /** Share of the guest's memory. */
  readonly share: number;
  /** However large the guest. */
  readonly mostBytes?: number;
  /** The region's writes, given its pages. */
  readonly writes: (pages: number) => WriteProcess;
  readonly pacedBy: Region['pacedBy'];
  readonly phases: Region['phases'];
}

interface Preset {
  readonly regions: readonly PresetRegion[];
  /** Of the whole memory; written regions are full, the rest takes the difference. */
  readonly filled: number;
  readonly compressed: number;
}

const SECOND_US = 1_000_000;

const always: Region['phases'] = [];

const random =
  (writesPerPage: number) =>
  (pages: number): WriteProcess => ({ kind: 'random', pagesPerSecond: pages * writesPerPage });

const hotcold =
  (hotShare: number, hotWritesShare: number, writesPerPage: number) =>
  (pages: number): WriteProcess => ({
    kind: 'hotcold',
    pagesPerSecond: pages * writesPerPage,
    hotShare,
    hotWritesShare,
  });

const PRESETS: Readonly<Record<PresetName, Preset>> = {
  // Published: an idle 8-GiB Kubernetes worker dirties about 78 MiB/s during a migration (VEP 291
  // has 650 Mbit/s). 8 % of its memory, with an 80:20 skew, at the rate that gives D(1 s) = 78 MiB.
  // Daemons do not grow with the memory, hence the bound. A bare guest writes less: scale it down.
  idle: {
    regions: [
      {
        name: 'daemons',
        share: 0.08,
        mostBytes: 656 * 2 ** 20,
        writes: hotcold(0.2, 0.8, 0.15),
        pacedBy: 'clock',
        phases: always,
      },
    ],
    filled: 0.5,
    compressed: 0.4,
  },
  // A judgement between idle and OLTP: request buffers, sessions and logs; page cache fills memory.
  web: {
    regions: [
      {
        name: 'requests',
        share: 0.06,
        writes: hotcold(0.2, 0.8, 0.3),
        pacedBy: 'clock',
        phases: always,
      },
      { name: 'cache', share: 0.3, writes: random(0.001), pacedBy: 'clock', phases: always },
    ],
    filled: 0.8,
    compressed: 0.45,
  },
  // A judgement: buffer pool with Zipf access (YCSB's exponent 0.99), redo log as a ring buffer,
  // and a checkpoint every five minutes that touches a third more pages.
  oltp: {
    regions: [
      {
        name: 'buffer-pool',
        share: 0.5,
        writes: (pages) => ({ kind: 'zipf', pagesPerSecond: pages * 0.01, exponent: 0.99 }),
        pacedBy: 'cpu',
        phases: [
          {
            kind: 'periodic',
            periodUs: 300 * SECOND_US,
            startUs: 0,
            lengthUs: 30 * SECOND_US,
            factor: 1.33,
          },
        ],
      },
      {
        name: 'log-buffer',
        share: 0.01,
        writes: (pages) => ({ kind: 'sweep', pagesPerSecond: pages * 0.2, startShare: 0 }),
        pacedBy: 'cpu',
        phases: always,
      },
    ],
    filled: 0.95,
    compressed: 0.55,
  },
  // Published: Redis in 10 GiB (VEP 248's trace) has a plateau of 780 to 840 MiB dirty after any
  // pass of 7 s or more, hence 8 % of memory rewritten at more than once a second; and bursts of
  // 2 to 2.5 GiB every 70 to 80 s: another 16 % written during 12 s of each 75 s.
  'in-memory-database': {
    regions: [
      { name: 'hot-keys', share: 0.08, writes: random(1), pacedBy: 'cpu', phases: always },
      {
        name: 'snapshot-burst',
        share: 0.16,
        writes: random(0.3),
        pacedBy: 'cpu',
        phases: [
          {
            kind: 'periodic',
            periodUs: 75 * SECOND_US,
            startUs: 0,
            lengthUs: 12 * SECOND_US,
            factor: 1,
          },
        ],
      },
    ],
    filled: 0.9,
    compressed: 0.6,
  },
  // Published: a Java warehouse of 256 GiB and 20 vCPUs dirties 67,551 pages/s = 264 MiB/s (QEMU
  // commit 7ca1dfad): 1.007e-3 writes/s for each of its pages. A collector's allocation is a sweep
  // over the young generation (an eighth of the heap by judgement), the rest is scattered.
  jvm: {
    regions: [
      {
        name: 'young-generation',
        share: 0.125,
        writes: (pages) => ({ kind: 'sweep', pagesPerSecond: pages * 0.0064, startShare: 0 }),
        pacedBy: 'cpu',
        phases: always,
      },
      {
        name: 'old-generation',
        share: 0.5,
        writes: hotcold(0.1, 0.8, 0.0004),
        pacedBy: 'cpu',
        phases: always,
      },
    ],
    filled: 0.85,
    compressed: 0.35,
  },
  // Published: a kernel build in 4 GiB (VEP 248's trace) has 1.25 to 1.69 GiB dirty after passes of
  // 10 to 15 s: 30 % of memory, and a tenth more in the phases (100 s of each 250 s) with the
  // larger working set.
  build: {
    regions: [
      { name: 'compilers', share: 0.3, writes: random(0.35), pacedBy: 'cpu', phases: always },
      {
        name: 'linking',
        share: 0.1,
        writes: random(0.35),
        pacedBy: 'cpu',
        phases: [
          {
            kind: 'periodic',
            periodUs: 250 * SECOND_US,
            startUs: 150 * SECOND_US,
            lengthUs: 100 * SECOND_US,
            factor: 1,
          },
        ],
      },
    ],
    filled: 0.9,
    compressed: 0.4,
  },
  // fleets/terabyte.yaml's guest: a working set of 1 %, its hot fifth at 1 write/s a page, the
  // rest of it at 0.02; all else (columns once loaded) nearly never. Judged, not measured.
  'in-memory-analytics': {
    regions: [
      {
        name: 'working-set',
        share: 0.01,
        writes: hotcold(0.2, 0.2 / 0.216, 0.216),
        pacedBy: 'cpu',
        phases: always,
      },
      { name: 'columns', share: 0.99, writes: random(1e-9), pacedBy: 'cpu', phases: always },
    ],
    filled: 1,
    compressed: 0.5,
  },
};

/**
 * The regions of a guest of `memoryBytes` (rounded up to whole pages), adding up to it exactly:
 * the preset's own, and a `rest` that is never written.
 */
export function presetRegions(
  name: PresetName,
  memoryBytes: number,
  scale: PresetScale,
): readonly Region[] {
  const preset = PRESETS[name];
  const totalPages = Math.ceil(memoryBytes / PAGE_BYTES);
  const compressedShare = scale.compressed ?? preset.compressed;
  const filledPages = Math.round(totalPages * (scale.filled ?? preset.filled));
  const regions: Region[] = [];
  let left = totalPages;
  for (const { name: regionName, share, mostBytes, writes, pacedBy, phases } of preset.regions) {
    const atMost = Math.floor((mostBytes ?? Infinity) / PAGE_BYTES);
    const usual = Math.min(totalPages * share, atMost) * scale.workingSet;
    const pages = Math.min(left, Math.round(usual));
    if (pages > 0) {
      left -= pages;
      regions.push({
        name: regionName,
        bytes: pages * PAGE_BYTES,
        filledShare: 1,
        compressedShare,
        placement: { kind: 'spread' },
        writes: scaled(writes(pages), scale.rates),
        phases,
        pacedBy,
      });
    }
  }
  return left === 0
    ? regions
    : [...regions, restRegion(left, filledPages - (totalPages - left), compressedShare)];
}

/** What no region of a workload claims: `filledPages` of it have content, none is written. */
export function restRegion(pages: number, filledPages: number, compressedShare: number): Region {
  return {
    name: 'rest',
    bytes: pages * PAGE_BYTES,
    filledShare: Math.min(1, Math.max(0, filledPages / pages)),
    compressedShare,
    placement: { kind: 'spread' },
    writes: { kind: 'none' },
    phases: [],
    pacedBy: 'cpu',
  };
}

function scaled(writes: WriteProcess, factor: number): WriteProcess {
  return writes.kind === 'none'
    ? writes
    : { ...writes, pagesPerSecond: writes.pagesPerSecond * factor };
}

/**
 * Rounds of 1-TiB guests as fleets/terabyte.yaml has them: 12 a guest from the bulk round on, each
 * guest with a share of 5 Gbit/s of the links. Page work only: what stepRound does, in place or on
 * two threads.
 */
import type { Region } from '../src/fleet/workload.js';
import { createGuestMemory, type GuestMemory } from '../src/memory/guest-memory.js';
import { type GuestLayout, layoutGuest } from '../src/memory/layout.js';
import { loadKernels } from '../src/memory/load-node.js';
import { type PageWork, runAll } from '../src/memory/page-work.js';
import { planRound } from '../src/memory/plan.js';
import { createPoolPageWork } from '../src/memory/pool.js';
import { type Fidelity, type RoundTask, stepRound } from '../src/memory/round.js';

type Placement = 'one-piece' | 'spread';

interface RoundsBench {
  readonly workingSet: number;
  readonly placement: Placement;
  readonly fidelity: Fidelity;
  readonly threads: number;
  /** Guests in a batch: few on one thread, as a short stretch is disturbed by less. */
  readonly guests: number;
}

export interface RoundsRow {
  readonly name: string;
  readonly roundsPerSecond: number;
  readonly hash: string;
}

const BENCHES: readonly RoundsBench[] = [
  ...[1, 2].flatMap((threads) => [
    of(1, 'one-piece', 'page', threads, 2 + 62 * (threads - 1)),
    of(5, 'one-piece', 'page', threads, 1 + 31 * (threads - 1)),
    of(20, 'one-piece', 'page', threads, 1 + 15 * (threads - 1)),
    of(1, 'spread', 'page', threads, 1 + 31 * (threads - 1)),
    of(5, 'spread', 'page', threads, 1 + 15 * (threads - 1)),
  ]),
  of(1, 'one-piece', 'chunk', 1, 8),
  of(20, 'one-piece', 'chunk', 1, 8),
  of(1, 'spread', 'chunk', 1, 2),
];

/** How often each bench's guests migrate; the best time of each of their rounds counts. */
const PASSES = 12;
const ROUNDS = 12;
const BYTES_PER_SECOND = 625e6;
const WIRE = { zeroPageBytes: 9, pageBytes: 4104, pageHeaderBytes: 8, compressedFactor: null };
const PAGES = 2 ** 28;

function of(
  workingSet: number,
  placement: Placement,
  fidelity: Fidelity,
  threads: number,
  guests: number,
): RoundsBench {
  return { workingSet, placement, fidelity, threads, guests };
}

/** Every bench; `small` times the first pass, of two guests, only. */
export async function benchRounds(small: boolean): Promise<readonly RoundsRow[]> {
  const rows: RoundsRow[] = [];
  for (const bench of BENCHES) rows.push(await runRounds(bench, small));
  return rows;
}

async function runRounds(bench: RoundsBench, small: boolean): Promise<RoundsRow> {
  const { workingSet, placement, fidelity, threads } = bench;
  const guests = small ? 2 : bench.guests;
  const layout = terabyteLayout(workingSet, placement);
  const work = createPoolPageWork({ threads });
  try {
    // Threads start, and V8 compiles; what is hashed is the same at every size.
    const first = await migrate(work, fidelity, layout, 2);
    let best = first.roundSeconds.map((seconds) => (small ? seconds : Number.POSITIVE_INFINITY));
    for (let pass = 0; !small && pass < PASSES; pass += 1) {
      const { roundSeconds } = await migrate(work, fidelity, layout, guests);
      best = best.map((seconds, i) => Math.min(seconds, roundSeconds[i] as number));
    }
    const shape = placement === 'spread' ? ', spread' : '';
    const on = threads === 1 ? '1 thread' : `${threads} threads`;
    return {
      name: `1-TiB rounds, ${workingSet} %${shape}, ${fidelity}, ${on}`,
      roundsPerSecond: (guests * ROUNDS) / best.reduce((sum, seconds) => sum + seconds, 0),
      hash: first.hash,
    };
  } finally {
    await work.close();
  }
}

/** All rounds of the guests, round by round; only page work is timed. */
async function migrate(
  work: PageWork,
  fidelity: Fidelity,
  layout: GuestLayout,
  guests: number,
): Promise<{ readonly roundSeconds: readonly number[]; readonly hash: string }> {
  const memories = Array.from({ length: guests }, () =>
    createGuestMemory(layout, { tracking: 'chunk-clear', shared: true }),
  );
  let tasks: RoundTask[] = [];
  const roundSeconds: number[] = [];
  let hash = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    tasks = memories.map((memory, i) => nextRound(memory, i, fidelity, round, tasks[i]));
    const start = performance.now();
    const results = await runAll(work, tasks);
    roundSeconds.push((performance.now() - start) / 1e3);
    for (const { dirtyPages } of results) hash = (Math.imul(hash, 31) + dirtyPages) >>> 0;
  }
  return { roundSeconds, hash: hash.toString(16).padStart(8, '0') };
}

function nextRound(
  memory: GuestMemory,
  guestKey: number,
  fidelity: Fidelity,
  round: number,
  before: RoundTask | undefined,
): RoundTask {
  const plan = planRound(memory, WIRE);
  const sentPages = Math.max(0, plan.pages - 100_000);
  const bytes = sentPages * WIRE.pageBytes;
  const fromUs = before?.syncUs ?? 0;
  const syncUs = fromUs + Math.max(1e6, Math.round((bytes / BYTES_PER_SECOND) * 1e6));
  return {
    memory,
    seed: 1,
    guestKey,
    fidelity,
    syncNumber: round + 1,
    previousSyncUs: fromUs,
    syncUs,
    sentPages,
    progress: { timesUs: Float64Array.of(fromUs, syncUs), bytes: Float64Array.of(0, bytes) },
    wire: WIRE,
    intensity: { fromUs: [], cpuFactor: [], clockFactor: [] },
  };
}

/** What one round hands to the kernel that draws: parallel arrays, an entry a part. */
interface Jobs {
  readonly exponents: Float64Array;
  readonly pages: Uint32Array;
  readonly ids: Uint32Array;
}

/** Of the sixth round of a guest whose working set lies in one piece. */
export function recordJobs(workingSet: number): Jobs {
  const kernels = loadKernels();
  const layout = terabyteLayout(workingSet, 'one-piece');
  const memory = createGuestMemory(layout, { tracking: 'chunk-clear', shared: false });
  let task: RoundTask | undefined;
  for (let round = 1; round < 6; round += 1) {
    task = nextRound(memory, 1, 'page', round, task);
    stepRound(kernels, task);
  }
  const recorded: Jobs[] = [];
  const drawParts: typeof kernels.exports.drawParts = (jobs, ...rest) => {
    recorded.push({
      exponents: kernels.jobExponents.slice(0, jobs),
      pages: kernels.jobPages.slice(0, jobs),
      ids: kernels.jobIds.slice(0, jobs),
    });
    kernels.exports.drawParts(jobs, ...rest);
  };
  const recording = { ...kernels, exports: { ...kernels.exports, drawParts } };
  stepRound(recording, nextRound(memory, 1, 'page', 6, task));
  const [jobs] = recorded;
  if (jobs === undefined || recorded.length > 1) throw new Error('a round is one batch of jobs');
  return jobs;
}

/**
 * The working set's hot fifth at 1 write/s a page, the rest of it at 0.02, all else at 1e-9; no page
 * is zero.
 */
function terabyteLayout(workingSet: number, placement: Placement): GuestLayout {
  const working = Math.round((PAGES * workingSet) / 100);
  const hot = Math.round(working * 0.2);
  const pagesPerSecond = hot + (working - hot) * 0.02;
  return layoutGuest({
    memoryBytes: PAGES * 4096,
    seed: 1,
    guestKey: 1,
    shared: true,
    regions: [
      region(working, {
        placement: { kind: placement === 'spread' ? 'spread' : 'contiguous-seeded' },
        writes: {
          kind: 'hotcold',
          pagesPerSecond,
          hotShare: 0.2,
          hotWritesShare: hot / pagesPerSecond,
        },
      }),
      region(PAGES - working, {
        writes: { kind: 'random', pagesPerSecond: (PAGES - working) * 1e-9 },
      }),
    ],
  });
}

function region(pages: number, part: Partial<Region>): Region {
  return {
    name: 'region',
    bytes: pages * 4096,
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    writes: { kind: 'none' },
    phases: [],
    pacedBy: 'cpu',
    ...part,
  };
}

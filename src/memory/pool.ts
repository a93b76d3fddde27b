/**
 * Page work shared out over worker threads by piscina. The calling thread takes the first share
 * itself. State lies in SharedArrayBuffers, so nothing is copied and workers' updates are seen.
 */
import { createInPlacePageWork } from './in-place.js';
import { loadKernels } from './load-node.js';
import type { PageWork } from './page-work.js';
import { runRepeatedly } from './pool-repeat.js';
import { startPool } from './pool-start.js';
import type { DoneShare } from './pool-worker.js';
import { stepRound } from './round.js';
import { cutByCost, estimateRoundNs } from './round-cost.js';
import type { RoundResult, RoundTask } from './round-task.js';

/** A batch sent ahead of its need takes a thread so long: far more than its hand-off. */
const BATCH_NS = 2_000_000;
/** Below this a hand-off (23 to 50 µs, spec/kernels.md) costs more than it saves. */
const WORTH_SHARING_NS = 200_000;

export interface PoolOptions {
  /** Threads that work, the calling one among them; 1 is in place. */
  readonly threads: number;
  /** Another module for the threads to run: for tests of threads that die. */
  readonly workerFile?: string;
  /** Work that is handed over ahead of its need comes in batches of so long [default: 2 ms]. */
  readonly batchNs?: number;
  /** A share of the work that takes a thread longer hangs [default: 120]. */
  readonly shareSecondsMost?: number;
  /** Told of every share that a worker has done, and how long the thread was at it. */
  readonly onShareDone?: (threadId: number, busyMs: number) => void;
}

const SHARE_SECONDS_MOST = 120;

/** Memories of tasks must be shared ones when threads > 1. */
export function createPoolPageWork(options: PoolOptions): PageWork {
  const kernels = loadKernels();
  if (options.threads <= 1) return createInPlacePageWork(kernels);
  const workers = options.threads - 1;
  const pool = startPool(options.workerFile ?? 'memory/pool-worker.js', workers);
  const send = async (share: readonly RoundTask[]): Promise<readonly RoundResult[]> => {
    checkShared(share);
    const done = await runRepeatedly<DoneShare>(pool, share, {
      secondsMost: options.shareSecondsMost ?? SHARE_SECONDS_MOST,
      restore: restorer(share),
    });
    options.onShareDone?.(done.threadId, done.busyMs);
    return done.results;
  };
  return {
    threads: options.threads,
    runHere: (task) => stepRound(kernels, task),
    others: {
      batchNs: options.batchNs ?? BATCH_NS,
      send,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
    },
    run: (tasks) => {
      const costs = tasks.map(estimateRoundNs);
      const total = costs.reduce((sum, cost) => sum + cost, 0);
      if (tasks.length < 2 || total < WORTH_SHARING_NS) {
        return tasks.map((task) => stepRound(kernels, task));
      }
      const ends = cutByCost(costs, options.threads);
      const rest = ends.slice(1).map((end, i) => send(tasks.slice(ends[i], end)));
      return finish(rest, () => tasks.slice(0, ends[0]).map((task) => stepRound(kernels, task)));
    },
    close: () => pool.close(),
  };
}

/** Takes the guests' states as they are now; called, puts them back. */
function restorer(share: readonly RoundTask[]): () => void {
  const states = share.map(({ memory }) => {
    const state = new Uint8Array(memory.header.buffer);
    return { state, copy: state.slice() };
  });
  return () => {
    for (const { state, copy } of states) state.set(copy);
  };
}

/** Does the caller's share while the workers do theirs; whichever throws first surfaces. */
async function finish(
  rest: readonly Promise<readonly RoundResult[]>[],
  own: () => readonly RoundResult[],
): Promise<readonly RoundResult[]> {
  const others = Promise.all(rest);
  // so that an error of a worker is not reported as unhandled when the own share throws first
  others.catch(() => undefined);
  const first = own();
  return [...first, ...(await others).flat()];
}

function checkShared(tasks: readonly RoundTask[]): void {
  for (const task of tasks) {
    if (task.memory.dirty.buffer instanceof ArrayBuffer) {
      throw new TypeError('guest memory is not shared: a worker would change a copy of it');
    }
  }
}

/**
 * Page work shared out over worker threads by piscina. State lies in SharedArrayBuffers, so nothing
 * is copied and workers' updates are seen. A task is handed to a worker as soon as it is asked for;
 * what no worker has begun when its result is needed the calling thread does, and rather than wait
 * it does others'. Who did what, and when, decides nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createInPlacePageWork } from './in-place.js';
import { loadKernels } from './load-node.js';
import { type PageWork, UNWATCHED, type Watch } from './page-work.js';
import { PATIENT, type Queue, URGENT } from './pool-ring.js';
import {
  ASKED,
  BEGUN,
  CLOSED,
  createPoolSlots,
  DONE,
  FAILED,
  readBusyMs,
  readResult,
  slotWord,
  stateOf,
  taskRoom,
} from './pool-slots.js';
import { startPool } from './pool-start.js';
import { writeTask } from './pool-task.js';
import {
  type AskedTask,
  closeThread,
  endHanging,
  give,
  type PoolThread,
  readFailures,
  releaseMemory,
  startThread,
  stateBytes,
} from './pool-thread.js';
import { stepRound } from './round.js';
import type { RoundResult, RoundTask } from './round-task.js';

export interface PoolOptions {
  /** Threads that work, the calling one among them; 1 is in place. */
  readonly threads: number;
  /** Another module for the threads to run: for tests of threads that die. */
  readonly workerFile?: string;
  /** A task that takes a thread longer hangs [default: 120]. */
  readonly taskSecondsMost?: number;
  /** The calling thread leaves a task to others for so long, if they can: for tests [default: 0]. */
  readonly leavesMs?: number;
  /** Told of every task that a worker has done, and how long the thread was at it. */
  readonly onTaskDone?: (thread: number, busyMs: number) => void;
  readonly watch?: Watch;
}

const TASK_SECONDS_MOST = 120;
/**
 * Tasks under way at most; more are done by the calling thread. Of ten thousand guests some 1,200 lie
 * in slots, most of them done and not needed yet.
 */
const SLOTS = 4096;
/** In chunk fidelity: a terabyte's working set in one piece has fewer, spread over it more. */
const SEGMENTS_WORTH = 2048;
/** A wait that blocks, and how many of them before deaths of threads are looked for. */
const WAIT_MS = 20;
const BLOCKING_WAITS = 5;
/** Between two looks at what a slow thread does, with turns of the event loop in between. */
const LATE_LOOK_MS = 2;

interface PageWorkPool {
  readonly options: PoolOptions;
  readonly slots: ReturnType<typeof createPoolSlots>;
  readonly threads: readonly PoolThread[];
  readonly freeSlots: number[];
  /** By slot: the number of its last task, and room for its guest's state. */
  readonly numbers: Int32Array;
  readonly rooms: Uint8Array[];
  /** In the order in which they were asked for. */
  readonly asked: Map<RoundTask, AskedTask>;
  /** Of `asked`, those that no other thread was seen to have begun. */
  readonly waiting: Set<AskedTask>;
  /** The only one of `asked` while it is alone, not handed over yet; null: there is none such. */
  held: AskedTask | null;
  /** Of `asked`, what the calling thread did before it was needed. */
  readonly results: Map<RoundTask, RoundResult>;
  /** Forgotten while a worker was at them: their slots are not free yet. */
  readonly forgotten: Set<AskedTask>;
  readonly runHere: (task: RoundTask) => RoundResult;
}

/** Memories of tasks must be shared ones when threads > 1. */
export function createPoolPageWork(options: PoolOptions): PageWork {
  const kernels = loadKernels();
  const watch = options.watch ?? UNWATCHED;
  if (options.threads <= 1) return createInPlacePageWork(kernels, watch);
  const workers = options.threads - 1;
  const piscina = startPool(options.workerFile ?? 'memory/pool-worker.js', workers);
  const slots = createPoolSlots(SLOTS);
  const pool: PageWorkPool = {
    options,
    slots,
    threads: Array.from({ length: workers }, () => startThread(piscina, slots)),
    freeSlots: Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i),
    numbers: new Int32Array(SLOTS),
    rooms: [],
    asked: new Map(),
    waiting: new Set(),
    held: null,
    results: new Map(),
    forgotten: new Set(),
    runHere: (task) => watch('kernels', () => stepRound(kernels, task)),
  };
  return {
    threads: options.threads,
    ask: (task, hasTime) => ask(pool, task, hasTime ? PATIENT : URGENT),
    take: (task) => take(pool, watch, task),
    forget: (task) => forget(pool, task),
    release: (memory) => {
      for (const thread of pool.threads) releaseMemory(thread, memory);
    },
    close: async () => {
      await Promise.all(pool.threads.map(closeThread));
      await piscina.close();
    },
  };
}

function ask(pool: PageWorkPool, task: RoundTask, queue: Queue): void {
  checkShared(task);
  if (!isWorthHandingOver(task)) return;
  const slot = freeSlot(pool);
  if (slot === null) return;
  if (!writeTask(taskRoom(pool.slots, slot), task)) {
    pool.freeSlots.push(slot);
    return;
  }
  const number = (pool.numbers[slot] as number) + 1;
  const bytes = stateBytes(task);
  let before = pool.rooms[slot];
  if (before === undefined || before.length < bytes.length) {
    before = new Uint8Array(bytes.length);
    pool.rooms[slot] = before;
  }
  before.set(bytes);
  const thread = leastBusy(pool.threads);
  const asked = { task, slot, thread, queue, number, before, deaths: 0, failure: null };
  const isAlone = pool.asked.size === 0;
  pool.asked.set(task, asked);
  pool.waiting.add(asked);
  Atomics.store(pool.slots.states, slot, slotWord(number, ASKED));
  // Where one guest migrates alone the calling thread waits for nothing else.
  giveHeld(pool);
  if (isAlone) pool.held = asked;
  else give(thread, asked);
}

function giveHeld(pool: PageWorkPool): void {
  if (pool.held !== null) give(pool.held.thread, pool.held);
  pool.held = null;
}

/** Counting a guest of few segments takes less time than telling another thread of it. */
function isWorthHandingOver({ fidelity, memory }: RoundTask): boolean {
  return fidelity === 'page' || memory.layout.segments.count >= SEGMENTS_WORTH;
}

function leastBusy(threads: readonly PoolThread[]): PoolThread {
  return threads.reduce((best, one) => (one.given.size < best.given.size ? one : best));
}

function take(
  pool: PageWorkPool,
  watch: Watch,
  task: RoundTask,
): RoundResult | Promise<RoundResult> {
  const asked = pool.asked.get(task);
  if (asked === undefined) return pool.runHere(task);
  if (pool.options.leavesMs !== undefined) {
    giveHeld(pool);
    return takeLate(pool, asked, pool.options.leavesMs);
  }
  const early = resultNow(pool, asked) ?? beginHere(pool, asked);
  if (early !== null) return early;
  for (let waits = 0; waits < BLOCKING_WAITS; ) {
    if (!doAnother(pool)) {
      watch('hand-off', () => waitForOther(pool, asked));
      waits += 1;
    }
    const result = resultNow(pool, asked);
    if (result !== null) return result;
  }
  return takeLate(pool, asked, 0);
}

/** The result if it is there; throws what the task threw. */
function resultNow(pool: PageWorkPool, asked: AskedTask): RoundResult | null {
  const known = pool.results.get(asked.task);
  if (known !== undefined) {
    pool.results.delete(asked.task);
    settle(pool, asked);
    return known;
  }
  const state = stateNow(pool, asked);
  if (state === DONE) {
    const result = readResult(pool.slots, asked.slot);
    const thread = pool.threads.indexOf(asked.thread);
    pool.options.onTaskDone?.(thread, readBusyMs(pool.slots, asked.slot));
    settle(pool, asked);
    return result;
  }
  if (state !== FAILED) return null;
  readFailures(asked.thread);
  settle(pool, asked);
  throw asked.failure;
}

function stateNow({ slots }: PageWorkPool, { slot }: AskedTask): number {
  return stateOf(Atomics.load(slots.states, slot));
}

/** Does the task on the calling thread unless another one has begun it. */
function beginHere(pool: PageWorkPool, asked: AskedTask): RoundResult | null {
  if (!close(pool, asked)) return null;
  settle(pool, asked);
  return pool.runHere(asked.task);
}

/** No worker will begin the task any more; false where one has. */
function close({ slots }: PageWorkPool, { slot, number }: AskedTask): boolean {
  const word = slotWord(number, ASKED);
  return Atomics.compareExchange(slots.states, slot, word, slotWord(number, CLOSED)) === word;
}

/** Does the first task that no other thread has begun; false where there is none. */
function doAnother(pool: PageWorkPool): boolean {
  for (const asked of pool.waiting) {
    pool.waiting.delete(asked);
    if (!close(pool, asked)) continue;
    pool.results.set(asked.task, pool.runHere(asked.task));
    return true;
  }
  return false;
}

function waitForOther({ slots }: PageWorkPool, { slot, number }: AskedTask): void {
  Atomics.wait(slots.states, slot, slotWord(number, BEGUN), WAIT_MS);
}

/** The thread that has begun it takes long, hangs, or has died: then it is done again. */
async function takeLate(
  pool: PageWorkPool,
  asked: AskedTask,
  leavesMs: number,
): Promise<RoundResult> {
  const mostMs = (pool.options.taskSecondsMost ?? TASK_SECONDS_MOST) * 1000;
  let { number } = asked;
  let isEnded = false;
  for (let waitedMs = 0; ; waitedMs += LATE_LOOK_MS) {
    await sleep(LATE_LOOK_MS);
    const result = resultNow(pool, asked) ?? (waitedMs < leavesMs ? null : beginHere(pool, asked));
    if (result !== null) return result;
    if (asked.number !== number) {
      ({ number } = asked);
      waitedMs = 0;
      isEnded = false;
    }
    if (waitedMs < mostMs || isEnded || stateNow(pool, asked) !== BEGUN) continue;
    isEnded = true;
    endHanging(asked.thread);
  }
}

function forget(pool: PageWorkPool, task: RoundTask): void {
  const asked = pool.asked.get(task);
  if (asked === undefined) return;
  const isUnderWay = !close(pool, asked) && stateNow(pool, asked) === BEGUN;
  pool.asked.delete(task);
  pool.waiting.delete(asked);
  pool.results.delete(task);
  if (isUnderWay) pool.forgotten.add(asked);
  else settle(pool, asked);
}

/** Its slot is free; a message that still names it is out of date. */
function settle(pool: PageWorkPool, asked: AskedTask): void {
  const { slot, number, thread, task } = asked;
  if (pool.held === asked) pool.held = null;
  pool.asked.delete(task);
  pool.waiting.delete(asked);
  thread.given.delete(asked);
  pool.numbers[slot] = number;
  pool.freeSlots.push(slot);
}

function freeSlot(pool: PageWorkPool): number | null {
  for (const asked of pool.forgotten) {
    if (stateNow(pool, asked) === BEGUN) continue;
    pool.forgotten.delete(asked);
    settle(pool, asked);
  }
  return pool.freeSlots.pop() ?? null;
}

function checkShared({ memory }: RoundTask): void {
  if (memory.dirty.buffer instanceof ArrayBuffer) {
    throw new TypeError('guest memory is not shared: a worker would change a copy of it');
  }
}

/**
 * Page work that syncs have asked for. It is handed to other threads in batches that are worth it,
 * and what nobody has begun when its result is needed is done at once by the calling thread, which
 * does others' rather than wait. Who did what, and when, decides nothing.
 */
import type { PageWork } from '../memory/page-work.js';
import type { RoundResult, RoundTask } from '../memory/round.js';
import { estimateRoundNs } from '../memory/round-cost.js';

/** Batches under way and waiting at each other thread: it never runs dry. */
const BATCHES_A_THREAD = 2;

export interface PageWorkQueue {
  readonly work: PageWork;
  /** Asked for and not begun, oldest first. */
  readonly waiting: Set<RoundTask>;
  waitingNs: number;
  /** At other threads. */
  readonly sent: Map<RoundTask, Promise<void>>;
  batchesOut: number;
  readonly results: Map<RoundTask, RoundResult>;
}

export function createPageWorkQueue(work: PageWork): PageWorkQueue {
  return {
    work,
    waiting: new Set(),
    waitingNs: 0,
    sent: new Map(),
    batchesOut: 0,
    results: new Map(),
  };
}

/** The task's memory is the queue's from now on, until its result is taken. */
export function askFor(queue: PageWorkQueue, task: RoundTask): void {
  queue.waiting.add(task);
  const { others, threads } = queue.work;
  if (others === null) return;
  queue.waitingNs += estimateRoundNs(task);
  const isRoom = queue.batchesOut < BATCHES_A_THREAD * (threads - 1);
  if (isRoom && queue.waitingNs >= others.batchNs) sendBatch(queue);
}

/** Takes the result of a task that was asked for. */
export function resultOf(
  queue: PageWorkQueue,
  task: RoundTask,
): RoundResult | Promise<RoundResult> {
  const known = queue.results.get(task);
  if (known !== undefined) {
    queue.results.delete(task);
    return known;
  }
  if (takeWaiting(queue, task)) return queue.work.runHere(task);
  return waitFor(queue, task);
}

/** Forgets a task whose migration has ended meanwhile. */
export function forget(queue: PageWorkQueue, task: RoundTask): void {
  takeWaiting(queue, task);
  queue.sent.delete(task);
  queue.results.delete(task);
}

function takeWaiting(queue: PageWorkQueue, task: RoundTask): boolean {
  if (!queue.waiting.delete(task)) return false;
  if (queue.work.others !== null) queue.waitingNs -= estimateRoundNs(task);
  return true;
}

/** Until another thread has done it, this one does what else waits. */
async function waitFor(queue: PageWorkQueue, task: RoundTask): Promise<RoundResult> {
  const sent = queue.sent.get(task);
  if (sent === undefined) throw new Error('a result was due that nobody had asked for');
  for (;;) {
    const [next] = queue.waiting;
    if (next === undefined) await sent;
    else {
      takeWaiting(queue, next);
      queue.results.set(next, queue.work.runHere(next));
      await queue.work.others?.breathe();
    }
    const result = queue.results.get(task);
    if (result === undefined) continue;
    queue.results.delete(task);
    return result;
  }
}

function sendBatch(queue: PageWorkQueue): void {
  const { others } = queue.work;
  if (others === null) return;
  const tasks = [...queue.waiting];
  queue.waiting.clear();
  queue.waitingNs = 0;
  queue.batchesOut += 1;
  const done = others.send(tasks).then((results) => {
    queue.batchesOut -= 1;
    tasks.forEach((task, i) => {
      // Nobody wants it any more.
      if (!queue.sent.delete(task)) return;
      const result = results[i];
      if (result === undefined) throw new Error('page work gave fewer results than tasks');
      queue.results.set(task, result);
    });
  });
  // Told to whoever waits for a result of it; nobody may.
  done.catch(() => undefined);
  for (const task of tasks) queue.sent.set(task, done);
}

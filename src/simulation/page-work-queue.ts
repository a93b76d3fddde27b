/**
 * Page work that syncs have asked for. What is needed soon is shared out over all threads when the
 * first of it is due. What has time (a sync that is gone ahead of) goes to other threads in batches
 * that are worth it; of that, what nobody has begun when it is needed the calling thread does, and
 * rather than wait it does others'. Who did what, and when, decides nothing.
 */
import type { PageWork } from '../memory/page-work.js';
import type { RoundResult, RoundTask } from '../memory/round.js';
import { estimateRoundNs } from '../memory/round-cost.js';

/** Batches under way and waiting at each other thread: it never runs dry. */
const BATCHES_A_THREAD = 2;

export interface PageWorkQueue {
  readonly work: PageWork;
  /** Asked for and not begun, oldest first: those needed soon, */
  readonly urgent: Set<RoundTask>;
  /** and those that another thread has the time for, with the time that they take. */
  readonly patient: Set<RoundTask>;
  patientNs: number;
  /** At other threads. */
  readonly sent: Map<RoundTask, Promise<void>>;
  batchesOut: number;
  /** A batch waits for a thread that may be done already: let its results be seen. */
  isHeldUp: boolean;
  readonly results: Map<RoundTask, RoundResult>;
}

export function createPageWorkQueue(work: PageWork): PageWorkQueue {
  return {
    work,
    urgent: new Set(),
    patient: new Set(),
    patientNs: 0,
    sent: new Map(),
    batchesOut: 0,
    isHeldUp: false,
    results: new Map(),
  };
}

/**
 * The task's memory is the queue's from now on, until its result is taken. `isPatient`: that will
 * not be at once (with one thread nothing depends on it).
 */
export function askFor(queue: PageWorkQueue, task: RoundTask, isPatient: boolean): void {
  if (queue.work.others === null || !isPatient) {
    queue.urgent.add(task);
    return;
  }
  queue.patient.add(task);
  queue.patientNs += estimateRoundNs(task);
  sendWhatIsWorth(queue);
}

/** Results that have come in are seen, and the threads that they leave free get what waits. */
export async function breathe(queue: PageWorkQueue): Promise<void> {
  queue.isHeldUp = false;
  await queue.work.others?.breathe();
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
  if (queue.urgent.has(task)) return runUrgent(queue, task);
  if (takeWaiting(queue, task)) return queue.work.runHere(task);
  return waitFor(queue, task);
}

/** All that will soon be needed, shared out over the threads now that the first of it is. */
function runUrgent(queue: PageWorkQueue, wanted: RoundTask): RoundResult | Promise<RoundResult> {
  const tasks = [...queue.urgent];
  queue.urgent.clear();
  const results = queue.work.run(tasks);
  return results instanceof Promise
    ? results.then((done) => keep(queue, tasks, done, wanted))
    : keep(queue, tasks, results, wanted);
}

function keep(
  queue: PageWorkQueue,
  tasks: readonly RoundTask[],
  results: readonly RoundResult[],
  wanted: RoundTask,
): RoundResult {
  tasks.forEach((task, i) => {
    const result = results[i];
    if (result === undefined) throw new Error('page work gave fewer results than tasks');
    queue.results.set(task, result);
  });
  const found = queue.results.get(wanted) as RoundResult;
  queue.results.delete(wanted);
  return found;
}

/** Forgets a task whose migration has ended meanwhile. */
export function forget(queue: PageWorkQueue, task: RoundTask): void {
  takeWaiting(queue, task);
  queue.sent.delete(task);
  queue.results.delete(task);
}

function takeWaiting(queue: PageWorkQueue, task: RoundTask): boolean {
  if (queue.urgent.delete(task)) return true;
  if (!queue.patient.delete(task)) return false;
  queue.patientNs -= estimateRoundNs(task);
  return true;
}

/** Until another thread has done it, this one does what else waits. */
async function waitFor(queue: PageWorkQueue, task: RoundTask): Promise<RoundResult> {
  const sent = queue.sent.get(task);
  if (sent === undefined) throw new Error('a result was due that nobody had asked for');
  for (;;) {
    const next = firstOf(queue.urgent) ?? firstOf(queue.patient);
    if (next === undefined) await sent;
    else {
      takeWaiting(queue, next);
      queue.results.set(next, queue.work.runHere(next));
      await breathe(queue);
    }
    const result = queue.results.get(task);
    if (result === undefined) continue;
    queue.results.delete(task);
    return result;
  }
}

function firstOf(tasks: ReadonlySet<RoundTask>): RoundTask | undefined {
  const [first] = tasks;
  return first;
}

function sendWhatIsWorth(queue: PageWorkQueue): void {
  const { others, threads } = queue.work;
  if (others === null || queue.patient.size === 0 || queue.patientNs < others.batchNs) return;
  queue.isHeldUp = queue.batchesOut >= BATCHES_A_THREAD * (threads - 1);
  if (queue.isHeldUp) return;
  const tasks = [...queue.patient];
  queue.patient.clear();
  queue.patientNs = 0;
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
    sendWhatIsWorth(queue);
  });
  // Told to whoever waits for a result of it; nobody may.
  done.catch(() => undefined);
  for (const task of tasks) queue.sent.set(task, done);
}

/**
 * Page work that syncs have asked for and nobody has needed yet. It is handed over in one batch at
 * the first instant at which a result is due: until then the events of other migrations go on.
 */
import type { PageWork } from '../memory/page-work.js';
import type { RoundResult, RoundTask } from '../memory/round.js';

export interface PageWorkQueue {
  readonly work: PageWork;
  waiting: RoundTask[];
  readonly results: Map<RoundTask, RoundResult>;
}

export function createPageWorkQueue(work: PageWork): PageWorkQueue {
  return { work, waiting: [], results: new Map() };
}

export function askFor(queue: PageWorkQueue, task: RoundTask): void {
  queue.waiting.push(task);
}

/** Takes the result of a task that was asked for; runs everything that waits if it is not there. */
export function resultOf(
  queue: PageWorkQueue,
  task: RoundTask,
): RoundResult | Promise<RoundResult> {
  const known = queue.results.get(task);
  if (known !== undefined) {
    queue.results.delete(task);
    return known;
  }
  const tasks = queue.waiting;
  queue.waiting = [];
  const results = queue.work.run(tasks);
  return results instanceof Promise
    ? results.then((done) => keep(queue, tasks, done, task))
    : keep(queue, tasks, results, task);
}

function keep(
  queue: PageWorkQueue,
  tasks: readonly RoundTask[],
  results: readonly RoundResult[],
  wanted: RoundTask,
): RoundResult {
  let found: RoundResult | null = null;
  tasks.forEach((task, index) => {
    const result = results[index];
    if (result === undefined) throw new Error('page work gave fewer results than tasks');
    if (task === wanted) found = result;
    else queue.results.set(task, result);
  });
  if (found === null) throw new Error('a result was due that nobody had asked for');
  return found;
}

/** Forgets a task whose migration has ended meanwhile. */
export function forget(queue: PageWorkQueue, task: RoundTask): void {
  queue.waiting = queue.waiting.filter((one) => one !== task);
  queue.results.delete(task);
}

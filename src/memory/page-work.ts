/**
 * The one interface through which page work is done, in place or by a pool of worker threads
 * (DESIGN.md, Threads). Page work of different guests is independent; results never depend on
 * which thread did what, or when.
 */
import type { GuestMemory } from './guest-memory.js';
import type { RoundResult, RoundTask } from './round.js';

export interface PageWork {
  /** Number of threads that work, the calling one among them; 1 means in place. */
  readonly threads: number;
  /**
   * Says that the task's result will be taken. Its memory is the page work's until then. `hasTime`:
   * that will not be soon, so that others come first.
   */
  ask(task: RoundTask, hasTime: boolean): void;
  /**
   * The result. What no other thread has begun the calling one does; a promise only where a thread
   * has come to grief, or is very slow.
   */
  take(task: RoundTask): RoundResult | Promise<RoundResult>;
  /** Nobody wants the result of the task any more. */
  forget(task: RoundTask): void;
  /** No task will concern the memory any more. */
  release(memory: GuestMemory): void;
  close(): Promise<void>;
}

/** Told of what the calling thread does, with what it does: page work, or waiting for others. */
export type Watch = <Result>(part: 'kernels' | 'hand-off', does: () => Result) => Result;

export const UNWATCHED: Watch = (_, does) => does();

/** Results of tasks of different guests, in the order of the tasks, by all threads at once. */
export async function runAll(
  work: PageWork,
  tasks: readonly RoundTask[],
): Promise<readonly RoundResult[]> {
  for (const task of tasks) work.ask(task, false);
  const results: RoundResult[] = [];
  for (const task of tasks) {
    const result = work.take(task);
    results.push(result instanceof Promise ? await result : result);
  }
  return results;
}

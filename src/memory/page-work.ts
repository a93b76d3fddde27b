/**
 * The one interface through which page work is done, in place or by a pool of worker threads
 * (DESIGN.md, Threads). Page work of different guests is independent; results never depend on
 * which thread did what, or when.
 */
import type { RoundResult, RoundTask } from './round.js';

export interface PageWork {
  /** Runs every task, shared out evenly and at once; results in the order of the tasks. */
  run(tasks: readonly RoundTask[]): Promise<readonly RoundResult[]> | readonly RoundResult[];
  /** Runs one task on the calling thread, now. */
  runHere(task: RoundTask): RoundResult;
  /** Other threads, and how to hand them tasks; null: there is none but the calling one. */
  readonly others: OtherThreads | null;
  /** Number of threads that work, for batching; 1 means in place. */
  readonly threads: number;
  close(): Promise<void>;
}

export interface OtherThreads {
  /** What is handed over at once should take so long at least, to be worth it. */
  readonly batchNs: number;
  /** Hands the tasks to one of them. */
  send(tasks: readonly RoundTask[]): Promise<readonly RoundResult[]>;
  /** Lets results that have come in be seen. */
  breathe(): Promise<void>;
}

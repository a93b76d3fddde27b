/**
 * The one interface through which page work is done, in place or by a pool of worker threads
 * (DESIGN.md, Threads). Page work of different guests is independent; results never depend on
 * which thread did what, or when.
 */
import type { RoundResult, RoundTask } from './round.js';

export interface PageWork {
  /** Runs every task; results in the order of the tasks. */
  run(tasks: readonly RoundTask[]): Promise<readonly RoundResult[]> | readonly RoundResult[];
  /** Number of threads that work, for batching; 1 means in place. */
  readonly threads: number;
  close(): Promise<void>;
}

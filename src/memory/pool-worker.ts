/** What a worker thread of the pool runs: a share of the tasks, with kernels of its own. */
import { threadId } from 'node:worker_threads';
import { loadKernels } from './load-node.js';
import { stepRound } from './round.js';
import type { RoundResult, RoundTask } from './round-task.js';

const kernels = loadKernels();

export interface DoneShare {
  readonly results: readonly RoundResult[];
  readonly threadId: number;
  /** Wall time that the thread was at it; told to who asks for a profile, and nobody else. */
  readonly busyMs: number;
}

export default function runShare(tasks: readonly RoundTask[]): DoneShare {
  const startMs = performance.now();
  const results = tasks.map((task) => stepRound(kernels, task));
  return { results, threadId, busyMs: performance.now() - startMs };
}

/** What a worker thread of the pool runs: a share of the tasks, with kernels of its own. */
import { loadKernels } from './load-node.js';
import { stepRound } from './round.js';
import type { RoundResult, RoundTask } from './round-task.js';

const kernels = loadKernels();

export default function runShare(tasks: readonly RoundTask[]): readonly RoundResult[] {
  return tasks.map((task) => stepRound(kernels, task));
}

/** Page work done by the caller itself, with its own kernels. */
import type { Kernels } from './kernels.js';
import type { PageWork } from './page-work.js';
import { stepRound } from './round.js';

export function createInPlacePageWork(kernels: Kernels): PageWork {
  return {
    threads: 1,
    others: null,
    runHere: (task) => stepRound(kernels, task),
    run: (tasks) => tasks.map((task) => stepRound(kernels, task)),
    close: () => Promise.resolve(),
  };
}

/** Page work done by the caller itself, with its own kernels. */
import type { Kernels } from './kernels.js';
import { type PageWork, UNWATCHED, type Watch } from './page-work.js';
import { stepRound } from './round.js';

export function createInPlacePageWork(kernels: Kernels, watch: Watch = UNWATCHED): PageWork {
  return {
    threads: 1,
    ask: () => undefined,
    take: (task) => watch('kernels', () => stepRound(kernels, task)),
    forget: () => undefined,
    release: () => undefined,
    close: () => Promise.resolve(),
  };
}

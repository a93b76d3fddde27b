/** Page work for a command: in place for one thread, else a pool. */
import { createInPlacePageWork } from '../memory/in-place.js';
import { loadKernels } from '../memory/load-node.js';
import type { PageWork } from '../memory/page-work.js';
import { createPoolPageWork } from '../memory/pool.js';
import { type WallProfile, watchFor } from './run-profile.js';

export async function openPageWork(
  threads: number,
  profile: WallProfile | null = null,
): Promise<PageWork> {
  const kernels = await loadKernels();
  if (profile === null) {
    return threads === 1 ? createInPlacePageWork(kernels) : createPoolPageWork({ threads });
  }
  const watch = watchFor(profile);
  return threads === 1
    ? createInPlacePageWork(kernels, watch)
    : createPoolPageWork({ threads, watch, onTaskDone: profile.noteTask });
}

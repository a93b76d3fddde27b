/** Page work for a command: in place for one thread, else a pool. */
import { createInPlacePageWork } from '../memory/in-place.js';
import { loadKernels } from '../memory/load-node.js';
import type { PageWork } from '../memory/page-work.js';
import { createPoolPageWork } from '../memory/pool.js';

export async function openPageWork(threads: number): Promise<PageWork> {
  return threads === 1
    ? createInPlacePageWork(await loadKernels())
    : createPoolPageWork({ threads });
}

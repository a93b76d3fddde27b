/** Page work for a command: in place for one thread, else a pool. */
import { createInPlacePageWork } from '../memory/in-place.js';
import { loadKernels } from '../memory/load-node.js';
import type { PageWork } from '../memory/page-work.js';
import { createPoolPageWork } from '../memory/pool.js';
import { profiledPageWork, type WallProfile } from './run-profile.js';

export async function openPageWork(
  threads: number,
  profile: WallProfile | null = null,
): Promise<PageWork> {
  const work =
    threads === 1
      ? createInPlacePageWork(await loadKernels())
      : createPoolPageWork({ threads, ...(profile && { onShareDone: profile.noteShare }) });
  return profile === null ? work : profiledPageWork(work, profile);
}

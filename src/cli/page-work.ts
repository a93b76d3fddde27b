/** Page work for a command, watched where a profile is wanted. */
import type { PageWork } from '../memory/page-work.js';
import { createPoolPageWork } from '../memory/pool.js';
import { type WallProfile, watchFor } from './run-profile.js';

export function openPageWork(threads: number, profile: WallProfile | null = null): PageWork {
  if (profile === null) return createPoolPageWork({ threads });
  const watch = watchFor(profile);
  return createPoolPageWork({ threads, watch, onTaskDone: profile.noteTask });
}

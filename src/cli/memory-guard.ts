/** Ends a run that is about to need more memory than Node may use, before Node ends itself. */
import { getHeapStatistics } from 'node:v8';
import { InputError } from '../fleet/input-error.js';

/** Of the limit; collecting garbage gets slow well before it. */
const USED_SHARE_MOST = 0.93;
/** Looks in a row that find too much: one of them may come just before garbage is collected. */
const LOOKS = 3;
const LOOK_EVERY_MS = 100;
const MIB = 2 ** 20;

interface HeapUse {
  readonly used_heap_size: number;
  readonly heap_size_limit: number;
}

/** A guard to ask again and again while work goes on. @throws InputError when memory runs out */
export function memoryGuard(
  statistics: () => HeapUse = getHeapStatistics,
  now: () => number = () => performance.now(),
): () => void {
  let tooMuch = 0;
  let lookedMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = now();
    if (nowMs - lookedMs < LOOK_EVERY_MS) return;
    lookedMs = nowMs;
    const { used_heap_size: used, heap_size_limit: limit } = statistics();
    tooMuch = used > limit * USED_SHARE_MOST ? tooMuch + 1 : 0;
    if (tooMuch < LOOKS) return;
    const most = Math.round(limit / MIB);
    const problem = `out of memory: the run needs more than the ${most} MiB that Node may use; give it more with NODE_OPTIONS=--max-old-space-size=${2 * most}`;
    throw new InputError('sluice', '', problem);
  };
}

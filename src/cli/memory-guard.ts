/**
 * Ends a run that is about to need more memory than Node may use, before Node ends itself, or more
 * than `--max-memory` lets it have.
 */
import { getHeapStatistics } from 'node:v8';
import { InputError } from '../fleet/input-error.js';
import type { MaxMemory } from './memory-limit.js';

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

/**
 * A guard to ask again and again while work goes on.
 * @param most the bound of `--max-memory`, null for none
 * @param residentBytes what the whole process has
 * @throws InputError when memory runs out
 */
export function memoryGuard(
  most: MaxMemory | null = null,
  statistics: () => HeapUse = getHeapStatistics,
  now: () => number = () => performance.now(),
  residentBytes: () => number = process.memoryUsage.rss,
): () => void {
  let tooMuch = 0;
  let lookedMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = now();
    if (nowMs - lookedMs < LOOK_EVERY_MS) return;
    lookedMs = nowMs;
    const found = heapProblem(statistics()) ?? boundProblem(most, residentBytes);
    tooMuch = found === null ? 0 : tooMuch + 1;
    if (found !== null && tooMuch >= LOOKS) throw found;
  };
}

function heapProblem({ used_heap_size: used, heap_size_limit: limit }: HeapUse): InputError | null {
  if (used <= limit * USED_SHARE_MOST) return null;
  const most = Math.round(limit / MIB);
  const problem = `out of memory: the run needs more than the ${most} MiB that Node may use; give it more with NODE_OPTIONS=--max-old-space-size=${2 * most}`;
  return new InputError('sluice', '', problem);
}

function boundProblem(most: MaxMemory | null, residentBytes: () => number): InputError | null {
  if (most === null || residentBytes() <= most.bytes) return null;
  const problem =
    'the run has grown beyond it, though less was expected; give it more, or let fewer guests migrate at once';
  return new InputError(`--max-memory ${most.text}`, '', problem);
}

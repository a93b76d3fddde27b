/**
 * The in-run baseline: dirty pages drawn one by one in plain JavaScript. Every figure is also given
 * as work done in the time of one pass of this loop; that ratio compares between machines, and
 * between hours of a shared one, where seconds do not.
 */

/** A pass draws as many pages as one block of the kernels (assembly/masks.ts). */
export const PAGES_PER_PASS = 32_768;

const DIRTY_BELOW = Math.round(0.3 * 2 ** 32);
/** How many of the first pass's pages are dirty: a loop that counts otherwise is another loop. */
const FIRST_PASS_DIRTY = 9831;

export interface LoopTime {
  /** Of the fastest batch: beside figures that are the best of many as well. */
  readonly bestSecondsPerPass: number;
  /** Over all batches: beside figures that other work on the machine slowed as much. */
  readonly meanSecondsPerPass: number;
}

/** Times the loop for about `seconds`, warm. */
export function timeLoop(seconds: number): LoopTime {
  const bits = new Uint32Array(PAGES_PER_PASS / 32);
  const firstDirty = drawBlock(bits, 1);
  if (firstDirty !== FIRST_PASS_DIRTY) throw new Error(`the loop found ${firstDirty} dirty pages`);
  const batch = 20;
  for (let i = 0; i < 3 * batch; i += 1) drawBlock(bits, i + 1);
  let best = Number.POSITIVE_INFINITY;
  let passes = 0;
  const start = performance.now();
  let now = start;
  while (now - start < seconds * 1e3) {
    const before = now;
    for (let i = 0; i < batch; i += 1) drawBlock(bits, passes + i + 1);
    passes += batch;
    now = performance.now();
    best = Math.min(best, (now - before) / batch);
  }
  return {
    bestSecondsPerPass: best / 1e3,
    meanSecondsPerPass: (now - start) / passes / 1e3,
  };
}

/** One pass: a bit a page, set with probability 0.3 by a xorshift generator; counts the set ones. */
function drawBlock(bits: Uint32Array, seed: number): number {
  bits.fill(0);
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  let dirty = 0;
  for (let page = 0; page < PAGES_PER_PASS; page += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    if (state >>> 0 >= DIRTY_BELOW) continue;
    bits[page >> 5] = (bits[page >> 5] ?? 0) | (1 << (page & 31));
    dirty += 1;
  }
  return dirty;
}

/**
 * The in-run baseline: dirty pages drawn one by one in plain JavaScript. Every figure is also given
 * as work done in the time of one pass of this loop; that ratio compares between machines, where
 * seconds do not.
 */

/** A pass draws as many pages as one block of the kernels (assembly/masks.ts). */
export const PAGES_PER_PASS = 32_768;

/** Of 31 bits. */
const DIRTY_BELOW = Math.round(0.3 * 2 ** 31);
/** How many of the first pass's pages are dirty: a loop that counts otherwise is another loop. */
const FIRST_PASS_DIRTY = 9831;

/**
 * Seconds of a pass: those of the fastest batch within about `seconds`, as that is the same from
 * run to run to a hundredth, whatever else the machine does, where a mean is not.
 */
export function timeLoop(seconds: number): number {
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
  return best / 1e3;
}

/**
 * One pass: a bit a page, set with probability 0.3 by a xorshift generator; counts the set ones.
 * Without branches that depend on chance: how well a processor guesses them varies from process to
 * process, and with what else it runs.
 */
function drawBlock(bits: Uint32Array, seed: number): number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  let dirty = 0;
  for (let word = 0; word < bits.length; word += 1) {
    let drawn = 0;
    for (let page = 0; page < 32; page += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const isDirty = ((state >>> 1) - DIRTY_BELOW) >>> 31;
      drawn |= isDirty << page;
      dirty += isDirty;
    }
    bits[word] = drawn;
  }
  return dirty;
}

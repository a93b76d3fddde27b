/*
 * One draw over all exchangeable pages of many parts: writes of one rate over one exposure to many
 * pages are one Poisson process, whichever parts the pages lie in. Exact, and at a fraction of the
 * cost of a draw a part, where parts are short or hits are rare (spec/kernels.md, cold memory).
 */
import { popcountRange } from './bitmap';
import { nextWord, seedStream } from './generator';
import { blockKey, makeBlock, BLOCK_BITS } from './masks';
import { BITS_DIRTY, JOB_COUNTS, JOB_PAGES, LIST, LIST_MAX } from './memory-map';
import { poisson } from './poisson';
import { chooseRecipe } from './recipe';

/**
 * Which of `pages` pages are hit, each with 1 - exp(-x): distinct positions in [0, pages), ascending,
 * into LIST; returns how many. The mean of pages * x must be far below LIST_MAX.
 */
export function listHits(pages: u32, x: f64, key: u64): u32 {
  const throws = min(poisson(<f64>pages * x, key), LIST_MAX);
  if (throws == 0) return 0;
  for (let i: u32 = 0; i < throws; i += 1) store<u32>(LIST + (i << 2), below(pages));
  sortList(throws);
  let hits: u32 = 1;
  let last = load<u32>(LIST);
  for (let i: u32 = 1; i < throws; i += 1) {
    const position = load<u32>(LIST + (i << 2));
    if (position == last) continue;
    store<u32>(LIST + (hits << 2), position);
    hits += 1;
    last = position;
  }
  return hits;
}

/** Uniform in [0, n): Lemire's multiplication, with the rejection that makes it exact. */
function below(n: u32): u32 {
  let product = (nextWord() >> 32) * <u64>n;
  if (<u32>product < n) {
    const least: u32 = (0 - n) % n;
    while (<u32>product < least) product = (nextWord() >> 32) * <u64>n;
  }
  return <u32>(product >> 32);
}

/** Shell's sort with the gaps of Knuth: short lists, mostly of a few. */
function sortList(count: u32): void {
  let gap: u32 = 1;
  while (gap < count / 3) gap = 3 * gap + 1;
  for (; gap > 0; gap /= 3) {
    for (let i = gap; i < count; i += 1) {
      const value = load<u32>(LIST + (i << 2));
      let j = i;
      while (j >= gap && load<u32>(LIST + ((j - gap) << 2)) > value) {
        store<u32>(LIST + (j << 2), load<u32>(LIST + ((j - gap) << 2)));
        j -= gap;
      }
      store<u32>(LIST + (j << 2), value);
    }
  }
}

/**
 * Counts the hits of each job's pages, all with the exponent x, from masks of all pages one behind
 * the other: a block holds pages of many jobs.
 */
export function countTogether(jobs: u32, x: f64, key: u64): void {
  chooseRecipe(x);
  let left: u64 = 0;
  for (let i: u32 = 0; i < jobs; i += 1) left += <u64>load<u32>(JOB_PAGES + ((<usize>i) << 2));
  let block: u64 = 0;
  let at: u32 = 0;
  let end: u32 = 0;
  for (let i: u32 = 0; i < jobs; i += 1) {
    let pages = load<u32>(JOB_PAGES + ((<usize>i) << 2));
    let count: u32 = 0;
    while (pages > 0) {
      if (at == end) {
        end = <u32>min(left, <u64>BLOCK_BITS);
        left -= end;
        at = 0;
        makeBlock(end, blockKey(key, block));
        block += 1;
      }
      const here = min(pages, end - at);
      count += popcountRange(BITS_DIRTY, at, at + here);
      at += here;
      pages -= here;
    }
    store<u32>(JOB_COUNTS + ((<usize>i) << 2), count);
  }
}

/** Draws of `listHits` after the key's stream, for tests: uniform in [0, n). */
export function belowOf(n: u32, key: u64): u32 {
  seedStream(key);
  return below(n);
}

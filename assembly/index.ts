/* What the kernels show to TypeScript. Arguments are i32 and f64 only: no BigInt crosses. */
import { binomial } from './binomial';
import {
  baseKey,
  DOMAIN_PARTS,
  DOMAIN_PLACE,
  DOMAIN_RUNS,
  DOMAIN_STOP,
  DOMAIN_TOGETHER,
  jobKey,
  mix64,
  seedStream,
} from './generator';
import { hypergeometric, pagesToDirty } from './hypergeometric';
import { blockKey, countPart, isPartEmpty, makeBlock } from './masks';
import {
  BITS_AFTER,
  BITS_BEFORE,
  BITS_DIRTY,
  BITS_KEEP,
  JOB_COUNTS,
  JOB_EXPONENTS,
  JOB_IDS,
  JOB_PAGES,
  JOBS_MAX,
  LIST,
} from './memory-map';
import { placeDistinct } from './places';
import { poisson } from './poisson';
import { chooseRecipe } from './recipe';
import { belowOf, countTogether, listHits } from './superposed';

export {
  countGroups,
  countRange,
  countRuns,
  mergeClearCount,
  nextSet,
  popcount,
  popcountBits,
  selectSet,
  setRange,
  syncSwept,
} from './bitmap';

export function jobExponents(): usize {
  return JOB_EXPONENTS;
}
export function jobPages(): usize {
  return JOB_PAGES;
}
export function jobIds(): usize {
  return JOB_IDS;
}
export function jobCounts(): usize {
  return JOB_COUNTS;
}
export function jobsMax(): u32 {
  return JOBS_MAX;
}
export function hitPlaces(): usize {
  return LIST;
}
export function bitsDirty(): usize {
  return BITS_DIRTY;
}
export function bitsBefore(): usize {
  return BITS_BEFORE;
}
export function bitsAfter(): usize {
  return BITS_AFTER;
}
export function bitsKeep(): usize {
  return BITS_KEEP;
}

/** How many of each job's pages are written: by a mask of them (byPage), or by a binomial draw. */
export function drawParts(
  jobs: u32,
  byPage: bool,
  seedLow: u32,
  seedHigh: u32,
  guest: u32,
  sync: u32,
): void {
  const base = baseKey(seedLow, seedHigh, guest, sync, DOMAIN_PARTS);
  for (let i: u32 = 0; i < jobs; i += 1) {
    const x = load<f64>(JOB_EXPONENTS + ((<usize>i) << 3));
    const n = load<u32>(JOB_PAGES + ((<usize>i) << 2));
    const key = jobKey(base, load<u32>(JOB_IDS + ((<usize>i) << 2)));
    let count: u32 = 0;
    if (!byPage) count = binomial(n, x, key);
    else if (!isPartEmpty(n, x, key)) count = countPart(n, x, key);
    store<u32>(JOB_COUNTS + ((<usize>i) << 2), count);
  }
}

/**
 * Which of `pages` pages that share the exponent x are written: ascending positions at hitPlaces;
 * returns how many. For memory that is hardly written: a mean of at most 512 hits.
 */
export function drawPlaces(
  pages: u32,
  x: f64,
  seedLow: u32,
  seedHigh: u32,
  guest: u32,
  sync: u32,
  id: u32,
): u32 {
  return listHits(pages, x, jobKey(baseKey(seedLow, seedHigh, guest, sync, DOMAIN_TOGETHER), id));
}

/** How many of each job's pages are written, all sharing the exponent x, by masks of them. */
export function drawTogether(
  jobs: u32,
  x: f64,
  seedLow: u32,
  seedHigh: u32,
  guest: u32,
  sync: u32,
  id: u32,
): void {
  countTogether(jobs, x, jobKey(baseKey(seedLow, seedHigh, guest, sync, DOMAIN_TOGETHER), id));
}

/** Pages of a segment up to and including its rank-th dirty one: where the cursor stops. */
export function drawStop(
  pages: u32,
  dirty: u32,
  rank: u32,
  seedLow: u32,
  seedHigh: u32,
  guest: u32,
  sync: u32,
  id: u32,
): u32 {
  seedStream(jobKey(baseKey(seedLow, seedHigh, guest, sync, DOMAIN_STOP), id));
  return pagesToDirty(pages, dirty, rank);
}

/** Runs of dirty pages when `dirty` of `pages` lie anywhere: the gaps that the runs choose. */
export function drawRuns(
  pages: u32,
  dirty: u32,
  seedLow: u32,
  seedHigh: u32,
  guest: u32,
  sync: u32,
  id: u32,
): u32 {
  seedStream(jobKey(baseKey(seedLow, seedHigh, guest, sync, DOMAIN_RUNS), id));
  return hypergeometric(pages, pages - dirty + 1, dirty);
}

/** Lays `dirty` of `pages` bits at bitsDirty. */
export function placeDirty(
  pages: u32,
  dirty: u32,
  seedLow: u32,
  seedHigh: u32,
  guest: u32,
  sync: u32,
  id: u32,
): void {
  const key = jobKey(baseKey(seedLow, seedHigh, guest, sync, DOMAIN_PLACE), id);
  placeDistinct(BITS_DIRTY, pages, dirty, key);
}

// What follows is for tests and benches: single kernels, keyed by (low, high) halves of a key.

function keyOf(low: u32, high: u32): u64 {
  return ((<u64>high) << 32) | (<u64>low);
}

/** A mask of n bits at bitsDirty. */
export function testMask(n: u32, x: f64, keyLow: u32, keyHigh: u32): u32 {
  chooseRecipe(x);
  return makeBlock(n, keyOf(keyLow, keyHigh));
}
/** So many whole blocks, one after the other; their bits in all. */
export function testBlocks(blocks: u32, x: f64, keyLow: u32, keyHigh: u32): u32 {
  chooseRecipe(x);
  const key = mix64(keyOf(keyLow, keyHigh));
  let count: u32 = 0;
  for (let i: u32 = 0; i < blocks; i += 1) count += makeBlock(32768, blockKey(key, i));
  return count;
}
export function testPart(n: u32, x: f64, keyLow: u32, keyHigh: u32): u32 {
  return countPart(n, x, keyOf(keyLow, keyHigh));
}
export function testPoisson(mean: f64, keyLow: u32, keyHigh: u32): u32 {
  return poisson(mean, keyOf(keyLow, keyHigh));
}
export function testBinomial(n: u32, x: f64, keyLow: u32, keyHigh: u32): u32 {
  return binomial(n, x, keyOf(keyLow, keyHigh));
}
export function testHypergeometric(n: u32, k: u32, d: u32, keyLow: u32, keyHigh: u32): u32 {
  seedStream(keyOf(keyLow, keyHigh));
  return hypergeometric(n, k, d);
}
export function testBelow(n: u32, keyLow: u32, keyHigh: u32): u32 {
  return belowOf(n, keyOf(keyLow, keyHigh));
}

/*
 * The kernels' linear memory. AssemblyScript's static data lies below __heap_base: buffers start
 * above it, and nothing may be allocated, as that would begin at __heap_base as well. First comes a
 * table of logarithms (576 bytes, masks.ts), then:
 *
 *   ┌────────────────┬───────────┬──────────┬────────────┬─────────────────┬──────────────────┐
 *   │ exponents 32 K │ pages 16 K│ ids 16 K │ counts 16 K│ throws' list 8 K│ sparse bits 32 K │
 *   ├────────────────┴─┬─────────┴────────┬─┴────────────┴──┬──────────────┴──┬───────────────┘
 *   │ bits D 32 K      │ before 32 K      │ after 32 K      │ keep 32 K       │
 *   └──────────────────┴──────────────────┴─────────────────┴─────────────────┘
 * The first four are the batch of jobs, 4,096 of each; a bits buffer holds one chunk (262,144 pages)
 * and a word to spare, which `sparse bits` keeps at zero between calls.
 */

export const JOBS_MAX: u32 = 4096;
export const LIST_MAX: u32 = 2048;
const BITS_BYTES: usize = 32768 + 64;

export const LOG_TABLE: usize = (__heap_base + 63) & ~63;
export const JOB_EXPONENTS: usize = LOG_TABLE + 576;
export const JOB_PAGES: usize = JOB_EXPONENTS + 8 * JOBS_MAX;
export const JOB_IDS: usize = JOB_PAGES + 4 * JOBS_MAX;
export const JOB_COUNTS: usize = JOB_IDS + 4 * JOBS_MAX;
export const LIST: usize = JOB_COUNTS + 4 * JOBS_MAX;
export const SPARSE_BITS: usize = LIST + 4 * LIST_MAX;
export const BITS_DIRTY: usize = SPARSE_BITS + BITS_BYTES;
export const BITS_BEFORE: usize = BITS_DIRTY + BITS_BYTES;
export const BITS_AFTER: usize = BITS_BEFORE + BITS_BYTES;
export const BITS_KEEP: usize = BITS_AFTER + BITS_BYTES;

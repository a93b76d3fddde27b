/*
 * The kernels' linear memory. Buffers lie below AssemblyScript's static data, which begins at
 * asconfig.json's memoryBase: so their addresses are constants that loads and stores hold as
 * offsets. Nothing may be allocated.
 *
 *   ┌──────────────────┬───────────────┬─────────────┬────────────────┬────────────┬──────────┐
 *   │ unused 512 bytes │ single bits,  │ logarithms  │ recipes 1 K    │ exponents  │ pages    │
 *   │                  │ gaps 512 each │ 512 + 8     │                │ 32 K       │ 16 K     │
 *   ├───────────┬──────┴────┬──────────┴─┬───────────┴───┬────────────┴──┬─────────┴──────────┤
 *   │ ids 16 K  │counts 16 K│ list 8 K   │ sparse 32 K   │ bits D 32 K   │ before, after, keep│
 *   └───────────┴───────────┴────────────┴───────────────┴───────────────┴────────────────────┘
 * Exponents to counts are the batch of jobs, 4,096 of each; a bits buffer holds one chunk (262,144
 * pages) and has 64 bytes to spare. `sparse bits` is all zero between calls.
 */

export const JOBS_MAX: u32 = 4096;
export const LIST_MAX: u32 = 2048;
const BITS_BYTES: usize = 32768 + 64;

export const SINGLE_BITS: usize = 512;
export const SINGLE_GAPS: usize = SINGLE_BITS + 512;
export const LOG_TABLE: usize = SINGLE_GAPS + 512;
export const RECIPES: usize = LOG_TABLE + 1024;
export const RECIPES_MAX: u32 = 1024;
export const JOB_EXPONENTS: usize = RECIPES + 1024;
export const JOB_PAGES: usize = JOB_EXPONENTS + 8 * JOBS_MAX;
export const JOB_IDS: usize = JOB_PAGES + 4 * JOBS_MAX;
export const JOB_COUNTS: usize = JOB_IDS + 4 * JOBS_MAX;
export const LIST: usize = JOB_COUNTS + 4 * JOBS_MAX;
export const SPARSE_BITS: usize = LIST + 4 * LIST_MAX;
export const BITS_DIRTY: usize = SPARSE_BITS + BITS_BYTES;
export const BITS_BEFORE: usize = BITS_DIRTY + BITS_BYTES;
export const BITS_AFTER: usize = BITS_BEFORE + BITS_BYTES;
export const BITS_KEEP: usize = BITS_AFTER + BITS_BYTES;

// a memoryBase below the buffers' end would have them overwrite static data
if (__data_end < BITS_KEEP + BITS_BYTES) unreachable();

/*
 * The kernels' algorithms in C, timed as bench/kernels.ts times WebAssembly's: the best batch of
 * calls over a stretch of time, and a hash of the first results.
 *
 *   native popcount|merge|runs BYTES MILLISECONDS
 *   native mask EXPONENT MILLISECONDS         16 blocks a call
 *   native round - MILLISECONDS        jobs on standard input: EXPONENT,PAGES,ID ...
 *
 * Prints "SECONDS_A_CALL HASH".
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "masks.h"

enum { HASHED_CALLS = 50, KEY_HIGH = 7, BLOCKS = 16 };

/* A call with what it works on; `calls` counts up, so that each draws anew. */
typedef struct {
  uint64_t *a;
  uint64_t *b;
  size_t words;
  double exponent;
  uint32_t calls;
  uint32_t jobs;
  double *exponents;
  uint32_t *pages;
  uint32_t *ids;
} Work;

static uint32_t run_popcount(Work *work) { return popcount(work->a, work->words); }

static uint32_t run_merge(Work *work) { return merge_clear_count(work->a, work->b, work->words); }

static uint32_t run_runs(Work *work) { return count_runs(work->a, work->words); }

static uint32_t run_mask(Work *work) {
  work->calls += 1;
  uint64_t key = mix64((uint64_t)KEY_HIGH << 32 | work->calls);
  Recipe recipe = choose_recipe(work->exponent);
  uint32_t count = 0;
  for (uint64_t i = 0; i < BLOCKS; i += 1) {
    count += make_block(work->a, BLOCK_BITS, block_key(key, i), recipe);
  }
  return count;
}

static uint32_t run_round(Work *work) {
  work->calls += 1;
  uint64_t base = base_key(1, 1, work->calls, 0);
  uint32_t sum = 0;
  for (uint32_t i = 0; i < work->jobs; i += 1) {
    uint64_t key = job_key(base, work->ids[i]);
    sum += count_part(work->a, work->pages[i], work->exponents[i], key);
  }
  return sum;
}

static double now_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void measure(uint32_t (*run)(Work *), Work *work, double milliseconds) {
  uint32_t hash = 0;
  double start = now_seconds();
  for (int i = 0; i < HASHED_CALLS; i += 1) hash = hash * 31 + run(work);
  double each = (now_seconds() - start) / HASHED_CALLS, best = each;
  /* batches of 100 microseconds or one call, whichever is more */
  long batch = each > 1e-4 ? 1 : (long)(1e-4 / each) + 1;
  volatile uint32_t sink = 0;
  for (double before = now_seconds(); before < start + milliseconds * 1e-3;) {
    for (long i = 0; i < batch; i += 1) sink += run(work);
    double after = now_seconds();
    if ((after - before) / (double)batch < best) best = (after - before) / (double)batch;
    before = after;
  }
  printf("%.12f %08x\n", best, hash);
}

static void *allocate(size_t bytes) {
  void *memory = aligned_alloc(64, (bytes + 127) & ~(size_t)63);
  if (memory == NULL) exit(70);
  memset(memory, 0, (bytes + 127) & ~(size_t)63);
  return memory;
}

static void read_jobs(Work *work) {
  enum { JOBS_MAX = 4096 };
  work->exponents = allocate(8 * JOBS_MAX);
  work->pages = allocate(4 * JOBS_MAX);
  work->ids = allocate(4 * JOBS_MAX);
  uint32_t i = 0;
  while (i < JOBS_MAX &&
         scanf("%lf,%u,%u", &work->exponents[i], &work->pages[i], &work->ids[i]) == 3) {
    i += 1;
  }
  work->jobs = i;
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  const char *kernel = arguments[1];
  double milliseconds = atof(arguments[3]);
  Work work = {0};
  prepare_recipes();
  if (strcmp(kernel, "mask") == 0 || strcmp(kernel, "round") == 0) {
    work.a = allocate(32768);
    if (kernel[0] == 'm') work.exponent = atof(arguments[2]);
    else read_jobs(&work);
    measure(kernel[0] == 'm' ? run_mask : run_round, &work, milliseconds);
    return 0;
  }
  size_t bytes = (size_t)atol(arguments[2]);
  work.a = allocate(bytes);
  work.b = allocate(bytes);
  work.words = bytes / 8;
  for (size_t i = 0; i < work.words; i += 1) work.a[i] = i * GOLDEN;
  measure(kernel[0] == 'm' ? run_merge : kernel[0] == 'r' ? run_runs : run_popcount, &work,
          milliseconds);
  return 0;
}

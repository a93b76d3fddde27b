/* assembly/bitmap.ts in C: the scans whose speed is a bar. */
#ifndef SLUICE_BITMAP_H
#define SLUICE_BITMAP_H

#include <stddef.h>
#include <stdint.h>

static uint32_t popcount(const uint64_t *at, size_t words) {
  uint64_t a = 0, b = 0, c = 0, d = 0;
  size_t i = 0;
  for (; i + 4 <= words; i += 4) {
    a += (uint64_t)__builtin_popcountll(at[i]);
    b += (uint64_t)__builtin_popcountll(at[i + 1]);
    c += (uint64_t)__builtin_popcountll(at[i + 2]);
    d += (uint64_t)__builtin_popcountll(at[i + 3]);
  }
  for (; i < words; i += 1) a += (uint64_t)__builtin_popcountll(at[i]);
  return (uint32_t)(a + b + c + d);
}

static uint32_t popcount_bits(const uint64_t *at, uint32_t bits) {
  uint32_t count = popcount(at, bits >> 6);
  if ((bits & 63) == 0) return count;
  return count + (uint32_t)__builtin_popcountll(at[bits >> 6] & ((1ull << (bits & 63)) - 1));
}

/* dst |= src; src = 0; the set bits of dst. */
static uint32_t merge_clear_count(uint64_t *restrict dst, uint64_t *restrict src, size_t words) {
  uint64_t a = 0, b = 0, c = 0, d = 0;
  for (size_t i = 0; i < words; i += 4) {
    uint64_t w = dst[i] | src[i], x = dst[i + 1] | src[i + 1];
    uint64_t y = dst[i + 2] | src[i + 2], z = dst[i + 3] | src[i + 3];
    dst[i] = w, dst[i + 1] = x, dst[i + 2] = y, dst[i + 3] = z;
    src[i] = src[i + 1] = src[i + 2] = src[i + 3] = 0;
    a += (uint64_t)__builtin_popcountll(w), b += (uint64_t)__builtin_popcountll(x);
    c += (uint64_t)__builtin_popcountll(y), d += (uint64_t)__builtin_popcountll(z);
  }
  return (uint32_t)(a + b + c + d);
}

/* Runs of set bits. */
static uint32_t count_runs(const uint64_t *at, size_t words) {
  uint64_t before = 0;
  uint32_t runs = 0;
  for (size_t i = 0; i < words; i += 1) {
    uint64_t word = at[i];
    runs += (uint32_t)__builtin_popcountll(word & ~((word << 1) | before));
    before = word >> 63;
  }
  return runs;
}

#endif

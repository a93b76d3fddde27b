/* assembly/masks.ts in C, bit for bit: Bernoulli masks by Poisson throws on a bit-sliced base. */
#ifndef SLUICE_MASKS_H
#define SLUICE_MASKS_H

#include <string.h>

#include "bitmap.h"
#include "generator.h"
#include "recipe.h"

enum { BLOCK_BITS = 32768, COUNTED_THROWS_MAX = 256 };
static const double WHOLE_PART_MEAN_MAX = 256, LIST_EXPONENT_MAX = 0.001;

static inline uint32_t power_of_two_from(uint32_t n) {
  return n <= 1 ? 1 : 1u << (32 - __builtin_clz(n - 1));
}

static inline uint64_t block_key(uint64_t key, uint64_t block) {
  return mix64(key ^ ((block + 1) * 0xd1b54a32d192ed03u));
}

static inline size_t bytes_of(uint32_t bits) { return (size_t)((bits + 255) >> 8) << 5; }

/* Four 64-bit lanes: one register of AVX2, two of SSE. */
#ifdef __AVX2__
enum { VECTORS = 1 };
typedef uint64_t Lanes __attribute__((vector_size(32)));
#else
enum { VECTORS = 2 };
typedef uint64_t Lanes __attribute__((vector_size(16)));
#endif

static inline void slice_pass(Lanes *at, size_t lanes, Lanes *a, Lanes *b, int kind) {
  for (size_t i = 0; i < lanes; i += VECTORS) {
    for (int j = 0; j < VECTORS; j += 1) {
      Lanes x = a[j] ^ (a[j] << 23);
      Lanes z = (x ^ b[j]) ^ ((x >> 17) ^ (b[j] >> 26));
      Lanes word = z + b[j];
      a[j] = b[j];
      b[j] = z;
      at[i + j] = kind == 0 ? word : kind == 1 ? at[i + j] | word : at[i + j] & word;
    }
  }
}

/* One pass a digit of the base, from the last one up: a 1 ORs, a 0 ANDs random words. */
static void slice_base(uint64_t *words, size_t bytes, uint64_t key, uint32_t base) {
  uint64_t first[4], second[4];
  for (int lane = 0; lane < 4; lane += 1) {
    uint64_t i = 3 + (uint64_t)(lane >> 1) * 4 + (lane & 1), low = lane & 1;
    first[lane] = seed_word(key, i) | low;
    second[lane] = seed_word(key, i + 2) | low;
  }
  Lanes a[VECTORS], b[VECTORS];
  memcpy(a, first, sizeof a);
  memcpy(b, second, sizeof b);
  uint32_t zeros = (uint32_t)__builtin_ctz(base);
  for (uint32_t pass = 0; pass < 6 - zeros; pass += 1) {
    Lanes *at = (Lanes *)words;
    size_t lanes = bytes / sizeof(Lanes);
    if (pass == 0) slice_pass(at, lanes, a, b, 0);
    else if ((base >> zeros >> pass) & 1) slice_pass(at, lanes, a, b, 1);
    else slice_pass(at, lanes, a, b, 2);
  }
}

/* Whether the throw was in vain. */
static inline bool hit(uint64_t *at, uint32_t position, bool clears) {
  uint64_t bit = 1ull << (position & 63), old = at[position >> 6];
  uint64_t next = clears ? old & ~bit : old | bit;
  at[position >> 6] = next;
  return next == old;
}

/* At all 32,768 bits; how many throws were in vain. */
static inline uint32_t throw_at_block(uint64_t *at, uint32_t throws, bool clears) {
  uint64_t a = state0, b = state1;
  uint32_t left = throws, vain = 0;
  for (; left >= 4; left -= 4) {
    uint64_t word = step(&a, &b);
    vain += hit(at, (uint32_t)(word >> 49), clears);
    vain += hit(at, (uint32_t)(word >> 34) & 0x7fff, clears);
    vain += hit(at, (uint32_t)(word >> 19) & 0x7fff, clears);
    vain += hit(at, (uint32_t)(word >> 4) & 0x7fff, clears);
  }
  if (left > 0) {
    uint64_t word = step(&a, &b);
    vain += hit(at, (uint32_t)(word >> 49), clears);
    if (left > 1) vain += hit(at, (uint32_t)(word >> 34) & 0x7fff, clears);
    if (left > 2) vain += hit(at, (uint32_t)(word >> 19) & 0x7fff, clears);
  }
  state0 = a;
  state1 = b;
  return vain;
}

/* At the first `width` bits only. */
static void throw_at_first(uint64_t *at, uint32_t width, uint32_t throws, bool clears) {
  int shift = 15 - __builtin_ctz(width);
  uint64_t word = 0;
  for (uint32_t i = 0; i < throws; i += 1) {
    if ((i & 3) == 0) word = next_word();
    hit(at, (uint32_t)(word >> 49) >> shift, clears);
    word <<= 15;
  }
}

/* One block of n <= 32,768 bits; how many are set. */
static uint32_t make_block(uint64_t *at, uint32_t n, uint64_t key, Recipe recipe) {
  uint32_t width = power_of_two_from(n);
  uint32_t throws = poisson(width * recipe.exponent, key);
  if ((recipe.base & 63) == 0) {
    memset(at, recipe.base == 0 ? 0 : 0xff, bytes_of(width));
    if (n == BLOCK_BITS && throws <= COUNTED_THROWS_MAX) {
      if (recipe.base == 0) return throws - throw_at_block(at, throws, false);
      return BLOCK_BITS - throws + throw_at_block(at, throws, true);
    }
  } else {
    slice_base(at, bytes_of(width), key, recipe.base);
  }
  if (width < BLOCK_BITS) throw_at_first(at, width, throws, recipe.clears);
  else if (recipe.clears) throw_at_block(at, throws, true);
  else throw_at_block(at, throws, false);
  return popcount_bits(at, n);
}

static uint32_t count_distinct_throws(uint32_t n, uint64_t key, double exponent) {
  static uint64_t sparse[4096 + 8];
  static uint32_t list[2048];
  uint32_t width = power_of_two_from(n), count = 0;
  uint32_t throws = poisson(width * exponent, key);
  if (throws > 2048) throws = 2048;
  for (uint32_t i = 0; i < throws; i += 1) {
    uint32_t position = (uint32_t)(next_word() >> 46) & (width - 1);
    uint8_t *at = (uint8_t *)sparse + (position >> 3);
    uint32_t bit = 1u << (position & 7), old = *at;
    *at = (uint8_t)(old | bit);
    list[i] = position >> 3;
    count += (old & bit) == 0 && position < n;
  }
  for (uint32_t i = 0; i < throws; i += 1) ((uint8_t *)sparse)[list[i]] = 0;
  return count;
}

/* Bits set among the n (at most a chunk) of the part with this key. */
static uint32_t count_part(uint64_t *scratch, uint32_t n, double x, uint64_t key) {
  if (x < BASE_EXPONENT_MIN && unit(key) < 1 - power_of_two_from(n) * x) return 0;
  Recipe recipe = choose_recipe(x);
  bool is_rare = (recipe.base & 63) == 0 && recipe.exponent < LIST_EXPONENT_MAX;
  if (is_rare && power_of_two_from(n) * recipe.exponent < WHOLE_PART_MEAN_MAX) {
    uint32_t hits = count_distinct_throws(n, key, recipe.exponent);
    return recipe.base == 0 ? hits : n - hits;
  }
  uint32_t count = 0;
  uint64_t block = 0;
  for (uint32_t from = 0; from < n; from += BLOCK_BITS, block += 1) {
    uint32_t bits = n - from < BLOCK_BITS ? n - from : BLOCK_BITS;
    count += make_block(scratch, bits, block_key(key, block), recipe);
  }
  return count;
}

#endif

/* assembly/generator.ts and poisson.ts in C: keys, xorshift128+ streams, Poisson numbers. */
#ifndef SLUICE_GENERATOR_H
#define SLUICE_GENERATOR_H

#include <math.h>
#include <stdint.h>

static const uint64_t GOLDEN = 0x9e3779b97f4a7c15u;

static uint64_t state0 = 1;
static uint64_t state1 = 2;

static inline uint64_t mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static inline uint64_t job_key(uint64_t base, uint32_t id) {
  return mix64(base + ((uint64_t)id + 1) * GOLDEN);
}

static inline uint64_t base_key(uint64_t seed, uint32_t guest, uint32_t sync, uint32_t domain) {
  uint64_t key = mix64(seed + GOLDEN);
  key = mix64(key + ((uint64_t)guest + 1) * GOLDEN);
  return mix64(key + ((((uint64_t)sync << 8) | domain) + 1) * GOLDEN);
}

static inline double unit(uint64_t key) { return (double)(key >> 11) * 0x1p-53; }

static inline uint64_t seed_word(uint64_t key, uint64_t i) { return mix64(key + i * GOLDEN); }

static inline void seed_stream(uint64_t key) {
  state0 = seed_word(key, 1);
  state1 = seed_word(key, 2) | 1;
}

static inline uint64_t step(uint64_t *a, uint64_t *b) {
  uint64_t y = *b;
  uint64_t x = *a ^ (*a << 23);
  uint64_t z = x ^ y ^ (x >> 17) ^ (y >> 26);
  *a = y;
  *b = z;
  return z + y;
}

static inline uint64_t next_word(void) { return step(&state0, &state1); }

static inline double next_unit(void) { return unit(next_word()); }

static double log_factorial(double k) {
  static const double table[10] = {
      0.0, 0.0, 0.6931471805599453, 1.791759469228055, 3.1780538303479458, 4.787491742782046,
      6.579251212010101, 8.525161361065415, 10.60460290274525, 12.801827480081469,
  };
  if (k < 10) return table[(int)k];
  double x = k + 1, r = 1 / x, s = r * r;
  double tail = r * (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680))));
  return (x - 0.5) * log(x) - x + 0.9189385332046728 + tail;
}

/* Inversion below a mean of 10, Hörmann's PTRS above; leaves the key's stream for more draws. */
static uint32_t poisson(double mean, uint64_t key) {
  /* what depends on the mean only, kept from draw to draw */
  static double law_mean, none = 1, a, b, vr;
  double u = unit(key);
  if (u < 1 - mean) return 0;
  if (mean != law_mean) {
    law_mean = mean;
    none = mean < 10 ? exp(-mean) : 0;
    b = 0.931 + 2.53 * sqrt(mean);
    a = -0.059 + 0.02483 * b;
    vr = 0.9277 - 3.6224 / (b - 2);
  }
  if (mean < 10 && u < none) return 0;
  seed_stream(key);
  if (mean < 10) {
    double p = none;
    uint32_t k = 0;
    while (u >= p && k < 200) {
      u -= p;
      k += 1;
      p *= mean / k;
    }
    return k;
  }
  for (;;) {
    double centred = next_unit() - 0.5, v = next_unit();
    double us = 0.5 - fabs(centred);
    double k = floor(((2 * a) / us + b) * centred + mean + 0.43);
    if (us >= 0.07 && v <= vr) return (uint32_t)k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    double left = log(v * inverse_alpha / (a / (us * us) + b));
    if (left <= -mean + k * log(mean) - log_factorial(k)) return (uint32_t)k;
  }
}

#endif

/* assembly/recipe.ts in C: how a mask is made. */
#ifndef SLUICE_RECIPE_H
#define SLUICE_RECIPE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static const double DIGIT_COST = 208;
static const double THROWS_COST = 0.8 * 32768;
static const double BASE_EXPONENT_MIN = 0.008;
static const double BASE_EXPONENT_MAX = 5.5;

/* Base a/64, throws' exponent, and whether throws clear. */
typedef struct {
  uint32_t base;
  double exponent;
  bool clears;
} Recipe;

static double log_table[65];

static inline double log64(uint32_t a) { return log_table[a]; }

static inline double log_hit(double x) { return log1p(-exp(-x)); }

static Recipe search_recipe(double x) {
  Recipe recipe = {0, x, false};
  if (x < BASE_EXPONENT_MIN) return recipe;
  double p = -expm1(-x), log_p = log_hit(x), best = x * THROWS_COST;
  if (-log_p * THROWS_COST < best) {
    best = -log_p * THROWS_COST;
    recipe = (Recipe){64, -log_p, true};
  }
  if (x > BASE_EXPONENT_MAX) return recipe;
  for (uint32_t digits = 1; digits <= 6; digits += 1) {
    uint32_t lower = (uint32_t)floor(p * (1 << digits)) << (6 - digits);
    uint32_t upper = lower + (64u >> digits);
    double cost = digits * DIGIT_COST;
    double below = fmax(0, x + log64(64 - lower)), above = fmax(0, log64(upper) - log_p);
    if (lower > 0 && cost + below * THROWS_COST < best) {
      best = cost + below * THROWS_COST;
      recipe = (Recipe){lower, below, false};
    }
    if (upper < 64 && cost + above * THROWS_COST < best) {
      best = cost + above * THROWS_COST;
      recipe = (Recipe){upper, above, true};
    }
  }
  return recipe;
}

/* Recipes by exponent in steps of 1/128: the base, and 128 where throws clear; 255: search. */
enum { RECIPES = 1024, CLEARS = 128, SEARCH = 255 };
static uint8_t recipes[RECIPES];

/* To be called once, before all else. */
static void prepare_recipes(void) {
  for (int i = 1; i <= 64; i += 1) log_table[i] = log(i / 64.0);
  uint32_t before = SEARCH;
  for (int i = 0; i < RECIPES; i += 1) {
    Recipe recipe = search_recipe(i / 128.0);
    uint32_t here = recipe.base | (recipe.clears ? CLEARS : 0);
    if (i > 0) recipes[i - 1] = (uint8_t)(here == before ? here : SEARCH);
    before = here;
  }
  recipes[RECIPES - 1] = SEARCH;
}

static Recipe choose_recipe(double x) {
  double step = x * 128;
  uint32_t known = step < RECIPES ? recipes[(int)step] : SEARCH;
  if (known == SEARCH) return search_recipe(x);
  Recipe recipe = {known & 127, x, known >= CLEARS};
  if (recipe.clears) recipe.exponent = fmax(0, log64(recipe.base) - log_hit(x));
  else if (recipe.base > 0) recipe.exponent = fmax(0, x + log64(64 - recipe.base));
  return recipe;
}

#endif

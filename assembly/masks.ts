/*
 * Bernoulli masks: each of n bits is set with probability 1 - exp(-x), independently, exactly
 * (spec/kernels.md, "The algorithms that won").
 *
 * A mask is a base of probability q = a/64, bit-sliced from random words, and Poisson throws with
 * replacement that set bits (q < p) or clear them (q > p): a bit that no throw hits stays, with
 * probability exp(-y). So p = 1 - (1 - q) exp(-y), or p = q exp(-y). q = 0 and q = 1 are the sparse
 * and the nearly full mask, and need no random words.
 *
 * Throws go into the next power of two of bits, so that positions are plain bits of a random word;
 * those past n are not counted.
 */
import { popcountBits } from './bitmap';
import {
  mix64,
  nextWord,
  seedStream,
  seedWord,
  setStreamState,
  streamState0,
  streamState1,
  unit,
} from './generator';
import { LIST, LIST_MAX, LOG_TABLE, SPARSE_BITS } from './memory-map';
import { poisson } from './poisson';

const BLOCK_BITS: u32 = 32768;
/** Throws of which a whole part (up to a chunk) is done at once instead of block by block. */
const WHOLE_PART_MEAN_MAX: f64 = 256;
/** Nanoseconds a block, measured: one digit of the base; a throw at every bit. */
const DIGIT_COST: f64 = 208;
const THROWS_COST: f64 = 0.8 * 32768;
/** Outside these exponents a base other than 0 or 1 never pays. */
const BASE_EXPONENT_MIN: f64 = 0.008;
const BASE_EXPONENT_MAX: f64 = 5.5;

for (let a: usize = 1; a <= 64; a += 1) store<f64>(LOG_TABLE + (a << 3), Math.log(<f64>a / 64));

/** ln(a/64) */
// @ts-ignore: decorator of AssemblyScript
@inline
function log64(a: u32): f64 {
  return load<f64>(LOG_TABLE + ((<usize>a) << 3));
}

/** The recipe of the mask at hand: base a/64, throws' exponent y, and what throws do. */
let base: u32 = 0;
let throwExponent: f64 = 0;
let throwsClear: bool = false;

/** Chooses the cheapest recipe for the exponent x. */
export function chooseRecipe(x: f64): void {
  base = 0;
  throwExponent = x;
  throwsClear = false;
  if (x < BASE_EXPONENT_MIN) return;
  const p = -Math.expm1(-x);
  const logP = Math.log1p(-Math.exp(-x));
  let best = x * THROWS_COST;
  if (-logP * THROWS_COST < best) {
    best = -logP * THROWS_COST;
    base = 64;
    throwExponent = -logP;
    throwsClear = true;
  }
  if (x > BASE_EXPONENT_MAX) return;
  for (let digits: u32 = 1; digits <= 6; digits += 1) {
    const lower = (<u32>Math.floor(p * <f64>(1 << digits))) << (6 - digits);
    const upper = lower + (64 >> digits);
    const cost = <f64>digits * DIGIT_COST;
    if (lower > 0) {
      const y = max(0.0, x + log64(64 - lower));
      if (cost + y * THROWS_COST < best) {
        best = cost + y * THROWS_COST;
        base = lower;
        throwExponent = y;
        throwsClear = false;
      }
    }
    if (upper < 64) {
      const y = max(0.0, log64(upper) - logP);
      if (cost + y * THROWS_COST < best) {
        best = cost + y * THROWS_COST;
        base = upper;
        throwExponent = y;
        throwsClear = true;
      }
    }
  }
}

/**
 * Whether no bit of a sparse part is set: what countPart would find, without the call, for memory
 * that is nearly never written.
 */
// @ts-ignore: decorator of AssemblyScript
@inline
export function isPartEmpty(n: u32, x: f64, key: u64): bool {
  return x < BASE_EXPONENT_MIN && unit(key) < 1 - <f64>powerOfTwoFrom(n) * x;
}

/** Bits set among the n (at most a chunk) of the part with this key. */
export function countPart(n: u32, x: f64, key: u64, scratch: usize): u32 {
  chooseRecipe(x);
  if ((base & 63) == 0 && <f64>powerOfTwoFrom(n) * throwExponent < WHOLE_PART_MEAN_MAX) {
    const hit = countDistinctThrows(n, key);
    return base == 0 ? hit : n - hit;
  }
  let count: u32 = 0;
  for (let from: u32 = 0, block: u64 = 0; from < n; from += BLOCK_BITS, block += 1) {
    count += makeBlock(scratch, min(BLOCK_BITS, n - from), blockKey(key, block));
  }
  return count;
}

// @ts-ignore: decorator of AssemblyScript
@inline
function blockKey(key: u64, block: u64): u64 {
  return mix64(key ^ ((block + 1) * 0xd1b54a32d192ed03));
}

// @ts-ignore: decorator of AssemblyScript
@inline
function powerOfTwoFrom(n: u32): u32 {
  return n <= 1 ? 1 : 1 << (32 - clz(n - 1));
}

/** Distinct bits among the first n that the part's throws hit. */
function countDistinctThrows(n: u32, key: u64): u32 {
  const width = powerOfTwoFrom(n);
  const throws = min(poisson(<f64>width * throwExponent, key), LIST_MAX);
  let count: u32 = 0;
  for (let i: u32 = 0; i < throws; i += 1) {
    const position = <u32>(nextWord() >> 46) & (width - 1);
    const at = SPARSE_BITS + (position >> 3);
    const bit = 1 << (position & 7);
    const old = <u32>load<u8>(at);
    store<u8>(at, old | bit);
    store<u32>(LIST + 4 * i, <u32>at);
    count += u32((old & bit) == 0 && position < n);
  }
  for (let i: u32 = 0; i < throws; i += 1) store<u8>(load<u32>(LIST + 4 * i), 0);
  return count;
}

/** Makes one block of n <= 32,768 bits at `at` by the chosen recipe; returns how many are set. */
export function makeBlock(at: usize, n: u32, key: u64): u32 {
  const width = powerOfTwoFrom(n);
  const throws = poisson(<f64>width * throwExponent, key);
  if ((base & 63) == 0) {
    if (throws == 0) {
      memory.fill(at, base == 0 ? 0 : 0xff, bytesOf(n));
      return base == 0 ? 0 : n;
    }
    memory.fill(at, base == 0 ? 0 : 0xff, bytesOf(width));
  } else {
    sliceBase(at, bytesOf(width), key);
  }
  if (throwsClear) throwAt(at, width, throws, true);
  else throwAt(at, width, throws, false);
  return popcountBits(at, n);
}

/** Whole 32-byte steps, as sliceBase writes them. */
// @ts-ignore: decorator of AssemblyScript
@inline
function bytesOf(bits: u32): usize {
  return <usize>((bits + 255) >> 8) << 5;
}

/**
 * Throws `throws` times at `width` bits, four 15-bit positions from a word: sets the bits hit, or
 * clears them.
 */
// @ts-ignore: decorator of AssemblyScript
@inline
function throwAt(at: usize, width: u32, throws: u32, clears: bool): void {
  const shift = 15 - ctz(width);
  let a = streamState0();
  let b = streamState1();
  let left = throws;
  while (left > 0) {
    const x = a ^ (a << 23);
    const z = x ^ b ^ (x >> 17) ^ (b >> 26);
    const word = z + b;
    a = b;
    b = z;
    hit(at, <u32>(word >> 49) >> shift, clears);
    if (left < 4) {
      if (left > 1) hit(at, (<u32>(word >> 34) & 0x7fff) >> shift, clears);
      if (left > 2) hit(at, (<u32>(word >> 19) & 0x7fff) >> shift, clears);
      break;
    }
    hit(at, (<u32>(word >> 34) & 0x7fff) >> shift, clears);
    hit(at, (<u32>(word >> 19) & 0x7fff) >> shift, clears);
    hit(at, (<u32>(word >> 4) & 0x7fff) >> shift, clears);
    left -= 4;
  }
  setStreamState(a, b);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function hit(at: usize, position: u32, clears: bool): void {
  const word = at + ((position >> 5) << 2);
  const bit: u32 = 1 << (position & 31);
  const old = load<u32>(word);
  store<u32>(word, clears ? old & ~bit : old | bit);
}

/** One pass a digit of the base, from the last digit (a one) up: a 1 ORs, a 0 ANDs random words. */
function sliceBase(at: usize, bytes: usize, key: u64): void {
  let a0 = seedVector(key, 3);
  let a1 = seedVector(key, 5);
  let b0 = seedVector(key, 7);
  let b1 = seedVector(key, 9);
  const digits = base >> ctz(base);
  const passes: u32 = 6 - ctz(base);
  const end = at + bytes;
  for (let pass: u32 = 0; pass < passes; pass += 1) {
    const isOr = ((digits >> pass) & 1) != 0;
    for (let p = at; p < end; p += 32) {
      let x = v128.xor(a0, v128.shl<i64>(a0, 23));
      let z = v128.xor(v128.xor(x, a1), v128.xor(v128.shr<u64>(x, 17), v128.shr<u64>(a1, 26)));
      const a = v128.add<i64>(z, a1);
      a0 = a1;
      a1 = z;
      x = v128.xor(b0, v128.shl<i64>(b0, 23));
      z = v128.xor(v128.xor(x, b1), v128.xor(v128.shr<u64>(x, 17), v128.shr<u64>(b1, 26)));
      const b = v128.add<i64>(z, b1);
      b0 = b1;
      b1 = z;
      if (pass == 0) {
        v128.store(p, a);
        v128.store(p, b, 16);
      } else if (isOr) {
        v128.store(p, v128.or(v128.load(p), a));
        v128.store(p, v128.or(v128.load(p, 16), b), 16);
      } else {
        v128.store(p, v128.and(v128.load(p), a));
        v128.store(p, v128.and(v128.load(p, 16), b), 16);
      }
    }
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function seedVector(key: u64, i: u64): v128 {
  return v128.replace_lane<u64>(v128.splat<u64>(seedWord(key, i)), 1, seedWord(key, i + 1) | 1);
}

/** `dirty` distinct bits of n, any choice as likely: throws until enough are hit (or missed). */
export function placeDistinct(at: usize, n: u32, dirty: u32, key: u64): void {
  const isFew = dirty <= n - dirty;
  memory.fill(at, isFew ? 0 : 0xff, ((<usize>n + 63) >> 6) << 3);
  const width = powerOfTwoFrom(n);
  seedStream(key);
  let left = isFew ? dirty : n - dirty;
  while (left > 0) {
    const position = <u32>(nextWord() >> 46) & (width - 1);
    if (position >= n) continue;
    const byte = at + (position >> 3);
    const bit = 1 << (position & 7);
    const old = <u32>load<u8>(byte);
    if (((old & bit) != 0) == isFew) continue;
    store<u8>(byte, old ^ bit);
    left -= 1;
  }
  if (!isFew && (n & 63) != 0) {
    const last = at + ((<usize>n >> 6) << 3);
    store<u64>(last, load<u64>(last) & (((<u64>1) << (n & 63)) - 1));
  }
}

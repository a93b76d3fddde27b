/*
 * Bernoulli masks: each of n bits is set with probability 1 - exp(-x), independently, exactly, by
 * the recipe that is the cheapest (recipe.ts). Blocks of up to 32,768 bits are made at BITS_DIRTY,
 * which stays in the first-level cache; only their counts are kept.
 *
 * Throws go into the next power of two of bits, so that positions are plain bits of a random word;
 * those past n are not counted.
 */
import { popcountBits } from './bitmap';
import { mix64, nextState, seedWord, streamState0, streamState1, unit } from './generator';
import { BITS_DIRTY, LIST, LIST_MAX, SPARSE_BITS } from './memory-map';
import { poisson } from './poisson';
import { base, chooseRecipe, throwExponent, throwsClear } from './recipe';
import {
  COUNTED_THROWS_MAX,
  clearByThrows,
  clearCounting,
  setByThrows,
  setCounting,
  throwAtFirst,
} from './throws';

export const BLOCK_BITS: u32 = 32768;
/** Throws of which a whole part (up to a chunk) is done at once instead of block by block. */
const WHOLE_PART_MEAN_MAX: f64 = 256;
/** Above this, throwing at a block and counting its bits is cheaper than a list of throws. */
const LIST_EXPONENT_MAX: f64 = 0.001;

/**
 * Whether no bit of a sparse part is set: what countPart would find, without the call, for memory
 * that is nearly never written. Only where countPart draws by this very key: a block has one of its
 * own, and asking twice would find too much empty.
 */
// @ts-ignore: decorator of AssemblyScript
@inline
export function isPartEmpty(n: u32, x: f64, key: u64): bool {
  return x < LIST_EXPONENT_MAX && unit(key) < 1 - <f64>powerOfTwoFrom(n) * x;
}

/** Bits set among the n (at most a chunk) of the part with this key. */
export function countPart(n: u32, x: f64, key: u64): u32 {
  chooseRecipe(x);
  const isRare = (base & 63) == 0 && throwExponent < LIST_EXPONENT_MAX;
  if (isRare && <f64>powerOfTwoFrom(n) * throwExponent < WHOLE_PART_MEAN_MAX) {
    const hit = countDistinctThrows(n, key);
    return base == 0 ? hit : n - hit;
  }
  if (n <= BLOCK_BITS) return makeBlock(n, blockKey(key, 0));
  let count: u32 = 0;
  for (let from: u32 = 0, block: u64 = 0; from < n; from += BLOCK_BITS, block += 1) {
    count += makeBlock(min(BLOCK_BITS, n - from), blockKey(key, block));
  }
  return count;
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function blockKey(key: u64, block: u64): u64 {
  return mix64(key ^ ((block + 1) * 0xd1b54a32d192ed03));
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function powerOfTwoFrom(n: u32): u32 {
  return n <= 1 ? 1 : 1 << (32 - clz(n - 1));
}

/** Distinct bits among the first n that the part's throws hit. */
function countDistinctThrows(n: u32, key: u64): u32 {
  const width = powerOfTwoFrom(n);
  const throws = min(poisson(<f64>width * throwExponent, key), LIST_MAX);
  if (throws == 0) return 0;
  let a = streamState0();
  let b = streamState1();
  let count: u32 = 0;
  for (let i: u32 = 0; i < throws; i += 1) {
    const c = nextState(a, b);
    const position = <u32>((c + b) >> 46) & (width - 1);
    a = b;
    b = c;
    const byte = position >> 3;
    const bit = 1 << (position & 7);
    const old = <u32>load<u8>(byte, SPARSE_BITS);
    store<u8>(byte, old | bit, SPARSE_BITS);
    store<u32>(i << 2, byte, LIST);
    count += u32((old & bit) == 0 && position < n);
  }
  for (let i: u32 = 0; i < throws; i += 1) store<u8>(load<u32>(i << 2, LIST), 0, SPARSE_BITS);
  return count;
}

/** Makes one block of n <= 32,768 bits by the chosen recipe; returns how many are set. */
export function makeBlock(n: u32, key: u64): u32 {
  const width = powerOfTwoFrom(n);
  const throws = poisson(<f64>width * throwExponent, key);
  if ((base & 63) == 0) {
    memory.fill(BITS_DIRTY, base == 0 ? 0 : 0xff, bytesOf(width));
    if (n == BLOCK_BITS && throws <= COUNTED_THROWS_MAX) {
      return base == 0 ? setCounting(throws) : BLOCK_BITS - clearCounting(throws);
    }
  } else {
    sliceBase(bytesOf(width), key);
  }
  if (width < BLOCK_BITS) throwAtFirst(width, throws, throwsClear);
  else if (throwsClear) clearByThrows(throws);
  else setByThrows(throws);
  return popcountBits(BITS_DIRTY, n);
}

/** Whole 32-byte steps, as sliceBase writes them. */
// @ts-ignore: decorator of AssemblyScript
@inline
function bytesOf(bits: u32): usize {
  return <usize>((bits + 255) >> 8) << 5;
}

/** One pass a digit of the base, from the last digit (a one) up: a 1 ORs, a 0 ANDs random words. */
function sliceBase(bytes: usize, key: u64): void {
  let a0 = seedVector(key, 3);
  let a1 = seedVector(key, 5);
  let b0 = seedVector(key, 7);
  let b1 = seedVector(key, 9);
  const digits = base >> ctz(base);
  const passes: u32 = 6 - ctz(base);
  const end = BITS_DIRTY + bytes;
  for (let pass: u32 = 0; pass < passes; pass += 1) {
    const isOr = ((digits >> pass) & 1) != 0;
    for (let p = BITS_DIRTY; p < end; p += 32) {
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

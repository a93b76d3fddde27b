/*
 * Poisson throws at the block of BITS_DIRTY: each hits one of its bits, any as likely, and sets or
 * clears it. Four 15-bit positions come from one word of the stream. V8 has no instruction that sets
 * a bit, and a load from a table costs it less than a shift by a variable.
 */
import { nextState, nextWord, setStreamState, streamState0, streamState1 } from './generator';
import { BITS_DIRTY, SINGLE_BITS, SINGLE_GAPS } from './memory-map';

for (let i: usize = 0; i < 64; i += 1) {
  const one = (<u64>1) << (<u64>i);
  store<u64>(SINGLE_BITS + (i << 3), one);
  store<u64>(SINGLE_GAPS + (i << 3), ~one);
}

/** At most so many throws are counted one by one rather than by a scan of the block. */
export const COUNTED_THROWS_MAX: u32 = 256;

/**
 * Hits the position whose lowest bit is bit `at` of the word, at 3 or above; returns whether the
 * throw was in vain.
 */
// @ts-ignore: decorator of AssemblyScript
@inline
function hit(word: u64, at: u64, clears: bool): bool {
  // its upper 9 bits name the word of the block, its lower 6 the bit there; offsets are in bytes
  const offset = <usize>(word >> (at + 3)) & 0xff8;
  const bit = <usize>(word >> (at - 3)) & 0x1f8;
  const old = load<u64>(offset, BITS_DIRTY);
  const next = clears ? old & load<u64>(bit, SINGLE_GAPS) : old | load<u64>(bit, SINGLE_BITS);
  store<u64>(offset, next, BITS_DIRTY);
  return next == old;
}

/*
 * Throws at all 32,768 bits, which they set or clear. Four functions, not two with a flag: the
 * optimiser would join two calls in one with a selection in its loop.
 */
export function setByThrows(throws: u32): void {
  throwAtBlock(throws, false);
}
export function clearByThrows(throws: u32): void {
  throwAtBlock(throws, true);
}
/** How many bits they set that were not, or clear that were set. */
export function setCounting(throws: u32): u32 {
  return throws - throwAtBlock(throws, false);
}
export function clearCounting(throws: u32): u32 {
  return throws - throwAtBlock(throws, true);
}

/** Two words a step: what the next one needs is ready while the hits of the last are under way. */
// @ts-ignore: decorator of AssemblyScript
@inline
function throwAtBlock(throws: u32, clears: bool): u32 {
  let a = streamState0();
  let b = streamState1();
  let left = throws;
  let vain: u32 = 0;
  for (; left >= 8; left -= 8) {
    const c = nextState(a, b);
    const d = nextState(b, c);
    vain += hitFour(c + b, clears);
    vain += hitFour(d + c, clears);
    a = c;
    b = d;
  }
  setStreamState(a, b);
  if (left >= 4) {
    vain += hitFour(nextWord(), clears);
    left -= 4;
  }
  if (left == 0) return vain;
  const word = nextWord();
  if (hit(word, 49, clears)) vain += 1;
  if (left > 1 && hit(word, 34, clears)) vain += 1;
  if (left > 2 && hit(word, 19, clears)) vain += 1;
  return vain;
}

/** Throws in vain: a branch each, as they are rare where they are asked for; else it costs nothing. */
// @ts-ignore: decorator of AssemblyScript
@inline
function hitFour(word: u64, clears: bool): u32 {
  let vain: u32 = 0;
  if (hit(word, 49, clears)) vain += 1;
  if (hit(word, 34, clears)) vain += 1;
  if (hit(word, 19, clears)) vain += 1;
  if (hit(word, 4, clears)) vain += 1;
  return vain;
}

/** Throws at the first `width` bits only, a power of two. */
export function throwAtFirst(width: u32, throws: u32, clears: bool): void {
  const shift = 15 - ctz(width);
  let word: u64 = 0;
  for (let i: u32 = 0; i < throws; i += 1) {
    if ((i & 3) == 0) word = nextWord();
    // the position's 15 bits, at their place in the uppermost of a word
    hit(word >> 49 >> shift << 49, 49, clears);
    word <<= 15;
  }
}

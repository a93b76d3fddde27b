/* Scans and changes of bitmaps in linear memory. Buffers are read in whole 64-bit words. */

/** Set bits in `words` 64-bit words: scalar, four at a time, the fastest that V8 makes of it. */
export function popcount(at: usize, words: u32): u32 {
  let a: u64 = 0;
  let b: u64 = 0;
  let c: u64 = 0;
  let d: u64 = 0;
  let p = at;
  const end4 = at + ((<usize>words & ~3) << 3);
  const end = at + ((<usize>words) << 3);
  for (; p < end4; p += 32) {
    a += popcnt(load<u64>(p));
    b += popcnt(load<u64>(p, 8));
    c += popcnt(load<u64>(p, 16));
    d += popcnt(load<u64>(p, 24));
  }
  for (; p < end; p += 8) a += popcnt(load<u64>(p));
  return <u32>(a + b + c + d);
}

/** Set bits among the first `bits`. */
export function popcountBits(at: usize, bits: u32): u32 {
  const words = bits >> 6;
  const rest = bits & 63;
  const whole = popcount(at, words);
  if (rest == 0) return whole;
  return whole + <u32>popcnt(load<u64>(at + ((<usize>words) << 3)) & (((<u64>1) << rest) - 1));
}

/** Bytes that are counted after those that are merged: by then the stores are done. */
const COUNTED_BEHIND: usize = 256;

/**
 * dst |= src; src = 0; returns the set bits of dst. Bytes are a multiple of 16. Words are merged in
 * registers of 128 bits, and counted one by one some way behind, so that the two go side by side.
 */
export function mergeClearCount(dst: usize, src: usize, bytes: u32): u32 {
  let a: u64 = 0;
  let b: u64 = 0;
  let c: u64 = 0;
  let d: u64 = 0;
  const end = dst + <usize>bytes;
  let p = dst;
  let q = src;
  const head = min(end, dst + COUNTED_BEHIND);
  for (; p < head; p += 16, q += 16) mergeClear16(p, q);
  let r = dst;
  for (; p + 64 <= end; p += 64, q += 64, r += 64) {
    mergeClear16(p, q);
    mergeClear16(p + 16, q + 16);
    mergeClear16(p + 32, q + 32);
    mergeClear16(p + 48, q + 48);
    a += popcnt(load<u64>(r));
    b += popcnt(load<u64>(r, 8));
    c += popcnt(load<u64>(r, 16));
    d += popcnt(load<u64>(r, 24));
    a += popcnt(load<u64>(r, 32));
    b += popcnt(load<u64>(r, 40));
    c += popcnt(load<u64>(r, 48));
    d += popcnt(load<u64>(r, 56));
  }
  for (; p < end; p += 16, q += 16) mergeClear16(p, q);
  return <u32>(a + b + c + d) + popcount(r, <u32>(end - r) >> 3);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function mergeClear16(dst: usize, src: usize): void {
  v128.store(dst, v128.or(v128.load(dst), v128.load(src)));
  v128.store(src, i64x2.splat(0));
}

/** Runs of set bits among the first `bits`; `carry` is 1 when the bit before them is set. */
export function countRuns(at: usize, bits: u32, carry: u32): u32 {
  let before = <u64>carry;
  let runs: u32 = 0;
  const words = bits >> 6;
  for (let i: u32 = 0; i < words; i += 1) {
    const word = load<u64>(at + ((<usize>i) << 3));
    runs += <u32>popcnt(word & ~((word << 1) | before));
    before = word >> 63;
  }
  const rest = bits & 63;
  if (rest != 0) {
    const word = load<u64>(at + ((<usize>words) << 3)) & (((<u64>1) << rest) - 1);
    runs += <u32>popcnt(word & ~((word << 1) | before));
  }
  return runs;
}

/** First set bit at or after `from`, or `bits` when there is none. */
export function nextSet(at: usize, bits: u32, from: u32): u32 {
  if (from >= bits) return bits;
  let index = from >> 6;
  const words = (bits + 63) >> 6;
  let word = load<u64>(at + ((<usize>index) << 3)) & (~(<u64>0) << (from & 63));
  while (word == 0) {
    index += 1;
    if (index >= words) return bits;
    word = load<u64>(at + ((<usize>index) << 3));
  }
  return min(bits, (index << 6) + <u32>ctz(word));
}

/** Position of the rank-th (from 1) set bit, or `bits` when there are fewer. */
export function selectSet(at: usize, bits: u32, rank: u32): u32 {
  const words = (bits + 63) >> 6;
  let left = rank;
  for (let i: u32 = 0; i < words; i += 1) {
    let word = load<u64>(at + ((<usize>i) << 3));
    const here = <u32>popcnt(word);
    if (here < left) {
      left -= here;
      continue;
    }
    for (; left > 1; left -= 1) word &= word - 1;
    return min(bits, (i << 6) + <u32>ctz(word));
  }
  return bits;
}

/** Sets bits [from, to). */
export function setRange(at: usize, from: u32, to: u32): void {
  if (from >= to) return;
  const first = at + ((<usize>from >> 6) << 3);
  const last = at + ((<usize>(to - 1) >> 6) << 3);
  const head = ~(<u64>0) << (from & 63);
  const tail = ~(<u64>0) >> (63 - ((to - 1) & 63));
  if (first == last) {
    store<u64>(first, load<u64>(first) | (head & tail));
    return;
  }
  store<u64>(first, load<u64>(first) | head);
  memory.fill(first + 8, 0xff, last - first - 8);
  store<u64>(last, load<u64>(last) | tail);
}

/** Set bits in [from, to), which is not empty. */
export function popcountRange(at: usize, from: u32, to: u32): u32 {
  let p = at + ((<usize>from >> 6) << 3);
  const last = at + ((<usize>(to - 1) >> 6) << 3);
  const head = ~(<u64>0) << (<u64>from & 63);
  const tail = ~(<u64>0) >> (63 - (<u64>(to - 1) & 63));
  if (p == last) return <u32>popcnt(load<u64>(p) & head & tail);
  let count = popcnt(load<u64>(p) & head) + popcnt(load<u64>(last) & tail);
  for (p += 8; p < last; p += 8) count += popcnt(load<u64>(p));
  return <u32>count;
}

/** Set bits in [from, to). */
export function countRange(at: usize, from: u32, to: u32): u32 {
  return from >= to ? 0 : popcountRange(at, from, to);
}

/**
 * Groups of 2^shift bits that hold a set bit, the first group starting `phase` bits before the
 * buffer does.
 */
export function countGroups(at: usize, bits: u32, phase: u32, shift: u32): u32 {
  let groups: u32 = 0;
  let bit = nextSet(at, bits, 0);
  while (bit < bits) {
    groups += 1;
    bit = nextSet(at, bits, ((((bit + phase) >> shift) + 1) << shift) - phase);
  }
  return groups;
}

/**
 * A sync of a swept segment: dirty = after | (before & ~dirty) | (keep & dirty), then the three
 * others are cleared. `before`: written between the last sync and the clear, `after`: since the
 * clear, `keep`: not sent. Returns the dirty bits.
 */
export function syncSwept(dirty: usize, before: usize, after: usize, keep: usize, words: u32): u32 {
  const zero = i64x2.splat(0);
  const bytes = ((<usize>words + 1) & ~1) << 3;
  for (let i: usize = 0; i < bytes; i += 16) {
    const old = v128.load(dirty + i);
    const fresh = v128.or(v128.load(after + i), v128.andnot(v128.load(before + i), old));
    v128.store(dirty + i, v128.or(fresh, v128.and(v128.load(keep + i), old)));
    v128.store(before + i, zero);
    v128.store(after + i, zero);
    v128.store(keep + i, zero);
  }
  return popcount(dirty, words);
}

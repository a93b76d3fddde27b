/* Where dirty pages lie when only their number is known. */
import { nextWord, seedStream } from './generator';
import { powerOfTwoFrom } from './masks';

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

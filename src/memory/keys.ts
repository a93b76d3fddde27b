/** Keys of guests, and uniform numbers that are a pure function of what they are drawn for. */

/** A guest's 32-bit key, from its namespace and name only: independent of the fleet's order. */
export function guestKey(namespace: string, name: string): number {
  const text = `${namespace}/${name}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return mix32(hash);
}

/** Uniform in [0, 1), 53 bits, for (seed, guest, index). */
export function uniformOf(seed: number, guest: number, index: number): number {
  let hash = mix32(seedLow(seed) ^ 0x9e3779b9);
  hash = mix32(hash ^ seedHigh(seed));
  hash = mix32((hash + guest) >>> 0);
  hash = mix32((hash + Math.imul(index, 0x9e3779b1)) >>> 0);
  const low = mix32(hash ^ 0x85ebca6b);
  return (hash * 0x200000 + (low >>> 11)) / 2 ** 53;
}

/** Low and high 32 bits of a seed: any whole number up to 2^53. */
export function seedLow(seed: number): number {
  return seed >>> 0;
}
export function seedHigh(seed: number): number {
  return Math.floor(seed / 2 ** 32) >>> 0;
}

/** The finaliser of MurmurHash3. */
function mix32(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

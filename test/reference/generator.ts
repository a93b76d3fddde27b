/** The kernels' generator in plain BigInt: slow, and easy to compare with its description. */
const MASK = (1n << 64n) - 1n;
export const GOLDEN = 0x9e3779b97f4a7c15n;

export function mix64(value: bigint): bigint {
  let z = value & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

export function seedWord(key: bigint, i: number): bigint {
  return mix64(key + BigInt(i) * GOLDEN);
}

export function unit(word: bigint): number {
  return Number(word >> 11n) / 2 ** 53;
}

/** xorshift128+ with shifts 23, 17, 26. */
export class Stream {
  constructor(
    private a: bigint,
    private b: bigint,
  ) {}

  static ofKey(key: bigint): Stream {
    return new Stream(seedWord(key, 1), seedWord(key, 2) | 1n);
  }

  nextWord(): bigint {
    const y = this.b;
    const x = this.a ^ ((this.a << 23n) & MASK);
    const z = x ^ y ^ (x >> 17n) ^ (y >> 26n);
    this.a = y;
    this.b = z;
    return (z + y) & MASK;
  }

  nextUnit(): number {
    return unit(this.nextWord());
  }
}

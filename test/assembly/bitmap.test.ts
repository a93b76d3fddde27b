import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testKernels } from './test-kernels.js';

const { kernels, exports } = testKernels();
const at = exports.bitsDirty();
const other = exports.bitsBefore();
const bytes = new Uint8Array(exports.memory.buffer);

/** Bitmaps from empty to full, sparse and dense, with long runs. */
const bitmap = fc
  .tuple(fc.integer({ min: 1, max: 6000 }), fc.constantFrom(0, 0.01, 0.3, 0.9, 1), fc.integer())
  .map(([n, share, seed]) => {
    let state = seed >>> 0 || 1;
    let bit = false;
    return Array.from({ length: n }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const keeps = state / 2 ** 32 < 0.4;
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      bit = keeps ? bit : state / 2 ** 32 < share;
      return bit;
    });
  });

/** Writes bits; what follows the last one in its word and after it is set, as garbage. */
function put(address: number, bits: readonly boolean[]): void {
  bytes.fill(0xff, address, address + 512);
  bits.forEach((bit, i) => {
    const byte = address + (i >>> 3);
    const old = bytes[byte] as number;
    bytes[byte] = bit ? old | (1 << (i & 7)) : old & ~(1 << (i & 7));
  });
}

function get(address: number, n: number): boolean[] {
  return Array.from(
    { length: n },
    (_, i) => (((bytes[address + (i >>> 3)] as number) >> (i & 7)) & 1) === 1,
  );
}

const runs = { seed: 20_261, numRuns: 120 };

describe('bitmap kernels against plain arrays', () => {
  it('popcount', () => {
    fc.assert(
      fc.property(bitmap, (bits) => {
        put(at, bits);
        expect(exports.popcountBits(at, bits.length)).toBe(bits.filter(Boolean).length);
        const whole = bits.length >>> 6;
        expect(exports.popcount(at, whole)).toBe(bits.slice(0, whole * 64).filter(Boolean).length);
      }),
      runs,
    );
  });

  it('runs, with what lies before the first bit', () => {
    fc.assert(
      fc.property(bitmap, fc.boolean(), (bits, carry) => {
        put(at, bits);
        const starts = bits.filter((bit, i) => bit && !(i === 0 ? carry : bits[i - 1]));
        expect(exports.countRuns(at, bits.length, carry ? 1 : 0)).toBe(starts.length);
      }),
      runs,
    );
  });

  it('next set bit and selection', () => {
    fc.assert(
      fc.property(bitmap, fc.nat(1000), (bits, from) => {
        put(at, bits);
        const next = bits.findIndex((bit, i) => bit && i >= from);
        expect(exports.nextSet(at, bits.length, from)).toBe(next < 0 ? bits.length : next);
        const positions = bits.flatMap((bit, i) => (bit ? [i] : []));
        const rank = (from % (positions.length + 2)) + 1;
        const expected = positions[rank - 1] ?? bits.length;
        expect(exports.selectSet(at, bits.length, rank)).toBe(expected);
      }),
      runs,
    );
  });

  it('ranges: setting and counting', () => {
    fc.assert(
      fc.property(bitmap, fc.nat(1000), fc.nat(1000), (bits, a, b) => {
        const from = Math.min(a, b, bits.length);
        const to = Math.min(Math.max(a, b), bits.length);
        put(at, bits);
        expect(exports.countRange(at, from, to)).toBe(bits.slice(from, to).filter(Boolean).length);
        exports.setRange(at, from, to);
        const expected = bits.map((bit, i) => bit || (i >= from && i < to));
        expect(get(at, bits.length)).toEqual(expected);
      }),
      runs,
    );
  });

  it('merge: or, clear, count', () => {
    fc.assert(
      fc.property(bitmap, bitmap, (a, b) => {
        const n = Math.ceil(Math.max(a.length, b.length) / 128) * 128;
        const pad = (bits: readonly boolean[]): boolean[] =>
          Array.from({ length: n }, (_, i) => bits[i] === true);
        put(at, pad(a));
        put(other, pad(b));
        const expected = pad(a).map((bit, i) => bit || b[i] === true);
        expect(exports.mergeClearCount(at, other, n / 8)).toBe(expected.filter(Boolean).length);
        expect(get(at, n)).toEqual(expected);
        expect(get(other, n)).toEqual(new Array(n).fill(false));
      }),
      runs,
    );
  });

  it('merge counts a whole chunk of ones', () => {
    bytes.fill(0xff, at, at + 32768);
    bytes.fill(0, other, other + 32768);
    expect(exports.mergeClearCount(at, other, 32768)).toBe(262_144);
    bytes.fill(0, at, at + 32768);
  });

  it('groups (huge pages) with a set bit', () => {
    fc.assert(
      fc.property(bitmap, fc.nat(2000), fc.integer({ min: 0, max: 10 }), (bits, start, shift) => {
        put(at, bits);
        const size = 2 ** shift;
        const groups = new Set(
          bits.flatMap((bit, i) => (bit ? [Math.floor((start + i) / size)] : [])),
        );
        expect(exports.countGroups(at, bits.length, start % size, shift)).toBe(groups.size);
      }),
      runs,
    );
  });

  it('distinct placing: as many bits as asked for, nothing past the end', () => {
    for (const [n, dirty] of [
      [1, 1],
      [100, 3],
      [100, 97],
      [5000, 2500],
      [262_144, 1000],
      [262_143, 262_000],
    ] as const) {
      exports.placeDirty(n, dirty, 1, 0, 2, 3, 4);
      expect(exports.popcountBits(at, n)).toBe(dirty);
      const last = kernels.bitsDirty[(n - 1) >>> 5] as number;
      if ((n & 31) !== 0) expect(last >>> (n & 31)).toBe(0);
    }
  });
});

/** The generator behind the masks, over all ranges of p: words, lanes, lags, neighbouring keys. */
import { describe, expect, it } from 'vitest';
import { logFactorial } from '../reference/masks.js';
import { chiSquareDeviation } from '../reference/statistics.js';
import { keyHalves, testKernels } from './test-kernels.js';

const { kernels, exports } = testKernels();

const BLOCK_BITS = 32_768;
const BLOCK_WORDS = BLOCK_BITS / 32;
const BLOCKS = 24;
/** Throws counted and not, bases of one to six digits with throws that set or clear, nearly full. */
const PROBABILITIES = [
  ...[0.0005, 0.002, 0.0075, 0.01, 0.03, 0.045, 0.06, 0.1, 0.13, 0.2, 0.25, 0.3, 0.37],
  ...[0.5, 0.51, 0.63, 0.7, 0.8, 0.9, 0.94, 0.955, 0.97, 0.99, 0.9925, 0.998, 0.9995],
];

/** Blocks of the key numbers from `from` on, one behind the other. */
function blocksOf(p: number, from: number): Uint32Array {
  const words = new Uint32Array(BLOCKS * BLOCK_WORDS);
  for (let block = 0; block < BLOCKS; block += 1) {
    exports.testMask(BLOCK_BITS, -Math.log1p(-p), ...keyHalves(from + block));
    words.set(kernels.bitsDirty.subarray(0, BLOCK_WORDS), block * BLOCK_WORDS);
  }
  return words;
}

function popcount32(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function ones(words: Uint32Array): number {
  return words.reduce((sum, word) => sum + popcount32(word), 0);
}

/** Positions i of one block for which bits i and i + lag are both set. */
function pairsAt(block: Uint32Array, lag: number): number {
  const shift = lag & 31;
  const skip = lag >>> 5;
  let pairs = 0;
  for (let i = 0; i + skip < block.length; i += 1) {
    const low = (block[i + skip] as number) >>> shift;
    const next = shift === 0 ? 0 : (block[i + skip + 1] ?? 0) << (32 - shift);
    pairs += popcount32((block[i] as number) & (low | next));
  }
  return pairs;
}

function deviation(seen: number, trials: number, p: number): number {
  return (seen - trials * p) / Math.sqrt(trials * p * (1 - p));
}

function binomialLaw(n: number, p: number): number[] {
  return Array.from({ length: n + 1 }, (_, k) => {
    const logChoose = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
    return Math.exp(logChoose + k * Math.log(p) + (n - k) * Math.log1p(-p));
  });
}

describe.each(PROBABILITIES)('masks of p %d', (p) => {
  const words = blocksOf(p, Math.round(p * 1e6) * 1000);

  it('set as many bits of each 64-bit word as the binomial law says', () => {
    const counts = Array.from({ length: words.length / 2 }, (_, i) => {
      return popcount32(words[2 * i] as number) + popcount32(words[2 * i + 1] as number);
    });
    expect(chiSquareDeviation(counts, binomialLaw(64, p))).toBeLessThan(5);
  });

  it('set every lane of a word, and every stretch of a block, alike', () => {
    const lanes = new Array<number>(256).fill(0);
    const stretches = new Array<number>(64).fill(0);
    words.forEach((word, i) => {
      const stretch = (i % BLOCK_WORDS) >> 4;
      stretches[stretch] = (stretches[stretch] as number) + popcount32(word);
      for (let bit = 0; bit < 32; bit += 1) {
        const lane = ((i & 7) << 5) + bit;
        lanes[lane] = (lanes[lane] as number) + ((word >>> bit) & 1);
      }
    });
    for (const cells of [lanes, stretches]) {
      const trials = (words.length * 32) / cells.length;
      const chi = cells.reduce((sum, seen) => sum + deviation(seen, trials, p) ** 2, 0);
      const off = (chi - cells.length) / Math.sqrt(2 * cells.length);
      expect(Math.abs(off), `${cells.length} cells`).toBeLessThan(5.5);
    }
  });

  it('set bits independently of those before them', () => {
    for (const lag of [
      1, 2, 3, 7, 15, 31, 32, 33, 63, 64, 65, 127, 128, 192, 256, 512, 1024, 8192,
    ]) {
      let pairs = 0;
      for (let block = 0; block < BLOCKS; block += 1) {
        const from = block * BLOCK_WORDS;
        pairs += pairsAt(words.subarray(from, from + BLOCK_WORDS), lag);
      }
      const trials = BLOCKS * (BLOCK_BITS - lag);
      // neighbouring pairs share a bit
      const spread = Math.sqrt(trials * p * p * (1 - p) * (1 + 3 * p));
      expect(Math.abs(pairs - trials * p * p), `lag ${lag}`).toBeLessThan(5 * spread + 1);
    }
  });

  it('are independent of those of the next key, and of the next block', () => {
    const first = words.subarray(0, -BLOCK_WORDS);
    const both = first.map((word, i) => word & (words[i + BLOCK_WORDS] as number));
    const trials = first.length * 32;
    const spread = Math.sqrt(trials * p * p * (1 - p) * (1 + 3 * p));
    expect(Math.abs(ones(both) - trials * p * p)).toBeLessThan(5 * spread + 1);
  });
});

describe('random words, as a mask of p 1/2 shows them', () => {
  const words = blocksOf(0.5, 77);

  it('have uniform bytes, and differ from their neighbours in any bits', () => {
    const bytes = new Uint8Array(words.buffer);
    const law = new Array<number>(256).fill(1 / 256);
    expect(chiSquareDeviation([...bytes], law)).toBeLessThan(4.5);
    for (const distance of [2, 4, 8, 16]) {
      const differing = Array.from({ length: words.length / 2 - distance }, (_, i) => {
        const at = 2 * i;
        const low = (words[at] as number) ^ (words[at + distance] as number);
        const high = (words[at + 1] as number) ^ (words[at + 1 + distance] as number);
        return popcount32(low) + popcount32(high);
      });
      expect(chiSquareDeviation(differing, binomialLaw(64, 0.5)), `${distance}`).toBeLessThan(4.5);
    }
  });
});

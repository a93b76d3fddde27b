import { describe, expect, it } from 'vitest';
import {
  COMPRESSORS,
  compressorUsPerPage,
  hasCompressor,
  sizeOverZstd,
} from '../../src/qemu/compression.js';

describe('multifd compression (spec/qemu.md 4)', () => {
  it('qatzip came with 9.2; the others are older', () => {
    const has = (major: number, minor: number) =>
      COMPRESSORS.filter((one) => hasCompressor({ major, minor }, one));
    expect(has(7, 2)).toEqual(['zlib', 'zstd']);
    expect(has(9, 1)).toEqual(['zlib', 'zstd']);
    expect(has(9, 2)).toEqual(['zlib', 'zstd', 'qatzip']);
  });

  it('a page takes its plain bytes over the rate of all threads', () => {
    expect(compressorUsPerPage(4096, 409.6e6, 1)).toBeCloseTo(10, 9);
    expect(compressorUsPerPage(4096, 409.6e6, 8)).toBeCloseTo(1.25, 9);
  });

  it('zlib packs less tightly than zstd', () => {
    expect(sizeOverZstd('zlib')).toBeGreaterThan(sizeOverZstd('zstd'));
    expect(sizeOverZstd('none')).toBe(1);
  });
});

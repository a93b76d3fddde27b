/**
 * Multifd's compression (spec/qemu.md 4): each channel's thread compresses its packets before it
 * writes them, so a page costs its thread time by its plain size, and the wire by its content.
 */
import { isAtLeast, type QemuVersion } from './version.js';

export const COMPRESSORS = ['zlib', 'zstd', 'qatzip'] as const;
export type Compressor = (typeof COMPRESSORS)[number];
export type Compression = 'none' | Compressor;

/** The release from which on QEMU has the method; zlib and zstd are older than what is modelled. */
export function hasCompressor(version: QemuVersion, compressor: Compressor): boolean {
  return compressor !== 'qatzip' || isAtLeast(version, 9, 2);
}

/**
 * Size after compression over that after zstd level 1, of mixed content: zlib level 1 packs 5 % less
 * tightly (2.74 against 2.89 times, the Silesia corpus in zstd's own comparison); qatzip's measured
 * ratio is zstd's (spec 4: 10.47 Gbit/s at 2.94 M pages/s, 8.58 at 2.39).
 */
export function sizeOverZstd(compression: Compression): number {
  return compression === 'zlib' ? 1.05 : 1;
}

/** Time of one page in the sending threads together, when `threads` of them compress side by side. */
export function compressorUsPerPage(
  pageBytes: number,
  inputBytesPerSecond: number,
  threads: number,
): number {
  return (pageBytes * 1e6) / (inputBytesPerSecond * threads);
}

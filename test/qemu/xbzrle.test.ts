import { describe, expect, it } from 'vitest';
import { cacheSent, openXbzrleCache, xbzrlePageBytes } from '../../src/qemu/xbzrle.js';

describe('XBZRLE (spec/qemu.md 4)', () => {
  it('has a power of two of entries', () => {
    expect(openXbzrleCache(64 * 2 ** 20, 1000).entries).toBe(16_384);
    expect(openXbzrleCache(100 * 2 ** 20, 1000).entries).toBe(16_384);
  });

  it('hits what was sent before, in the share of the working set that was', () => {
    const cache = openXbzrleCache(2 ** 28, 1000);
    expect(xbzrlePageBytes(cache, 60, 4104)).toBe(4104);
    cacheSent(cache, 500);
    expect(cache.cachedShare).toBe(0.5);
    cacheSent(cache, 500);
    expect(cache.cachedShare).toBe(0.75);
    expect(xbzrlePageBytes(cache, 60, 4104)).toBe(0.75 * 60 + 0.25 * 4104);
  });

  it('holds no more than its entries', () => {
    const cache = openXbzrleCache(4096 * 256, 1024);
    cacheSent(cache, 1024);
    expect(cache.cachedShare).toBe(0.25);
  });
});

/**
 * XBZRLE (spec/qemu.md 4): from the second lap on, a page that was sent before and is still in the
 * cache goes as the difference to that copy. Kept as the share of the rewritten pages that the
 * direct-mapped cache holds: pages of one working set are alike in that.
 */
export interface XbzrleCache {
  /** Pages that are rewritten: the candidates. */
  readonly workingSetPages: number;
  /** Power of two: the size's whole pages, rounded down. */
  readonly entries: number;
  /** Share of the working set whose last copy is in the cache. */
  cachedShare: number;
}

/** An empty cache of `cacheBytes`. */
export function openXbzrleCache(cacheBytes: number, workingSetPages: number): XbzrleCache {
  const entries = 2 ** Math.floor(Math.log2(Math.max(1, cacheBytes / 4096)));
  return { workingSetPages, entries, cachedShare: 0 };
}

/** Sent pages enter the cache; ones that were in it stay. Random pages of the set are sent. */
export function cacheSent(cache: XbzrleCache, contentPages: number): void {
  if (cache.workingSetPages === 0) return;
  const sentShare = Math.min(1, contentPages / cache.workingSetPages);
  const room = Math.min(1, cache.entries / cache.workingSetPages);
  cache.cachedShare = Math.min(room, cache.cachedShare + (1 - cache.cachedShare) * sentShare);
}

/** Mean bytes of a page: `hitBytes` (header and difference) where it hits, `pageBytes` else. */
export function xbzrlePageBytes(cache: XbzrleCache, hitBytes: number, pageBytes: number): number {
  return cache.cachedShare * hitBytes + (1 - cache.cachedShare) * pageBytes;
}

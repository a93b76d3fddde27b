/**
 * Classes of pages: the pages of a region that share one write rate and one kind of content, and
 * so are exchangeable (spec/kernels.md; DESIGN.md, Two fidelities).
 */
import type { Region } from '../fleet/workload.js';
import { zipfClasses } from './zipf.js';

export interface PageClass {
  /** Index into the guest's regions; -1 for memory that no region names (never written, zero). */
  readonly regionIndex: number;
  /** `sweep`: pages are dirtied in order of address, so they are kept as real bits. */
  readonly kind: 'exchangeable' | 'sweep';
  readonly content: 'zero' | 'normal';
  readonly pages: number;
  /** Mean writes a second to one page at intensity 1. */
  readonly writesPerPagePerSecond: number;
  /** Size after compression over size before. */
  readonly compressedShare: number;
}

/**
 * The classes of one region in the order in which they lie in memory: written ones (hottest
 * first), then never-written zero pages. Writes go to filled pages only; a region that is written
 * but has no filled page is taken as filled. `regionPages` is the region's size in pages.
 */
export function classesOfRegion(
  region: Region,
  regionIndex: number,
  regionPages: number,
): readonly PageClass[] {
  const filled = filledPages(region, regionPages);
  const make = (pages: number, pagesPerSecond: number): PageClass => ({
    regionIndex,
    kind: region.writes.kind === 'sweep' ? 'sweep' : 'exchangeable',
    content: 'normal',
    pages,
    writesPerPagePerSecond: pages > 0 ? pagesPerSecond / pages : 0,
    compressedShare: region.compressedShare,
  });
  const zero: PageClass = {
    regionIndex,
    kind: 'exchangeable',
    content: 'zero',
    pages: regionPages - filled,
    writesPerPagePerSecond: 0,
    compressedShare: region.compressedShare,
  };
  return [...writtenClasses(region, filled, make), zero].filter((each) => each.pages > 0);
}

function filledPages(region: Region, regionPages: number): number {
  const filled = Math.min(regionPages, Math.round(regionPages * region.filledShare));
  const written = region.writes.kind !== 'none' && region.writes.pagesPerSecond > 0;
  return written && filled === 0 ? regionPages : filled;
}

function writtenClasses(
  region: Region,
  filled: number,
  make: (pages: number, pagesPerSecond: number) => PageClass,
): readonly PageClass[] {
  const writes = region.writes;
  switch (writes.kind) {
    case 'none':
      return [make(filled, 0)];
    case 'random':
    case 'sweep':
      return [make(filled, writes.pagesPerSecond)];
    case 'hotcold': {
      const hot = hotPages(filled, writes.hotShare, writes.hotWritesShare);
      const hotRate =
        hot === filled ? writes.pagesPerSecond : writes.pagesPerSecond * writes.hotWritesShare;
      return [make(hot, hotRate), make(filled - hot, writes.pagesPerSecond - hotRate)];
    }
    case 'zipf':
      return zipfClasses(filled, writes.exponent).map((each) =>
        make(each.pages, writes.pagesPerSecond * each.writesShare),
      );
  }
}

/** At least one hot page when there are hot writes, so that no write is lost to rounding. */
function hotPages(filled: number, hotShare: number, hotWritesShare: number): number {
  const hot = Math.min(filled, Math.round(filled * hotShare));
  if (hot === 0 && hotWritesShare > 0) return Math.min(1, filled);
  if (hot === filled && hotWritesShare < 1 && hotShare < 1 && filled > 1) return filled - 1;
  return hot;
}

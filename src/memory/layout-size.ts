/** What a guest's layout and its counts will cost in memory, without laying it out. */
import type { Region } from '../fleet/workload.js';
import { CHUNK_PAGES, PAGE_BYTES } from './layout.js';
import { classesOfRegion } from './page-class.js';

export interface LayoutSize {
  readonly segments: number;
  /** Of the layout, which guests that are alike may share. */
  readonly layoutBytes: number;
  /** Of the guest's own counts (guest-memory.ts). */
  readonly countsBytes: number;
}

/** startPage, pages, classIndex. */
const BYTES_A_SEGMENT = 10;
/** Header, splits, buffers and the objects around them. */
const COUNTS_BYTES_LEAST = 1500;
const BYTES_A_CLASS = 200;

/** Close to what layoutGuest gives; regions that cut a chunk may make a few segments more or less. */
export function sizeOfLayout(memoryBytes: number, regions: readonly Region[]): LayoutSize {
  const pages = Math.ceil(memoryBytes / PAGE_BYTES);
  const chunks = Math.ceil(pages / CHUNK_PAGES);
  let rest = pages;
  let piecePages = 0;
  let pieces = 0;
  let sweepPages = 0;
  const spread: number[] = [];
  let classes = 0;
  regions.forEach((region, index) => {
    const regionPages = Math.round(region.bytes / PAGE_BYTES);
    rest -= regionPages;
    if (region.placement.kind !== 'spread') piecePages += regionPages;
    for (const each of classesOfRegion(region, index, regionPages)) {
      classes += 1;
      if (each.kind === 'sweep') sweepPages += each.pages;
      if (region.placement.kind === 'spread') spread.push(each.pages);
      else pieces += each.pages / CHUNK_PAGES + 1;
    }
  });
  if (rest > 0) spread.push(rest);
  const free = chunks - Math.floor(piecePages / CHUNK_PAGES);
  const segments = Math.round(spread.reduce((sum, size) => sum + Math.min(free, size), pieces));
  return {
    segments,
    layoutBytes: segments * BYTES_A_SEGMENT + classes * BYTES_A_CLASS,
    countsBytes: COUNTS_BYTES_LEAST + segments * 4 + sweepPages / 8,
  };
}

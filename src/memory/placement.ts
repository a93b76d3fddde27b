/** Where contiguous regions lie in a guest's memory; spread ones take what is left. */
import type { Region } from '../fleet/workload.js';
import { uniformOf } from './keys.js';

export interface PlacedRegion {
  readonly regionIndex: number;
  readonly startPage: number;
  readonly pages: number;
}

/**
 * Places of the contiguous regions, sorted by address, without overlap. Regions are placed in
 * their order; one whose place is taken moves up to the next free place that holds it (from the
 * bottom again after the top). One that fits nowhere in one piece is left out: it is spread.
 */
export function placeContiguous(
  regions: readonly Region[],
  regionPages: readonly number[],
  pages: number,
  seed: number,
  guest: number,
): readonly PlacedRegion[] {
  const placed: PlacedRegion[] = [];
  regions.forEach((region, regionIndex) => {
    const size = regionPages[regionIndex] as number;
    if (region.placement.kind === 'spread' || size === 0) return;
    const at =
      region.placement.kind === 'contiguous'
        ? region.placement.at
        : uniformOf(seed, guest, regionIndex);
    const wished = Math.round(Math.min(1, Math.max(0, at)) * (pages - size));
    const startPage = firstFree(placed, wished, size, pages) ?? firstFree(placed, 0, size, pages);
    if (startPage === null) return;
    placed.push({ regionIndex, startPage, pages: size });
    placed.sort((a, b) => a.startPage - b.startPage);
  });
  return placed;
}

/** Lowest start at or above `from` where `size` pages are free. */
function firstFree(
  placed: readonly PlacedRegion[],
  from: number,
  size: number,
  pages: number,
): number | null {
  let start = from;
  for (const other of placed) {
    if (other.startPage >= start + size) break;
    if (other.startPage + other.pages > start) start = other.startPage + other.pages;
  }
  return start + size <= pages ? start : null;
}

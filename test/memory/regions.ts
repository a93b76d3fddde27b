/** Regions for tests. */
import type { Region } from '../../src/fleet/workload.js';
import type { WireCosts } from '../../src/memory/plan.js';
import type { IntensityTimeline } from '../../src/memory/round.js';

export const WIRE: WireCosts = {
  zeroPageBytes: 9,
  pageBytes: 4104,
  pageHeaderBytes: 8,
  compressedFactor: null,
};

export const STEADY: IntensityTimeline = { fromUs: [], cpuFactor: [], clockFactor: [] };

/** A region of so many pages; filled, spread, never written unless told otherwise. */
export function regionOf(pages: number, part: Partial<Region> = {}): Region {
  return {
    name: 'region',
    bytes: pages * 4096,
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    writes: { kind: 'none' },
    phases: [],
    pacedBy: 'cpu',
    ...part,
  };
}

/** Which links carried most of what they could. */
import type { LinkRecord } from '../simulation/result.js';
import { linkUtilisation } from './tables.js';

export interface BusyLink {
  readonly link: string;
  readonly bytes: number;
  /** Bytes over what it could have carried from the first step (or the drain's begin) on, 0 to 1. */
  readonly meanUtilisation: number;
  /** Highest utilisation of one step of links.csv, 0 to 1. */
  readonly peakUtilisation: number;
}

const LINKS_TOLD = 5;

/** By mean utilisation, then peak, then name; steps of one link must be in order. */
export function busiestLinks(
  links: Iterable<LinkRecord>,
  startUs: number,
  endUs: number,
): readonly BusyLink[] {
  const busy = new Map<string, { bytes: number; capacity: number; peak: number }>();
  let fromUs = startUs;
  for (const step of links) {
    // What a user moved before the drain began crossed them, too.
    if (step.fromUs < fromUs) fromUs = step.fromUs;
    let sums = busy.get(step.link);
    if (sums === undefined) {
      sums = { bytes: 0, capacity: 0, peak: 0 };
      busy.set(step.link, sums);
    }
    sums.bytes += step.bytes;
    // A link that was degraded for a while is judged by what it can do at its best.
    sums.capacity = Math.max(sums.capacity, step.capacityBytesPerSecond);
    sums.peak = Math.max(sums.peak, linkUtilisation(step));
  }
  const seconds = (endUs - fromUs) / 1e6;
  const rows = [...busy].map(([link, { bytes, capacity, peak }]) => ({
    link,
    bytes,
    meanUtilisation: capacity > 0 && seconds > 0 ? bytes / (capacity * seconds) : 0,
    peakUtilisation: peak,
  }));
  return rows.sort(byLoad).slice(0, LINKS_TOLD);
}

function byLoad(a: BusyLink, b: BusyLink): number {
  if (a.meanUtilisation !== b.meanUtilisation) return b.meanUtilisation - a.meanUtilisation;
  if (a.peakUtilisation !== b.peakUtilisation) return b.peakUtilisation - a.peakUtilisation;
  return a.link < b.link ? -1 : 1;
}

/**
 * Dirty pages by how often the guest writes to them: what it asks for in post-copy. Reads are not
 * part of a workload, so these are the writes only.
 */
import { createExposure, exposureAt } from './exposure.js';
import type { GuestMemory } from './guest-memory.js';
import type { IntensityTimeline } from './round-task.js';

/** Phases count by their mean over so much time from the switch on. */
const LOOK_AHEAD_US = 1_000_000;

export interface WrittenDirtyPages {
  readonly pages: number;
  readonly writesPerPagePerSecond: number;
}

/** One entry a class of pages that has dirty ones, written or not, in the order of the layout. */
export function writtenDirtyPages(
  memory: GuestMemory,
  intensity: IntensityTimeline,
  nowUs: number,
): readonly WrittenDirtyPages[] {
  const { classes, segments } = memory.layout;
  const dirty = new Float64Array(classes.length);
  for (let i = 0; i < segments.count; i += 1) {
    const kind = segments.classIndex[i] as number;
    dirty[kind] = (dirty[kind] as number) + (memory.dirty[i] as number);
  }
  const factors = meanFactors(memory, intensity, nowUs);
  return classes.flatMap((kind, i) => {
    const pages = dirty[i] as number;
    if (pages === 0) return [];
    const factor = factors[kind.regionIndex] ?? 0;
    return [{ pages, writesPerPagePerSecond: kind.writesPerPagePerSecond * factor }];
  });
}

export interface WrittenPages {
  readonly pages: number;
  readonly writesPerPagePerSecond: number;
  /** A sweep's: one after the other. */
  readonly inOrder: boolean;
}

/** Every class of pages that the guest writes from `nowUs` on, dirty or not: what fills dirty rings. */
export function writtenPages(
  memory: GuestMemory,
  intensity: IntensityTimeline,
  nowUs: number,
): readonly WrittenPages[] {
  const factors = meanFactors(memory, intensity, nowUs);
  return memory.layout.classes.flatMap((kind) => {
    const writesPerPagePerSecond = kind.writesPerPagePerSecond * (factors[kind.regionIndex] ?? 0);
    if (writesPerPagePerSecond === 0) return [];
    return [{ pages: kind.pages, writesPerPagePerSecond, inOrder: kind.kind === 'sweep' }];
  });
}

/** By region: its intensity in the mean over the time that is looked ahead. */
function meanFactors(
  { layout }: GuestMemory,
  intensity: IntensityTimeline,
  nowUs: number,
): readonly number[] {
  return layout.regions.map((region) => {
    const exposure = createExposure(region, intensity, nowUs, nowUs + LOOK_AHEAD_US);
    const seconds = exposureAt(exposure, nowUs + LOOK_AHEAD_US) - exposureAt(exposure, nowUs);
    return (seconds * 1e6) / LOOK_AHEAD_US;
  });
}

/** What a guest writes, as an estimate takes it: pages by write rate, and how many are written in a time. */
import type { Guest, HostProfile } from '../fleet/model.js';
import { resolveWorkload } from '../fleet/observed.js';
import type { Phase, Region } from '../fleet/workload.js';
import { classesOfRegion, type PageClass } from '../memory/page-class.js';
import { PAGE_BYTES } from '../qemu/wire-format.js';

export interface WritingClass {
  readonly kind: PageClass['kind'];
  readonly pages: number;
  readonly writesPerPagePerSecond: number;
  readonly pacedBy: Region['pacedBy'];
}

/** The filled pages of a guest by write rate, phases at their mean. */
export function writingClasses(
  guest: Guest,
  host: HostProfile,
  seed: number,
): readonly WritingClass[] {
  const regions = resolveWorkload(guest, host, seed);
  return regions.flatMap((region, index) => {
    const factor = meanIntensity(region);
    return classesOfRegion(region, index, Math.round(region.bytes / PAGE_BYTES))
      .filter(({ content }) => content === 'normal')
      .map(({ kind, pages, writesPerPagePerSecond }) => ({
        kind,
        pages,
        writesPerPagePerSecond: writesPerPagePerSecond * factor,
        pacedBy: region.pacedBy,
      }));
  });
}

function meanIntensity({ phases }: Region): number {
  return phases.reduce((mean, phase) => mean * meanFactor(phase), 1);
}

/** What lasts once is over at some time: it does not decide whether rounds fall. */
function meanFactor(phase: Phase): number {
  if (phase.kind === 'once' || phase.periodUs <= 0) return 1;
  return 1 + (phase.factor - 1) * Math.min(1, phase.lengthUs / phase.periodUs);
}

/**
 * D(t): expected distinct pages that are written within `seconds`, of which the vCPUs run for
 * `cpuSeconds`: what the clock paces catches up, what they pace does not.
 */
export function distinctPages(
  classes: readonly WritingClass[],
  seconds: number,
  cpuSeconds = seconds,
): number {
  let distinct = 0;
  for (const { kind, pages, writesPerPagePerSecond, pacedBy } of classes) {
    const writes = writesPerPagePerSecond * (pacedBy === 'cpu' ? cpuSeconds : seconds);
    distinct += pages * (kind === 'sweep' ? Math.min(1, writes) : -Math.expm1(-writes));
  }
  return distinct;
}

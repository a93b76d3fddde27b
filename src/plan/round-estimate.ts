/**
 * Will pre-copy converge? A round that takes t leaves D(t), the distinct pages that the guest
 * writes within t (spec/kubevirt.md 10): the rounds fall until what is left fits the downtime
 * limit, or stand still at a floor. No page is simulated: an estimate in milliseconds of work.
 */

import type { Guest, HostProfile } from '../fleet/model.js';
import { resolveWorkload } from '../fleet/observed.js';
import type { Phase, Region } from '../fleet/workload.js';
import { classesOfRegion, type PageClass } from '../memory/page-class.js';
import { PAGE_BYTES } from '../qemu/wire-format.js';

export interface RoundEstimate {
  readonly converges: boolean;
  readonly firstPassSeconds: number;
  /** Until the switchover; until the rounds stand still where they do not converge. */
  readonly seconds: number;
  /** What the last round left. */
  readonly remainingBytes: number;
}

export interface RoundConditions {
  readonly bytesPerSecond: number;
  /** What the switchover may take. */
  readonly downtimeSeconds: number;
  /** Of the dirty log, idle. */
  readonly syncSeconds: number;
}

/** Header of a page in the stream (spec/qemu.md 4). */
const PAGE_WIRE_BYTES = PAGE_BYTES + 8;
const MOST_ROUNDS = 400;
/** A round that gains less than this stands still. */
const STANDSTILL_SHARE = 1e-3;

export function estimateRounds(
  classes: readonly WritingClass[],
  { bytesPerSecond, downtimeSeconds, syncSeconds }: RoundConditions,
): RoundEstimate {
  const toSend = (pages: number) => (pages * PAGE_WIRE_BYTES) / bytesPerSecond;
  const filled = classes.reduce((sum, { pages }) => sum + pages, 0);
  const firstPassSeconds = toSend(filled);
  let seconds = firstPassSeconds + syncSeconds;
  let pages = distinctPages(classes, firstPassSeconds + syncSeconds);
  for (let round = 1; round < MOST_ROUNDS; round += 1) {
    if (toSend(pages) <= downtimeSeconds) {
      return { converges: true, firstPassSeconds, seconds, remainingBytes: pages * PAGE_BYTES };
    }
    const length = toSend(pages) + syncSeconds;
    const next = distinctPages(classes, length);
    seconds += length;
    if (next > pages * (1 - STANDSTILL_SHARE)) {
      pages = next;
      break;
    }
    pages = next;
  }
  return { converges: false, firstPassSeconds, seconds, remainingBytes: pages * PAGE_BYTES };
}

export interface WritingClass {
  readonly kind: PageClass['kind'];
  readonly pages: number;
  readonly writesPerPagePerSecond: number;
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

/** D(t): expected distinct pages that are written within `seconds`. */
export function distinctPages(classes: readonly WritingClass[], seconds: number): number {
  let distinct = 0;
  for (const { kind, pages, writesPerPagePerSecond } of classes) {
    const writes = writesPerPagePerSecond * seconds;
    distinct += pages * (kind === 'sweep' ? Math.min(1, writes) : -Math.expm1(-writes));
  }
  return distinct;
}

/**
 * Will pre-copy converge? A round that takes t leaves D(t), the distinct pages that the guest
 * writes within t (spec/kubevirt.md 10): the rounds fall until what is left fits the downtime
 * limit, or stand still at a floor. No page is simulated: an estimate in milliseconds of work.
 */

import { PAGE_BYTES } from '../qemu/wire-format.js';
import { dirtiedPages, openThrottle, type Slowing } from './round-throttle.js';
import { distinctPages, type WritingClass } from './writing-classes.js';

export interface RoundEstimate {
  readonly converges: boolean;
  readonly firstPassSeconds: number;
  /** Until the switchover; until the rounds stand still where they do not converge. */
  readonly seconds: number;
  /** What the last round left. */
  readonly remainingBytes: number;
  /** Of its speed that the guest has left at the end; 1: nothing slows it. */
  readonly cpuShare: number;
}

export interface RoundConditions {
  readonly bytesPerSecond: number;
  /** What the switchover may take. */
  readonly downtimeSeconds: number;
  /** Of the dirty log, idle. */
  readonly syncSeconds: number;
  /** State of VFIO devices that goes in the pause with what is left (spec/qemu.md 5.3). */
  readonly stateBytes: number;
  /** Pages that a device without dirty tracking leaves dirty at every sync; 0: it has one. */
  readonly unseenPages: number;
  /** null: the guest is never slowed. */
  readonly slowing: Slowing | null;
}

/** Header of a page in the stream (spec/qemu.md 4). */
const PAGE_WIRE_BYTES = PAGE_BYTES + 8;
const MOST_ROUNDS = 400;
/** A round that gains less than this stands still. */
const STANDSTILL_SHARE = 1e-3;

export function estimateRounds(
  classes: readonly WritingClass[],
  {
    bytesPerSecond,
    downtimeSeconds,
    syncSeconds,
    stateBytes,
    unseenPages,
    slowing,
  }: RoundConditions,
): RoundEstimate {
  const throttle = slowing === null ? null : openThrottle(slowing, classes);
  const toSend = (pages: number) => (pages * PAGE_WIRE_BYTES) / bytesPerSecond;
  const dirtied = (fromSeconds: number, seconds: number) => {
    if (unseenPages > 0) return unseenPages;
    return throttle === null
      ? distinctPages(classes, seconds)
      : dirtiedPages(throttle, classes, { fromSeconds, seconds, bytesPerSecond });
  };
  const stateSeconds = stateBytes / bytesPerSecond;
  const filled = classes.reduce((sum, { pages }) => sum + pages, 0);
  const firstPassSeconds = toSend(filled);
  let seconds = firstPassSeconds + syncSeconds;
  let pages = dirtied(0, seconds);
  const ends = (converges: boolean): RoundEstimate => ({
    converges,
    firstPassSeconds,
    seconds,
    remainingBytes: pages * PAGE_BYTES,
    cpuShare: throttle?.cpuShare ?? 1,
  });
  for (let round = 1; round < MOST_ROUNDS; round += 1) {
    if (toSend(pages) + stateSeconds <= downtimeSeconds) return ends(true);
    // A guest that can still be slowed may stand still meanwhile.
    const isSlowest =
      throttle === null || unseenPages > 0 || throttle.cpuShare <= throttle.leastShare;
    const length = toSend(pages) + syncSeconds;
    const next = dirtied(seconds, length);
    const stands = isSlowest && next > pages * (1 - STANDSTILL_SHARE);
    seconds += length;
    pages = next;
    if (stands) break;
  }
  return ends(false);
}

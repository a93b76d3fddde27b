/**
 * Going on before a sync's pages are counted (DESIGN.md, Threads). What the sync finds lies within
 * bounds that hold beyond any doubt; nearly always they say that the round goes on, and until when
 * the guest cannot matter to anyone. Until then its flow runs, the shares that it gets are noted,
 * and events of others proceed; then the sync's result is told as of its own instant. The path is
 * the same whatever the number of threads; only when the counting happens differs.
 */
import { nextTurnWhateverIsLeft } from '../kubevirt/monitor-outlook.js';
import { forecastRound } from '../memory/forecast.js';
import type { RoundTask } from '../memory/round.js';
import type { Units } from '../memory/units.js';
import { earliestDueAfterSync, earliestDueUs, goesOn } from '../qemu/quiet.js';
import { mostUsPerPage } from '../qemu/send-plan.js';
import type { ActiveMigration, PendingSync } from './active-migration.js';
import type { FlowsState } from './flow-state.js';
import { runAhead } from './flows.js';

/** Standard deviations of what is drawn; a normal variable strays farther once in 10^23. */
const SURE_DEVIATIONS = 10;
/**
 * The share of the network may rise by so much over the last one before the result is needed. A
 * larger rise is less likely, but raises the threshold that must be reckoned with, and so shortens
 * the time until a decision: the largest that leaves time enough is taken.
 */
const HEADROOMS = [1.3, 1.15, 1.08, 1.04, 1.01];
const TIME_ENOUGH_US = 1_000_000;
/** Less than that is not worth it. */
const WORTH_US = 1000;

/** The fewest dirty pages that the sync can find; 0 where its result must be known to go on. */
export function fewestDirtyPages(
  migration: ActiveMigration,
  task: RoundTask,
  units: Units,
): number {
  if (!mayRunAhead(migration)) return 0;
  const { meanDirtyPages, sdDirtyPages, marginPages, unsentZeroPages } = forecastRound(task, units);
  // Zero pages are next to nothing on the wire: with some of them left the end may be near.
  if (unsentZeroPages > 0) return 0;
  const low = meanDirtyPages - SURE_DEVIATIONS * sdDirtyPages - marginPages;
  return Math.max(0, Math.floor(low) - 1);
}

/** Nobody but QEMU's rule decides, and it only asks how many pages there are. */
function mayRunAhead({ guest, qemu, ram, mirror, monitor, wire }: ActiveMigration): boolean {
  const { config } = qemu;
  return (
    ram !== null &&
    ram.untold !== null &&
    ram.heldBy === null &&
    ram.strands.length === 1 &&
    mirror === null &&
    guest.vfio === null &&
    monitor.detector === null &&
    wire.compressedFactor === null &&
    config.autoConverge === null &&
    qemu.dirtyLimit === null &&
    qemu.maxBandwidthBytesPerSecond === 0 &&
    !qemu.postcopyRequested &&
    !qemu.suspended
  );
}

interface Ahead {
  readonly untilUs: number;
  readonly mostBytesPerSecond: number;
}

/**
 * At the sync's end, when its pages are not counted yet: lets the flow run, and returns until when
 * nothing needs the count; null when it is needed now.
 */
export function beginAhead(
  flows: FlowsState,
  migration: ActiveMigration,
  sync: PendingSync,
  nowUs: number,
): number | null {
  const { ram, qemu } = migration;
  const ahead = aheadFrom(migration, sync, nowUs);
  if (ahead === null || ram === null || ram.untold === null) return null;
  ram.untold.ahead = ahead;
  runAhead(flows, ram, qemu.config.channelsBytesPerSecond);
  return ahead.untilUs;
}

/** Whether the sync will probably be gone ahead of when it ends: its pages have time. */
export function mayBeAhead(migration: ActiveMigration, sync: PendingSync): boolean {
  return aheadFrom(migration, sync, sync.readyUs) !== null;
}

/** How far a sync that ends at `fromUs` can be gone ahead of, by what is known; null: not at all. */
function aheadFrom(migration: ActiveMigration, sync: PendingSync, fromUs: number): Ahead | null {
  const { qemu, wire, monitor } = migration;
  const pages = sync.fewestPages;
  if (pages === 0 || !mayRunAhead(migration)) return null;
  if (migration.hangsUntilUs > fromUs || !goesOn(qemu, pages)) return null;
  const cap = lowestCap(migration, sync);
  // The sync is counted as a pass.
  const pollUs = nextTurnWhateverIsLeft(monitor, qemu.syncCount + 1);
  let best: Ahead | null = null;
  for (const headroom of HEADROOMS) {
    const most = Math.min(cap, sync.bytesPerSecond * headroom);
    const dueUs = earliestDueAfterSync(qemu, fromUs, pages, wire.pageBytes, most);
    const untilUs = Math.min(dueUs, pollUs);
    if (untilUs < fromUs + WORTH_US || untilUs <= (best?.untilUs ?? 0)) continue;
    best = { untilUs, mostBytesPerSecond: most };
    if (untilUs === pollUs || untilUs >= fromUs + TIME_ENOUGH_US) break;
  }
  return best;
}

/** No round of so many pages has a lower ceiling: below it the true one does not show. */
function lowestCap({ qemu, wire }: ActiveMigration, { task, fewestPages }: PendingSync): number {
  const { channelsBytesPerSecond, contentUsPerPage, chunkClearUs } = qemu.config;
  const { chunks } = task.memory.layout;
  const cpuUs = mostUsPerPage(contentUsPerPage, chunkClearUs, fewestPages, chunks);
  const us = (wire.pageBytes / channelsBytesPerSecond) * 1e6 + cpuUs;
  return (wire.pageBytes / us) * 1e6;
}

/**
 * The count is known, and QEMU's machine has been told of it as of the sync's end.
 * @throws Error when it lies outside of the bounds: nothing may go on from there
 */
export function checkAhead({ qemu, guest }: ActiveMigration, most: number, nowUs: number): void {
  const isSending = qemu.phase === 'sending' && qemu.capBytesPerSecond >= most;
  if (isSending && earliestDueUs(qemu, most) >= nowUs) return;
  throw new Error(`${guest.namespace}/${guest.name}: a sync's pages lie outside of their bounds`);
}

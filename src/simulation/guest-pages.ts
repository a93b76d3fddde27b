/** Between QEMU's machine and the guest's pages: plans of rounds, tasks of syncs, their results. */
import type { Guest, HostProfile } from '../fleet/model.js';
import { resolveWorkload } from '../fleet/observed.js';
import { createGuestMemory, markAllDirty } from '../memory/guest-memory.js';
import type { Fidelity, RoundResult, RoundTask } from '../memory/round.js';
import { type SharedLayouts, sharedLayout } from '../memory/shared-layouts.js';
import { writtenDirtyPages, writtenPages } from '../memory/touched-pages.js';
import type { Units } from '../memory/units.js';
import type { SyncKind, SyncResult } from '../qemu/migration-state.js';
import type { TouchedPages } from '../qemu/postcopy-faults.js';
import type { SendPlan } from '../qemu/send-plan.js';
import { PAGE_BYTES } from '../qemu/wire-format.js';
import type { ActiveMigration } from './active-migration.js';
import { roundPlan } from './round-plan.js';

/** The guest at its own speed. */
const UNTHROTTLED = { fromUs: [], cpuFactor: [], clockFactor: [] };

interface PageContext {
  readonly seed: number;
  readonly fidelity: Fidelity;
  readonly sharedMemory: boolean;
  readonly host: HostProfile;
  /** Room in which rounds are planned. */
  readonly units: Units;
  readonly layouts: SharedLayouts;
}

/** Lays out the guest's memory when its RAM is about to move. */
export function createRamMemory(context: PageContext, migration: ActiveMigration): void {
  const guest: Guest = migration.guest;
  const layout = sharedLayout(context.layouts, {
    memoryBytes: guest.memoryBytes,
    regions: resolveWorkload(guest, context.host, context.seed),
    seed: context.seed,
    guestKey: migration.guestKey,
    shared: context.sharedMemory,
  });
  migration.memory = createGuestMemory(layout, {
    tracking: context.host.dirtyTracking === 'chunk-clear' ? 'chunk-clear' : 'sync-clear',
    shared: context.sharedMemory,
  });
}

/** The bulk round: every page, zero ones among them. */
export function planSetup(context: PageContext, migration: ActiveMigration): SendPlan {
  migration.lastSyncUs = migration.qemu.asOfUs;
  return planSending(context, migration);
}

function planSending({ units }: PageContext, migration: ActiveMigration): SendPlan {
  const { memory, wire, qemu } = migration;
  if (memory === null) throw new Error('planned a round without memory');
  return roundPlan(memory, wire, qemu, qemu.config.contentUsPerPage, units);
}

/** The page work of a sync that reads the log now. */
export function syncTask(
  context: PageContext,
  migration: ActiveMigration,
  sync: SyncKind,
  sentPages: number,
  nowUs: number,
): RoundTask {
  const { memory, speed } = migration;
  const { progress } = migration.qemu;
  if (memory === null) throw new Error('synced without memory');
  migration.syncNumber += 1;
  const task: RoundTask = {
    memory,
    seed: context.seed,
    guestKey: migration.guestKey,
    fidelity: context.fidelity,
    syncNumber: migration.syncNumber,
    previousSyncUs: migration.lastSyncUs,
    syncUs: nowUs,
    sentPages,
    // QEMU's machine logs nothing more to it before it is told the result.
    progress,
    wire: migration.wire,
    intensity: {
      fromUs: [...speed.fromUs],
      cpuFactor: [...speed.cpuFactor],
      clockFactor: [...speed.clockFactor],
    },
    ...(sync === 'postcopy' ? { pagesPerHostPage: pagesPerHostPage(migration.guest) } : {}),
  };
  migration.lastSyncUs = nowUs;
  return task;
}

/** The next round's plan from what the sync found. */
export function finishedSync(
  context: PageContext,
  migration: ActiveMigration,
  stepped: RoundResult,
): SyncResult {
  const result = seenByDevice(migration, stepped);
  const { places } = result;
  const found = {
    plan: planSending(context, migration),
    dirtyPages: result.dirtyPages,
    unsentPages: result.unsentPages,
    newlyDirtyPages: result.newlyDirtyPages,
    written: writtenNow(migration),
  };
  if (places === null) return { ...found, dirtyRuns: 0, touched: [] };
  return {
    ...found,
    plan: roundedOut(found.plan, places.hostPages * pagesPerHostPage(migration.guest)),
    dirtyRuns: Math.min(places.runs, places.hostPages),
    touched: touchedPages(migration, places.hostPages),
  };
}

/** The guest's writers, for dirty-limit's rings; none where no quota asks. */
function writtenNow({ memory, qemu }: ActiveMigration): SyncResult['written'] {
  if (memory === null || qemu.dirtyLimit === null) return [];
  return writtenPages(memory, UNTHROTTLED, qemu.asOfUs);
}

/**
 * A VFIO device without dirty tracking: all memory is dirty at every sync, or at the last one alone
 * (x-pre-copy-dirty-page-tracking=off; spec/qemu.md 5.3).
 */
function seenByDevice(migration: ActiveMigration, result: RoundResult): RoundResult {
  const { memory, guest, qemu } = migration;
  const tracking = guest.vfio?.dirtyTracking;
  const isUnseen = tracking === 'none' || (tracking === 'at-stop' && qemu.sync === 'final');
  if (memory === null || !isUnseen) return result;
  markAllDirty(memory);
  const dirtyPages = memory.layout.pages;
  return { ...result, dirtyPages, newlyDirtyPages: dirtyPages - result.unsentPages };
}

function pagesPerHostPage(guest: Guest): number {
  const pages = (guest.hugepageBytes ?? PAGE_BYTES) / PAGE_BYTES;
  return pages > 1 ? 2 ** Math.round(Math.log2(pages)) : 1;
}

/**
 * Post-copy discards whole host pages and sends them again whole (spec/qemu.md 6): clean pages
 * beside dirty ones cost what those cost in the mean.
 */
function roundedOut(plan: SendPlan, pages: number): SendPlan {
  if (pages <= plan.pages || plan.pages === 0) return plan;
  const factor = pages / plan.pages;
  return {
    pages,
    devicePages: 0,
    wireBytes: plan.wireBytes * factor,
    spans: plan.spans.map((span) => ({
      ...span,
      endPages: span.endPages * factor,
      endWireBytes: span.endWireBytes * factor,
      endChargedBytes: span.endChargedBytes * factor,
      endZeroPages: span.endZeroPages * factor,
    })),
  };
}

/** What the guest will touch of what is still to come: its writes, at full speed again. */
function touchedPages(migration: ActiveMigration, hostPages: number): readonly TouchedPages[] {
  const { memory, lastSyncUs, guest } = migration;
  if (memory === null) return [];
  const written = writtenDirtyPages(memory, UNTHROTTLED, lastSyncUs);
  if (guest.hugepageBytes === null) {
    return written.map(({ pages, writesPerPagePerSecond }) => ({
      hostPages: pages,
      touchesPerPagePerSecond: writesPerPagePerSecond,
    }));
  }
  const writesPerSecond = written.reduce(
    (sum, { pages, writesPerPagePerSecond }) => sum + pages * writesPerPagePerSecond,
    0,
  );
  return hostPages === 0
    ? []
    : [{ hostPages, touchesPerPagePerSecond: writesPerSecond / hostPages }];
}

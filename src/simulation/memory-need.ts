/**
 * What a run will need of memory, from the fleet alone: the guests that KubeVirt's limits let migrate
 * at once, and all that is kept for each guest, node and row. Within a factor of 1.5 of what is
 * measured (docs/performance.md); the figures a piece are fitted to the same runs.
 */
import type { Fleet, Guest } from '../fleet/model.js';
import { CHUNK_PAGES, PAGE_BYTES } from '../memory/layout.js';
import { type LayoutSize, sizeOfLayout } from '../memory/layout-size.js';
import { layoutKey } from '../memory/shared-layouts.js';

export interface MemoryNeed {
  /** Guests that migrate at one time, at most. */
  readonly guestsAtOnce: number;
  /** Their layouts and counts, and their machines. */
  readonly migrationBytes: number;
  /** Control plane and rows of all guests that may move. */
  readonly guestBytes: number;
  /** Links, flows, and what is written down of them. */
  readonly networkBytes: number;
}

const MIGRATION_BYTES = 40_000;
const GUEST_BYTES = 18_000;
const ROUNDS_BYTES = 5000;
const DECISIONS_BYTES = 8000;
const NODE_BYTES = 10_000;

/** Hot, cold, other content, zeros: what an observation is drawn into (fleet/observed.ts). */
const OBSERVED_CLASSES = 4;

/** `options`: the rows that are wanted on request. */
export function memoryNeed(
  fleet: Fleet,
  options: { readonly rounds: boolean; readonly decisions: boolean },
): MemoryNeed {
  const moving = guestsThatMayMove(fleet);
  const sized = atOnce(fleet, moving, sizer());
  const perGuest =
    GUEST_BYTES + (options.rounds ? ROUNDS_BYTES : 0) + (options.decisions ? DECISIONS_BYTES : 0);
  return {
    guestsAtOnce: sized.length,
    migrationBytes: layoutBytes(sized) + bytesOfMachines(sized),
    guestBytes: moving.length * perGuest,
    networkBytes: fleet.nodes.length * NODE_BYTES,
  };
}

/** Those on drained nodes, those that users ask for, and those that workload updates may move. */
function guestsThatMayMove({ drain, guests, userMigrations, kubevirt }: Fleet): readonly Guest[] {
  const drained = new Set(drain.nodes);
  const wanted = new Set(userMigrations.map(({ namespace, name }) => `${namespace}/${name}`));
  const updates = kubevirt.workloadUpdates.methods.includes('LiveMigrate');
  return guests.filter(
    ({ namespace, name, node }) =>
      node !== null && (updates || drained.has(node) || wanted.has(`${namespace}/${name}`)),
  );
}

interface Sized extends LayoutSize {
  readonly guest: Guest;
}

/** The largest ones that the limits let through: per source node, then of the cluster. */
function atOnce(
  { kubevirt }: Fleet,
  moving: readonly Guest[],
  sizeOf: (guest: Guest) => LayoutSize,
): readonly Sized[] {
  const { parallelOutboundMigrationsPerNode, parallelMigrationsPerCluster } = kubevirt.migrations;
  const byNode = new Map<string | null, Sized[]>();
  for (const guest of moving) {
    const here = byNode.get(guest.node) ?? [];
    here.push({ guest, ...sizeOf(guest) });
    byNode.set(guest.node, here);
  }
  const largest = (all: Sized[], most: number) =>
    all.sort((a, b) => b.countsBytes - a.countsBytes).slice(0, most);
  const outbound = [...byNode.values()].flatMap((all) =>
    largest(all, parallelOutboundMigrationsPerNode),
  );
  return largest(outbound, parallelMigrationsPerCluster);
}

/** Guests of one group have the same regions, which need not be looked at twice. */
function sizer(): (guest: Guest) => LayoutSize {
  const known = new Map<object, LayoutSize>();
  return ({ workload, memoryBytes }) => {
    if (workload.kind === 'observed') return sizeOfObserved(memoryBytes);
    const size = known.get(workload.regions) ?? sizeOfLayout(memoryBytes, workload.regions);
    known.set(workload.regions, size);
    return size;
  };
}

/** Its regions are drawn when it migrates; all of them are spread. */
function sizeOfObserved(memoryBytes: number): LayoutSize {
  const one = sizeOfLayout(memoryBytes, []);
  const segments = OBSERVED_CLASSES * Math.ceil(memoryBytes / PAGE_BYTES / CHUNK_PAGES);
  const factor = segments / one.segments;
  return {
    segments,
    layoutBytes: one.layoutBytes * factor,
    countsBytes: one.countsBytes * factor,
  };
}

/** Layouts that are shared count once. */
function layoutBytes(sized: readonly Sized[]): number {
  const seen = new Set<string>();
  let sum = 0;
  for (const { guest, layoutBytes: bytes } of sized) {
    const { workload, memoryBytes } = guest;
    const key = workload.kind === 'observed' ? null : layoutKey(memoryBytes, workload.regions);
    if (key === null || !seen.has(key)) sum += bytes;
    if (key !== null) seen.add(key);
  }
  return sum;
}

function bytesOfMachines(sized: readonly Sized[]): number {
  return sized.reduce((sum, { countsBytes }) => sum + MIGRATION_BYTES + countsBytes, 0);
}

/**
 * Layouts that guests share: where no region's place is drawn from the seed, a layout depends on
 * memory and regions alone, so that a guest costs only its own counts. Users are counted rather
 * than held weakly: what a WeakRef has shown lives until the thread's event loop turns, which a
 * thread of a sweep may not do for hours.
 */
import type { Region } from '../fleet/workload.js';
import { type GuestLayout, type LayoutSpec, layoutGuest } from './layout.js';

export interface SharedLayouts {
  readonly byKey: Map<string, SharedLayout>;
  readonly byLayout: Map<GuestLayout, SharedLayout>;
  /** Without a user, the one that has been so for longest first. */
  readonly idle: Set<SharedLayout>;
}

interface SharedLayout {
  readonly key: string;
  readonly layout: GuestLayout;
  users: number;
}

/** Alike guests that follow each other find theirs still there. */
const IDLE_MOST = 8;

export function createSharedLayouts(): SharedLayouts {
  return { byKey: new Map(), byLayout: new Map(), idle: new Set() };
}

/** As layoutGuest; the layout that an alike guest has or had, where it may be shared. */
export function sharedLayout(layouts: SharedLayouts, spec: LayoutSpec): GuestLayout {
  const key = layoutKey(spec.memoryBytes, spec.regions);
  if (key === null) return layoutGuest(spec);
  const shared = layouts.byKey.get(key) ?? { key, layout: layoutGuest(spec), users: 0 };
  shared.users += 1;
  layouts.idle.delete(shared);
  layouts.byKey.set(key, shared);
  layouts.byLayout.set(shared.layout, shared);
  return shared.layout;
}

/** A guest needs its layout no longer. */
export function releaseLayout(layouts: SharedLayouts, layout: GuestLayout): void {
  const shared = layouts.byLayout.get(layout);
  if (shared === undefined) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  layouts.idle.add(shared);
  if (layouts.idle.size <= IDLE_MOST) return;
  for (const oldest of layouts.idle) {
    layouts.idle.delete(oldest);
    layouts.byKey.delete(oldest.key);
    layouts.byLayout.delete(oldest.layout);
    return;
  }
}

/** Equal for guests that may share a layout; null: its regions' places are the guest's own. */
export function layoutKey(memoryBytes: number, regions: readonly Region[]): string | null {
  if (regions.some(({ placement }) => placement.kind === 'contiguous-seeded')) return null;
  return JSON.stringify([memoryBytes, regions]);
}

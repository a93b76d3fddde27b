/**
 * Layouts that guests share: where no region's place is drawn from the seed, a layout depends on
 * memory and regions alone, so that a guest costs only its own counts. One that no guest has any
 * more is collected.
 */
import type { Region } from '../fleet/workload.js';
import { type GuestLayout, type LayoutSpec, layoutGuest } from './layout.js';

export type SharedLayouts = Map<string, WeakRef<GuestLayout>>;

export function createSharedLayouts(): SharedLayouts {
  return new Map();
}

/** As layoutGuest; the layout that an alike guest already has, where it may be shared. */
export function sharedLayout(layouts: SharedLayouts, spec: LayoutSpec): GuestLayout {
  const key = layoutKey(spec.memoryBytes, spec.regions);
  if (key === null) return layoutGuest(spec);
  const known = layouts.get(key)?.deref();
  if (known !== undefined) return known;
  const layout = layoutGuest(spec);
  layouts.set(key, new WeakRef(layout));
  return layout;
}

/** Equal for guests that may share a layout; null: its regions' places are the guest's own. */
export function layoutKey(memoryBytes: number, regions: readonly Region[]): string | null {
  if (regions.some(({ placement }) => placement.kind === 'contiguous-seeded')) return null;
  return JSON.stringify([memoryBytes, regions]);
}

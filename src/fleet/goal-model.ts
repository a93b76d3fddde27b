/** What a plan is to reach (`goal:` of a fleet file): objectives in an order, and hard limits. */
import type { Labels } from './labels.js';

/**
 * `drain-time`: until the last guest is settled; `downtime`: p99 over migrations; `disruption`:
 * guest-seconds lost to pauses, post-copy's waits and throttling; `bytes`: on the wire.
 */
export type Objective = 'drain-time' | 'downtime' | 'disruption' | 'bytes';

export interface Goal {
  /** The most important first; the next decides between equals. Never empty. */
  readonly minimise: readonly Objective[];
  /** Share within which two values of an objective are equal. */
  readonly tolerance: number;
  readonly limits: readonly Limit[];
  readonly search: SearchBounds;
}

/** What no replica of a plan may pass. */
export type Limit =
  | { readonly kind: 'drain-time'; readonly mostUs: number }
  /** Every pause of a guest in a migration (`guest_pause_ms`), of those guests' migrations. */
  | {
      readonly kind: 'pause';
      readonly quantile: 'p99' | 'worst';
      readonly mostUs: number;
      readonly guests: GuestSelection;
    }
  | { readonly kind: 'no-post-copy'; readonly guests: GuestSelection }
  /** Of what a link can carry, migrations take at most this share in any ten seconds. */
  | { readonly kind: 'link-share'; readonly links: string; readonly most: number };

/** Guests with all these labels, in namespaces of this name (`*` stands for anything). */
export interface GuestSelection {
  readonly labels: Labels;
  readonly namespace: string;
}

/** What the search may touch. */
export interface SearchBounds {
  /** Feature gates that a plan may turn on. */
  readonly featureGates: readonly PlannableGate[];
  /** Nodes drained at a time, at most; null: as the drain says, or all. */
  readonly nodesAtOnce: number | null;
  /** NICs and uplinks so many times as wide may be tried; empty: the network stays. */
  readonly networkWidths: readonly number[];
  /** A network that migrations have to themselves may be tried. */
  readonly separateNetwork: boolean;
  /** Knobs by name that stay as they are (`*` stands for anything). */
  readonly keep: readonly string[];
}

export type PlannableGate = 'MigrationStallDetection' | 'MigrationDowntimeTuning';

/**
 * What differs between KubeVirt's releases 1.4 to 1.9 for the control plane (spec/kubevirt.md 11);
 * a release that is not modelled takes the nearest one.
 */
import type { KubeVirtSettings } from '../fleet/model.js';

export interface ReleaseProfile {
  /** Minor number of the modelled release 1.x. */
  readonly minor: number;
  readonly multifdWithPostCopy: boolean;
  /** `all`: every candidate of a node in one pass; `free-slots`: as many as could start now. */
  readonly evacuationCreates: 'all' | 'free-slots';
  /** Requeue delays by priority and the wake-up when a migration ends. */
  readonly migrationPriorityQueue: boolean;
  /**
   * KubeVirt keeps a PodDisruptionBudget for each VMI that an eviction would migrate. The eviction
   * webhook answers before a budget is asked, so that it changes no drain; it is told, not simulated.
   */
  readonly disruptionBudgets: boolean;
}

const OLDEST_MINOR = 4;
const NEWEST_MINOR = 9;

/** The nearest modelled release of `1.x`, `v1.x.y`; anything unreadable is the newest. */
export function releaseProfile(kubevirt: KubeVirtSettings): ReleaseProfile {
  const minor = nearestMinor(kubevirt.release);
  const priorityQueue =
    minor >= 9 || (minor >= 7 && hasFeatureGate(kubevirt, 'MigrationPriorityQueue'));
  return {
    minor,
    multifdWithPostCopy: minor >= 9,
    evacuationCreates: priorityQueue ? 'all' : 'free-slots',
    migrationPriorityQueue: priorityQueue,
    disruptionBudgets: minor <= 5,
  };
}

/** A gate that is not GA: on only when the KubeVirt CR names it (spec/kubevirt.md 1.5). */
export function hasFeatureGate(kubevirt: KubeVirtSettings, gate: string): boolean {
  return kubevirt.featureGates.includes(gate);
}

function nearestMinor(release: string): number {
  const match = /^v?(\d+)\.(\d+)/.exec(release);
  if (match === null) return NEWEST_MINOR;
  const major = Number(match[1]);
  if (major !== 1) return major < 1 ? OLDEST_MINOR : NEWEST_MINOR;
  return Math.min(NEWEST_MINOR, Math.max(OLDEST_MINOR, Number(match[2])));
}

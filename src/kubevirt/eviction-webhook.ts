/** The pod-eviction webhook: what an eviction of a live launcher pod does (spec/kubevirt.md 6). */
import type { EvictionStrategy } from '../fleet/model.js';

/**
 * `allow`: the pod dies. `mark`: 429, and the VMI is marked for evacuation. `deny`: 429, no mark.
 * `external`: 429, marked, and KubeVirt leaves the rest to an external controller.
 */
type EvictionVerdict = 'allow' | 'mark' | 'deny' | 'external';

export function evictionVerdict(strategy: EvictionStrategy, migratable: boolean): EvictionVerdict {
  switch (strategy) {
    case 'None':
      return 'allow';
    case 'LiveMigrate':
      return migratable ? 'mark' : 'deny';
    case 'LiveMigrateIfPossible':
      return migratable ? 'mark' : 'allow';
    case 'External':
      return 'external';
  }
}

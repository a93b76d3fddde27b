/** What a drain does with a live launcher pod (spec/kubevirt.md 6): the eviction webhook's answer, or the taint's. */
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

/**
 * Under KubeVirt's taint nobody evicts: the evacuation controller marks its candidates. `left`: it
 * passes by this one. `deny`: a candidate that cannot migrate.
 */
export function taintVerdict(
  strategy: EvictionStrategy,
  migratable: boolean,
): 'mark' | 'deny' | 'left' {
  if (strategy === 'None' || strategy === 'External') return 'left';
  return migratable ? 'mark' : 'deny';
}

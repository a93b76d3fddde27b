/** Times of the control plane in a fleet file, with their defaults. */

import { DEFAULT_TIMINGS } from '../defaults.js';
import type { ControlPlaneTimings } from '../model.js';
import type { TimingsField } from './schema-run.js';

export function readTimings(field: TimingsField | undefined): ControlPlaneTimings {
  return {
    schedulingUs: field?.scheduling ?? DEFAULT_TIMINGS.schedulingUs,
    podStartUs: field?.podStart ?? DEFAULT_TIMINGS.podStartUs,
    handOffUs: field?.handOff ?? DEFAULT_TIMINGS.handOffUs,
    targetPreparationUs: field?.targetPreparation ?? DEFAULT_TIMINGS.targetPreparationUs,
    migrateCallUs: field?.migrateCall ?? DEFAULT_TIMINGS.migrateCallUs,
    finalisationUs: field?.finalisation ?? DEFAULT_TIMINGS.finalisationUs,
  };
}

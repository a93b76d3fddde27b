/** What KubeVirt's monitor will do with the migration, and after how long, before anything is run. */
import type { Fleet } from '../fleet/model.js';
import { explainGuest } from '../outcome/explain.js';
import { durationText } from '../outcome/quantity-text.js';
import { guestOf } from './scenario-fleet.js';

/** In words, one a line. */
export function monitorLimits(fleet: Fleet): readonly string[] {
  const { limits, downtimeLimit } = explainGuest(fleet, guestOf(fleet));
  const timed = limits.flatMap(({ name, seconds, effect }) =>
    seconds === null ? [] : [`${name}, ${durationText(seconds * 1e6)}: ${effect}`],
  );
  return [`downtime limit: ${downtimeLimit}`, ...timed];
}

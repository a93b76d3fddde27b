/** Decisions that change what happens to the memory: worth a mark in the charts. */
import type { DecisionRecord } from '../simulation/result.js';

const TURNS =
  /^(migration-started|set downtime|start post-copy|suspend|abort|throttle|switchover|completed|cancelled|failed|lost)/;

export function isTurningPoint({ action }: DecisionRecord): boolean {
  return TURNS.test(action);
}

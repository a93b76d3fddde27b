import type { Fleet } from '../../src/fleet/model.js';
import { createInPlacePageWork } from '../../src/memory/in-place.js';
import { loadKernels } from '../../src/memory/load-node.js';
import type { RunOptions } from '../../src/simulation/options.js';
import type { RunResult } from '../../src/simulation/result.js';
import { simulate } from '../../src/simulation/simulate.js';

/** Runs a fleet in place, every record on. */
export function runFleet(fleet: Fleet, options: Partial<RunOptions> = {}): Promise<RunResult> {
  return simulate(fleet, {
    seed: 1,
    fidelity: 'chunk',
    pageWork: createInPlacePageWork(loadKernels()),
    rounds: true,
    decisions: true,
    linkStepUs: 60_000_000,
    ...options,
  });
}

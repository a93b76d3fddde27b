/** Runs a scenario as `sluice trace` would run its fleet file, with the same kernels and machines. */
import type { Fleet } from '../fleet/model.js';
import { createInPlacePageWork } from '../memory/in-place.js';
import type { Kernels } from '../memory/kernels.js';
import { fleetForTrace } from '../outcome/trace-fleet.js';
import { type GuestTrace, traceOf } from '../outcome/trace-text.js';
import { simulate } from '../simulation/simulate.js';
import { guestOf } from './scenario-fleet.js';

export interface ScenarioRun {
  readonly fleet: Fleet;
  readonly seed: number;
  readonly fidelity: 'page' | 'chunk';
}

/** As `sluice trace` has it; nothing of a trace depends on it. */
const LINK_STEP_US = 60_000_000;

export async function runScenario(kernels: Kernels, run: ScenarioRun): Promise<GuestTrace> {
  const guest = guestOf(run.fleet);
  const { namespace, name } = guest;
  const result = await simulate(fleetForTrace(run.fleet, `${namespace}/${name}`), {
    seed: run.seed,
    fidelity: run.fidelity,
    pageWork: createInPlacePageWork(kernels),
    rounds: true,
    decisions: true,
    linkStepUs: LINK_STEP_US,
  });
  return traceOf(result, { namespace, name });
}

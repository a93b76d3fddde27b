/** A sweep: every scenario of a grid, with so many replicas of the same seeds. */
import type { Fleet } from '../fleet/model.js';
import type { FigureValues } from './figures.js';
import type { Replica } from './replica.js';
import type { ReplicaPool, ReplicaRequest } from './replica-pool.js';
import { type Axis, type Scenario, scenariosOf } from './scenario-grid.js';

export interface SweepRequest {
  readonly axes: readonly Axis[];
  /** Each scenario runs with these: the same for all, so that chance does not tell them apart. */
  readonly seeds: readonly number[];
  readonly fidelity: 'page' | 'chunk';
  readonly linkStepUs: number;
  readonly fleetOf: (scenario: Scenario) => Fleet;
  readonly pool: ReplicaPool;
  readonly signal: AbortSignal;
  readonly onReplica: () => void;
}

/** A scenario all of whose replicas are done, by `seeds`. */
export interface SweptScenario {
  readonly scenario: Scenario;
  readonly replicas: readonly FigureValues[];
}

/**
 * Runs the grid; `onScenario` hears of each scenario that is whole, in any order.
 * Rejects with the signal's reason on abort.
 */
export async function sweep(
  request: SweepRequest,
  onScenario: (swept: SweptScenario) => void,
): Promise<void> {
  const open = new Map<number, { left: number; readonly replicas: FigureValues[] }>();
  const onDone = ({ scenario: _, of, place }: SweepReplica, { figures }: Replica): void => {
    const count = request.seeds.length;
    const state = open.get(of.number) ?? { left: count, replicas: new Array(count) };
    open.set(of.number, state);
    state.replicas[place] = figures;
    state.left -= 1;
    request.onReplica();
    if (state.left > 0) return;
    open.delete(of.number);
    onScenario({ scenario: of, replicas: state.replicas });
  };
  await request.pool.run(replicasOf(request), onDone, request.signal);
}

interface SweepReplica extends ReplicaRequest {
  readonly of: Scenario;
  /** Within the scenario's replicas. */
  readonly place: number;
}

function* replicasOf(request: SweepRequest): Generator<SweepReplica> {
  const { seeds, fidelity, linkStepUs } = request;
  for (const scenario of scenariosOf(request.axes)) {
    // Made once for all its replicas, and only when one of them is really run.
    let fleet: Fleet | null = null;
    for (const [place, seed] of seeds.entries()) {
      yield {
        scenario: JSON.stringify([fidelity, linkStepUs, scenario.settings]),
        seed,
        of: scenario,
        place,
        task: () => {
          fleet ??= request.fleetOf(scenario);
          return { fleet, seed, fidelity, linkStepUs, limits: [], detail: false };
        },
      };
    }
  }
}

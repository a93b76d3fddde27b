/** The suites of whole runs: guests of 1 TiB in number, and fleets as they are drained. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.js';
import type { SuiteName } from './result-file.js';
import { measureRun, root } from './whole-run.js';

/** A whole run, or why it is left out here. */
export type RunBench = Bench | { readonly suite: SuiteName; readonly left: string };

/** fleets/terabyte.yaml: 1-TiB guests that migrate all at once, working set 1 %. */
export function scaleBenches(quick: boolean): readonly RunBench[] {
  const guests = quick ? 4 : 1000;
  return (['page', 'chunk'] as const).map((fidelity) =>
    runBenchOf('scale', `${guests} guests of 1 TiB, working set 1 %, ${fidelity}`, quick, [
      join(root, 'fleets/terabyte.yaml'),
      ...['--set', `parameters.guests=${guests}`, '--set', 'parameters.workingSet=1'],
      ...['--fidelity', fidelity],
    ]),
  );
}

/** What `npm start` drains, and the cluster's dump where it is beside the repository. */
export function fleetBenches(quick: boolean): readonly RunBench[] {
  return [
    runBenchOf('fleet', 'three-racks, page', quick, [join(root, 'fleets/three-racks.yaml')]),
    dumpBench(quick),
  ];
}

function dumpBench(quick: boolean): RunBench {
  const folder = join(root, '../shared/data/cluster');
  if (!existsSync(folder)) return { suite: 'fleet', left: 'cluster dump: no ../shared/data here' };
  const drain = quick ? 'wrk-b1' : 'wrk-b1,wrk-b2,wrk-b3,wrk-b4,gpu-b1,sto-b1';
  return runBenchOf('fleet', `cluster dump, ${quick ? 'a node' : 'rack b'}, page`, quick, [
    join(folder, 'cluster.json'),
    ...['--dirty-rates', join(folder, 'prometheus-dirty-rate.json')],
    ...['--memory', join(folder, 'prometheus-memory.json')],
    ...['--network', join(folder, 'prometheus-node-network.json')],
    ...['--drain', drain],
  ]);
}

function runBenchOf(
  suite: SuiteName,
  title: string,
  quick: boolean,
  args: readonly string[],
): Bench {
  return {
    suite,
    title,
    repeats: quick ? 1 : 3,
    timing: 'median',
    sample: async (signal) => [await measureRun(title, args, signal)],
  };
}

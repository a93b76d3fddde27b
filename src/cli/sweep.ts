/** `sluice sweep`: a grid of settings, each with replicas, as one table. */
import type { Argv, CommandModule } from 'yargs';
import { escapeControls, InputError } from '../fleet/input-error.js';
import type { FleetSource } from '../fleet/load/load-fleet.js';
import { countText } from '../outcome/quantity-text.js';
import { writeWholeFiles } from '../outcome/whole-files.js';
import { type Axis, axisOf, type Scenario, scenarioCount } from '../plan/scenario-grid.js';
import { type SweptScenario, sweep } from '../plan/sweep.js';
import { type SweepTables, sweepFiles } from '../plan/sweep-tables.js';
import { sweepJson, sweepLines } from '../plan/sweep-text.js';
import { type DrainArguments, drainContent, drainedFleet, drainOptions } from './drain-options.js';
import { type FleetArguments, fleetOptions, openFleetFrom, parseSetting } from './fleet-options.js';
import { withInterrupt } from './interrupt.js';
import { singleValue } from './option-values.js';
import { countDisplay } from './progress-bar.js';
import { type ReplicaArguments, replicaOptions, withReplicas } from './replica-session.js';
import {
  linkStepUsOf,
  type SimulationArguments,
  seedsOf,
  simulationOptions,
  threadsOf,
} from './run-options.js';
import { printLines } from './terminal-text.js';
import { printWarnings } from './warnings-report.js';

interface SweepArguments
  extends FleetArguments,
    SimulationArguments,
    DrainArguments,
    ReplicaArguments {}

const REPLICAS = 5;
const JOURNAL = 'sweep-journal.jsonl';
const SCENARIOS_MOST = 1_000_000;

export const sweepCommand: CommandModule<object, SweepArguments> = {
  command: 'sweep <file..>',
  describe: 'Run every combination of settings, several times each, into one table',
  builder: (yargs) =>
    replicaOptions(simulationOptions(drainOptions(fleetOptions(yargs)), 'chunk'), REPLICAS).example(
      [
        [
          '$0 sweep fleet.yaml --set kubevirt.migrations.parallelMigrationsPerCluster=2,5,10',
          'three scenarios',
        ],
        ['$0 sweep fleet.yaml --set a=1,2 --set b=3,4 --replicas 20', 'four, with tighter figures'],
        ['$0 sweep fleet.yaml --set a=1,2 --resume', 'go on after Ctrl-C'],
      ],
    ) as unknown as Argv<SweepArguments>,
  handler: (args) => {
    let leaves = 'no file was written';
    return withInterrupt(
      (signal) => runSweep(args, signal, (told) => (leaves = told)),
      () => leaves,
    );
  },
};

async function runSweep(
  args: SweepArguments,
  signal: AbortSignal,
  leave: (told: string) => void,
): Promise<void> {
  const folder = singleValue('--out', args.out) ?? 'out';
  const axes = axesOf(args);
  const seeds = seedsOf(args, args.replicas, REPLICAS);
  const threads = threadsOf(args);
  const source = await openFleetFrom(args);
  const fleetOf = ({ settings }: Pick<Scenario, 'settings'>) =>
    drainedFleet(source.fleetWith(settings).fleet, args);
  const first = source.fleetWith(firstSettings(axes));
  const { name } = drainedFleet(first.fleet, args);
  printWarnings(first.warnings);
  tryEachValue(source, axes);
  const { fidelity } = args;
  const tables = (scenarios: readonly SweptScenario[]): SweepTables => {
    return { fleetName: name, fidelity, paths: axes.map(({ path }) => path), seeds, scenarios };
  };
  const content = [source.content, drainContent(args)];
  const files = sweepFiles(tables([])).map((file) => file.name);
  const session = { folder, journal: JOURNAL, content, resume: args.resume, threads, files };
  const whole: SweptScenario[] = [];
  const total = scenarioCount(axes);
  await withReplicas(session, async (pool) => {
    const progress = countDisplay(args.quiet, 'replicas');
    let done = 0;
    const onReplica = (): void => progress.show(++done, total * seeds.length);
    const linkStepUs = linkStepUsOf(undefined);
    try {
      const request = { axes, seeds, fidelity, linkStepUs, fleetOf, pool, signal, onReplica };
      await sweep(request, (swept) => whole.push(swept));
    } catch (error) {
      if (signal.aborted) leave(await keepWhole(folder, tables(whole), total));
      throw error;
    } finally {
      progress.stop();
    }
    await writeWholeFiles(folder, sweepFiles(tables(whole)));
  });
  print(tables(whole), args, folder);
}

/** Of two that set the same thing one would do nothing, and of two like scenarios one tells nothing. */
function refuseRepeats(axes: readonly Axis[]): void {
  axes.forEach(({ path, values }, index) => {
    if (axes.findIndex((axis) => axis.path === path) !== index) {
      throw new InputError('--set', path, 'is swept twice; list all its values in one --set');
    }
    const twice = values.find((value, at) => values.indexOf(value) !== at);
    if (twice === undefined) return;
    throw new InputError('--set', path, `lists ${JSON.stringify(twice)} twice`);
  });
}

/** @throws InputError */
function axesOf(args: SweepArguments): readonly Axis[] {
  const axes = (args.set ?? []).map((text) => axisOf(parseSetting(text)));
  refuseRepeats(axes);
  const count = scenarioCount(axes);
  if (count <= SCENARIOS_MOST) return axes;
  const problem = `makes ${count} scenarios; at most ${SCENARIOS_MOST} are swept at once`;
  throw new InputError('--set', '', problem);
}

function firstSettings(axes: readonly Axis[]) {
  return axes.map(({ path, values }) => ({ path, value: values[0] ?? '' }));
}

/** A slip in the last value is told now, not after hours. */
function tryEachValue(source: FleetSource, axes: readonly Axis[]): void {
  const first = firstSettings(axes);
  for (const [index, { path, values }] of axes.entries()) {
    for (const value of values.slice(1)) source.fleetWith(first.with(index, { path, value }));
  }
}

/** Ctrl-C: rows of scenarios that are whole, in words what there is. */
async function keepWhole(folder: string, tables: SweepTables, total: number): Promise<string> {
  const { length } = tables.scenarios;
  if (length > 0) await writeWholeFiles(folder, sweepFiles(tables));
  const kept = `${length} of ${countText(total, 'scenario')} in ${escapeControls(folder)}`;
  return `${kept}; the same command with --resume goes on`;
}

function print(tables: SweepTables, args: SweepArguments, folder: string): void {
  if (args.json) process.stdout.write(`${JSON.stringify(sweepJson(tables), null, 2)}\n`);
  else if (!args.quiet) {
    const wrote = `Wrote summary.csv and replicas.csv into ${escapeControls(folder)}.`;
    printLines([...sweepLines(tables), '', wrote]);
  }
}

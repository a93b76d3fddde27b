/** `sluice plan`: searches settings and drain shape for a fleet file's goal. */
import type { Argv, CommandModule } from 'yargs';
import { goalFromFile } from '../fleet/file/goal.js';
import { escapeControls, InputError } from '../fleet/input-error.js';
import { loadDocument } from '../fleet/load/document.js';
import { checkOutputFolder, writeWholeFiles } from '../outcome/whole-files.js';
import { clusterKnobs } from '../plan/cluster-knobs.js';
import { drainKnobs } from '../plan/drain-knobs.js';
import { checkGoalNames } from '../plan/goal-names.js';
import { guestKnobs } from '../plan/guest-knobs.js';
import { turnableKnobs } from '../plan/knob.js';
import { networkKnobs } from '../plan/network-knobs.js';
import { searchPlan } from '../plan/plan.js';
import { PLAN_FILES, planFiles } from '../plan/plan-files.js';
import { planJson, planLines } from '../plan/plan-text.js';
import { policyKnobs } from '../plan/policy-knobs.js';
import type { ReplicaDetail } from '../plan/replica-detail.js';
import { type DrainArguments, drainContent, drainedFleet, drainOptions } from './drain-options.js';
import { type FleetArguments, fleetOptions, openFleetFrom, parseSetting } from './fleet-options.js';
import { withInterrupt } from './interrupt.js';
import { type GivenOption, showDash, singleValue, wholeNumber } from './option-values.js';
import { countDisplay } from './progress-bar.js';
import { type ReplicaArguments, replicaOptions, withReplicas } from './replica-session.js';
import { seedOf, seedsOf, type ThreadArguments, threadOptions, threadsOf } from './run-options.js';
import { printLines } from './terminal-text.js';
import { printWarnings } from './warnings-report.js';

interface PlanArguments extends FleetArguments, ThreadArguments, DrainArguments, ReplicaArguments {
  readonly candidates?: GivenOption;
  readonly goal?: GivenOption;
}

const CANDIDATES = 300;
const REPLICAS = 5;
const JOURNAL = 'plan-journal.jsonl';
/** Replicas that a candidate costs on average, for the time to go. */
const REPLICAS_A_CANDIDATE = 2.6;

export const planCommand: CommandModule<object, PlanArguments> = {
  command: 'plan <file..>',
  describe: "Search KubeVirt's settings and the drain's shape for the fleet file's goal",
  builder: (yargs) =>
    replicaOptions(threadOptions(drainOptions(fleetOptions(yargs))), REPLICAS)
      .options({
        goal: {
          type: 'string',
          requiresArg: true,
          describe: "A file with a goal: of its own, in place of the fleet file's",
        },
        candidates: {
          type: 'string',
          requiresArg: true,
          describe: `How many candidates are tried [default: ${CANDIDATES}]`,
        },
      })
      .example([
        ['$0 plan fleets/cluster-dump.yaml', 'what the goal: of the file asks for'],
        ['$0 plan fleets/cluster-dump.yaml --goal fleets/goals/short-pauses.yaml', 'another one'],
        ['$0 plan fleet.yaml --candidates 1000 --replicas 10', 'a longer search, surer of itself'],
        ['$0 plan fleet.yaml --resume', 'go on after Ctrl-C'],
      ]) as unknown as Argv<PlanArguments>,
  handler: (args) =>
    withInterrupt(
      (signal) => runPlan(args, signal),
      () => 'nothing is written yet; the same command with --resume goes on',
    ),
};

async function runPlan(args: PlanArguments, signal: AbortSignal): Promise<void> {
  const folder = singleValue('--out', args.out) ?? 'out';
  const replicas = seedsOf(args, args.replicas, REPLICAS).length;
  const candidates =
    wholeNumber('--candidates', args.candidates, { least: 2, most: 1_000_000 }) ?? CANDIDATES;
  const seed = seedOf(args);
  const threads = threadsOf(args);
  await checkOutputFolder(folder);
  const source = await openFleetFrom(args);
  const settings = (args.set ?? []).map(parseSetting);
  const { fleet, goal: ownGoal, warnings } = source.fleetWith(settings);
  const file = showDash(args.file[0] ?? '-');
  const goalFile = singleValue('--goal', args.goal);
  const goal = goalFile === undefined ? ownGoal : goalFromFile(await loadDocument(goalFile), fleet);
  if (goal === null) throw new InputError(file, 'goal', NO_GOAL);
  const today = drainedFleet(fleet, args);
  if (today.drain.nodes.length === 0) {
    throw new InputError(file, 'drain.nodes', 'no node is drained: there is nothing to plan');
  }
  printWarnings(warnings);
  const all = [
    ...clusterKnobs(today, goal),
    ...policyKnobs(today, goal),
    ...drainKnobs(today, goal),
    ...networkKnobs(today, goal),
  ];
  checkGoalNames(goalFile ?? file, goal, today, all);
  const knobs = turnableKnobs(all, goal.search.keep);
  // Which knobs there are hangs on what the first replicas find: the journal names choices by place.
  const content = [source.content, goal, settings, drainContent(args), seed, replicas];
  const session = { folder, journal: JOURNAL, content, resume: args.resume, threads };
  await withReplicas({ ...session, files: PLAN_FILES }, async (pool) => {
    const progress = countDisplay(args.quiet, 'replicas');
    let done = 0;
    const guessed = Math.round(candidates * REPLICAS_A_CANDIDATE) + 20 * replicas;
    const onReplica = (): void => {
      done += 1;
      progress.show(done, Math.max(done, guessed));
    };
    const knobsAfter = (runs: readonly ReplicaDetail[]) =>
      turnableKnobs(guestKnobs(today, goal, runs), goal.search.keep);
    const search = { today, goal, knobs, knobsAfter, candidates, replicas, seed };
    const request = { ...search, pool, signal, onReplica };
    const plan = { file, request, outcome: await searchPlan(request).finally(progress.stop) };
    await writeWholeFiles(folder, planFiles(plan), signal);
    if (args.json) process.stdout.write(`${JSON.stringify(planJson(plan), null, 2)}\n`);
    else if (!args.quiet) {
      const wrote = `Wrote runbook.md and the files beside it into ${escapeControls(folder)}.`;
      printLines([...planLines(plan), '', wrote]);
    }
  });
}

const NO_GOAL =
  'missing: a plan needs one, such as goal: { minimise: [drain-time] } in the file or by --goal';

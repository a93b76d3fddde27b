/** All that is checked of one case; each throws an Error whose text begins with what is wrong. */
import { fleetToFile } from '../../src/fleet/file/export.js';
import type { Fleet } from '../../src/fleet/model.js';
import { createInPlacePageWork } from '../../src/memory/in-place.js';
import type { Kernels } from '../../src/memory/kernels.js';
import { runFiles } from '../../src/outcome/run-files.js';
import { settingsInForce } from '../../src/outcome/settings-table.js';
import { summarise } from '../../src/outcome/summary.js';
import type { RunOptions } from '../../src/simulation/options.js';
import type { RunResult } from '../../src/simulation/result.js';
import { simulate } from '../../src/simulation/simulate.js';
import { drawOf } from './draw.js';
import { checkFidelities, suitsFidelityCheck } from './fidelity-check.js';
import { inspectInstants } from './instant-checks.js';
import { checkRows } from './row-checks.js';
import { compareResults, shuffledFile, unrulyPageWork } from './same-bytes.js';
import { fleetOf, type SoakCase } from './soak-case.js';

/** Share of the cases of which both fidelities are compared: 32 runs and more each. */
const FIDELITY_SHARE = 0.1;
/** A run that takes more of a processor's time hangs, or might as well. */
const SECONDS_PER_RUN_MOST = 60;

/** Runs the case with every check on. */
export async function checkCase(one: SoakCase, kernels: Kernels): Promise<void> {
  const fleet = fleetOf(one.text);
  checkRoundTrip(fleet);
  const run = (runs: Fleet, options: Partial<RunOptions>) => timedRun(runs, one, kernels, options);
  const result = await run(fleet, { inspect: inspectInstants() });
  checkRows(fleet, result);
  await checkFiles(fleet, result);
  const unruly = await run(fleet, { pageWork: unrulyPageWork(kernels, one.seed) });
  compareResults('threads', result, unruly);
  const shuffled = await run(fleetOf(shuffledFile(one.text, one.seed)), {});
  compareResults('order', result, shuffled);
  if (suitsFidelityCheck(fleet) && drawOf(one.seed, 'pair').chance(FIDELITY_SHARE)) {
    await checkFidelities((fidelity, seed) => run(fleet, { fidelity, seed }));
  }
}

async function timedRun(
  fleet: Fleet,
  { seed, fidelity }: SoakCase,
  kernels: Kernels,
  options: Partial<RunOptions>,
): Promise<RunResult> {
  const startedAt = process.cpuUsage();
  return await simulate(fleet, {
    seed,
    fidelity,
    pageWork: createInPlacePageWork(kernels),
    rounds: true,
    decisions: true,
    linkStepUs: 7_000_000,
    onProgress: ({ simulatedUs }) => {
      const { user, system } = process.cpuUsage(startedAt);
      if (user + system < SECONDS_PER_RUN_MOST * 1e6) return;
      throw new Error(`time: ${SECONDS_PER_RUN_MOST} s of work, still at ${simulatedUs} µs`);
    },
    ...options,
  });
}

/** A fleet written and read again writes the same file. */
function checkRoundTrip(fleet: Fleet): void {
  const text = fleetToFile(fleet);
  if (fleetToFile(fleetOf(text)) !== text) throw new Error('file: written and read, it is another');
}

/** Every file of a run has a header and as many cells in each row as it has columns. */
async function checkFiles(fleet: Fleet, result: RunResult): Promise<void> {
  const summary = summarise(fleet.name, result);
  const settings = settingsInForce(fleet, result);
  for (const file of runFiles(result, summary, settings, {
    rounds: true,
    decisions: true,
    parquet: false,
  })) {
    const chunks: string[] = [];
    for await (const chunk of file.content()) chunks.push(String(chunk));
    const [header = '', ...rows] = chunks.join('').trimEnd().split('\r\n');
    const columns = header.split(',').length;
    for (const row of rows) {
      // No random name holds a comma; quoted texts may.
      const cells = row.replaceAll(/"(""|[^"])*"/g, '').split(',').length;
      if (cells !== columns || /NaN|Infinity|undefined/.test(row)) {
        throw new Error(`csv: ${file.name}: ${row}`);
      }
    }
  }
}

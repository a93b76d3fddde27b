/** Page and chunk fidelity agree in distribution, on a fleet that page fidelity can afford. */
import type { Fleet } from '../../src/fleet/model.js';
import type { RoundRecord, RunResult } from '../../src/simulation/result.js';

/** Runs of each fidelity at first, and where these look different. */
const RUNS = 16;
const RUNS_IF_DOUBTED = 80;
/** Distance of the two samples from which more runs are asked for. */
const DOUBTED = 0.6;
/** Chance of a false alarm, of one figure of one fleet. */
const ALPHA = 1e-9;

type Run = (fidelity: 'page' | 'chunk', seed: number) => Promise<RunResult>;

/** What both must agree on. */
const FIGURES: Readonly<Record<string, (result: RunResult) => number>> = {
  wireBytes: ({ migrations }) => sum(migrations.map((row) => row.wireBytes)),
  rounds: ({ migrations }) => sum(migrations.map((row) => row.rounds)),
  endUs: ({ endUs }) => endUs,
  pauseUs: ({ migrations }) => sum(migrations.map((row) => row.guestPauseUs)),
  // Nothing was left to chance before them: the least difference in what is drawn shows.
  firstDirtiedBytes: ({ rounds }) => sum(firstOfEach(rounds).map((row) => row.dirtiedBytes)),
};

/** The first round of each migration that has one. */
function firstOfEach(rounds: readonly RoundRecord[]): readonly RoundRecord[] {
  const first = new Map<string, RoundRecord>();
  for (const row of rounds) {
    const key = `${row.namespace}/${row.name} ${row.attempt}`;
    if (row.attempt === 1 && !first.has(key)) first.set(key, row);
  }
  return [...first.values()];
}

/** Worth its time: little memory, of which something is written. */
export function suitsFidelityCheck(fleet: Fleet): boolean {
  const bytes = sum(fleet.guests.map(({ memoryBytes }) => memoryBytes));
  return bytes <= 8 * 2 ** 30 && fleet.drain.timeoutUs <= 1_800_000_000;
}

/** Throws an Error that says which figure differs, and by how much. */
export async function checkFidelities(run: Run): Promise<void> {
  const samples = { page: [] as RunResult[], chunk: [] as RunResult[] };
  const extend = async (count: number): Promise<void> => {
    for (const fidelity of ['page', 'chunk'] as const) {
      for (let i = samples[fidelity].length; i < count; i += 1) {
        // No seed twice: samples that share draws are not independent.
        const seed = fidelity === 'page' ? 2 * i : 2 * i + 1;
        samples[fidelity].push(await run(fidelity, seed));
      }
    }
  };
  await extend(RUNS);
  const distances = () =>
    Object.entries(FIGURES).map(([name, figure]) => ({
      name,
      distance: distance(samples.page.map(figure), samples.chunk.map(figure)),
    }));
  if (distances().every((one) => one.distance < DOUBTED)) return;
  await extend(RUNS_IF_DOUBTED);
  const most = Math.sqrt(-Math.log(ALPHA / 2) / RUNS_IF_DOUBTED);
  for (const one of distances()) {
    if (one.distance < most) continue;
    throw new Error(`fidelity: ${one.name} of page and chunk lie ${one.distance.toFixed(2)} apart`);
  }
}

/** Kolmogorov and Smirnov: the largest difference of the two distributions. */
function distance(one: readonly number[], other: readonly number[]): number {
  const share = (list: readonly number[], most: number) =>
    list.filter((value) => value <= most).length / list.length;
  return Math.max(...[...one, ...other].map((at) => Math.abs(share(one, at) - share(other, at))));
}

function sum(list: readonly number[]): number {
  return list.reduce((total, value) => total + value, 0);
}

/**
 * Corrections that bring the predictions of one half of a history nearer to what happened, held
 * against the other half, which they never saw. Guests, not migrations, are dealt out: two
 * migrations of one guest are alike.
 */
import { type BacktestInputs, type BacktestRow, backtest, type PredictedRow } from './backtest.js';
import { type Corrections, NO_CORRECTIONS } from './backtest-corrections.js';
import {
  actualDurationUs,
  type ErrorDistribution,
  errorsOf,
  relativeError,
} from './backtest-errors.js';

export interface Fit {
  readonly corrections: Corrections;
  readonly trained: Halves;
  /** Rows of guests that were not fitted on. */
  readonly tested: Halves;
}

interface Halves {
  readonly before: ErrorDistribution;
  readonly after: ErrorDistribution;
  readonly outcomesRightBefore: number;
  readonly outcomesRightAfter: number;
}

/**
 * Tried on measured rates: as they are, and down to what they are without the growth during a
 * migration that VEP 246 saw (2.5 by default).
 */
const DIRTY_RATE_FACTORS = [1, 0.7, 0.55, 0.4, 0.3] as const;

/** `before`: the rows without corrections. */
export async function fitCorrections(
  inputs: BacktestInputs,
  before: readonly BacktestRow[],
): Promise<Fit> {
  const isTrained = trainedRows(before);
  const half = (rows: readonly BacktestRow[], trained: boolean) =>
    rows.filter((_, index) => isTrained[index] === trained);
  let best = { rows: before, dirtyRateFactor: 1, cost: costOf(half(before, true)) };
  for (const dirtyRateFactor of DIRTY_RATE_FACTORS.slice(1)) {
    const rows = await backtest(inputs, { ...NO_CORRECTIONS, dirtyRateFactor });
    const cost = costOf(half(rows, true));
    if (cost < best.cost) best = { rows, dirtyRateFactor, cost };
  }
  const line = fitLine(pairsOf(half(best.rows, true)));
  const corrections = {
    dirtyRateFactor: best.dirtyRateFactor,
    perMigrationUs: Math.round(line.overheadS * 1e6),
    throughput: nodeFactors(half(best.rows, true), line),
  };
  const after = await backtest(inputs, corrections);
  const halves = (trained: boolean): Halves => ({
    before: errorsOf(half(before, trained)),
    after: errorsOf(half(after, trained)),
    outcomesRightBefore: outcomesRight(half(before, trained)),
    outcomesRightAfter: outcomesRight(half(after, trained)),
  });
  return { corrections, trained: halves(true), tested: halves(false) };
}

/** Every other guest, in the order in which they first moved. */
function trainedRows(rows: readonly BacktestRow[]): readonly boolean[] {
  const order = new Map<string, number>();
  return rows.map(({ past }) => {
    const guest = `${past.namespace}/${past.name}`;
    const turn = order.get(guest) ?? order.size;
    order.set(guest, turn);
    return turn % 2 === 0;
  });
}

/** A wrong outcome counts like an error by the factor e. */
const WRONG_OUTCOME_COST = 1;

function costOf(rows: readonly BacktestRow[]): number {
  let cost = 0;
  for (const row of rows) {
    if (row.kind !== 'predicted') continue;
    const relative = relativeError(row);
    if (relative === null || row.past.mode !== row.prediction.mode) cost += WRONG_OUTCOME_COST;
    else cost += Math.min(WRONG_OUTCOME_COST, Math.abs(Math.log1p(relative)));
  }
  return cost;
}

function outcomesRight(rows: readonly BacktestRow[]): number {
  return rows.filter(
    (row) =>
      row.kind === 'predicted' &&
      row.prediction.outcome === row.past.outcome &&
      row.prediction.mode === row.past.mode,
  ).length;
}

interface Pair {
  readonly predictedS: number;
  readonly actualS: number;
  readonly row: PredictedRow;
}

/** Migrations whose length tells of their path: pre-copy that ended by itself, and was to. */
function pairsOf(rows: readonly BacktestRow[]): readonly Pair[] {
  return rows.flatMap((row) => {
    if (row.kind !== 'predicted' || relativeError(row) === null) return [];
    const { past, prediction } = row;
    if (past.outcome !== 'succeeded' || past.mode !== 'PreCopy' || prediction.mode !== 'PreCopy') {
      return [];
    }
    if (prediction.outcomeShare < 1) return [];
    const actualS = (actualDurationUs(row) ?? 0) / 1e6;
    return [{ predictedS: (prediction.durationUs ?? 0) / 1e6, actualS, row }];
  });
}

interface Line {
  /** actual = overhead + predicted / throughput */
  readonly overheadS: number;
  readonly throughput: number;
}

/** Least absolute error of logarithms, on a grid: few points, outliers among them. */
function fitLine(pairs: readonly Pair[]): Line {
  let best: Line = { overheadS: 0, throughput: 1 };
  let bestCost = lineCost(pairs, best);
  for (let overheadS = 0; overheadS <= 6; overheadS += 0.25) {
    for (let throughput = 0.3; throughput <= 1.5; throughput += 0.02) {
      const cost = lineCost(pairs, { overheadS, throughput });
      if (cost < bestCost) {
        best = { overheadS, throughput: Math.round(throughput * 100) / 100 };
        bestCost = cost;
      }
    }
  }
  return best;
}

function lineCost(pairs: readonly Pair[], { overheadS, throughput }: Line): number {
  let cost = 0;
  for (const { predictedS, actualS } of pairs) {
    cost += Math.abs(Math.log((overheadS + predictedS / throughput) / actualS));
  }
  return cost;
}

/** As if so many migrations of each node had been as all are: few must not move it far. */
const PRIOR_MIGRATIONS = 4;

function nodeFactors(rows: readonly BacktestRow[], line: Line): ReadonlyMap<string, number> {
  const sums = new Map<string, { log: number; count: number }>();
  for (const { row, predictedS, actualS } of pairsOf(rows)) {
    const transferS = actualS - line.overheadS;
    // What is hardly longer than its fixed times tells nothing of the path.
    if (transferS < 2 * line.overheadS || transferS <= 0) continue;
    const log = Math.log(predictedS / line.throughput / transferS);
    for (const node of [row.past.sourceNode, row.past.targetNode]) {
      if (node === null) continue;
      const sum = sums.get(node) ?? { log: 0, count: 0 };
      sums.set(node, { log: sum.log + log / 2, count: sum.count + 1 });
    }
  }
  const nodes = [...new Set(rows.flatMap(({ past }) => [past.sourceNode, past.targetNode]))];
  const factors = nodes.flatMap((node): [string, number][] => {
    if (node === null) return [];
    const { log, count } = sums.get(node) ?? { log: 0, count: 0 };
    const own = Math.exp(log / (count + PRIOR_MIGRATIONS));
    return [[node, Math.round(line.throughput * own * 1000) / 1000]];
  });
  return new Map(factors.sort(([a], [b]) => (a < b ? -1 : 1)));
}

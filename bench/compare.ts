/** A run of the benches against an earlier one, by their ratios to the plain loop. */
import type { BenchResult, SuiteName } from './result-file.js';

export interface Comparison {
  readonly result: BenchResult;
  /** The same bench of the reference; null when it is new. */
  readonly reference: BenchResult | null;
  /** Ratio over the reference's, less one: -0.2 is a fifth slower; null when the bench is new. */
  readonly change: number | null;
  readonly fell: boolean;
  /** It computes something else than the reference did: its speed says little then. */
  readonly computesOther: boolean;
}

/** @param maxFall share of the reference's ratio by which a bench may be slower */
export function compareResults(
  results: readonly BenchResult[],
  reference: readonly BenchResult[],
  maxFall: number,
): readonly Comparison[] {
  const known = new Map(reference.map((result) => [keyOf(result), result]));
  return results.map((result) => {
    const before = known.get(keyOf(result)) ?? null;
    const change = before === null ? null : result.ratio / before.ratio - 1;
    return {
      result,
      reference: before,
      change,
      fell: change !== null && change < -maxFall,
      computesOther: before !== null && before.hash !== result.hash,
    };
  });
}

/** Benches of the reference, in suites that ran wholly, that are not measured any more. */
export function missingBenches(
  results: readonly BenchResult[],
  reference: readonly BenchResult[],
  suites: readonly SuiteName[],
): readonly BenchResult[] {
  const measured = new Set(results.map(keyOf));
  return reference.filter((one) => suites.includes(one.suite) && !measured.has(keyOf(one)));
}

function keyOf(result: BenchResult): string {
  return JSON.stringify([result.suite, result.bench]);
}

/** Two results side by side: what changed, whether chance explains it, and what is past a bound. */
import type { Results, ScenarioResults } from './read-results.js';
import { type Difference, pairedDifference, unpairedDifference } from './spread.js';

/** A change that chance alone would give less often than this is called significant. */
const SIGNIFICANCE = 0.05;

/** How far a figure may go up or down: in its own unit, or as a share of what it was. */
export interface Bound {
  readonly figure: string;
  readonly direction: 'increase' | 'decrease';
  readonly limit: { readonly kind: 'share' | 'amount'; readonly value: number };
}

export interface FigureChange {
  readonly figure: string;
  readonly before: number;
  readonly after: number;
  /** In the figure's unit; the mean is after − before. */
  readonly difference: Difference;
  /** How many replicas tell it, and whether they share their seeds. */
  readonly replicas: number;
  readonly paired: boolean;
  /** null: too few replicas to tell. */
  readonly significant: boolean | null;
  readonly verdict: 'unbounded' | 'within' | 'past' | 'past-by-chance';
}

export interface ScenarioComparison {
  readonly settings: string;
  readonly changes: readonly FigureChange[];
}

export interface Comparison {
  readonly scenarios: readonly ScenarioComparison[];
  /** Scenarios that only one of the two has. */
  readonly unmatched: readonly string[];
}

/** Scenario by scenario; two results of one scenario each are compared whatever their settings. */
export function compareResults(
  before: Results,
  after: Results,
  bounds: readonly Bound[],
): Comparison {
  const [first] = before.scenarios.values();
  const [second] = after.scenarios.values();
  const single = before.scenarios.size === 1 && after.scenarios.size === 1;
  if (single && first !== undefined && second !== undefined) {
    const settings = second.settings;
    return { scenarios: [{ settings, changes: changesOf(first, second, bounds) }], unmatched: [] };
  }
  const scenarios: ScenarioComparison[] = [];
  for (const [settings, scenario] of before.scenarios) {
    const other = after.scenarios.get(settings);
    if (other === undefined) continue;
    scenarios.push({ settings, changes: changesOf(scenario, other, bounds) });
  }
  const names = [...before.scenarios.keys(), ...after.scenarios.keys()];
  const matched = new Set(scenarios.map(({ settings }) => settings));
  return { scenarios, unmatched: names.filter((name) => !matched.has(name)) };
}

function changesOf(
  before: ScenarioResults,
  after: ScenarioResults,
  bounds: readonly Bound[],
): readonly FigureChange[] {
  // The first replica may lack one: a downtime when nothing was switched over.
  const figures = new Set([...before.replicas.values()].flatMap((values) => [...values.keys()]));
  return [...figures].flatMap((figure) => {
    const change = changeOf(figure, before, after);
    if (change === null) return [];
    const verdicts = bounds
      .filter((bound) => bound.figure === figure)
      .map((bound) => verdictOn(change, bound));
    const verdict = SEVERITY.find((one) => verdicts.includes(one)) ?? 'unbounded';
    return [{ ...change, verdict }];
  });
}

const SEVERITY = ['past', 'past-by-chance', 'within'] as const;

type Change = Omit<FigureChange, 'verdict'>;

/** null when one of the two has no value of it at all. */
function changeOf(figure: string, before: ScenarioResults, after: ScenarioResults): Change | null {
  const figureIn = ({ replicas }: ScenarioResults, seed: string) => replicas.get(seed)?.get(figure);
  const seeds = (results: ScenarioResults): readonly string[] =>
    [...results.replicas.keys()].filter((seed) => figureIn(results, seed) !== undefined);
  const values = (results: ScenarioResults, of: readonly string[]): readonly number[] =>
    of.map((seed) => figureIn(results, seed) ?? 0);
  const own = { before: seeds(before), after: seeds(after) };
  if (own.before.length === 0 || own.after.length === 0) return null;
  const shared = own.before.filter((seed) => figureIn(after, seed) !== undefined);
  const paired = shared.length === own.before.length && shared.length === own.after.length;
  const first = values(before, own.before);
  const second = values(after, paired ? own.before : own.after);
  const difference = paired ? pairedDifference(first, second) : unpairedDifference(first, second);
  const { pValue } = difference;
  return {
    figure,
    before: sumOf(first) / first.length,
    after: sumOf(second) / second.length,
    difference,
    replicas: Math.min(first.length, second.length),
    paired,
    significant: pValue === null ? null : pValue < SIGNIFICANCE,
  };
}

/** Past a bound is what goes beyond it and is no play of chance, as far as replicas can tell. */
function verdictOn(change: Change, { direction, limit }: Bound): FigureChange['verdict'] {
  const moved = change.difference.mean * (direction === 'increase' ? 1 : -1);
  const allowed = limit.kind === 'amount' ? limit.value : limit.value * Math.abs(change.before);
  // Cells have six places; their means are no more exact than that.
  if (moved <= allowed + 1e-9 * Math.abs(change.before)) return 'within';
  return change.significant === false ? 'past-by-chance' : 'past';
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** plan.csv, a row a candidate, and pareto.csv, those that no other beats in everything. */
import type { Objective } from '../fleet/goal-model.js';
import { type Column, decimalColumn, textColumn, wholeColumn } from '../outcome/column.js';
import { csvStream } from '../outcome/csv.js';
import type { WholeFile } from '../outcome/whole-files.js';
import { figureColumn } from './figures.js';
import { changesOf, changeText, OBJECTIVES, objectiveSpread, type Plan } from './plan-report.js';
import type { Contestant } from './race.js';
import { type Score, scoreOf } from './score.js';
import type { Spread } from './spread.js';

interface CandidateRow {
  readonly contestant: Contestant;
  readonly verdict: string;
  readonly score: Score;
  readonly spreads: ReadonlyMap<Objective, Spread | null>;
  readonly pageSpreads: ReadonlyMap<Objective, Spread | null>;
}

export function planTables(plan: Plan): readonly WholeFile[] {
  const { contestants } = plan.outcome;
  const rows = contestants
    .filter(({ replicas }) => replicas.length > 0)
    .map((contestant) => rowOf(plan, contestant));
  const columns = planColumns(plan);
  return [
    { name: 'plan.csv', content: () => csvStream(columns, rows) },
    { name: 'pareto.csv', content: () => csvStream(columns, paretoRows(plan, rows)) },
  ];
}

function rowOf(plan: Plan, contestant: Contestant): CandidateRow {
  const { outcome, request } = plan;
  const { best, today, defaults, others } = outcome;
  const page = [best, today, defaults, ...others].find(
    (one) => one.contestant === contestant,
  )?.page;
  const spreads = (replicas: typeof contestant.replicas | typeof page) =>
    new Map(OBJECTIVES.map((one) => [one, objectiveSpread(replicas ?? [], one)] as const));
  return {
    contestant,
    verdict: verdictOf(plan, contestant),
    score: scoreOf(request.goal, contestant.replicas),
    spreads: spreads(contestant.replicas),
    pageSpreads: spreads(page),
  };
}

function verdictOf({ outcome, request }: Plan, contestant: Contestant): string {
  const words: string[] = [];
  if (contestant === outcome.best.contestant) words.push('best');
  if (contestant === outcome.today.contestant) words.push('today');
  if (contestant === outcome.defaults.contestant) words.push('defaults');
  if (words.length > 0) return words.join(' ');
  if (outcome.others.some((one) => one.contestant === contestant)) return 'confirmed';
  return contestant.replicas.length < request.replicas ? 'dropped' : 'raced';
}

const FIGURES_OF_OBJECTIVES = {
  'drain-time': { name: 'drain_time', unit: 's' },
  downtime: { name: 'downtime_p99', unit: 'ms' },
  disruption: { name: 'degraded', unit: 's' },
  bytes: { name: 'wire', unit: 'bytes' },
} as const;

function planColumns({ outcome }: Plan): readonly Column<CandidateRow>[] {
  const { knobs } = outcome;
  const spread = (
    objective: Objective,
    part: string,
    of: (row: CandidateRow) => number | null | undefined,
  ) => figureColumn<CandidateRow>(FIGURES_OF_OBJECTIVES[objective], part, (row) => of(row) ?? null);
  return [
    wholeColumn('candidate', ({ contestant }) => contestant.number),
    wholeColumn('generation', ({ contestant }) => contestant.generation),
    textColumn('verdict', ({ verdict }) => verdict),
    wholeColumn('replicas', ({ contestant }) => contestant.replicas.length),
    decimalColumn('limit_excess', ({ score }) => score.excess, 6),
    decimalColumn('guests_behind_mean', ({ score }) => score.guestsBehind, 3),
    ...OBJECTIVES.flatMap((one) => [
      spread(one, 'mean', ({ spreads }) => spreads.get(one)?.mean),
      spread(one, 'low', ({ spreads }) => spreads.get(one)?.interval?.low),
      spread(one, 'high', ({ spreads }) => spreads.get(one)?.interval?.high),
      spread(one, 'page_mean', ({ pageSpreads }) => pageSpreads.get(one)?.mean),
    ]),
    textColumn('changes', ({ contestant }) =>
      changesOf(knobs, contestant.candidate).map(changeText).join('; '),
    ),
    ...knobs.map(({ name, choices }, index) =>
      textColumn<CandidateRow>(
        name,
        ({ contestant }) => choices[contestant.candidate[index] ?? 0]?.text ?? '',
      ),
    ),
  ];
}

/** Within every limit, fully raced, and beaten by none in all objectives and guests moved. */
function paretoRows(plan: Plan, rows: readonly CandidateRow[]): readonly CandidateRow[] {
  const fit = rows.filter(
    ({ contestant, score }) =>
      score.excess === 0 && contestant.replicas.length >= plan.request.replicas,
  );
  const values = (row: CandidateRow): readonly number[] => [
    row.score.guestsBehind,
    ...OBJECTIVES.map((one) => row.spreads.get(one)?.mean ?? 0),
  ];
  const points = fit.map(values);
  return fit.filter((_, index) => {
    const own = points[index] ?? [];
    return !points.some((other) => beats(other, own));
  });
}

function beats(a: readonly number[], b: readonly number[]): boolean {
  return (
    a.every((value, at) => value <= (b[at] ?? 0)) && a.some((value, at) => value < (b[at] ?? 0))
  );
}

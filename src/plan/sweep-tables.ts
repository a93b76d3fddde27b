/** A sweep's files: summary.csv with a row a scenario, replicas.csv with a row a replica. */
import type { Readable } from 'node:stream';
import { type Column, textColumn, wholeColumn } from '../outcome/column.js';
import { csvStream } from '../outcome/csv.js';
import type { WholeFile } from '../outcome/whole-files.js';
import { FIGURES, type FigureValues, figureColumn } from './figures.js';
import { type Spread, spreadOf } from './spread.js';
import type { SweptScenario } from './sweep.js';

export interface SweepTables {
  readonly fleetName: string;
  readonly fidelity: 'page' | 'chunk';
  readonly paths: readonly string[];
  readonly seeds: readonly number[];
  /** Whole scenarios only; in any order. */
  readonly scenarios: readonly SweptScenario[];
}

export function sweepFiles(tables: SweepTables): readonly WholeFile[] {
  const scenarios = [...tables.scenarios].sort((a, b) => a.scenario.number - b.scenario.number);
  const summary = (): Readable => csvStream(summaryColumns(tables), summaryRows(scenarios));
  const replicas = (): Readable =>
    csvStream(replicaColumns(tables), replicaRows(scenarios, tables.seeds));
  return [
    { name: 'replicas.csv', content: replicas },
    { name: 'summary.csv', content: summary },
  ];
}

interface SummaryRow {
  readonly swept: SweptScenario;
  /** By index of FIGURES; null where no replica has a value, or it is not told. */
  readonly spreads: readonly (Spread | null)[];
}

function* summaryRows(scenarios: readonly SweptScenario[]): Generator<SummaryRow> {
  for (const swept of scenarios) yield { swept, spreads: spreadsOf(swept.replicas) };
}

export function spreadsOf(replicas: readonly FigureValues[]): readonly (Spread | null)[] {
  return FIGURES.map(({ told }, index) =>
    told ? spreadOf(replicas.flatMap((values) => values[index] ?? [])) : null,
  );
}

function summaryColumns(tables: SweepTables): readonly Column<SummaryRow>[] {
  return [
    textColumn('fleet', () => tables.fleetName),
    textColumn('fidelity', () => tables.fidelity),
    ...settingColumns(tables.paths, (row: SummaryRow) => row.swept),
    wholeColumn('replicas', () => tables.seeds.length),
    ...FIGURES.flatMap((figure, index) => {
      if (!figure.told) return [];
      const column = (part: string, of: (spread: Spread) => number | null) =>
        figureColumn<SummaryRow>(figure, part, ({ spreads }) => {
          const spread = spreads[index] ?? null;
          return spread === null ? null : of(spread);
        });
      return [
        column('mean', ({ mean }) => mean),
        column('p50', ({ p50 }) => p50),
        column('p95', ({ p95 }) => p95),
        column('low', ({ interval }) => interval?.low ?? null),
        column('high', ({ interval }) => interval?.high ?? null),
      ];
    }),
  ];
}

interface ReplicaRow {
  readonly swept: SweptScenario;
  readonly seed: number;
  readonly figures: FigureValues;
}

function* replicaRows(
  scenarios: readonly SweptScenario[],
  seeds: readonly number[],
): Generator<ReplicaRow> {
  for (const swept of scenarios) {
    for (const [place, seed] of seeds.entries()) {
      yield { swept, seed, figures: swept.replicas[place] ?? [] };
    }
  }
}

function replicaColumns(tables: SweepTables): readonly Column<ReplicaRow>[] {
  return [
    textColumn('fleet', () => tables.fleetName),
    textColumn('fidelity', () => tables.fidelity),
    ...settingColumns(tables.paths, (row: ReplicaRow) => row.swept),
    wholeColumn('seed', ({ seed }) => seed),
    ...FIGURES.map((figure, index) =>
      figureColumn<ReplicaRow>(figure, '', ({ figures }) => figures[index] ?? null),
    ),
  ];
}

/** The scenario's number, and a column a path, named as it was given. */
function settingColumns<Row>(
  paths: readonly string[],
  of: (row: Row) => SweptScenario,
): readonly Column<Row>[] {
  return [
    wholeColumn('scenario', (row) => of(row).scenario.number),
    ...paths.map((path, index) =>
      textColumn<Row>(path, (row) => of(row).scenario.settings[index]?.value ?? ''),
    ),
  ];
}

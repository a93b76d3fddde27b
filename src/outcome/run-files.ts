/** The files that a run writes. */
import type { RunResult } from '../simulation/result.js';
import type { Column } from './column.js';
import { csvStream } from './csv.js';
import { parquetStream } from './parquet.js';
import { type SettingRow, settingColumns } from './settings-table.js';
import type { Summary } from './summary.js';
import { summaryColumns } from './summary-table.js';
import {
  decisionColumns,
  guestColumns,
  linkColumns,
  migrationColumns,
  nodeColumns,
  receiverColumns,
  roundColumns,
} from './tables.js';
import type { WholeFile } from './whole-files.js';

export interface WantedFiles {
  readonly rounds: boolean;
  readonly decisions: boolean;
  /** Each table as Parquet as well. */
  readonly parquet: boolean;
}

/** The seven tables of every run; rounds and decisions when they were asked for. */
export function runFiles(
  result: RunResult,
  summary: Summary,
  settings: readonly SettingRow[],
  wanted: WantedFiles,
): readonly WholeFile[] {
  const table = <Row>(
    name: string,
    columns: readonly Column<Row>[],
    rows: Iterable<Row>,
  ): readonly WholeFile[] => tableFiles(name, columns, rows, wanted.parquet);
  return [
    ...table('migrations', migrationColumns, result.migrations),
    ...table('guests', guestColumns, result.guests),
    ...table('nodes', nodeColumns, result.nodes),
    ...table('receivers', receiverColumns, result.receivers),
    ...table('links', linkColumns, result.links),
    ...table('summary', summaryColumns, [summary]),
    ...table('settings', settingColumns, settings),
    ...(wanted.rounds ? table('rounds', roundColumns, result.rounds) : []),
    ...(wanted.decisions ? table('decisions', decisionColumns, result.decisions) : []),
  ];
}

function tableFiles<Row>(
  name: string,
  columns: readonly Column<Row>[],
  rows: Iterable<Row>,
  parquet: boolean,
): readonly WholeFile[] {
  const csv = { name: `${name}.csv`, content: () => csvStream(columns, rows) };
  const typed = { name: `${name}.parquet`, content: () => parquetStream(columns, rows) };
  return parquet ? [csv, typed] : [csv];
}

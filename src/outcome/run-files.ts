/** The files that a run writes. */
import type { RunResult } from '../simulation/result.js';
import type { Column } from './column.js';
import { csvStream } from './csv.js';
import { type SettingRow, settingColumns } from './settings-table.js';
import type { Summary } from './summary.js';
import { summaryColumns } from './summary-table.js';
import {
  decisionColumns,
  guestColumns,
  linkColumns,
  migrationColumns,
  nodeColumns,
  roundColumns,
} from './tables.js';
import type { WholeFile } from './whole-files.js';

/** The six files of every run; rounds.csv and decisions.csv when they were asked for. */
export function runFiles(
  result: RunResult,
  summary: Summary,
  settings: readonly SettingRow[],
  wanted: { readonly rounds: boolean; readonly decisions: boolean },
): readonly WholeFile[] {
  return [
    csvFile('migrations.csv', migrationColumns, result.migrations),
    csvFile('guests.csv', guestColumns, result.guests),
    csvFile('nodes.csv', nodeColumns, result.nodes),
    csvFile('links.csv', linkColumns, result.links),
    csvFile('summary.csv', summaryColumns, [summary]),
    csvFile('settings.csv', settingColumns, settings),
    ...(wanted.rounds ? [csvFile('rounds.csv', roundColumns, result.rounds)] : []),
    ...(wanted.decisions ? [csvFile('decisions.csv', decisionColumns, result.decisions)] : []),
  ];
}

function csvFile<Row>(
  name: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): WholeFile {
  return { name, content: () => csvStream(columns, rows) };
}

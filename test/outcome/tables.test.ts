import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../src/outcome/column.js';
import { runFiles } from '../../src/outcome/run-files.js';
import { settingColumns } from '../../src/outcome/settings-table.js';
import { summarise } from '../../src/outcome/summary.js';
import { summaryColumns } from '../../src/outcome/summary-table.js';
import {
  decisionColumns,
  guestColumns,
  linkColumns,
  migrationColumns,
  nodeColumns,
  receiverColumns,
  roundColumns,
} from '../../src/outcome/tables.js';
import { linkRecord, migrationRecord, runResult } from './records.js';

const docs = readFileSync(new URL('../../docs/outputs.md', import.meta.url), 'utf8');

/** Columns that scripts rely on: fixed, in this order, at the front of each table. */
const fixed: readonly [string, readonly Column<never>[], string][] = [
  [
    'migrations.csv',
    migrationColumns,
    'namespace name attempt source_node target_node created_s queued_s started_s ended_s total_time_s downtime_ms guest_pause_ms mode outcome fail_cause slow_cause rounds transferred_bytes wire_bytes storage_bytes throttle_max_percent policy',
  ],
  [
    'guests.csv',
    guestColumns,
    'namespace name memory_bytes source_node final_node outcome reason attempts moved_at_s',
  ],
  ['nodes.csv', nodeColumns, 'node cordoned_s empty_s guests moved blocked'],
  ['receivers.csv', receiverColumns, 'node inbound inbound_peak'],
  ['links.csv', linkColumns, 'link from_s to_s capacity_bytes_per_s bytes utilisation'],
  ['summary.csv', summaryColumns, 'fleet seed fidelity drain_time_s'],
  ['settings.csv', settingColumns, 'scope setting value unit source guests'],
  ['rounds.csv', roundColumns, 'namespace name attempt round started_s ended_s'],
  ['decisions.csv', decisionColumns, 'at_s namespace name attempt actor action reason'],
];

describe.each(fixed)('%s', (file, columns, names) => {
  it('keeps the columns that scripts rely on', () => {
    const front = columns.slice(0, names.split(' ').length).map((column) => column.name);
    expect(front.join(' ')).toBe(names);
  });

  it('has each column, in order and nothing else, in docs/outputs.md', () => {
    const chapter = docs.split(`\n## ${file}\n`)[1]?.split('\n## ')[0] ?? '';
    const documented = chapter
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`([a-z0-9_]+)`/g)])
      .map((match) => match[1]);
    expect(documented).toEqual(columns.map((column) => column.name));
  });
});

it('leaves cells of what never happened empty', () => {
  const cells = rowOf(
    migrationColumns,
    migrationRecord({ slotUs: null, startedUs: null, downtimeUs: null, qemuDowntimeUs: null }),
  );
  expect(cells).toMatchObject({
    queued_s: '71.000003',
    started_s: '',
    ended_s: '72.000003',
    total_time_s: '',
    downtime_ms: '',
  });
  const unfinished = rowOf(migrationColumns, migrationRecord({ slotUs: null, endedUs: null }));
  expect(unfinished).toMatchObject({ queued_s: '', ended_s: '', total_time_s: '' });
});

it('derives times and utilisation exactly', () => {
  expect(rowOf(migrationColumns, migrationRecord())).toMatchObject({
    created_s: '1.000000',
    queued_s: '2.500000',
    started_s: '12.000001',
    total_time_s: '60.000002',
    downtime_ms: '212.345',
  });
  expect(rowOf(linkColumns, linkRecord())).toMatchObject({ utilisation: '0.500000' });
  expect(rowOf(linkColumns, linkRecord({ capacityBytesPerSecond: 0 }))).toMatchObject({
    utilisation: '0.000000',
  });
});

it('writes rounds and decisions only on request', () => {
  const result = runResult();
  const summary = summarise('test', result);
  const names = (wanted: { rounds: boolean; decisions: boolean }): string =>
    runFiles(result, summary, [], { parquet: false, ...wanted })
      .map((file) => file.name)
      .join(' ');
  const always =
    'migrations.csv guests.csv nodes.csv receivers.csv links.csv summary.csv settings.csv';
  expect(names({ rounds: false, decisions: false })).toBe(always);
  expect(names({ rounds: true, decisions: true })).toBe(`${always} rounds.csv decisions.csv`);
});

function rowOf<Row>(columns: readonly Column<Row>[], row: Row): Record<string, string> {
  return Object.fromEntries(columns.map((column) => [column.name, column.cell(row)]));
}

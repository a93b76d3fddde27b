import { describe, expect, it } from 'vitest';
import { nearestRank, summarise } from '../../src/outcome/summary.js';
import { summaryJson } from '../../src/outcome/summary-json.js';
import { summaryColumns } from '../../src/outcome/summary-table.js';
import { summaryLines } from '../../src/outcome/summary-text.js';
import { guestRecord, linkRecord, migrationRecord, nodeRecord, runResult } from './records.js';

const WORDS = {
  inputs: 'racks.yaml',
  drain: '',
  drainHint: '--drain rack-1-node-03',
  importTo: null,
};

describe('summarise', () => {
  it('counts guests by outcome, and the reasons of those that stayed', () => {
    const cannot = 'VMI is not live migratable: host-passthrough';
    const summary = summarise(
      'test',
      runResult({
        guests: [
          guestRecord(),
          guestRecord({ name: 'gpu-0', outcome: 'not-movable', reason: cannot }),
          guestRecord({ name: 'web-0', outcome: 'left', reason: 'External' }),
          guestRecord({ name: 'gpu-1', outcome: 'not-movable', reason: cannot }),
        ],
        nodes: [nodeRecord(), nodeRecord({ node: 'wrk-b2', emptyUs: null })],
      }),
    );
    expect(summary.guestOutcomes).toMatchObject({ moved: 1, 'not-movable': 2, left: 1, lost: 0 });
    expect(summary.reasons).toEqual([
      { outcome: 'not-movable', reason: cannot, guests: 2, example: 'shop/gpu-0' },
      { outcome: 'left', reason: 'External', guests: 1, example: 'shop/web-0' },
    ]);
    expect([summary.nodes, summary.nodesEmpty]).toEqual([2, 1]);
  });

  it('adds bytes up exactly beyond 2^53, in the table and in JSON', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const migrations = [most, most, 3, 2].map((wireBytes, i) =>
      migrationRecord({ name: `db-${i}`, wireBytes }),
    );
    const summary = summarise('test', runResult({ migrations }));
    const exact = (2n * BigInt(most) + 5n).toString();
    const column = summaryColumns.find(({ name }) => name === 'wire_bytes');
    expect(column?.cell(summary)).toBe(exact);
    expect(summaryJson(summary).wire_bytes).toBe(exact);
    expect(summaryLines(summary, WORDS).join('\n')).toMatch(/16\.0 PiB on the wire/);
  });

  it('takes downtimes of migrations that were switched over, and names the worst guest', () => {
    const migrations = [5, 1, 9, 9, null, 3].map((ms, i) =>
      migrationRecord({ name: `db-${i}`, downtimeUs: ms === null ? null : ms * 1000 }),
    );
    expect(summarise('test', runResult({ migrations })).downtime).toEqual({
      count: 5,
      medianUs: 5000,
      p99Us: 9000,
      worstUs: 9000,
      worstGuest: 'shop/db-2',
    });
    expect(summarise('test', runResult({ migrations: [] })).downtime).toBeNull();
  });

  it('adds up causes, with the time from creation to end (or the run end)', () => {
    const migrations = [
      migrationRecord({ createdUs: 0, endedUs: 10, slowCause: 'queue' }),
      migrationRecord({ createdUs: 5, endedUs: 10, slowCause: 'queue', failCause: 'stuck' }),
      migrationRecord({ createdUs: 20, endedUs: null, failCause: 'stuck' }),
    ];
    const summary = summarise('test', runResult({ endUs: 100, migrations }));
    expect(summary.slow.queue).toEqual({ migrations: 2, elapsedUs: 15 });
    expect(summary.failed.stuck).toEqual({ migrations: 2, elapsedUs: 85 });
    expect(summary.failed.network).toEqual({ migrations: 0, elapsedUs: 0 });
  });

  it('ranks links by what they carried of what they could', () => {
    const links = [
      linkRecord({ link: 'a', bytes: 90e9 }),
      linkRecord({ link: 'b', bytes: 180e9 }),
      linkRecord({ link: 'a', fromUs: 60e6, toUs: 120e6, bytes: 180e9 }),
    ];
    const summary = summarise('test', runResult({ links }));
    expect(summary.busiestLinks).toEqual([
      { link: 'a', bytes: 270e9, meanUtilisation: 0.75, peakUtilisation: 1 },
      { link: 'b', bytes: 180e9, meanUtilisation: 0.5, peakUtilisation: 1 },
    ]);
  });

  it('uses nearest-rank quantiles', () => {
    expect(nearestRank([1, 2, 3, 4], 0.5)).toBe(2);
    expect(nearestRank([1, 2, 3], 0.99)).toBe(3);
    expect(nearestRank([7], 0.01)).toBe(7);
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(nearestRank(hundred, 0.99)).toBe(99);
    expect(nearestRank(hundred, 0.07)).toBe(7);
  });
});

describe('what a summary is written as', () => {
  it('has one cell for each column, and no column twice', () => {
    const summary = summarise('test', runResult());
    const names = summaryColumns.map((column) => column.name);
    expect(new Set(names).size).toBe(names.length);
    const row = Object.fromEntries(summaryColumns.map((c) => [c.name, c.cell(summary)]));
    expect(row).toMatchObject({
      fleet: 'test',
      drain_time_s: '120.000000',
      guests_moved: '1',
      guests_not_movable: '0',
      migrations_succeeded: '1',
      downtime_worst_ms: '212.345',
      downtime_worst_guest: 'shop/db-0',
      busiest_link: 'nic/wrk-b1/up',
      busiest_link_utilisation: '0.250000',
      busiest_link_peak: '0.500000',
    });
  });

  it('is plain JSON data', () => {
    const json = summaryJson(summarise('test', runResult()));
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    expect(json).toMatchObject({ drain_time_s: 120, guests: { total: 1, moved: 1 } });
  });

  it('tells an operator what matters, with control characters escaped', () => {
    const lines = summaryLines(
      summarise(
        'racks',
        runResult({
          migrations: [
            migrationRecord({ downtimeUs: 1_600_000 }),
            migrationRecord({ name: 'x', outcome: 'aborted', failCause: 'completion-timeout' }),
          ],
          guests: [
            guestRecord(),
            guestRecord({ name: 'x', outcome: 'not-movable', reason: 'bad\u001b[31m\nreason' }),
          ],
        }),
      ),
      WORDS,
    );
    const text = lines.join('\n');
    expect(text).toContain('Drained 1 node in 2 min (fleet racks, seed 1, page fidelity)');
    expect(text).toContain('2 to leave: 1 moved, 1 not-movable');
    expect(text).toContain('1 not-movable: bad\\u001b[31m\\u000areason (shop/x)');
    expect(text).toContain('worst 1.60 s (shop/db-0)');
    expect(text).toContain('completion-timeout: 1 migration');
    expect(text).toContain(
      '1 guest cannot migrate and will block the drain: "sluice check racks.yaml" says',
    );
    expect(text).toContain('"sluice trace racks.yaml --guest NAMESPACE/NAME" shows why');
    expect(lines.every((line) => !line.includes('\n'))).toBe(true);
  });

  it('says so when nothing was drained, or time ran out', () => {
    const empty = runResult({ migrations: [], guests: [], nodes: [], links: [], endUs: 0 });
    expect(summaryLines(summarise('none', empty), WORDS).join('\n')).toContain(
      'no node was drained: name some with --drain rack-1-node-03',
    );
    const late = runResult({ timedOut: true, nodes: [nodeRecord({ emptyUs: null })] });
    expect(summaryLines(summarise('late', late), WORDS)[0]).toMatch(
      /^Drain timed out after 2 min: 0 of 1 node empty/,
    );
  });
});

/** The parts of the page that need no browser. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionWords } from '../../../src/outcome/decision-words.js';
import { ganttRows } from '../../../src/outcome/report/page/gantt-rows.js';
import { binCounts, bins } from '../../../src/outcome/report/page/histogram.js';
import type {
  PageGuest,
  PageMigration,
  PageRun,
} from '../../../src/outcome/report/page/page-run.js';
import { createSelection } from '../../../src/outcome/report/page/selection.js';
import { waitSums } from '../../../src/outcome/report/page/waits.js';

type Span = readonly [startS: number, endS: number];

function guest(name: string, source: string, spans: readonly Span[]): PageGuest {
  const outcome = spans.length === 0 ? 'not-movable' : 'moved';
  const made: PageGuest = {
    id: `shop/${name}`,
    memoryBytes: 1,
    source,
    final: 'target',
    outcome,
    reason: '',
    attempts: spans.length,
    migrations: [],
  };
  spans.forEach(([startedS, endedS], i) => {
    made.migrations.push({
      guest: made,
      attempt: i + 1,
      source,
      target: 'target',
      createdS: 0,
      startedS,
      endedS,
      outcome: 'succeeded',
      slowCause: 'queue',
      failCause: '',
    } as PageMigration);
  });
  return made;
}

function runOf(guests: readonly PageGuest[]): PageRun {
  return {
    guests,
    fromS: 0,
    toS: 1000,
    migrations: [],
    letter: '',
    place: 0,
  } as unknown as PageRun;
}

describe('the rows of the drain', () => {
  it('puts no two bars of a lane at one time, in as many lanes as run at once', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 40 }), (spans) => {
        const guests = spans.map(([at, took], i) => guest(`g${i}`, 'node-1', [[at, at + took]]));
        const { bars, rows } = ganttRows(runOf(guests), 'lanes');
        for (const a of bars) {
          const clash = bars.filter(
            (b) => b !== a && b.row === a.row && b.fromS < a.toS && a.fromS < b.toS,
          );
          expect(clash).toEqual([]);
        }
        const atOnce = spans.map(
          ([at]) => spans.filter(([from, took]) => from <= at && at < from + took).length,
        );
        expect(rows).toBe(Math.max(...atOnce));
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it('gives each guest a row, node after node as people count', () => {
    const run = runOf([
      guest('b', 'node-10', [[5, 6]]),
      guest('a', 'node-2', [
        [1, 2],
        [3, 4],
      ]),
      guest('stays', 'node-2', []),
    ]);
    const { bands, names, bars } = ganttRows(run, 'guests');
    expect(bands.map(({ node }) => node)).toEqual(['node-2', 'node-10']);
    expect(names).toEqual(['shop/a', 'shop/stays', 'shop/b']);
    expect(bars.filter(({ kind }) => kind === 'run').map(({ row }) => row)).toEqual([0, 0, 2]);
    expect(bars.find(({ kind }) => kind === 'stay')).toMatchObject({ fromS: 0, toS: 1000 });
  });
});

describe('histogram', () => {
  it('counts each value once', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-3, max: 1e12, noNaN: true })), (values) => {
        const counts = binCounts(bins(values), values);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
        expect(counts.length).toBeLessThanOrEqual(34);
      }),
      { seed: 11 },
    );
  });
});

describe('selection', () => {
  const run = runOf([
    guest('web', 'node-1', [[10, 20]]),
    guest('db', 'node-2', [[100, 200]]),
    guest('stays', 'node-2', []),
  ]);
  const shown = (part: Parameters<ReturnType<typeof createSelection>['change']>[0]): string[] => {
    const selection = createSelection([run]);
    selection.change(part);
    return selection.shown(run).map(({ id }) => id);
  };

  it('needs all words of a search, in any of names, nodes, outcomes and causes', () => {
    expect(shown({ search: 'NODE-2' })).toEqual(['shop/db', 'shop/stays']);
    expect(shown({ search: 'node-2 queue' })).toEqual(['shop/db']);
    expect(shown({ search: 'node-2 web' })).toEqual([]);
  });

  it('keeps guests that were migrated within the time, and those that never were', () => {
    expect(shown({ fromS: 50, toS: 150 })).toEqual(['shop/db', 'shop/stays']);
    expect(shown({ toS: 15 })).toEqual(['shop/web', 'shop/stays']);
  });

  it('joins outcome, cause and brush', () => {
    expect(shown({ outcomes: new Set(['not-movable']) })).toEqual(['shop/stays']);
    expect(shown({ cause: 'queue', brushed: new Set(['shop/db', 'shop/stays']) })).toEqual([
      'shop/db',
    ]);
  });
});

describe('what migrations waited for', () => {
  const columns = {
    waited_back_off_s: [0, 0.4, 0],
    waited_queue_s: [60, 0, 20],
    waited_cluster_limit_s: [50, 0, 20],
    waited_node_limit_s: [0.5, 0, 0],
    waited_target_s: [10, 10, 0],
    waited_storage_s: [0, 0, 0],
    waited_link_share_s: [0, 99.6, 1000],
    waited_bandwidth_cap_s: [0, 0, 0],
    waited_dirty_rate_s: [0, 0, 0],
    waited_throttled_s: [0, 0, 0],
  };
  const run = { tables: { migrations: columns } } as unknown as PageRun;

  it('is added up by cause over the migrations that are shown', () => {
    const sums = waitSums(run, [{ row: 0 }, { row: 1 }]);
    expect(sums.map(({ cause, seconds }) => [cause, seconds])).toEqual([
      ['link-share', 99.6],
      ['queue', 60],
      ['target', 20],
    ]);
    expect(sums[1]?.parts).toEqual([{ what: 'the cluster’s limit', seconds: 50 }]);
    // The two limits are parts of the queue, and all waiting is 180 s.
    expect(sums[1]?.share).toBeCloseTo(60 / 180, 9);
    expect(waitSums(run, [])).toEqual([]);
  });
});

it('has words for actions with a figure in them, none for what it does not know', () => {
  expect(decisionWords('set downtime limit 450 ms')).toMatch(/^KubeVirt told QEMU/);
  expect(decisionWords('abort refused')).not.toBe(decisionWords('abort'));
  expect(decisionWords('something else')).toBe('');
});

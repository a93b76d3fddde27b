/** What migrations waited for, added up by cause (the columns `waited_*_s` of migrations.csv). */
import type { migrationFields } from '../run-tables.js';
import type { PageMigration, PageRun } from './page-run.js';

export interface WaitSum {
  /** As in `slow_cause`. */
  readonly cause: string;
  readonly seconds: number;
  /** Of all waiting, 0 to 1. */
  readonly share: number;
  /** What is known of it more closely, in seconds; shorter than a second: left out. */
  readonly parts: readonly { readonly what: string; readonly seconds: number }[];
}

type WaitColumn = Extract<keyof typeof migrationFields, `waited_${string}`>;

interface Cause {
  readonly cause: string;
  readonly column: WaitColumn;
  readonly parts?: readonly { readonly what: string; readonly column: WaitColumn }[];
}

const CAUSES: readonly Cause[] = [
  { cause: 'back-off', column: 'waited_back_off_s' },
  {
    cause: 'queue',
    column: 'waited_queue_s',
    parts: [
      { what: 'the cluster’s limit', column: 'waited_cluster_limit_s' },
      { what: 'the limit out of a node', column: 'waited_node_limit_s' },
    ],
  },
  { cause: 'target', column: 'waited_target_s' },
  { cause: 'storage', column: 'waited_storage_s' },
  { cause: 'link-share', column: 'waited_link_share_s' },
  { cause: 'bandwidth-cap', column: 'waited_bandwidth_cap_s' },
  { cause: 'dirty-rate', column: 'waited_dirty_rate_s' },
  { cause: 'throttled', column: 'waited_throttled_s' },
];

/** Less is rounding and round ends; the summary leaves it out too. */
const WORTH_TELLING_S = 1;

/** Longest first; causes of less than a second are left out. */
export function waitSums(
  { tables }: Pick<PageRun, 'tables'>,
  migrations: readonly Pick<PageMigration, 'row'>[],
): readonly WaitSum[] {
  const sum = (column: WaitColumn): number =>
    migrations.reduce((total, { row }) => total + (tables.migrations[column][row] ?? 0), 0);
  const sums = CAUSES.map(({ cause, column, parts = [] }) => ({
    cause,
    seconds: sum(column),
    parts: parts
      .map((part) => ({ what: part.what, seconds: sum(part.column) }))
      .filter(({ seconds }) => seconds >= WORTH_TELLING_S),
  }));
  const all = sums.reduce((total, { seconds }) => total + seconds, 0);
  return sums
    .filter(({ seconds }) => seconds >= WORTH_TELLING_S)
    .map((one) => ({ ...one, share: one.seconds / all }))
    .sort((a, b) => b.seconds - a.seconds);
}

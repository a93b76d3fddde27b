/**
 * What the report takes from a run's CSV files (docs/outputs.md), column by column. Both sides read
 * this: the command that fills it and the page that shows it.
 */

/** `number` is always there, `optional` may be an empty cell. */
export type FieldKind = 'text' | 'number' | 'optional';
export type Fields = Readonly<Record<string, FieldKind>>;

/** A table by columns: shorter as JSON than rows with names, and quick to scan. */
export type Columns<F extends Fields> = {
  readonly [K in keyof F]: readonly (F[K] extends 'text'
    ? string
    : F[K] extends 'number'
      ? number
      : number | null)[];
};

export const migrationFields = {
  namespace: 'text',
  name: 'text',
  attempt: 'number',
  source_node: 'text',
  target_node: 'text',
  created_s: 'number',
  started_s: 'optional',
  ended_s: 'optional',
  downtime_ms: 'optional',
  guest_pause_ms: 'number',
  mode: 'text',
  outcome: 'text',
  fail_cause: 'text',
  slow_cause: 'text',
  slow_share: 'optional',
  waited_back_off_s: 'number',
  waited_queue_s: 'number',
  waited_cluster_limit_s: 'number',
  waited_node_limit_s: 'number',
  waited_target_s: 'number',
  waited_storage_s: 'number',
  waited_link_share_s: 'number',
  waited_bandwidth_cap_s: 'number',
  waited_dirty_rate_s: 'number',
  waited_throttled_s: 'number',
  rounds: 'number',
  wire_bytes: 'number',
  throttle_max_percent: 'number',
  policy: 'text',
  fail_reason: 'text',
} as const satisfies Fields;

export const guestFields = {
  namespace: 'text',
  name: 'text',
  memory_bytes: 'number',
  source_node: 'text',
  final_node: 'text',
  outcome: 'text',
  reason: 'text',
  attempts: 'number',
} as const satisfies Fields;

export const nodeFields = {
  node: 'text',
  cordoned_s: 'optional',
  empty_s: 'optional',
  guests: 'number',
  moved: 'number',
  blocked: 'number',
} as const satisfies Fields;

export const linkFields = {
  link: 'text',
  from_s: 'number',
  to_s: 'number',
  capacity_bytes_per_s: 'number',
  bytes: 'number',
  background_bytes: 'number',
  saturated_s: 'number',
} as const satisfies Fields;

export const settingFields = {
  scope: 'text',
  setting: 'text',
  value: 'text',
  unit: 'text',
  source: 'text',
  guests: 'number',
} as const satisfies Fields;

export const roundFields = {
  namespace: 'text',
  name: 'text',
  attempt: 'number',
  round: 'number',
  started_s: 'number',
  ended_s: 'number',
  remaining_start_bytes: 'number',
  remaining_end_bytes: 'number',
  dirtied_bytes: 'number',
  sent_bytes: 'number',
  bandwidth_bytes_per_s: 'number',
  threshold_bytes: 'number',
  downtime_limit_ms: 'number',
  throttle_percent: 'number',
  decision: 'text',
} as const satisfies Fields;

export const decisionFields = {
  at_s: 'number',
  namespace: 'text',
  name: 'text',
  attempt: 'number',
  actor: 'text',
  action: 'text',
  reason: 'text',
} as const satisfies Fields;

export const summaryFields = {
  fleet: 'text',
  seed: 'number',
  fidelity: 'text',
  drain_time_s: 'number',
  timed_out: 'text',
  nodes: 'number',
  nodes_empty: 'number',
  nodes_back: 'number',
  guests: 'number',
  guests_moved: 'number',
  migrations: 'number',
  downtime_median_ms: 'optional',
  downtime_p99_ms: 'optional',
  downtime_worst_ms: 'optional',
  downtime_worst_guest: 'text',
  wire_bytes: 'number',
  storage_bytes: 'number',
  bottleneck_link: 'text',
  bottleneck_waited_s: 'optional',
} as const satisfies Fields;

/** Links in equal steps of time: one entry for each link and step in which something happened. */
export interface LinkUse {
  readonly links: readonly string[];
  /** Links of the run that are not in `links`, because others were busier. */
  readonly leftOut: number;
  readonly fromS: number;
  readonly stepS: number;
  readonly steps: number;
  readonly link: readonly number[];
  readonly step: readonly number[];
  /** Thousandths of what the link could have carried. */
  readonly migrations: readonly number[];
  readonly background: readonly number[];
  /** Thousandths of the step in which nothing of it was left. */
  readonly saturated: readonly number[];
}

/** What only the page of one guest needs; unpacked when the first is opened. */
export interface RunDetail {
  /** null: the folder has no rounds.csv. */
  readonly rounds: Columns<typeof roundFields> | null;
  readonly decisions: Columns<typeof decisionFields> | null;
  /** Guests whose rows were left out to keep the file small. */
  readonly guestsLeftOut: number;
}

/** One run. */
export interface RunTables {
  readonly summary: Columns<typeof summaryFields>;
  readonly guests: Columns<typeof guestFields>;
  readonly migrations: Columns<typeof migrationFields>;
  readonly nodes: Columns<typeof nodeFields>;
  readonly links: LinkUse;
  readonly settings: Columns<typeof settingFields> | null;
}

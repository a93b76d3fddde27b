/**
 * The history of a cluster against the simulation of it: every migration that happened is
 * predicted from what was known before it (its guest, node, target and settings; rates and memory
 * as good as the metrics tell them) and set beside what came of it.
 */
import type { DirtyRateSamples } from '../fleet/dump/observed-workloads.js';
import type { PastMigration } from '../fleet/dump/past-migrations.js';
import type { Fleet, Guest } from '../fleet/model.js';
import type {
  MigrationMode,
  MigrationOutcome,
  MigrationRecord,
  RunResult,
  SlowCause,
} from '../simulation/result.js';
import type { Corrections } from './backtest-corrections.js';
import {
  episodesOf,
  fleetOfEpisode,
  type KnownMigration,
  standInName,
} from './backtest-episode.js';
import { type PastRates, pastRates, rateOfReplica } from './backtest-rates.js';

export interface BacktestInputs {
  readonly fleet: Fleet;
  readonly migrations: readonly PastMigration[];
  readonly samples: ReadonlyMap<string, DirtyRateSamples>;
  readonly replicas: number;
  readonly seed: number;
  readonly simulate: (fleet: Fleet, seed: number) => Promise<RunResult>;
}

/** `measured`: resident share; `whole`: huge pages are all resident; `assumed`: nothing is known. */
export type MemorySource = 'measured' | 'whole' | 'assumed';

/** Replicas agree on this much; instants and lengths in µs. */
export interface Prediction {
  readonly outcome: MigrationOutcome;
  readonly mode: MigrationMode;
  /** Of the replicas, those with this outcome. */
  readonly outcomeShare: number;
  /** From the launcher's call to the end; null when no replica started. Median, least and most. */
  readonly durationUs: number | null;
  readonly leastUs: number | null;
  readonly mostUs: number | null;
  /** From the object's creation to the start. */
  readonly waitUs: number | null;
  readonly downtimeUs: number | null;
  readonly slowCause: SlowCause;
  /** Of all that is sent, what copies disks. */
  readonly storageShare: number;
}

export type BacktestRow = { readonly past: PastMigration } & (
  | { readonly kind: 'left-out'; readonly reason: string }
  | {
      readonly kind: 'predicted';
      readonly guest: Guest;
      readonly rates: PastRates;
      readonly memory: MemorySource;
      readonly prediction: Prediction;
    }
);

export type PredictedRow = Extract<BacktestRow, { kind: 'predicted' }>;

/** One row for each migration of the history, in its order. */
export async function backtest(
  inputs: BacktestInputs,
  corrections: Corrections,
): Promise<readonly BacktestRow[]> {
  const rows = inputs.migrations.map((past, index) => rowBefore(inputs, past, index));
  const known = rows.flatMap((row) => ('known' in row ? [row] : []));
  const runs = new Map<number, MigrationRecord[]>();
  for (const episode of episodesOf(known.map((row) => row.known))) {
    await runEpisode(inputs, corrections, known, episode, runs);
  }
  return rows.map((row, index) => {
    if (!('known' in row)) return row;
    const { known: one, rates, memory } = row;
    // KubeVirt's clock starts when it calls the launcher, QEMU's a little later.
    const callUs = inputs.fleet.timings.migrateCallUs + corrections.perMigrationUs;
    const prediction = predictionOf(runs.get(index) ?? [], callUs);
    if (prediction === null) return leftOut(one.past, 'the simulation made no migration of it');
    return { kind: 'predicted', past: one.past, guest: one.guest, rates, memory, prediction };
  });
}

interface KnownRow {
  readonly known: KnownMigration;
  readonly rates: PastRates;
  readonly memory: MemorySource;
}

function leftOut(past: PastMigration, reason: string): Extract<BacktestRow, { kind: 'left-out' }> {
  return { kind: 'left-out', past, reason };
}

function rowBefore(
  { fleet, samples }: BacktestInputs,
  past: PastMigration,
  index: number,
): KnownRow | Extract<BacktestRow, { kind: 'left-out' }> {
  if (past.outcome === 'open') return leftOut(past, 'it is under way');
  const guest = fleet.guests.find(
    ({ namespace, name }) => namespace === past.namespace && name === past.name,
  );
  if (guest === undefined) return leftOut(past, 'its guest is not in the dump any more');
  const sourceNode = past.sourceNode ?? past.evacuatedNode ?? guest.node;
  const missing = [sourceNode, past.targetNode].find(
    (node) => node !== null && !fleet.nodes.some(({ name }) => name === node),
  );
  if (missing !== undefined) return leftOut(past, `node ${missing} is not in the dump any more`);
  if (sourceNode === null) return leftOut(past, 'the node that it was on is not known');
  const startS = (past.startedUs ?? past.createdUs) / 1e6;
  return {
    known: { index, past, guest, sourceNode },
    rates: pastRates(samples.get(`${past.namespace}/${past.name}`), startS, guest),
    memory: memorySource(guest),
  };
}

function memorySource(guest: Guest): MemorySource {
  if (guest.hugepageBytes !== null) return 'whole';
  const { workload, memoryBytes } = guest;
  return workload.kind === 'observed' && workload.filledBytes < memoryBytes
    ? 'measured'
    : 'assumed';
}

async function runEpisode(
  inputs: BacktestInputs,
  corrections: Corrections,
  rows: readonly KnownRow[],
  episode: readonly KnownMigration[],
  runs: Map<number, MigrationRecord[]>,
): Promise<void> {
  const { replicas, seed } = inputs;
  const ratesOf = new Map(rows.map(({ known, rates }) => [known.index, rates]));
  const indexOf = new Map(
    episode.map((one) => [`${one.past.namespace} ${standInName(one)}`, one.index]),
  );
  for (let replica = 0; replica < replicas; replica += 1) {
    const withRate = (one: KnownMigration): Guest => {
      const rates = ratesOf.get(one.index);
      if (rates === undefined) return one.guest;
      const rate = rateOfReplica(rates, replica, replicas, one.index);
      return guestAtRate(one.guest, rate * corrections.dirtyRateFactor);
    };
    const fleet = fleetOfEpisode(inputs.fleet, episode, withRate, corrections);
    const result = await inputs.simulate(fleet, seed + replica);
    for (const record of result.migrations) {
      const index = indexOf.get(`${record.namespace} ${record.name}`);
      if (index !== undefined) runs.set(index, [...(runs.get(index) ?? []), record]);
    }
  }
}

function guestAtRate(guest: Guest, bytesPerSecond: number): Guest {
  const { workload } = guest;
  if (workload.kind !== 'observed') return guest;
  const rate = Math.min(bytesPerSecond, workload.filledBytes);
  return {
    ...guest,
    workload: { ...workload, dirtyRates: [{ windowSeconds: 1, bytesPerSecond: rate }] },
  };
}

/** The most frequent outcome and mode, and what the replicas that had them took. */
function predictionOf(records: readonly MigrationRecord[], callUs: number): Prediction | null {
  const groups = new Map<string, MigrationRecord[]>();
  for (const record of records) {
    const key = `${record.outcome} ${record.mode}`;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const [alike] = [...groups.values()].sort((a, b) => b.length - a.length);
  const first = alike?.[0];
  if (alike === undefined || first === undefined) return null;
  const duration = ({ startedUs, endedUs }: MigrationRecord): number | null =>
    startedUs === null || endedUs === null ? null : endedUs - startedUs + callUs;
  const wait = ({ startedUs, createdUs }: MigrationRecord): number | null =>
    startedUs === null ? null : startedUs - callUs - createdUs;
  const all = ascending(records.map(duration));
  return {
    outcome: first.outcome,
    mode: first.mode,
    outcomeShare: alike.length / records.length,
    durationUs: middle(ascending(alike.map(duration))),
    leastUs: all[0] ?? null,
    mostUs: all.at(-1) ?? null,
    waitUs: middle(ascending(alike.map(wait))),
    downtimeUs: middle(ascending(alike.map((one) => one.downtimeUs))),
    slowCause: first.slowCause,
    storageShare: first.wireBytes > 0 ? first.storageBytes / first.wireBytes : 0,
  };
}

function ascending(values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null).sort((a, b) => a - b);
}

/** Lower median; null of nothing. */
function middle(values: readonly number[]): number | null {
  return values[(values.length - 1) >> 1] ?? null;
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dirtyRateSamples } from '../../src/fleet/dump/observed-workloads.js';
import { type PastMigration, readPastMigrations } from '../../src/fleet/dump/past-migrations.js';
import { parseDocument } from '../../src/fleet/load/document.js';
import { loadFleet } from '../../src/fleet/load/load-fleet.js';
import type { Fleet, Guest } from '../../src/fleet/model.js';
import { createInPlacePageWork } from '../../src/memory/in-place.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { simulate } from '../../src/simulation/simulate.js';
import { type BacktestInputs, backtest } from '../../src/validate/backtest.js';
import { NO_CORRECTIONS } from '../../src/validate/backtest-corrections.js';
import { probableCause, relativeError, reportOf } from '../../src/validate/backtest-errors.js';
import { fitCorrections } from '../../src/validate/backtest-fit.js';
import { buildFleet, GIB } from '../fleet-builder.js';
import { sharedData } from '../shared-data.js';

const pageWork = createInPlacePageWork(await loadKernels());

const run: BacktestInputs['simulate'] = (fleet, seed) =>
  simulate(fleet, {
    seed,
    fidelity: 'chunk',
    pageWork,
    rounds: false,
    decisions: false,
    linkStepUs: 60_000_000,
  });

const MIB = 2 ** 20;
const LIMIT = 512 * MIB;

/** Guests of 4 to 26 GiB on three nodes, each with a measured dirty rate. */
function fleetOfGuests(): Fleet {
  const guests = Array.from({ length: 12 }, (_, i) => ({
    name: `g-${String(i).padStart(2, '0')}`,
    node: `node-0${(i % 3) + 1}`,
    memoryBytes: (4 + 2 * i) * GIB,
    workload: {
      kind: 'observed',
      filledBytes: (4 + 2 * i) * GIB,
      dirtyRates: [{ windowSeconds: 1, bytesPerSecond: 10 * MIB }],
      compressedShare: 0.5,
    } satisfies Guest['workload'],
  }));
  const migrations = { bandwidthPerMigrationBytesPerSecond: LIMIT };
  return buildFleet({ nodes: 3, guests, kubevirt: { migrations } });
}

const HOUR_US = 3600 * 1e6;
const T0_US = Date.parse('2026-09-08T02:00:00Z') * 1000;

/** Each guest alone, an hour apart; `secondsOf` says how long it took. */
function history(fleet: Fleet, secondsOf: (guest: Guest) => number): readonly PastMigration[] {
  return fleet.guests.map((guest, i) => {
    const createdUs = T0_US + i * HOUR_US;
    const startedUs = createdUs + 12e6;
    return {
      namespace: guest.namespace,
      object: `m-${i}`,
      name: guest.name,
      createdUs,
      slotUs: createdUs,
      startedUs,
      endedUs: startedUs + Math.round(secondsOf(guest) * 1e6),
      sourceNode: guest.node,
      targetNode: guest.node === 'node-01' ? 'node-02' : 'node-01',
      mode: 'PreCopy',
      outcome: 'succeeded',
      failReason: '',
      configuration: fleet.kubevirt.migrations,
      policy: '',
      evacuatedNode: null,
    };
  });
}

function inputs(fleet: Fleet, migrations: readonly PastMigration[]): BacktestInputs {
  return { fleet, migrations, samples: new Map(), replicas: 1, seed: 1, simulate: run };
}

/** At the limit, with the zero-time overheads of an ideal. */
const idealSeconds = (guest: Guest): number => (guest.memoryBytes * 1.02) / LIMIT;

describe('back-test', () => {
  it('predicts what the limit and the memory say, one row a migration', async () => {
    const fleet = fleetOfGuests();
    const rows = await backtest(inputs(fleet, history(fleet, idealSeconds)), NO_CORRECTIONS);
    const report = reportOf(rows);
    expect(report.migrations).toBe(12);
    expect(report.outcomes).toEqual([
      { actual: 'succeeded', predicted: 'succeeded', migrations: 12 },
    ]);
    expect(report.durations.median).toBeLessThan(0.1);
    // No metrics: the inputs say so.
    expect(report.byInputs.poor.migrations).toBe(12);
  });

  it('accounts for what it cannot predict', async () => {
    const fleet = fleetOfGuests();
    const [first, second, third, ...rest] = history(fleet, idealSeconds);
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    const rows = await backtest(
      inputs(fleet, [
        { ...first, name: 'gone' },
        { ...second, outcome: 'open', endedUs: null },
        { ...third, outcome: 'failed', failReason: 'Target pod is down' },
        ...rest,
      ]),
      NO_CORRECTIONS,
    );
    const report = reportOf(rows);
    expect(report.leftOut.map(({ reason }) => reason)).toEqual([
      'it is under way',
      'its guest is not in the dump any more',
    ]);
    expect(report.outcomesRight).toBe(9);
    const [fault] = rows.filter(({ past }) => past.failReason !== '');
    if (fault?.kind !== 'predicted') throw new Error('not predicted');
    expect(relativeError(fault)).toBeNull();
    expect(probableCause(fault)).toMatchObject({ cause: 'fault' });
  });

  it('blames disks where they are most of what is sent, whatever it waited for before', async () => {
    const fleet = fleetOfGuests();
    const one = history(fleet, () => 4).slice(5, 6);
    const [row] = await backtest(inputs(fleet, one), NO_CORRECTIONS);
    if (row?.kind !== 'predicted') throw new Error('not predicted');
    expect(row.prediction.storageShare).toBe(0);
    expect(probableCause(row)?.cause).not.toBe('storage');
    const prediction = { ...row.prediction, slowCause: 'queue', storageShare: 0.8 } as const;
    expect(probableCause({ ...row, prediction })?.cause).toBe('storage');
  });

  it('takes the rates of the quarter before, of the same hour, or any, and says which', async () => {
    const fleet = fleetOfGuests();
    const migrations = history(fleet, idealSeconds);
    const at = (seconds: number) => ({ times: [seconds], values: [40 * MIB] });
    const startS = (i: number): number => (migrations[i]?.startedUs ?? 0) / 1e6;
    const samples = new Map([
      ['default/g-00', at(startS(0) - 60)],
      ['default/g-01', at(startS(1) + 86_400 + 600)],
      ['default/g-02', at(startS(2) + 6 * 3600)],
    ]);
    const named = migrations.slice(0, 4);
    const rows = await backtest({ ...inputs(fleet, named), samples }, NO_CORRECTIONS);
    const sources = rows.map((row) => (row.kind === 'predicted' ? row.rates.source : null));
    expect(fleet.guests[0]?.namespace).toBe('default');
    expect(sources).toEqual(['before', 'same-hour', 'other-hour', 'typical']);
  });

  it('fits paths that carry less and fixed times, and does better where it never looked', async () => {
    const fleet = fleetOfGuests();
    const migrations = history(fleet, (guest) => 3 + idealSeconds(guest) / 0.7);
    const given = inputs(fleet, migrations);
    const { corrections, tested } = await fitCorrections(
      given,
      await backtest(given, NO_CORRECTIONS),
    );
    expect(corrections.perMigrationUs / 1e6).toBeGreaterThan(1.5);
    expect(corrections.perMigrationUs / 1e6).toBeLessThan(4.5);
    for (const factor of corrections.throughput.values()) {
      expect(factor).toBeGreaterThan(0.64);
      expect(factor).toBeLessThan(0.76);
    }
    expect(tested.before.median).toBeGreaterThan(0.25);
    expect(tested.after.median).toBeLessThan(0.05);
  });
});

const cluster = sharedData('cluster');

describe.skipIf(cluster === null)('a cluster of 24 nodes (skipped without ../shared/data)', () => {
  it('accounts for all 80 migrations, most as they ended', async () => {
    const file = (name: string): string => `${cluster}/${name}`;
    const dirtyRates = file('prometheus-dirty-rate-range.json');
    const memory = file('prometheus-memory.json');
    const { fleet } = await loadFleet({ files: [file('cluster.json')], dirtyRates, memory });
    const document = (name: string) => parseDocument(name, readFileSync(name, 'utf8'));
    const { migrations } = readPastMigrations([document(file('vmims.json'))]);
    const names = new Set(fleet.guests.map(({ namespace, name }) => `${namespace}/${name}`));
    const samples = dirtyRateSamples(document(dirtyRates), names);
    // The two in-memory databases of 768 GiB and more take most of the time.
    const small = migrations.filter(({ name }) => !name.startsWith('imdb-erp'));
    const rows = await backtest({ ...inputs(fleet, small), samples }, NO_CORRECTIONS);
    const report = reportOf(rows);
    expect(migrations).toHaveLength(80);
    expect(report.leftOut).toEqual([]);
    expect(report.outcomesRight).toBeGreaterThanOrEqual(60);
    expect(report.durations.median).toBeLessThan(0.5);
  }, 30_000);
});

import { describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/simulation/result.js';
import { buildFleet, GIB } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const MIB = 2 ** 20;
const PAGE_BYTES = 4096;

/** 2 GiB, of which 256 MiB are written all over: rounds without end on a slow link. */
function hotFleet(hotMiB: number) {
  const region = {
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    phases: [],
    pacedBy: 'cpu',
  } as const;
  const regions = [
    {
      ...region,
      name: 'hot',
      bytes: hotMiB * MIB,
      writes: { kind: 'random', pagesPerSecond: hotMiB * 256 * 5 },
    },
    {
      ...region,
      name: 'rest',
      bytes: 2 * GIB - hotMiB * MIB,
      filledShare: 0.5,
      writes: { kind: 'none' },
    },
  ] as const;
  const fleet = buildFleet({
    guests: [
      {
        name: 'hot',
        node: 'node-01',
        memoryBytes: 2 * GIB,
        evictionStrategy: 'LiveMigrate',
        workload: { kind: 'regions', regions },
      },
    ],
  });
  const nics = fleet.network.nics.map((nic) => ({ ...nic, bytesPerSecond: 100 * MIB }));
  return {
    ...fleet,
    network: { ...fleet.network, nics },
    drain: { ...fleet.drain, timeoutUs: 120e6 },
  };
}

const withoutStats = ({ jobStats: _, ...result }: RunResult) => result;

describe('job statistics', () => {
  test('are there when asked for only, and asking changes nothing', async () => {
    const asked = await runFleet(hotFleet(16), { jobStatsEveryUs: 37_000 });
    const plain = await runFleet(hotFleet(16));
    expect(plain.jobStats).toEqual([]);
    expect(asked.jobStats.length).toBeGreaterThan(100);
    expect(withoutStats(asked)).toEqual(withoutStats(plain));
  });

  test('account for every page, and end with what the record has', async () => {
    const { jobStats, migrations } = await runFleet(hotFleet(16), { jobStatsEveryUs: 100_000 });
    const [migration] = migrations;
    const last = jobStats.at(-1);
    expect(last?.query?.status).toBe('completed');
    expect(last?.query?.ram.remaining).toBe(0);
    expect(last?.query?.ram.transferred).toBe(migration?.transferredBytes);
    expect(last?.query?.ram['dirty-sync-count']).toBe(migration?.rounds);
    expect(last?.query?.downtime).toBe(Math.floor((migration?.qemuDowntimeUs ?? 0) / 1000));
    expect(last?.info.downtimeMs).toBe(Math.floor((migration?.downtimeUs ?? 0) / 1000));
    // Half of the cold memory is zero pages, each told once.
    expect(last?.query?.ram.duplicate).toBe(((2 * GIB - 16 * MIB) / PAGE_BYTES) * 0.5);
    for (const [i, { atUs, query }] of jobStats.entries()) {
      const before = jobStats[i - 1];
      expect(atUs).toBeGreaterThanOrEqual(before?.atUs ?? 0);
      const { normal, duplicate, transferred } = query?.ram ?? {
        normal: 0,
        duplicate: 0,
        transferred: 0,
      };
      expect(normal).toBeGreaterThanOrEqual(before?.query?.ram.normal ?? 0);
      expect(duplicate).toBeGreaterThanOrEqual(before?.query?.ram.duplicate ?? 0);
      expect(transferred).toBeGreaterThanOrEqual(before?.query?.ram.transferred ?? 0);
    }
  });

  test('in a migration that does not end: rates saturate, remaining jumps, downtime stays', async () => {
    const { jobStats } = await runFleet(hotFleet(256), { jobStatsEveryUs: 250_000 });
    const later = jobStats.filter(({ query }) => (query?.ram['dirty-sync-count'] ?? 0) > 6);
    expect(later.length).toBeGreaterThan(50);
    for (const { query, info } of later) {
      const ram = query?.ram;
      if (ram === undefined) continue;
      // The guest writes 5 times its hot set a second: told is what was sent (spec/qemu.md 2.1).
      const sentPages = (ram.mbps * 125_000) / 4104;
      expect(Math.abs(ram['dirty-pages-rate'] / sentPages - 1)).toBeLessThan(0.05);
      // Bytes of the last sync over the bandwidth, flat through the round.
      expect(query?.['expected-downtime']).toBeGreaterThan(2500);
      expect(query?.['expected-downtime']).toBeLessThan(2800);
      expect(info.memBps).toBe(Math.round(ram.mbps * 125_000));
      expect(info.dataRemaining).toBe(ram.remaining);
    }
    const remaining = later.map(({ query }) => query?.ram.remaining ?? 0);
    const rises = remaining.slice(1).filter((bytes, i) => bytes > (remaining[i] as number));
    expect(rises.length).toBeGreaterThan(5);
    expect(Math.min(...remaining)).toBeLessThan(60 * MIB);
  });

  test('in post-copy go on: bytes, pages, requests, and the rate of the stream', async () => {
    const fleet = hotFleet(256);
    const migrations = {
      ...fleet.kubevirt.migrations,
      allowPostCopy: true,
      allowWorkloadDisruption: true,
      completionTimeoutPerGiB: 10,
    };
    const { jobStats } = await runFleet(
      { ...fleet, kubevirt: { ...fleet.kubevirt, migrations } },
      { jobStatsEveryUs: 100_000 },
    );
    const queries = jobStats.flatMap(({ query }) => query ?? []);
    const from = queries.findIndex(({ status }) => status === 'postcopy-active');
    const postcopy = queries.slice(from).filter(({ status }) => status === 'postcopy-active');
    expect(postcopy.length).toBeGreaterThan(8);
    postcopy.forEach(({ ram }, i) => {
      expect(ram['normal-bytes']).toBeLessThanOrEqual(ram.transferred);
      const before = postcopy[i - 1]?.ram;
      // The first lies in the pause, or before the stream has its share of the network.
      if (before === undefined || i < 3) return;
      const bytes = ram.transferred - before.transferred;
      expect((bytes * 80) / 1e6 / ram.mbps).toBeCloseTo(1, 1);
      expect(Math.abs(before.remaining - ram.remaining - (bytes * PAGE_BYTES) / 4104)).toBeLessThan(
        3 * PAGE_BYTES,
      );
      expect(ram['postcopy-requests']).toBeGreaterThan(before['postcopy-requests']);
    });
  });

  test('expected-downtime stays while a window carries next to nothing', async () => {
    const event = { kind: 'link-degraded', link: 'nic/node-01/up', share: 0.0005 } as const;
    const { jobStats } = await runFleet(
      { ...hotFleet(256), events: [{ ...event, atUs: 60e6, forUs: 10e6 }] },
      { jobStatsEveryUs: 250_000 },
    );
    const slow = jobStats.filter(({ atUs }) => atUs > 63e6 && atUs < 69e6);
    expect(slow.length).toBeGreaterThan(20);
    for (const { query } of slow) {
      expect(query?.ram.mbps).toBeLessThan(1);
      expect(query?.['expected-downtime']).toBeGreaterThan(2500);
    }
  });
});

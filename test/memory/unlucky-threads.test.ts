/** Threads that die or hang half way through their work, in whole runs. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPoolPageWork } from '../../src/memory/pool.js';
import type { RunResult } from '../../src/simulation/result.js';
import { buildFirst } from '../cli/sluice.js';
import { buildFleet, buildNic, GIB, SECOND_US } from '../fleet-builder.js';
import { runFleet } from '../simulation/run-fleet.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-threads-'));
const log = join(folder, 'calls');
const workerFile = fileURLToPath(new URL('./unlucky-worker.mjs', import.meta.url));

/** Many rounds, each with page work for several guests at once. */
const fleet = buildFleet({
  guests: Array.from({ length: 6 }, (_, i) => ({
    name: `g${i}`,
    memoryBytes: 8 * GIB,
    workload: {
      kind: 'regions' as const,
      regions: [
        {
          name: 'busy',
          bytes: 6 * GIB,
          filledShare: 1,
          compressedShare: 1,
          placement: { kind: 'spread' as const },
          writes: { kind: 'random' as const, pagesPerSecond: 750_000 },
          phases: [],
          pacedBy: 'cpu' as const,
        },
        {
          name: 'swept',
          bytes: 2 * GIB,
          filledShare: 1,
          compressedShare: 1,
          placement: { kind: 'spread' as const },
          writes: { kind: 'sweep' as const, pagesPerSecond: 50_000, startShare: 0 },
          phases: [],
          pacedBy: 'cpu' as const,
        },
      ],
    },
  })),
  kubevirt: {
    migrations: {
      parallelMigrationsPerCluster: 6,
      parallelOutboundMigrationsPerNode: 6,
      disableTLS: true,
      bandwidthPerMigrationBytesPerSecond: GIB,
      completionTimeoutPerGiB: 20,
    },
  },
  network: {
    nics: ['node-01', 'node-02', 'node-03'].map((node) =>
      buildNic({ node, bytesPerSecond: 1.2e10 }),
    ),
    proxyBytesPerSecond: 1e12,
  },
  // So long that the syncs of all guests are under way together.
  host: { syncFixedUs: 3 * SECOND_US },
  drain: { timeoutUs: 300 * SECOND_US },
});

async function runUnlucky(
  manner: 'die' | 'hang' | 'throw' | 'memory',
  times: number,
): Promise<{ readonly result: RunResult; readonly calls: number }> {
  writeFileSync(log, '');
  Object.assign(process.env, {
    UNLUCKY_LOG: log,
    UNLUCKY_MANNER: manner,
    UNLUCKY_TIMES: String(times),
  });
  const pageWork = createPoolPageWork({
    threads: 2,
    workerFile,
    taskSecondsMost: 1,
    leavesMs: 10_000,
  });
  try {
    const result = await runFleet(fleet, { fidelity: 'page', pageWork });
    return { result, calls: statSync(log).size };
  } finally {
    await pageWork.close();
  }
}

describe('threads that come to grief', () => {
  let undisturbed: RunResult;
  beforeAll(async () => {
    buildFirst();
    undisturbed = await runFleet(fleet, { fidelity: 'page' });
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('twenty that die in one run change nothing', async () => {
    const { result, calls } = await runUnlucky('die', 20);
    // Three of four calls died, the first 27 of them long.
    expect(calls).toBeGreaterThan(27);
    expect(result).toEqual(undisturbed);
  }, 60_000);

  it('two that hang are ended, and change nothing', async () => {
    const { result } = await runUnlucky('hang', 2);
    expect(result).toEqual(undisturbed);
  }, 60_000);

  it('a task that throws is no such thing: its error is told', async () => {
    await expect(runUnlucky('throw', 3)).rejects.toThrow('contradiction');
  });

  it('one that runs out of memory is replaced', async () => {
    const { result } = await runUnlucky('memory', 1);
    expect(result).toEqual(undisturbed);
  }, 60_000);
});

/**
 * Long runs: sweeps of few and of many scenarios, whose peak memory should be nearly the same. What
 * is kept of a scenario is its row.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Sample } from './bench.js';
import type { BenchSize } from './result-file.js';
import { hashOfFiles, root, runCommand, sumOfColumn } from './whole-run.js';

const SCENARIOS: Readonly<Record<BenchSize, readonly number[]>> = {
  quick: [3],
  usual: [500, 4000],
  full: [500, 10_000],
};

/** With room Node leaves garbage lie, by which few scenarios and many would differ. */
const SMALL_HEAPS = ['--max-old-space-size=48', '--max-semi-space-size=2'];

export function longBenches(size: BenchSize): readonly Bench[] {
  return SCENARIOS[size].map((scenarios) => {
    const title = `sweep of ${scenarios} scenarios, 2 threads`;
    const sample = async (signal: AbortSignal) => [await measureSweep(title, scenarios, signal)];
    return { ...{ suite: 'long', title, repeats: 1, timing: 'median' }, sample };
  });
}

/** One guest, each scenario with a bandwidth limit of its own from 2 GiB/s on. */
async function measureSweep(
  title: string,
  scenarios: number,
  signal: AbortSignal,
): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const limits = Array.from({ length: scenarios }, (_, i) => `${2048 + i}Mi`);
    const axis = `kubevirt.migrations.bandwidthPerMigration=${limits.join()}`;
    const fleet = join(root, 'fleets/single-guest.yaml');
    const args = ['sweep', fleet, '--set', axis, '--replicas', '1', '--threads', '2', '--quiet'];
    const command = [...args, '--out', folder];
    const { usage, wallSeconds } = await runCommand(title, command, signal, SMALL_HEAPS);
    return {
      ...{ bench: title, value: scenarios / wallSeconds, unit: 'scenarios/s' },
      ...{ workPerSecond: scenarios / wallSeconds, native: null, hash: hashOfFiles(folder) },
      run: {
        wallSeconds,
        cpuSeconds: usage.cpuUs / 1e6,
        peakMemoryBytes: usage.maxRssKiB * 1024,
        neededMemoryBytes: null,
        migrations: sumOfColumn(join(folder, 'replicas.csv'), 'migrations'),
        rounds: null,
        pages: null,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

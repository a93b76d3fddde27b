/**
 * Nine in ten: random guests migrate, their logs are cut off at a random moment, and what really
 * followed is held against the interval that is told from the log and the metrics of before.
 */
import { describe, expect, it } from 'vitest';
import type { MigrationEta } from '../../src/eta/migration-eta.js';
import type { Fleet } from '../../src/fleet/model.js';
import { seededUnit } from '../../src/fleet/seeded.js';
import { buildFleet, GIB } from '../fleet-builder.js';
import { cutAt, etaOf } from './cut-migrations.js';

const CASES = 30;
const LIKENESSES = 12;
const MIB = 2 ** 20;

interface Case {
  /** What eta is given: the rate of before, and how much it grows at most. */
  readonly known: Fleet;
  /** What it really is: the working set that the run's seed draws, and some growth. */
  readonly real: Fleet;
  readonly share: number;
}

function caseOf(index: number): Case {
  const unit = (what: string): number => seededUnit(20260914, 'calibration', index, what);
  const between = (least: number, most: number, what: string) =>
    least * (most / least) ** unit(what);
  const memoryBytes = Math.round(between(2, 5, 'memory')) * GIB;
  const filledBytes = Math.round((memoryBytes * (0.3 + 0.7 * unit('filled'))) / MIB) * MIB;
  const rate = { windowSeconds: 1, bytesPerSecond: between(30 * MIB, 400 * MIB, 'rate') };
  const known = buildFleet({
    nodes: 2,
    guests: [
      {
        name: 'g',
        memoryBytes,
        workload: { kind: 'observed', filledBytes, dirtyRates: [rate], compressedShare: 0.5 },
      },
    ],
    kubevirt: {
      migrations: {
        completionTimeoutPerGiB: 6,
        bandwidthPerMigrationBytesPerSecond: between(256 * MIB, 1024 * MIB, 'limit'),
      },
    },
    host: { dirtyRateFactorDuringMigration: 2.5 },
  });
  const dirtyRateFactorDuringMigration = between(1, 2.5, 'growth');
  const host = { ...known.host, dirtyRateFactorDuringMigration };
  return { known, real: { ...known, host }, share: 0.15 + 0.8 * unit('cut') };
}

/** As metrics tell it: `kubevirt_vmi_migration_*` have no expected downtime. */
const withoutExpectedDowntime = (log: string): string =>
  log.replaceAll(/ ExpectedDowntime:\d+ms/g, '');

async function calibrate(told: (log: string) => string) {
  let inside = 0;
  const widths: number[] = [];
  for (let index = 0; index < CASES; index += 1) {
    const { known, real, share } = caseOf(index);
    const { log, toGoUs } = await cutAt(real, 1000 + index, share, 250_000);
    const eta: MigrationEta = await etaOf(known, told(log), LIKENESSES);
    const { p5, p95 } = eta.toGoUs ?? { p5: Number.NaN, p95: Number.NaN };
    if (toGoUs >= p5 && toGoUs <= p95) inside += 1;
    widths.push((p95 - p5) / (toGoUs + 1_000_000));
  }
  widths.sort((a, b) => a - b);
  return { inside, medianWidth: widths[CASES / 2] };
}

describe('the interval of a time to go', () => {
  it('holds what followed in about nine of ten cases, and is no wider than it must be', async () => {
    const { inside, medianWidth } = await calibrate((log) => log);
    // 28; with nine in ten, 24 or fewer of 30 come once in fourteen. Rates taken as they were before,
    // or a round's for a second's, give 22 and 24.
    expect(inside).toBeGreaterThanOrEqual(25);
    expect(medianWidth).toBeLessThan(0.6);
  }, 30_000);

  it('does so without the expected downtime too, from what rounds have left', async () => {
    const { inside, medianWidth } = await calibrate(withoutExpectedDowntime);
    // 25; a round of unknown length taken for the shortest gives 17.
    expect(inside).toBeGreaterThanOrEqual(24);
    expect(medianWidth).toBeLessThan(0.8);
  }, 30_000);
});

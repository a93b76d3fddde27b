import { describe, expect, it } from 'vitest';
import {
  DIRTY_LIMIT_DEFAULTS,
  type DirtyLimit,
  nextDirtyLimitUs,
  openDirtyLimit,
  ringFillUs,
  runDirtyLimit,
  setDirtyLimit,
  syncRings,
  vcpusHeardUs,
  type WrittenPages,
} from '../../src/qemu/dirty-limit.js';
import { queryMigrate } from '../../src/qemu/job-stats.js';
import { config, migrate, of } from './machine.js';

const SECOND = 1_000_000;
const random = (pages: number, pagesPerSecond: number): WrittenPages => ({
  pages,
  writesPerPagePerSecond: pagesPerSecond / pages,
  inOrder: false,
});
/** Memory so large that hardly a page is written twice. */
const wide = (pagesPerSecond: number) => random(1e9, pagesPerSecond);

function served(written: readonly WrittenPages[], over = {}): DirtyLimit {
  const limit = openDirtyLimit({ ...DIRTY_LIMIT_DEFAULTS, vcpus: 1, ...over });
  syncRings(limit, 0, written);
  expect(setDirtyLimit(limit, 0)).toBe(true);
  return limit;
}

/** Every change of the vCPUs' share up to `untilUs`. */
function changes(limit: DirtyLimit, untilUs: number) {
  const seen: { readonly atUs: number; readonly share: number }[] = [];
  for (let atUs = nextDirtyLimitUs(limit); atUs <= untilUs; atUs = nextDirtyLimitUs(limit)) {
    const share = runDirtyLimit(limit, atUs);
    if (share !== null) seen.push({ atUs, share });
  }
  return seen;
}

/** Running time over all time, from the first sleep on. */
function meanShare(limit: DirtyLimit, untilUs: number): number {
  const seen = changes(limit, untilUs);
  const fromUs = seen[0]?.atUs ?? 0;
  const ran = seen.reduce((sum, { atUs, share }, i) => {
    const toUs = seen[i + 1]?.atUs ?? untilUs;
    return sum + share * (toUs - atUs);
  }, 0);
  return ran / (untilUs - fromUs);
}

describe('dirty-limit (spec/qemu.md 3.5)', () => {
  it('measures for a period, then a full ring puts the vCPU to sleep', () => {
    // 25,700 pages a second are 100 MB/s: a ring of 16 MiB fills in 160 ms by QEMU's reckoning, and
    // an error of 99 % makes the sleep 99 times as long.
    const limit = served([wide(25_700)]);
    const [first, second] = changes(limit, 30 * SECOND);
    expect(ringFillUs(limit)).toBe(160_000);
    expect(limit.sleepUs).toBe(160_000 * 99);
    expect(first?.share).toBe(0);
    // 3,520 entries are 137 ms after the measurement at 1 s.
    expect(first?.atUs).toBeCloseTo(1_136_965, -2);
    expect(second).toEqual({ atUs: (first?.atUs ?? 0) + 15_840_000, share: 1 });
  });

  it('leaves a rate within 25 MB/s of the quota alone', () => {
    expect(changes(served([wide(26 * 256)]), 10 * SECOND)).toEqual([]);
    expect(changes(served([wide(120 * 256)], { quotaMBps: 100 }), 10 * SECOND)).toEqual([]);
    expect(changes(served([wide(130 * 256)], { quotaMBps: 100 }), 10 * SECOND)).not.toEqual([]);
  });

  it('goes by tenths of a ring where the error is at most a half', () => {
    const limit = served([wide(150.5 * 256)], { quotaMBps: 100 });
    changes(limit, SECOND);
    expect(limit.sleepUs).toBe(Math.floor(Math.floor(16e6 / 150) / 10));
  });

  it('never takes hold of a working set that fits into the rings', () => {
    expect(changes(served([random(3000, 1e6)]), 60 * SECOND)).toEqual([]);
    expect(changes(served([random(6000, 1e6)]), 60 * SECOND)).not.toEqual([]);
    expect(changes(served([random(6000, 1e6)], { vcpus: 2 }), 60 * SECOND)).toEqual([]);
  });

  it('brings a vCPU near its quota, whatever it wrote, fast or slow', () => {
    for (const megabytes of [200, 1000, 4000]) {
      const limit = served([wide(megabytes * 256)], { quotaMBps: 100 });
      changes(limit, 60 * SECOND);
      const share = meanShare(limit, 120 * SECOND) || limit.share;
      expect(share * megabytes).toBeGreaterThan(60);
      expect(share * megabytes).toBeLessThan(140);
    }
  });

  it('a sweep fills the ring at its own rate', () => {
    const sweep = { pages: 100_000, writesPerPagePerSecond: 0.352, inOrder: true };
    const [first] = changes(served([sweep]), 10 * SECOND);
    expect(first?.atUs).toBe(1_100_000);
  });

  it('what waits for vCPUs waits for the sleep', () => {
    const limit = served([wide(25_700)]);
    expect(vcpusHeardUs(limit, 5)).toBe(5);
    runDirtyLimit(limit, 1_000_000);
    runDirtyLimit(limit, nextDirtyLimitUs(limit));
    expect(limit.asleep).toBe(true);
    expect(vcpusHeardUs(limit, 2_000_000)).toBe(limit.turnUs);
    expect(limit.turnUs).toBeGreaterThan(15 * SECOND);
  });
});

describe('a migration with dirty-limit', () => {
  /** 256 MiB at 64 MiB/s, 60 MiB of it written over and over at 200 MB/s. */
  const run = (untilUs: number) =>
    migrate(
      config({
        dirtyLimit: { ...DIRTY_LIMIT_DEFAULTS, vcpus: 1 },
        syncWaitsForVcpus: true,
      }),
      {
        pages: 65_536,
        dirtied: () => 15_360,
        written: [random(15_360, 51_200)],
        untilUs,
      },
    );

  it('sets the quota at the second hit; syncs then wait for the sleeping vCPU', () => {
    const outcome = run(40 * SECOND);
    const told = of(outcome, 'decision').filter(({ action }) => action.startsWith('dirty limit'));
    expect(told.map(({ action }) => action)).toEqual(['dirty limit 1 MB/s a vCPU']);
    const waits = of(outcome, 'sync').map(({ atUs, readyUs }) => readyUs - atUs);
    expect(waits.slice(0, 3)).toEqual([100, 100, 100]);
    expect(Math.max(...waits)).toBeGreaterThan(3 * SECOND);
    expect(outcome.state.throttleMaxPercent).toBe(0);
    const query = queryMigrate(outcome.state, 40 * SECOND);
    expect(query['cpu-throttle-percentage']).toBeNull();
    expect(query['dirty-limit-throttle-time-per-round']).toBe(outcome.state.dirtyLimit?.sleepUs);
    expect(query['dirty-limit-ring-full-time']).toBeGreaterThan(70_000);
  });

  it('tells when the vCPUs sleep and wake, and lets go of them at the stop', () => {
    const outcome = run(60 * SECOND);
    const shares = of(outcome, 'vcpu-share').map(({ share }) => share);
    expect(shares.length).toBeGreaterThan(2);
    shares.forEach((share, i) => {
      expect(share).toBe(i % 2 === 0 ? 0 : 1);
    });
    const paused = migrate(config({ dirtyLimit: { ...DIRTY_LIMIT_DEFAULTS, vcpus: 1 } }), {
      pages: 65_536,
      dirtied: () => 15_360,
      written: [random(15_360, 51_200)],
      inputs: [{ atUs: 12 * SECOND, input: { kind: 'suspend' } }],
      untilUs: 40 * SECOND,
    });
    expect(of(paused, 'vcpu-share').every(({ atUs }) => atUs <= 12 * SECOND)).toBe(true);
  });
});

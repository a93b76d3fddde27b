import { describe, expect, it } from 'vitest';
import { AUTO_CONVERGE_DEFAULTS } from '../../src/qemu/auto-converge.js';
import { config, MIB, migrate, of } from './machine.js';

const PAGES = 65_666;
const quiet = { pages: PAGES, dirtied: () => 0 };
/** A writer that dirties so many pages in every round, whatever its length. */
const busy = (pages: number) => ({ pages: PAGES, dirtied: () => pages });
const ending = (outcome: ReturnType<typeof migrate>) => of(outcome, 'ended')[0]?.end.kind;

describe('pre-copy (spec/qemu.md 1.3)', () => {
  it('takes three syncs: setup, exact, stop-and-copy', () => {
    const outcome = migrate(config(), quiet);
    expect(outcome.state.syncCount).toBe(3);
    expect(ending(outcome)).toBe('completed');
  });

  it('takes two when all fits the first window', () => {
    const outcome = migrate(config(), { pages: 40_000, zeroPages: 40_000, dirtied: () => 0 });
    expect(outcome.state.syncCount).toBe(2);
  });

  it('does not count the sync after STOP from 11.0 on', () => {
    expect(migrate(config({}, { major: 11, minor: 1 }), quiet).state.syncCount).toBe(2);
  });

  it('ends a round at the first window whose rest is below the threshold, and carries the rest on', () => {
    const outcome = migrate(config({ downtimeLimitMs: 100 }), busy(4000));
    const [first] = of(outcome, 'round-ended');
    // 39 windows of 1,636 pages leave 1,862; one more leaves 226 < 1,639.
    expect(first?.round.endPages).toBe(PAGES - 40 * 1636);
    expect(first?.round.startPages).toBe(PAGES);
  });

  it('completes below the threshold, from 10.2 on also at it', () => {
    // avail-switchover-bandwidth fixes the threshold: 4,096,000 / 1000 × 1000 ms = 1,000 pages.
    const fixed = { availSwitchoverBytesPerSecond: 4_096_000, downtimeLimitMs: 1000 };
    const atThreshold = { pages: 20_000, dirtied: (n: number) => (n === 1 ? 632 : 0) };
    const rest = (version: { major: number; minor: number }, dirty: number) => {
      const outcome = migrate(config(fixed, version), {
        ...atThreshold,
        dirtied: (n) => (n === 1 ? dirty : 0),
      });
      return of(outcome, 'round-ended')[0]?.round;
    };
    const old = rest({ major: 10, minor: 0 }, 0);
    const left = old?.endPages ?? 0;
    expect(left).toBeLessThan(1000);
    expect(rest({ major: 10, minor: 0 }, 1000 - left)?.decision).toBe('next round');
    expect(rest({ major: 10, minor: 2 }, 1000 - left)?.decision).toBe('switchover');
    expect(rest({ major: 10, minor: 0 }, 999 - left)?.decision).toBe('switchover');
  });

  it('has a threshold of nothing without bandwidth, and waits for ever', () => {
    const outcome = migrate(config(), { ...quiet, linkBytesPerSecond: 0, untilUs: 5e6 });
    expect(outcome.state.phase).toBe('sending');
    expect(outcome.state.wakeUs).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes a new downtime limit at the next window', () => {
    const inputs = [
      { atUs: 1_020_000, input: { kind: 'set-downtime-limit', ms: 2_000_000 } as const },
    ];
    const outcome = migrate(config({ downtimeLimitMs: 1 }), { ...busy(30_000), inputs });
    const [first] = of(outcome, 'round-ended');
    expect(first?.round.endUs).toBeGreaterThan(1_100_000);
    expect(first?.round.endUs).toBeLessThan(1_110_000);
    expect(ending(outcome)).toBe('completed');
  });

  it('lets a suspended guest dirty nothing and resumes it only at the target', () => {
    const inputs = [{ atUs: 500_000, input: { kind: 'suspend' } as const }];
    const outcome = migrate(config(), { ...quiet, inputs });
    expect(of(outcome, 'guest-speed').filter((one) => one.running)).toEqual([]);
    expect(ending(outcome)).toBe('completed');
  });
});

describe('the switchover (spec/qemu.md 5)', () => {
  it('lifts the limit, and pauses for stop, rest, device state and load', () => {
    const outcome = migrate(config(), quiet);
    const { state } = outcome;
    const rest = of(outcome, 'round-ended').at(-1)?.round.endPages ?? 0;
    const bytes = rest * 4104 + 10_000;
    expect(state.downtimeUs).toBe(500 + 100 + Math.ceil(bytes / 1000) + 2000);
    expect(state.qemuDowntimeUs).toBe(state.downtimeUs);
  });

  it('is over for the source when all is written, without a return path', () => {
    const over = { returnPath: false, backlogBytes: 1_000_000, maxBandwidthBytesPerSecond: 0 };
    const { state } = migrate(config(over), { ...quiet, linkBytesPerSecond: 50 * MIB });
    const lag = (state.downtimeUs ?? 0) - (state.qemuDowntimeUs ?? 0);
    expect(lag).toBeCloseTo(1e6 / ((50 * MIB) / 1e6) + 2000, -2);
  });

  it('waits behind what the sockets hold', () => {
    const pause = (backlogBytes: number) =>
      migrate(config({ backlogBytes, maxBandwidthBytesPerSecond: 0, downtimeLimitMs: 0 }), {
        ...quiet,
        linkBytesPerSecond: 50e6,
      }).state.downtimeUs ?? 0;
    expect(pause(3_000_000) - pause(0)).toBeCloseTo(60_000, -3);
  });

  it('resumes the guest at the source when it is cancelled or the connection is lost', () => {
    for (const input of [
      { kind: 'cancel', reason: 'asked' } as const,
      { kind: 'connection-lost', reason: 'link down' } as const,
    ]) {
      const outcome = migrate(config(), { ...quiet, inputs: [{ atUs: 700_000, input }] });
      expect(ending(outcome)).toBe(input.kind === 'cancel' ? 'cancelled' : 'failed');
      expect(of(outcome, 'guest-speed').at(-1)?.running).toBe(true);
    }
  });
});

describe('post-copy (spec/qemu.md 6)', () => {
  const ask = { atUs: 1_010_000, input: { kind: 'start-postcopy' } as const };

  it('starts at the next turn of the loop, with one sync more', () => {
    const outcome = migrate(config(), { ...busy(30_000), inputs: [ask] });
    expect(outcome.state.postcopy).toBe(true);
    expect(outcome.state.syncCount).toBe(2);
    const stop = of(outcome, 'guest-speed').find((one) => !one.running);
    expect(stop?.atUs).toBeGreaterThan(1_010_000);
    expect(stop?.atUs).toBeLessThanOrEqual(1_110_000);
  });

  it('holds the background to its own limit until less than the threshold is left', () => {
    const over = { maxPostcopyBandwidthBytesPerSecond: 32 * MIB };
    const free = migrate(config(), { ...busy(30_000), inputs: [ask] });
    const limited = migrate(config(over), { ...busy(30_000), inputs: [ask] });
    const seconds = (one: typeof free) =>
      ((one.state.completedUs ?? 0) - (of(one, 'target-resumed')[0]?.atUs ?? 0)) / 1e6;
    expect(seconds(free)).toBeLessThan(0.4);
    const bytes = (of(limited, 'round-ended').at(-1)?.round.endPages ?? 0) + 30_000;
    expect(seconds(limited)).toBeCloseTo((bytes * 4104 - 32 * MIB * 0.3) / (32 * MIB), 0);
  });

  it('cannot be cancelled', () => {
    const inputs = [ask, { atUs: 1_300_000, input: { kind: 'cancel', reason: 'asked' } as const }];
    const over = { maxPostcopyBandwidthBytesPerSecond: 32 * MIB };
    expect(ending(migrate(config(over), { ...busy(30_000), inputs }))).toBe('completed');
  });
});

describe('auto-converge’s background sync (spec/qemu.md 3.4)', () => {
  const slow = { autoConverge: AUTO_CONVERGE_DEFAULTS, maxBandwidthBytesPerSecond: 16 * MIB };
  const syncTimes = (version: { major: number; minor: number }) =>
    of(migrate(config(slow, version), { ...busy(25_000), untilUs: 60e6 }), 'sync').map((one) => ({
      sync: one.sync,
      s: one.atUs / 1e6,
    }));

  it('comes every 5 s from the second pass on, where the count has not moved', () => {
    const all = syncTimes({ major: 10, minor: 0 });
    const ticks = all.filter((one) => one.sync === 'background');
    expect(ticks.length).toBeGreaterThan(2);
    for (const { s } of ticks) {
      expect(s % 5).toBeCloseTo(0, 6);
      // Since the tick before nothing but that tick's own sync has moved the count.
      expect(all.filter((one) => one.sync === 'round' && one.s > s - 5 && one.s < s)).toEqual([]);
    }
    expect(ticks[0]?.s).toBeGreaterThan(15);
  });

  it('does not come before 9.2', () => {
    expect(syncTimes({ major: 9, minor: 1 }).every((one) => one.sync !== 'background')).toBe(true);
  });
});

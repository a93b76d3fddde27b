import { describe, expect, it } from 'vitest';
import { queryMigrate } from '../../src/qemu/job-stats.js';
import type { MigrationConfig } from '../../src/qemu/migration-state.js';
import { config, migrate, type Outcome, of } from './machine.js';

const SECOND = 1_000_000;
const MB = 1e6;
const NEW = { major: 10, minor: 0 };
const RAM_PAGES = 25_600;

/** 105 MB of RAM over 100 MB/s with a limit of 2 s: a threshold of some 200 MB. */
function migrated(over: Partial<MigrationConfig>, dirtied = 0, untilUs = 60 * SECOND): Outcome {
  const settings = { maxBandwidthBytesPerSecond: 0, downtimeLimitMs: 2000, vfioStateBytes: MB };
  return migrate(config({ ...settings, ...over }, NEW), {
    pages: RAM_PAGES,
    dirtied: (_, roundUs) => Math.min(RAM_PAGES, Math.round((dirtied * roundUs) / SECOND)),
    linkBytesPerSecond: 100 * MB,
    untilUs,
  });
}

const stopUs = (outcome: Outcome): number =>
  of(outcome, 'guest-speed').find((one) => !one.running)?.atUs ?? Number.POSITIVE_INFINITY;
const told = (outcome: Outcome) => of(outcome, 'decision').map(({ action }) => action);

describe('VFIO’s data before the switchover (spec/qemu.md 5.3)', () => {
  const initial = { initialBytes: 150 * MB, dirtyBytesPerSecond: 0 };

  it('count in the estimate: the round goes on until what is left of all is below the threshold', () => {
    // Of 255 MB less than 200 have to be left; of RAM alone it would be so from the start.
    const without = migrated({});
    const outcome = migrated({ vfioPrecopy: initial });
    expect(stopUs(without)).toBeLessThan(0.2 * SECOND);
    expect(stopUs(outcome)).toBeGreaterThan(0.5 * SECOND);
    expect(stopUs(outcome)).toBeLessThan(0.8 * SECOND);
    expect(of(outcome, 'ended')[0]?.end.kind).toBe('completed');
  });

  it('switchover-ack: all initial data are at the target first, and its word is back', () => {
    const outcome = migrated({ vfioPrecopy: initial, switchoverAckUs: 30_000 });
    expect(stopUs(outcome)).toBeGreaterThan(2.55 * SECOND);
    expect(stopUs(outcome)).toBeLessThan(2.9 * SECOND);
    expect(told(outcome)).toEqual(['waits for switchover-ack', 'switchover']);
    // RAM with its headers, the initial data, both states; each byte once.
    const ram = RAM_PAGES * 4104;
    const bytes = ram + 150 * MB + MB + 10_000;
    expect(outcome.state.transferredBytes / bytes).toBeCloseTo(1, 3);
    expect(queryMigrate(outcome.state, 60 * SECOND).vfio).toEqual({ transferred: 151 * MB });
    expect(queryMigrate(outcome.state, 60 * SECOND).ram.normal).toBe(RAM_PAGES);
  });

  it('switchover-ack is waited for with no state for the pause as well', () => {
    const slow = { vfioPrecopy: initial, switchoverAckUs: 500_000, vfioStateBytes: 0 };
    const outcome = migrated(slow);
    expect(told(outcome)).toEqual(['waits for switchover-ack', 'switchover']);
    // Some 2.56 s for RAM and the initial data, then half a second for the word.
    expect(stopUs(outcome)).toBeGreaterThan(3 * SECOND);
    expect(stopUs(outcome)).toBeLessThan(3.4 * SECOND);
  });

  it('the stop-copy state counts as it leaves, behind the last pages', () => {
    const big = { vfioStateBytes: 150 * MB, backlogBytes: 0 };
    const whole = migrated(big);
    const stoppedUs = stopUs(whole);
    const endedUs = of(whole, 'ended')[0]?.atUs ?? 0;
    const queries = [0.3, 0.5, 0.7, 0.9].map((share) => {
      const atUs = Math.round(stoppedUs + (endedUs - stoppedUs) * share);
      return { atUs, ...queryMigrate(migrated(big, 0, atUs).state, atUs) };
    });
    for (const [i, { atUs, status, ram, vfio }] of queries.entries()) {
      expect(status).toBe('device');
      const before = queries[i - 1];
      if (before === undefined) continue;
      const bytes = ((atUs - before.atUs) / SECOND) * 100 * MB;
      expect(ram.transferred - before.ram.transferred).toBeCloseTo(bytes, -1);
      expect(vfio?.transferred).toBeGreaterThan(before.vfio?.transferred ?? 0);
      expect(ram.remaining).toBe(0);
    }
  });

  it('nobody waits for an ack without initial data', () => {
    const outcome = migrated({ switchoverAckUs: 30_000 });
    expect(told(outcome)).toEqual(['switchover']);
  });

  it('what the device changes is sent again, round after round', () => {
    const busy = { initialBytes: 0, dirtyBytesPerSecond: 40 * MB };
    // RAM at 70 MB/s and the device at 40 are more than the link: it never ends.
    const outcome = migrated({ vfioPrecopy: busy, downtimeLimitMs: 100 }, 17_000, 30 * SECOND);
    expect(of(outcome, 'ended')).toEqual([]);
    expect(outcome.state.device?.sentBytes).toBeGreaterThan(8 * MB * 30);
    const calm = migrated({ downtimeLimitMs: 500 }, 17_000, 30 * SECOND);
    expect(of(calm, 'ended')[0]?.end.kind).toBe('completed');
  });
});

describe('state that is too large (spec/qemu.md 1.3, 5.3)', () => {
  it('is asked for again at every turn, while each turn sends what was dirtied', () => {
    const outcome = migrated({ vfioStateBytes: 500 * MB }, 5000, 20 * SECOND);
    expect(told(outcome)).toEqual(['held by device state']);
    expect(outcome.state.syncCount).toBeGreaterThan(100);
    // 20 MB/s of dirtied pages go out while it is held.
    expect(outcome.state.transferredBytes / MB).toBeGreaterThan(105 + 0.9 * 20 * 18);
    // The threshold follows that bandwidth, not the link's: 2 s of it, not 200 MB.
    expect(outcome.state.heldThresholdBytes / MB).toBeLessThan(60);
    expect(outcome.state.heldThresholdBytes / MB).toBeGreaterThan(20);
  });

  it('without any downtime allowed it is never done, and all syncs of a window are one', () => {
    const busy = { initialBytes: 0, dirtyBytesPerSecond: 10 * MB };
    const outcome = migrated({ vfioPrecopy: busy, downtimeLimitMs: 0 }, 124, 20 * SECOND);
    expect(of(outcome, 'ended')).toEqual([]);
    expect(outcome.state.syncCount).toBeGreaterThan(150);
    expect(outcome.state.syncCount).toBeLessThan(250);
    // What the device has changed goes out in time all the same.
    expect(outcome.state.device?.sentBytes).toBeGreaterThan(10 * MB * 18);
  });

  it('avail-switchover-bandwidth keeps the threshold at the link’s', () => {
    const over = { vfioStateBytes: 500 * MB, availSwitchoverBytesPerSecond: 100 * MB };
    const outcome = migrated(over, 5000, 20 * SECOND);
    expect(outcome.state.heldThresholdBytes / MB).toBeCloseTo(200, 0);
    const enough = migrated({ ...over, downtimeLimitMs: 6000 }, 5000, 20 * SECOND);
    expect(of(enough, 'ended')[0]?.end.kind).toBe('completed');
  });

  it('multifd carries it over all channels from 10.0 on, over one before', () => {
    const pause = (minor: number) => {
      const version = { major: 9 + (minor > 9 ? 1 : 0), minor: minor % 10 };
      const outcome = migrate(
        config(
          {
            ...{ maxBandwidthBytesPerSecond: 0, downtimeLimitMs: 3000 },
            format: { ...config({}, version).format, channels: 4, multifd: true },
            channelsBytesPerSecond: 400 * MB,
            vfioStateBytes: 200 * MB,
          },
          version,
        ),
        { pages: RAM_PAGES, dirtied: () => 0 },
      );
      return (outcome.state.downtimeUs ?? 0) / SECOND;
    };
    expect(pause(2) - pause(10)).toBeCloseTo(1.5, 1);
  });
});

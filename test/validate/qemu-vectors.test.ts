/** Every validation vector of spec/qemu.md 11: QEMU 7.2, 256 MiB, [M]. */
import { describe, expect, it } from 'vitest';
import { loadKernels } from '../../src/memory/load-node.js';
import { AUTO_CONVERGE_DEFAULTS } from '../../src/qemu/auto-converge.js';
import { wireFormat } from '../../src/qemu/wire-format.js';
import { replayRun } from '../../src/validate/qemu-replay.js';
import type { QemuRun } from '../../src/validate/qemu-run.js';
import { config, migrate, type Outcome, of } from '../qemu/machine.js';
import { hotRun, recordedRun } from './recorded-run.js';

const kernels = loadKernels();
const replay = (run: QemuRun) => replayRun(kernels, run, 1);
const cancelAt = (at: number) => ({ actions_applied: [{ do: 'cancel', at } as const] });
const gaps = (times: readonly number[]) => times.slice(1).map((time, i) => time - (times[i] ?? 0));

/** Machine alone: every page that was sent is dirty again, the others wait. */
function hotLoop(
  pages: number,
  over: Parameters<typeof config>[0],
  seconds: number,
  inputs: Parameters<typeof migrate>[1]['inputs'] = [],
): Outcome {
  const dirtied = (_sync: number, _roundUs: number, sentPages: number) => sentPages;
  return migrate(config(over), { pages, dirtied, inputs, untilUs: seconds * 1e6 });
}

const expectedDowntimeMs = ({ state }: Outcome) =>
  state.lastSyncBytes / state.sender.bandwidthBytesPerMs;
const megabits = ({ state }: Outcome) => (state.sender.bandwidthBytesPerMs * 8) / 1000;

describe('vectors of spec/qemu.md 11', () => {
  // The recorded guest of these vectors had eight pages of its own less.
  it('zeros only: tens of milliseconds, 2 syncs, about a megabyte', () => {
    const result = replay(recordedRun());
    expect(result.dirtySyncCount).toBe(2);
    expect(result.totalTimeMs).toBeGreaterThan(15);
    expect(result.totalTimeMs).toBeLessThan(35);
    expect(Math.abs((result.transferredBytes ?? 0) / 1_049_751 - 1)).toBeLessThan(0.07);
  });

  it('A: 4,096 hot pages at 100 MB/s converge in 3 syncs; the hot set goes twice', () => {
    const result = replay(hotRun(4096, { maxbw: 100e6 }));
    expect(result.dirtySyncCount).toBe(3);
    expect((result.transferredBytes ?? 0) / (16_818_474 + 17_818_482)).toBeCloseTo(1, 2);
    expect(result.downtimeMs).toBeGreaterThan(5);
    expect(result.downtimeMs).toBeLessThan(25);
  });

  it('B: 16,384 hot pages at 50 MB/s never converge', () => {
    const result = replay(hotRun(16_384, {}, cancelAt(8)));
    expect(result.status).toBe('cancelled');
    const seconds = result.syncTimesMs.slice(1, 7).map((ms) => ms / 1000);
    [1.41, 2.56, 3.66, 4.77, 5.88, 6.99].forEach((recorded, i) => {
      expect(Math.abs((seconds[i] ?? 0) - recorded)).toBeLessThan(0.11);
    });
    for (const gap of gaps(seconds).slice(1)) expect(gap).toBeCloseTo(1.105, 1);
  });

  it('B: 55,030,624 bytes a pass, 12,100 pages/s, 1,341 ms expected, 400.2 Mbit/s', () => {
    const outcome = hotLoop(16_384, { maxBandwidthBytesPerSecond: 50e6 }, 8.05);
    const rounds = of(outcome, 'round-ended').map(({ round }) => round);
    expect(rounds[3]?.sentBytes).toBe(55_030_624);
    expect(rounds[3]?.endPages).toBe(16_384 - 13_409);
    expect(outcome.state.period.dirtyPagesPerSecond).toBeGreaterThan(12_000);
    expect(outcome.state.period.dirtyPagesPerSecond).toBeLessThan(12_250);
    expect(expectedDowntimeMs(outcome)).toBeCloseTo(1341, 0);
    expect(megabits(outcome)).toBeCloseTo(400.2, 1);
  });

  it('C: B with auto-converge: 20 % at 2.5 s, a step every 2.2 s, 99 % at 20 s', () => {
    const run = hotRun(16_384, { caps: ['auto-converge'] }, cancelAt(30));
    const steps = replay(run).throttleStepTimesMs.map((ms) => ms / 1000);
    const recorded = [2.52, 4.78, 6.98, 9.19, 11.4, 13.6, 15.8, 18.06, 20.25];
    expect(steps).toHaveLength(recorded.length);
    recorded.forEach((second, i) => {
      expect(Math.abs((steps[i] ?? 0) - second)).toBeLessThan(0.3);
    });
  });

  it('F: short passes of 0.4 s step every sixth: 20 % at 2.4 s, 50 % at 9.6 s', () => {
    const over = { maxbw: 40e6, downtime_limit: 100, caps: ['auto-converge' as const] };
    const result = replay(hotRun(4096, over, cancelAt(10.2)));
    const steps = result.throttleStepTimesMs.map((ms) => ms / 1000);
    [2.43, 4.83, 7.22, 9.63].forEach((second, i) => {
      expect(Math.abs((steps[i] ?? 0) - second)).toBeLessThan(0.45);
    });
    for (const gap of gaps(result.syncTimesMs.slice(2, 20))) expect(gap).toBeCloseTo(400, -1);
    const limits = { maxBandwidthBytesPerSecond: 40e6, downtimeLimitMs: 100 };
    expect(expectedDowntimeMs(hotLoop(4096, limits, 5.05))).toBeCloseTo(419, 0);
  });

  it('G: a pause of 0.7 s before the switchover is downtime', () => {
    const over = { maxBandwidthBytesPerSecond: 100e6, preSwitchoverUs: 700_000 };
    const { state } = hotLoop(4096, over, 30);
    expect(state.qemuDowntimeUs).toBeGreaterThan(705_000);
    expect(state.qemuDowntimeUs).toBeLessThan(735_000);
  });

  it('D: post-copy in B: 3 syncs, 2 ms at the source, 67 MB in about 86 ms', () => {
    const actions = { actions_applied: [{ do: 'postcopy', at: 2 } as const] };
    const result = replay(hotRun(16_384, { caps: ['postcopy-ram'] }, actions));
    expect(result).toMatchObject({ status: 'completed', postcopy: true, dirtySyncCount: 3 });
    expect(result.downtimeMs).toBeLessThan(4);
    const switched = (result.syncTimesMs[2] ?? 0) + (result.stopToResumeMs ?? 0);
    expect((result.totalTimeMs ?? 0) - switched).toBeGreaterThan(55);
    expect((result.totalTimeMs ?? 0) - switched).toBeLessThan(110);
  });

  it('D: 519 requests over a Unix socket, one for each of QEMU’s own buffers', () => {
    const over = {
      maxBandwidthBytesPerSecond: 50e6,
      postcopyGuest: 'always-asking',
      postcopyQueueBytes: 0,
    } as const;
    const ask = { atUs: 2e6, input: { kind: 'start-postcopy' } } as const;
    const { state } = hotLoop(16_384, over, 30, [ask]);
    expect(state.phase).toBe('ended');
    // The recorded guest had some pages of its own besides.
    expect(state.postcopyRequests).toBeGreaterThan(505);
    expect(state.postcopyRequests).toBeLessThan(530);
  });

  it('E: 34,265,280 bytes over multifd: pages, packet headers, barriers', () => {
    const params = { 'multifd-channels': 4 };
    const result = replay(hotRun(4096, { maxbw: 100e6, caps: ['multifd'], params }));
    // Zero pages of 7.2 go over the main channel, 9 bytes each.
    const zeroPages = 65_536 + 130 - 4096 - 120;
    expect(result.dirtySyncCount).toBe(3);
    expect((result.transferredBytes - zeroPages * 9) / 34_265_280).toBeCloseTo(1, 2);
  });

  it('E, H: multifd sends whole packets: 842 and 420.5 Mbit/s; passes of 1.0 s', () => {
    const rules = config().rules;
    const packets = (channels: number, maxBandwidthBytesPerSecond: number, pages: number) =>
      hotLoop(
        pages,
        { format: wireFormat(rules, channels, 'none'), maxBandwidthBytesPerSecond },
        4.05,
      );
    expect(megabits(packets(4, 100e6, 40_000))).toBeGreaterThan(841);
    const two = packets(2, 50e6, 16_384);
    expect(megabits(two)).toBeGreaterThan(420.5);
    expect(megabits(two)).toBeLessThan(421.2);
    expect(expectedDowntimeMs(two)).toBeCloseTo(1276, 0);
    const ends = of(two, 'round-ended').map(({ round }) => round.endUs / 1000);
    expect(gaps(ends)[1]).toBeCloseTo(1001, 0);
  });

  it('T: 64 hot pages at 0.5 MB/s never converge under KVM: 491 ms expected, 129 pages/s', () => {
    const outcome = hotLoop(64, { maxBandwidthBytesPerSecond: 0.5e6 }, 20.05);
    expect(outcome.state.phase).not.toBe('ended');
    expect(expectedDowntimeMs(outcome)).toBeCloseTo(491, 0);
    expect(outcome.state.period.dirtyPagesPerSecond).toBeGreaterThanOrEqual(128);
    expect(outcome.state.period.dirtyPagesPerSecond).toBeLessThanOrEqual(130);
    const run = hotRun(64, { accel: 'kvm', maxbw: 0.5e6 }, cancelAt(30));
    expect(replay(run).status).toBe('cancelled');
  });

  it('keeps auto-converge’s defaults', () => {
    expect(AUTO_CONVERGE_DEFAULTS).toMatchObject({ triggerPercent: 50, maxPercent: 99 });
  });
});

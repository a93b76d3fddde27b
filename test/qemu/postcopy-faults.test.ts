import { describe, expect, it } from 'vitest';
import type { MigrationConfig } from '../../src/qemu/migration-state.js';
import { faultLatencyUs, openFaults, runFaulting } from '../../src/qemu/postcopy-faults.js';
import { config, MIB, migrate } from './machine.js';

const FAST = { latencyUs: 200, transferUs: 4 };

/** 10,000 pages over a second, all of them touched so often a second. */
function faulting(touches: number, vcpus = 1, cost = FAST) {
  const faults = openFaults([{ hostPages: 10_000, touchesPerPagePerSecond: touches }]);
  runFaulting(faults, vcpus, cost, 1e6, 1, 0);
  return faults;
}

describe('page faults in post-copy (spec/qemu.md 6)', () => {
  it('a guest that touches nothing asks for nothing and never waits', () => {
    expect(faulting(0)).toMatchObject({ requests: 0, stalledUs: 0, blockedUs: 0 });
    expect(faultLatencyUs(faulting(0), 0.5)).toBeNull();
  });

  it('a rare toucher meets a missing page half of the time: the stream brings the others', () => {
    // 100 touches a second over a second in which the missing share falls from 1 to 0.
    const faults = faulting(0.01);
    expect(faults.requests).toBeGreaterThan(47);
    expect(faults.requests).toBeLessThan(51);
    expect(faults.stalledUs).toBeCloseTo(faults.requests * 204, -3);
    expect(faultLatencyUs(faults, 0.99)).toBeCloseTo(204, 0);
  });

  it('one vCPU that always faults asks once a latency; more wait in turn for their pages', () => {
    const one = faulting(1000);
    expect(one.requests).toBeGreaterThan(0.9 * (1e6 / 204));
    expect(one.requests).toBeLessThanOrEqual(1e6 / 204 + 1);
    expect(one.stalledUs).toBeGreaterThan(0.9e6);
    const many = faulting(1000, 8, { latencyUs: 200, transferUs: 400 });
    expect(many.requests).toBeLessThanOrEqual(1e6 / 400 + 1);
    expect(faultLatencyUs(many, 0.5)).toBeGreaterThan(7 * 400);
  });

  it('a hot set is asked for once, however hot', () => {
    const faults = openFaults([
      { hostPages: 50, touchesPerPagePerSecond: 1e5 },
      { hostPages: 9_950, touchesPerPagePerSecond: 0 },
    ]);
    runFaulting(faults, 4, FAST, 1e6, 1, 0);
    expect(faults.requests).toBeGreaterThan(40);
    expect(faults.requests).toBeLessThanOrEqual(50);
  });

  it('all vCPUs at once wait less than each, and both for as long as nothing moves', () => {
    const some = faulting(0.3, 4);
    expect(some.blockedUs).toBeLessThan(0.2 * some.stalledUs);
    const faults = openFaults([{ hostPages: 100, touchesPerPagePerSecond: 10 }]);
    const standing = { latencyUs: 200, transferUs: Number.POSITIVE_INFINITY };
    runFaulting(faults, 2, standing, 5e6, 1, 1);
    expect(faults.blockedUs).toBeGreaterThan(4.9e6);
    expect(faults.blockedUs).toBeLessThanOrEqual(5e6);
  });
});

describe('the machine in post-copy', () => {
  const ask = { atUs: 1_010_000, input: { kind: 'start-postcopy' } as const };
  const run = (over: Partial<MigrationConfig>, pages = 30_000) =>
    migrate(
      config({
        postcopyFaultUs: 300,
        postcopyQueueBytes: 3_200_000,
        postcopyGuest: { vcpus: 2, hostPageBytes: 4096 },
        ...over,
      }),
      {
        pages,
        dirtied: () => 0,
        inputs: [ask],
        linkBytesPerSecond: 100 * MIB,
        touched: [{ hostPages: 14_000, touchesPerPagePerSecond: 0.05 }],
      },
    ).state;

  it('without preempt requests wait behind the buffers', () => {
    const preempt = run({ postcopyPreempt: true });
    const vanilla = run({ postcopyPreempt: false });
    expect(preempt.postcopyRequests).toBeGreaterThan(20);
    expect(faultLatencyUs(preempt.faults, 0.99)).toBeLessThan(500);
    const queueUs = (3_200_000 / (100 * MIB)) * 1e6;
    expect(faultLatencyUs(vanilla.faults, 0.5)).toBeGreaterThan(queueUs);
    expect(vanilla.faults.stalledUs).toBeGreaterThan(10 * preempt.faults.stalledUs);
    expect(vanilla.completedUs).toBe(preempt.completedUs);
  });

  it('faults that cost nothing leave the background its limit', () => {
    const limited = { postcopyPreempt: true, maxPostcopyBandwidthBytesPerSecond: 20 * MIB };
    const slow = run({ ...limited, postcopyFaultUs: 0 });
    const free = run({ postcopyPreempt: true, postcopyFaultUs: 0 });
    expect(slow.completedUs).toBeGreaterThan((free.completedUs ?? 0) + 1_000_000);
    expect(Number.isFinite(slow.sender.thresholdBytes)).toBe(true);
  });

  it('a huge page takes its whole size to come', () => {
    const huge = run({
      postcopyPreempt: true,
      postcopyGuest: { vcpus: 2, hostPageBytes: 2 * MIB },
    });
    // 2 MiB at 100 MiB/s.
    expect(faultLatencyUs(huge.faults, 0.5)).toBeGreaterThan(20_000);
  });
});

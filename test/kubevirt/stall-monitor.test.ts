import { describe, expect, it } from 'vitest';
import type { MonitorOptions } from '../../src/kubevirt/monitor-model.js';
import { STALL_OPTIONS, scriptedMonitor, stats } from './monitor-script.js';

const iteration = { kind: 'iteration' } as const;

function stallMonitor(options: Partial<MonitorOptions>, vfio = false) {
  const monitor = scriptedMonitor({ stallDetector: STALL_OPTIONS, ...options }, { hasVfio: vfio });
  const { detector } = monitor.state;
  if (detector === null) throw new Error('the stall detector is off');
  return { ...monitor, detector: detector.state };
}

/** Runs into a stall of `remaining` bytes at 1 MB/s; the iteration event at 40 s shows it. */
function stalled(options: Partial<MonitorOptions>, remaining: number, vfio = false) {
  const monitor = stallMonitor(options, vfio);
  monitor.turn(0.4, stats(remaining, 400));
  monitor.turn(0.5, stats(remaining, 500), iteration);
  const actions = monitor.turn(40.5, stats(remaining, 40_500, 2), iteration);
  return { ...monitor, actions };
}

describe('stall detector', () => {
  it('sets the initial downtime until it succeeds, never above 300 ms', () => {
    const { turn } = scriptedMonitor(
      { stallDetector: STALL_OPTIONS, maxDowntimeMs: 900 },
      { fails: () => true },
    );
    expect(turn(0.4, null)).toEqual(['set-max-downtime 300 initial-downtime failed']);
    expect(turn(0.8, null)).toEqual(['set-max-downtime 300 initial-downtime failed']);
    const low = stallMonitor({ maxDowntimeMs: 200 });
    expect(low.turn(0.4, null)).toEqual(['set-max-downtime 200 initial-downtime']);
    expect(low.turn(0.8, null)).toEqual([]);
  });

  it('samples bandwidth on polls only', () => {
    const { detector, turn } = stallMonitor({});
    turn(0.2, stats(9, 200), iteration);
    expect(detector.ewmaBytesPerSecond).toBe(0);
    turn(0.6, stats(9, 600));
    expect(detector.ewmaBytesPerSecond).toBe(1_000_000);
  });

  it('takes the legacy path when libvirt refuses the iteration event', () => {
    const { state } = scriptedMonitor({ stallDetector: STALL_OPTIONS, iterationEvents: false });
    expect(state.detector).toBeNull();
  });

  it('aborts what needs more than 1.5 times the limit, 40 s after the last progress', () => {
    expect(stalled({}, 1_351_000).actions).toEqual(['abort stalled']);
    expect(stalled({}, 1_350_000).actions).toEqual(['set-max-downtime 900 stalled']);
  });

  it('prefers post-copy, then the hard stop, when disruption is allowed', () => {
    const allowed = { allowPostCopy: true, allowWorkloadDisruption: true };
    expect(stalled(allowed, 9_000_000).actions).toEqual(['post-copy stalled']);
    expect(stalled(allowed, 9_000_000, true).actions).toEqual(['set-max-downtime 2000000 stalled']);
    expect(stalled({ allowWorkloadDisruption: true }, 9_000_000).actions).toEqual([
      'set-max-downtime 2000000 stalled',
    ]);
  });

  it('triggers nothing without a completion time', () => {
    expect(stalled({ completionTimeoutPerGiB: 0 }, 1000).actions).toEqual([]);
  });

  it('cancels when QEMU has not paused by the switch-over deadline', () => {
    const { turn } = stalled({}, 900_000);
    expect(turn(100.9, stats(900_000, 100_900, 3))).toEqual([]);
    expect(turn(101, stats(900_000, 101_000, 3))).toEqual(['abort completion-timeout']);
  });

  it('leaves the limit unstretched after a stall switch, so a late pause is cancelled at once', () => {
    const { state, turn } = stalled({ completionTimeoutPerGiB: 4 }, 900_000);
    expect(state.acceptableCompletionTimeSeconds).toBe(40);
    const paused = turn(41, stats(900_000, 41_000, 3), { domain: 'paused-migration' });
    expect(state.mode).toBe('Paused');
    expect(paused).toEqual(['abort completion-timeout']);
  });

  it('stretches the limit when the switch comes from the timeout', () => {
    const { state, turn } = stallMonitor({ allowWorkloadDisruption: true });
    turn(0.4, stats(900_000, 400));
    expect(turn(101, stats(900_000, 101_000))).toEqual([
      'set-max-downtime 2000000 completion-timeout',
    ]);
    expect(state.acceptableCompletionTimeSeconds).toBe(200);
    turn(102, stats(900_000, 102_000), { domain: 'paused-migration' });
    expect(turn(200.9, stats(100, 200_900), { domain: 'paused-migration' })).toEqual([]);
    expect(turn(201, stats(100, 201_000), { domain: 'paused-migration' })).toEqual([
      'abort completion-timeout',
    ]);
  });

  it('starts post-copy at the timeout without asking for workload disruption', () => {
    const { turn } = stallMonitor({ allowPostCopy: true });
    turn(0.4, stats(9, 400));
    expect(turn(101, stats(9, 101_000))).toEqual(['post-copy completion-timeout']);
  });

  it('cancels at the timeout while the bandwidth is unknown', () => {
    const { turn } = stallMonitor({ allowPostCopy: true });
    turn(0.4, null);
    expect(turn(101, null)).toEqual(['abort completion-timeout']);
  });

  it('waits for a local minimum, and relaxes it to a higher value when patience ends', () => {
    const { detector, turn } = stalled({ completionTimeoutPerGiB: 1000 }, 900_000);
    detector.switchoverInitiated = false;
    detector.bestRemainingBytes = 100;
    expect(turn(80, stats(950_000, 80_000, 3), iteration)).toEqual([]);
    expect(detector.bestRemainingBytes).toBe(100);
    expect(turn(81, stats(960_000, 81_000, 4), iteration)).toEqual([
      'set-max-downtime 900 stalled',
    ]);
    expect(detector.bestRemainingBytes).toBe(950_000);
    expect(detector.relaxationPatienceMs).toBe(20_000);
  });
});

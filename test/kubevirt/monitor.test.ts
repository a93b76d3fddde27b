import { describe, expect, it } from 'vitest';
import { requestAbort } from '../../src/kubevirt/abort.js';
import { recordingCalls, scriptedMonitor, stats } from './monitor-script.js';

describe('legacy convergence', () => {
  it('compares truncated seconds strictly: 100 s fire at 101 s', () => {
    const { state, turn } = scriptedMonitor({});
    expect(turn(100.999_999, stats(5))).toEqual([]);
    expect(turn(101, stats(4))).toEqual(['abort completion-timeout']);
    expect(state.abortStatus).toBe('Succeeded');
    expect(turn(101.4, stats(3))).toEqual([]);
  });

  it('counts a fall since the previous sample as progress, also after a rise', () => {
    const { turn } = scriptedMonitor({ progressTimeout: 5, completionTimeoutPerGiB: 0 });
    turn(1, stats(100));
    for (let second = 2; second < 40; second += 2) {
      expect(turn(second, stats(1000 + second))).toEqual([]);
      expect(turn(second + 1, stats(900))).toEqual([]);
    }
  });

  it('calls a flat series stuck, but not one at zero', () => {
    const flat = scriptedMonitor({ progressTimeout: 5, completionTimeoutPerGiB: 0 });
    const zero = scriptedMonitor({ progressTimeout: 5, completionTimeoutPerGiB: 0 });
    for (const second of [1, 3, 6.999]) {
      expect(flat.turn(second, stats(7))).toEqual([]);
      expect(zero.turn(second, stats(0))).toEqual([]);
    }
    expect(flat.turn(7, stats(7))).toEqual(['abort stuck']);
    expect(zero.turn(7, stats(0))).toEqual([]);
  });

  it('does nothing with allowPostCopy alone but abort', () => {
    const { turn } = scriptedMonitor({ allowPostCopy: true });
    expect(turn(101, stats(1))).toEqual(['abort completion-timeout']);
  });

  it('starts post-copy at the timeout, before it looks for stuck, and again after a failure', () => {
    let failing = true;
    const { state, turn } = scriptedMonitor(
      { allowPostCopy: true, allowWorkloadDisruption: true, progressTimeout: 1 },
      { fails: () => failing },
    );
    turn(0.4, stats(9));
    expect(turn(101, stats(9))).toEqual(['post-copy completion-timeout failed']);
    failing = false;
    expect(turn(101.4, stats(9))).toEqual(['post-copy completion-timeout']);
    expect(state.mode).toBe('PostCopy');
    expect(turn(1e6, stats(9))).toEqual([]);
  });

  it('gives VFIO guests a big downtime, and doubles the time that counts from the start', () => {
    const { state, turn } = scriptedMonitor(
      { allowPostCopy: true, allowWorkloadDisruption: true },
      { hasVfio: true },
    );
    expect(turn(101, stats(9))).toEqual(['set-max-downtime 200000 completion-timeout']);
    expect(state.mode).toBe('Paused');
    expect(turn(200.9, stats(8))).toEqual([]);
    expect(turn(201, stats(7))).toEqual(['abort completion-timeout']);
  });

  it('suspends without post-copy, and finds the paused guest stuck', () => {
    const { state, turn } = scriptedMonitor({ allowWorkloadDisruption: true, progressTimeout: 20 });
    expect(turn(101, stats(9))).toEqual(['suspend completion-timeout']);
    expect(state.mode).toBe('Paused');
    expect(turn(122, stats(9))).toEqual(['abort stuck']);
  });

  it('asks for the abort again when it failed', () => {
    const { state, turn } = scriptedMonitor({}, { fails: () => true });
    expect(turn(101, stats(9))).toEqual(['abort completion-timeout failed']);
    expect(state.abortStatus).toBe('Failed');
    expect(turn(101.4, stats(9))).toEqual(['abort completion-timeout failed']);
  });

  it('has no time limit without memory information', () => {
    const { turn } = scriptedMonitor({}, { dataSizeGB: 0 });
    expect(turn(1e6, stats(9))).toEqual([]);
  });
});

describe('downtime tuning', () => {
  const tuning = { initialMs: null, steps: null, startAfterIteration: null, cooldownSeconds: null };

  it('raises eight times with the defaults, since the integer step leaves 1 ms', () => {
    const { turn } = scriptedMonitor({ downtimeTuning: tuning, completionTimeoutPerGiB: 0 });
    const set = (limitMs: number) => [`set-max-downtime ${limitMs} downtime-tuning`];
    expect(turn(0.4, null)).toEqual(set(150));
    expect(turn(0.8, stats(9, 0, 9))).toEqual([]);
    const raises = [10.4, 20.4, 30.4, 40.4, 50.4, 60.4, 70.4, 80.4, 90.4].flatMap((second) => [
      ...turn(second - 0.1, stats(9, 0, 9)),
      ...turn(second, stats(9, 0, 9)),
    ]);
    expect(raises).toEqual([257, 364, 471, 578, 685, 792, 899, 900].flatMap(set));
  });

  it('goes on from 300 ms, without cool-down, when the first call failed', () => {
    const { turn } = scriptedMonitor(
      { downtimeTuning: tuning, completionTimeoutPerGiB: 0 },
      { fails: (call) => call.includes(' 150 ') },
    );
    expect(turn(0.4, null)).toEqual(['set-max-downtime 150 downtime-tuning failed']);
    expect(turn(0.8, stats(9, 0, 3))).toEqual(['set-max-downtime 407 downtime-tuning']);
  });

  it('sets 0 on every turn when 0 is the start', () => {
    const { turn } = scriptedMonitor({
      downtimeTuning: { ...tuning, initialMs: 0 },
      completionTimeoutPerGiB: 0,
    });
    expect(turn(0.4, null)).toEqual(['set-max-downtime 0 downtime-tuning']);
    expect(turn(0.8, null)).toEqual(['set-max-downtime 0 downtime-tuning']);
  });

  it('overwrites the big downtime of a VFIO guest', () => {
    const { turn } = scriptedMonitor(
      { downtimeTuning: tuning, allowWorkloadDisruption: true },
      { hasVfio: true },
    );
    turn(0.4, null);
    expect(turn(101, stats(9, 0, 1))).toEqual(['set-max-downtime 200000 completion-timeout']);
    expect(turn(101.4, stats(8, 0, 3))).toEqual(['set-max-downtime 257 downtime-tuning']);
  });
});

describe('abort from outside', () => {
  it('takes effect once, and not while one is under way', () => {
    const { state } = scriptedMonitor({});
    const { calls, made } = recordingCalls();
    requestAbort(state, calls);
    requestAbort(state, calls);
    expect(made).toEqual(['abort requested']);
    expect(state.abortStatus).toBe('Succeeded');
    expect(state.abortReason).toBe('requested');
  });

  it('fails when libvirt refuses, and may be asked again', () => {
    const { state } = scriptedMonitor({});
    const { calls, made } = recordingCalls(() => true);
    requestAbort(state, calls);
    requestAbort(state, calls);
    expect(made).toEqual(['abort requested failed', 'abort requested failed']);
    expect(state.abortStatus).toBe('Failed');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMonitor } from '../../src/kubevirt/monitor.js';
import type { Outlook } from '../../src/kubevirt/monitor-model.js';
import { nextTurnOfInterest, skipTurns } from '../../src/kubevirt/monitor-outlook.js';
import { LEGACY, STALL_OPTIONS } from './monitor-script.js';
import { arbitraryScript, jump, runScript, type Segment, tick } from './monitor-stretches.js';

describe('polls that are skipped', () => {
  it('leave every call, its instant and the state as ticking does, bit for bit', () => {
    fc.assert(
      fc.property(arbitraryScript, (given) => {
        const ticked = runScript(given, tick);
        const jumped = runScript(given, jump);
        expect(jumped.calls).toEqual(ticked.calls);
        expect(jumped.states).toEqual(ticked.states);
        expect(jumped.turns).toBeLessThanOrEqual(ticked.turns);
      }),
      { seed: 4, numRuns: 2000 },
    );
  });

  it('cost a few turns for a day of migration on either path', () => {
    const quiet: Segment = {
      lengthUs: 12 * 3_600_000_000,
      beginsIteration: true,
      callsFail: false,
      outlook: {
        jobType: 'unbounded',
        remainingBytes: 1e15,
        remainingFallBytesPerSecond: 1e9,
        jobStartedUs: 0,
        memIteration: 2,
        memBytesPerSecond: 1e9,
        domain: 'running',
      },
    };
    const empty = { ...quiet, outlook: { ...quiet.outlook, remainingBytes: 0 } };
    for (const [stallDetector, second] of [
      [null, quiet],
      [null, empty],
      [STALL_OPTIONS, quiet],
    ] as const) {
      const given = {
        options: { ...LEGACY, progressTimeout: 150, completionTimeoutPerGiB: 150, stallDetector },
        hasVfio: false,
        dataSizeGB: 1000,
        startUs: 0,
        segments: [quiet, second],
      };
      expect(runScript(given, jump).turns).toBeLessThan(10);
    }
  });

  it('may not hide a poll that could act', () => {
    const state = createMonitor(LEGACY, { dataSizeGB: 1, hasVfio: false }, 0);
    const outlookOfNothing: Outlook = {
      fromUs: 0,
      jobType: null,
      remainingBytes: null,
      remainingFallBytesPerSecond: 0,
      jobStartedUs: null,
      memIteration: null,
      memBytesPerSecond: null,
      domain: 'running',
    };
    expect(nextTurnOfInterest(state, outlookOfNothing)).toBe(11_200_000);
    expect(() => skipTurns(state, 11_200_001, outlookOfNothing)).toThrow('11200000');
    skipTurns(state, 11_200_000, outlookOfNothing);
    expect(state.nextPollUs).toBe(11_200_000);
  });
});

/** What QEMU does to a guest that dirties faster than it is sent, and how syncs feel it (spec/qemu.md 3). */
import { accountSync, countHits, throttledCpuShare, throttleSleepUs } from './auto-converge.js';
import { setDirtyLimit, syncRings, vcpusHeardUs } from './dirty-limit.js';
import type { MigrationAction, MigrationState, SyncResult } from './migration-state.js';
import { PAGE_BYTES } from './wire-format.js';

/** Auto-converge or dirty-limit, where one of them is on (spec 3.1, 3.5). */
export function slowGuest(
  state: MigrationState,
  result: SyncResult,
  actions: MigrationAction[],
): void {
  const { period, asOfUs, transferredBytes, config } = state;
  const { newlyDirtyPages } = result;
  if (config.autoConverge !== null) {
    const raised = accountSync(
      period,
      asOfUs,
      newlyDirtyPages,
      transferredBytes,
      PAGE_BYTES,
      config.autoConverge,
    );
    if (raised !== null) raiseThrottle(state, raised, actions);
    return;
  }
  const trigger = state.dirtyLimit?.parameters.triggerPercent ?? null;
  const hit = countHits(period, asOfUs, newlyDirtyPages, transferredBytes, PAGE_BYTES, trigger);
  if (state.dirtyLimit === null) return;
  syncRings(state.dirtyLimit, asOfUs, result.written);
  if (hit !== null && !state.suspended && setDirtyLimit(state.dirtyLimit, asOfUs)) {
    actions.push({
      kind: 'decision',
      action: `dirty limit ${state.dirtyLimit.parameters.quotaMBps} MB/s a vCPU`,
      reason: 'dirtied more than half of what was sent, twice',
    });
  }
}

function raiseThrottle(state: MigrationState, raised: number, actions: MigrationAction[]): void {
  state.throttleMaxPercent = raised;
  actions.push({
    kind: 'decision',
    action: `throttle ${raised}%`,
    reason: 'dirtied more than half of what was sent, twice',
  });
  if (!state.suspended) {
    actions.push({ kind: 'guest-speed', cpuShare: throttledCpuShare(raised), running: true });
  }
}

/** When every vCPU has been heard of: at once, unless it sleeps in its throttle or its quota. */
export function vcpusReadyUs(state: MigrationState): number {
  const { asOfUs, dirtyLimit } = state;
  return dirtyLimit === null ? asOfUs + vcpuWaitUs(state) : vcpusHeardUs(dirtyLimit, asOfUs);
}

/**
 * Dirty ring and TCG syncs go on only when every vCPU has been heard of, and a throttled one sleeps
 * 10·p/(1−p) ms of each cycle: half of that on average, for its share of the time. Seen in recorded
 * runs: at 99 % half a second passes after each sync with nothing sent.
 */
function vcpuWaitUs(state: MigrationState): number {
  const { config, period } = state;
  const running = state.stoppedUs === null && !state.suspended;
  if (!config.syncWaitsForVcpus || !running || period.throttlePercent === 0) return 0;
  const asleep = period.throttlePercent / 100;
  return Math.round((asleep * throttleSleepUs(period.throttlePercent)) / 2);
}

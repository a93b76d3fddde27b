/** Downtime tuning: raises QEMU's downtime limit step by step (spec/kubevirt.md 1.4, 3.3). */
import type { DowntimeTuningPolicy } from '../fleet/model.js';
import type {
  DowntimeTuningConfig,
  DowntimeTuningState,
  JobStats,
  MonitorCalls,
} from './monitor-model.js';

const DEFAULT_INITIAL_MS = 150;
const DEFAULT_STEPS = 7;
const DEFAULT_START_AFTER_ITERATION = 3;
const DEFAULT_COOLDOWN_SECONDS = 10;
const QEMU_DEFAULT_DOWNTIME_LIMIT_MS = 300;

/** Defaults and sanitising of 1.4; null when the policy has no downtimeTuning. */
export function downtimeTuningConfig(
  policy: DowntimeTuningPolicy | null,
  maxDowntimeMs: number,
): DowntimeTuningConfig | null {
  if (policy === null) return null;
  const initialMs = nonNegativeOr(policy.initialMs, DEFAULT_INITIAL_MS);
  return {
    initialMs: Math.min(initialMs, maxDowntimeMs),
    steps: Math.max(policy.steps ?? DEFAULT_STEPS, 1),
    startAfterIteration: nonNegativeOr(policy.startAfterIteration, DEFAULT_START_AFTER_ITERATION),
    cooldownSeconds: Math.max(policy.cooldownSeconds ?? DEFAULT_COOLDOWN_SECONDS, 1),
    maxDowntimeMs,
  };
}

function nonNegativeOr(value: number | null, fallback: number): number {
  return value === null || value < 0 ? fallback : value;
}

/** One turn. Runs in every mode, also after post-copy and while an abort runs, as KubeVirt does. */
export function tuneDowntime(
  tuning: DowntimeTuningState,
  stats: JobStats | null,
  nowUs: number,
  calls: MonitorCalls,
): void {
  if (tuning.currentMs === 0) {
    tuning.currentMs = QEMU_DEFAULT_DOWNTIME_LIMIT_MS;
    setDowntime(tuning, tuning.config.initialMs, nowUs, calls);
    return;
  }
  if (nowUs < nextRaiseUs(tuning, stats?.memIteration ?? null)) return;
  setDowntime(tuning, raisedMs(tuning), nowUs, calls);
}

/** From when on a raise is due while the iteration stays as it is; Infinity: none will be. */
export function nextRaiseUs(tuning: DowntimeTuningState, memIteration: number | null): number {
  const { startAfterIteration, cooldownSeconds } = tuning.config;
  if (memIteration === null || memIteration < startAfterIteration) return Infinity;
  if (raisedMs(tuning) <= tuning.currentMs) return Infinity;
  return tuning.lastTunedUs === null ? -Infinity : tuning.lastTunedUs + cooldownSeconds * 1_000_000;
}

/** The integer step leaves a remainder, hence eight raises with the defaults. */
function raisedMs(tuning: DowntimeTuningState): number {
  const { initialMs, steps, maxDowntimeMs } = tuning.config;
  const stepMs = Math.max(Math.floor((maxDowntimeMs - initialMs) / steps), 1);
  return Math.min(tuning.currentMs + stepMs, maxDowntimeMs);
}

function setDowntime(
  tuning: DowntimeTuningState,
  limitMs: number,
  nowUs: number,
  calls: MonitorCalls,
): void {
  if (calls.setMaxDowntime(limitMs, 'downtime-tuning') !== 'ok') return;
  tuning.currentMs = limitMs;
  tuning.lastTunedUs = nowUs;
}

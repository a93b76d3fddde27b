/** What the recorded QEMU was started with, as the machine's configuration. */
import { AUTO_CONVERGE_DEFAULTS, type AutoConvergeParameters } from '../qemu/auto-converge.js';
import { DIRTY_LIMIT_DEFAULTS, type DirtyLimitParameters } from '../qemu/dirty-limit.js';
import type { MigrationConfig } from '../qemu/migration-state.js';
import { versionRules } from '../qemu/version.js';
import { wireFormat } from '../qemu/wire-format.js';
import {
  BACKLOG_BYTES,
  CHUNK_CLEAR_US,
  COMPRESSOR_US_PER_PAGE,
  DEVICE_STATE_BYTES,
  FAULT_US,
  LOAD_US,
  LOOPBACK_BYTES_PER_SECOND,
  PLACE_US_PER_PAGE,
  REQUEST_QUEUE_BYTES,
  SETUP_US,
  STOP_US,
  SYNC_US,
  WAKE_LATENCY_US,
  ZERO_US_PER_PAGE,
} from './qemu-constants.js';
import { writes } from './qemu-guest.js';
import { qemuVersionOf, recordedCompression, tracksAtSync } from './qemu-recorded.js';
import type { QemuRun } from './qemu-run.js';

/** QEMU's default of multifd-channels (spec/qemu.md 1.1). */
const MULTIFD_CHANNELS = 2;

export function recordedConfig(run: QemuRun): MigrationConfig {
  const { caps, params, maxbw, downtime_limit, link_mbit } = run.config;
  const rules = versionRules(qemuVersionOf(run));
  const channels = caps.includes('multifd') ? (params['multifd-channels'] ?? MULTIFD_CHANNELS) : 0;
  const compression = recordedCompression(run);
  const postcopy = caps.includes('postcopy-ram');
  const format = wireFormat(rules, channels, compression);
  return {
    rules,
    format,
    maxBandwidthBytesPerSecond: maxbw,
    maxPostcopyBandwidthBytesPerSecond: params['max-postcopy-bandwidth'] ?? 0,
    downtimeLimitMs: downtime_limit,
    availSwitchoverBytesPerSecond: params['avail-switchover-bandwidth'] ?? 0,
    autoConverge: recordedAutoConverge(run),
    dirtyLimit: caps.includes('dirty-limit') ? dirtyLimit(run) : null,
    postcopyEnabled: postcopy,
    channelsBytesPerSecond: LOOPBACK_BYTES_PER_SECOND,
    zeroUsPerPage: ZERO_US_PER_PAGE,
    contentUsPerPage: compression === 'none' ? 0 : COMPRESSOR_US_PER_PAGE[compression] / channels,
    backlogBytes: link_mbit === null ? 0 : BACKLOG_BYTES,
    postcopyUsPerPage: PLACE_US_PER_PAGE,
    postcopyPreempt: caps.includes('postcopy-preempt'),
    postcopyFaultUs: FAULT_US,
    // No recorded run was recovered.
    postcopyRecoverUs: 0,
    postcopyQueueBytes: REQUEST_QUEUE_BYTES,
    postcopyGuest: writes(run) ? 'always-asking' : 'idle',
    wakeLatencyUs: WAKE_LATENCY_US,
    setupUs: SETUP_US,
    syncUs: SYNC_US,
    syncWaitsForVcpus: tracksAtSync(run),
    chunkClearUs: tracksAtSync(run) ? 0 : CHUNK_CLEAR_US,
    stopUs: STOP_US,
    preSwitchoverUs: 0,
    deviceStateBytes: DEVICE_STATE_BYTES,
    deviceStateUs: LOAD_US,
    vfioStateBytes: 0,
    vfioPrecopy: null,
    switchoverAckUs: null,
    // Post-copy turns the return path on by itself (spec 1.2).
    returnPath: postcopy || caps.includes('return-path'),
    finishUs: 0,
  };
}

function dirtyLimit({ config }: QemuRun): DirtyLimitParameters {
  const { params, accel_opts } = config;
  const entries = /dirty-ring-size=(\d+)/.exec(accel_opts)?.[1];
  return {
    triggerPercent: params['throttle-trigger-threshold'] ?? DIRTY_LIMIT_DEFAULTS.triggerPercent,
    quotaMBps: params['vcpu-dirty-limit'] ?? DIRTY_LIMIT_DEFAULTS.quotaMBps,
    periodUs: (params['x-vcpu-dirty-limit-period'] ?? 1_000) * 1_000,
    ringEntries: entries === undefined ? DIRTY_LIMIT_DEFAULTS.ringEntries : Number(entries),
    vcpus: 1,
  };
}

/** As set when the migration begins; null without the capability. */
export function recordedAutoConverge({ config }: QemuRun): AutoConvergeParameters | null {
  if (!config.caps.includes('auto-converge')) return null;
  return withThrottle(AUTO_CONVERGE_DEFAULTS, config.params);
}

/** Auto-converge as set before, with what the parameters change of it. */
export function withThrottle(
  before: AutoConvergeParameters,
  params: QemuRun['config']['params'],
): AutoConvergeParameters {
  return {
    triggerPercent: params['throttle-trigger-threshold'] ?? before.triggerPercent,
    initialPercent: params['cpu-throttle-initial'] ?? before.initialPercent,
    incrementPercent: params['cpu-throttle-increment'] ?? before.incrementPercent,
    maxPercent: params['max-cpu-throttle'] ?? before.maxPercent,
    tailslow: params['cpu-throttle-tailslow'] ?? before.tailslow,
  };
}

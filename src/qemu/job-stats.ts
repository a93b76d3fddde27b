/**
 * What a migration tells of itself at any moment: QEMU's `query-migrate` (spec/qemu.md 1.4, 2.1,
 * 3.1) and libvirt's DomainJobInfo made of it (spec 7.4).
 */
import { ringFillUs } from './dirty-limit.js';
import { lookAhead } from './look-ahead.js';
import type { MigrationState } from './migration-state.js';
import { behindNetwork, remainingBytes, sentRamPages } from './pace.js';
import { pageCost, zeroPagesAt } from './send-plan.js';
import { PAGE_BYTES } from './wire-format.js';

export type MigrationStatus =
  | 'setup'
  | 'active'
  | 'pre-switchover'
  | 'device'
  | 'postcopy-active'
  | 'postcopy-paused'
  | 'postcopy-recover'
  | 'completed';

/** The fields of `query-migrate`, under its names; times in ms, rates as QEMU gives them. */
export interface QueryMigrate {
  readonly status: MigrationStatus;
  readonly 'total-time': number;
  /** Until the migration is done; then `downtime`. */
  readonly 'expected-downtime': number | null;
  readonly downtime: number | null;
  readonly 'setup-time': number;
  /** null: not throttled. */
  readonly 'cpu-throttle-percentage': number | null;
  /** dirty-limit: sleep of a vCPU at a full ring, and the time of one to fill, µs; null: not set. */
  readonly 'dirty-limit-throttle-time-per-round': number | null;
  readonly 'dirty-limit-ring-full-time': number | null;
  /** Device data so far; null without VFIO. */
  readonly vfio: { readonly transferred: number } | null;
  readonly ram: {
    readonly transferred: number;
    readonly remaining: number;
    readonly total: number;
    readonly duplicate: number;
    readonly normal: number;
    readonly 'normal-bytes': number;
    /** Pages a second; 0 until a period of more than a second has closed, and at the end. */
    readonly 'dirty-pages-rate': number;
    /** Mbit/s of the last window; over the whole migration at its end. */
    readonly mbps: number;
    readonly 'dirty-sync-count': number;
    readonly 'postcopy-requests': number;
    readonly 'page-size': number;
    readonly 'pages-per-second': number;
  };
}

/** QEMU's answer at `nowUs`, not before the state's last change. The state stays as it is. */
export function queryMigrate(state: Readonly<MigrationState>, nowUs: number): QueryMigrate {
  const seen = lookAhead(state, nowUs);
  const status = statusOf(seen);
  const done = status === 'completed';
  const limit = seen.dirtyLimit?.serving === true ? seen.dirtyLimit : null;
  const { earlierZeroPages, earlierPages } = seen;
  const remaining = done ? 0 : remainingNow(seen);
  const planned = seen.plan.pages - seen.plan.devicePages;
  const sent = seen.phase === 'setup' ? 0 : planned - remaining / PAGE_BYTES;
  const zero = earlierZeroPages + zeroPagesAt(seen.plan, sent);
  const normal = Math.round(earlierPages + sent - zero);
  return {
    status,
    'total-time': milliseconds((done ? (seen.completedUs ?? nowUs) : nowUs) - seen.startUs),
    'expected-downtime': done ? null : seen.expectedDowntimeMs,
    downtime: done ? milliseconds(seen.qemuDowntimeUs ?? 0) : null,
    'setup-time': milliseconds((seen.setupDoneUs ?? nowUs) - seen.startUs),
    'cpu-throttle-percentage':
      done || seen.period.throttlePercent === 0 ? null : seen.period.throttlePercent,
    'dirty-limit-throttle-time-per-round': limit === null ? null : limit.sleepUs,
    'dirty-limit-ring-full-time': limit === null ? null : ringFillUs(limit),
    vfio: vfioStats(seen, done),
    ram: {
      transferred: Math.floor(seen.transferredBytes),
      remaining,
      total: seen.ramPages * PAGE_BYTES,
      duplicate: Math.round(zero),
      normal,
      'normal-bytes': normal * PAGE_BYTES,
      'dirty-pages-rate': done ? 0 : seen.period.dirtyPagesPerSecond,
      mbps: done ? meanMbps(seen) : (seen.sender.bandwidthBytesPerMs * 8) / 1000,
      'dirty-sync-count': seen.syncCount,
      'postcopy-requests': seen.postcopyRequests,
      'page-size': PAGE_BYTES,
      'pages-per-second': pagesPerSecond(seen),
    },
  };
}

function vfioStats(state: MigrationState, done: boolean): QueryMigrate['vfio'] {
  const { config, device } = state;
  if (config.vfioStateBytes === 0 && device === null) return null;
  return {
    transferred: (device?.sentBytes ?? 0) + (done ? config.vfioStateBytes : stopped(state)),
  };
}

/** Of VFIO's stop-copy data, what the sockets have taken: it goes before the other devices' state. */
function stopped(state: MigrationState): number {
  const { config, phase, sync } = state;
  if (sync !== 'final') return 0;
  if (phase === 'socket-drain' || phase === 'loading') return config.vfioStateBytes;
  if (phase !== 'final-send') return 0;
  const { stateBytes } = behindNetwork(state, config.backlogBytes);
  const behind = Math.max(0, stateBytes - config.deviceStateBytes);
  return Math.floor(config.vfioStateBytes - behind);
}

function milliseconds(us: number): number {
  return Math.floor(us / 1000);
}

function statusOf(state: MigrationState): MigrationStatus {
  switch (state.phase) {
    case 'setup':
      return 'setup';
    case 'sending':
    case 'syncing':
      return 'active';
    case 'stopping':
    case 'draining-storage':
      return 'pre-switchover';
    case 'final-sync':
    case 'final-send':
    case 'socket-drain':
    case 'loading':
      return 'device';
    case 'finishing':
      return state.sync === 'postcopy' ? 'postcopy-active' : 'completed';
    case 'postcopy':
      return 'postcopy-active';
    case 'postcopy-paused':
    case 'postcopy-recover':
      return state.phase;
    case 'ended':
      return 'completed';
    default:
      return state.phase satisfies never;
  }
}

/** |bitmap| × page: falls in a round, jumps at a sync, leaves out what was dirtied since. */
function remainingNow(state: MigrationState): number {
  switch (state.phase) {
    case 'final-send':
    case 'socket-drain':
    case 'postcopy':
    case 'postcopy-paused':
    case 'postcopy-recover':
      return Math.floor(remainingBytes(state) / PAGE_BYTES) * PAGE_BYTES;
    default:
      return (state.plan.pages - state.plan.devicePages - sentRamPages(state)) * PAGE_BYTES;
  }
}

/** At completion: all bytes over all time but the setup's. */
function meanMbps(state: MigrationState): number {
  const endUs = state.completedUs ?? state.asOfUs;
  const ms = (endUs - (state.setupDoneUs ?? state.startUs)) / 1000;
  return ms > 0 ? (state.transferredBytes * 8) / ms / 1000 : 0;
}

/** The last window's bytes in pages of the kind that goes out now. */
function pagesPerSecond({ sender, plan }: MigrationState): number {
  if (plan.spans.length === 0) return 0;
  const { chargedBytes } = pageCost(plan, sender.spanIndex);
  return Math.floor((sender.bandwidthBytesPerMs * 1000) / chargedBytes);
}

/** Copied disks: all of them together, in bytes. */
export interface DiskJob {
  readonly total: number;
  readonly processed: number;
  readonly remaining: number;
  readonly bytesPerSecond: number;
}

/** libvirt's DomainJobInfo, as far as a migration sets it (spec 7.4). */
export interface DomainJobInfo {
  readonly timeElapsedMs: number;
  /** Expected while it runs, its own at the end. */
  readonly downtimeMs: number;
  readonly isDone: boolean;
  readonly dataTotal: number;
  readonly dataProcessed: number;
  readonly dataRemaining: number;
  readonly memTotal: number;
  readonly memProcessed: number;
  readonly memRemaining: number;
  readonly memConstantPages: number;
  readonly memNormalPages: number;
  readonly memNormalBytes: number;
  /** Bytes a second. */
  readonly memBps: number;
  /** Pages a second. */
  readonly memDirtyRate: number;
  readonly memPageSize: number;
  readonly memIteration: number;
  readonly memPostcopyRequests: number;
  readonly diskTotal: number;
  readonly diskProcessed: number;
  readonly diskRemaining: number;
  readonly diskBps: number;
  readonly autoConvergeThrottle: number;
  readonly setupTimeMs: number;
}

export const NO_DISKS: DiskJob = { total: 0, processed: 0, remaining: 0, bytesPerSecond: 0 };

/**
 * @param elapsedUs of libvirt's job, which begins before RAM when disks are copied
 * @param query null before `migrate` was called
 * @param downtimeUs by libvirt's own clock, from STOP on; null until the guest runs again
 */
export function domainJobInfo(
  query: QueryMigrate | null,
  disks: DiskJob,
  elapsedUs: number,
  downtimeUs: number | null,
): DomainJobInfo {
  const ram = query?.ram;
  const isDone = query?.status === 'completed';
  return {
    timeElapsedMs: milliseconds(elapsedUs),
    downtimeMs: isDone
      ? milliseconds(downtimeUs ?? (query?.downtime ?? 0) * 1000)
      : (query?.['expected-downtime'] ?? 0),
    isDone,
    dataTotal: (ram?.total ?? 0) + disks.total,
    dataProcessed: (ram?.transferred ?? 0) + disks.processed,
    dataRemaining: (ram?.remaining ?? 0) + disks.remaining,
    memTotal: ram?.total ?? 0,
    memProcessed: ram?.transferred ?? 0,
    memRemaining: ram?.remaining ?? 0,
    memConstantPages: ram?.duplicate ?? 0,
    memNormalPages: ram?.normal ?? 0,
    memNormalBytes: ram?.['normal-bytes'] ?? 0,
    // libvirt multiplies QEMU's Mbit/s by 125,000 (spec 7.4).
    memBps: Math.round((ram?.mbps ?? 0) * 125_000),
    memDirtyRate: ram?.['dirty-pages-rate'] ?? 0,
    memPageSize: PAGE_BYTES,
    memIteration: ram?.['dirty-sync-count'] ?? 0,
    memPostcopyRequests: ram?.['postcopy-requests'] ?? 0,
    diskTotal: disks.total,
    diskProcessed: disks.processed,
    diskRemaining: disks.remaining,
    diskBps: Math.round(disks.bytesPerSecond),
    autoConvergeThrottle: query?.['cpu-throttle-percentage'] ?? 0,
    setupTimeMs: query?.['setup-time'] ?? 0,
  };
}

/**
 * Replays one recorded migration: the machine of the simulation, the guest's memory page by page,
 * and one link of a constant rate (shaped, or the loopback).
 */
import { createGuestMemory, dirtyPages, type GuestMemory } from '../memory/guest-memory.js';
import type { Kernels } from '../memory/kernels.js';
import { layoutGuest } from '../memory/layout.js';
import type { WireCosts } from '../memory/plan.js';
import { type RoundResult, stepRound } from '../memory/round.js';
import { handle, startMigration } from '../qemu/migration.js';
import type { MigrationAction, MigrationInput, MigrationState } from '../qemu/migration-state.js';
import type { SendPlan } from '../qemu/send-plan.js';
import { PAGE_BYTES } from '../qemu/wire-format.js';
import { cacheSent, openXbzrleCache, type XbzrleCache, xbzrlePageBytes } from '../qemu/xbzrle.js';
import { roundPlan, wireCosts } from '../simulation/round-plan.js';
import { recordedConfig } from './qemu-config.js';
import {
  FIRST_TOUCH_US_PER_PAGE,
  GOODPUT_SHARE,
  WRITES_PER_SPIN_LOOP_MS,
  XBZRLE_HIT_BYTES,
  XBZRLE_US_PER_PAGE,
} from './qemu-constants.js';
import { recordedGuest, ringWriters } from './qemu-guest.js';
import { recordedInputs, type TimedInput } from './qemu-inputs.js';
import { tracksAtSync } from './qemu-recorded.js';
import type { QemuRun } from './qemu-run.js';

export interface ReplayResult {
  readonly status: 'completed' | 'cancelled';
  readonly totalTimeMs: number | null;
  readonly transferredBytes: number;
  readonly dirtySyncCount: number;
  readonly downtimeMs: number | null;
  readonly stopToResumeMs: number | null;
  readonly postcopy: boolean;
  readonly throttlePercentageMax: number;
  readonly throttleStepTimesMs: readonly number[];
  readonly postcopyRequests: number;
  /** When each sync was through, for comparison with MIGRATION_PASS. */
  readonly syncTimesMs: readonly number[];
}

interface Replay {
  readonly run: QemuRun;
  readonly kernels: Kernels;
  readonly seed: number;
  readonly qemu: MigrationState;
  readonly memory: GuestMemory;
  wire: WireCosts;
  readonly xbzrle: XbzrleCache | null;
  /** Pages that no round has sent yet: the target has not touched them. */
  neverSentPages: number;
  readonly linkBytesPerSecond: number;
  readonly speed: { fromUs: number[]; cpuFactor: number[]; clockFactor: number[] };
  sync: { readonly readyUs: number; readonly result: RoundResult } | null;
  lastSyncUs: number;
  syncNumber: number;
  readonly throttleStepTimesMs: number[];
  readonly syncTimesMs: number[];
  cancelled: boolean;
  ended: boolean;
}

/** A replay that has not ended by then is cancelled: recorded runs last a minute at most. */
const LONGEST_US = 600e6;
/** No replay takes so many steps: a bug, told as one. */
const EVENTS_MAX = 1_000_000;
/** Steps of the golden ratio fill a millisecond evenly, however many seeds there are. */
const GOLDEN_STEP_US = 618.034;
/** QEMU's default of xbzrle-cache-size (spec/qemu.md 1.1). */
const XBZRLE_CACHE_BYTES = 64 * 1024 ** 2;

/** Same run and seed, same result. Throws RangeError when the recorded memory makes no sense. */
export function replayRun(kernels: Kernels, run: QemuRun, seed: number): ReplayResult {
  const replay = openReplay(kernels, run, seed);
  const inputs = recordedInputs(run);
  let next = 0;
  for (let events = 0; !replay.ended; events += 1) {
    if (events > EVENTS_MAX) throw new Error(`${run.config.name}: the replay does not end`);
    if (replay.qemu.asOfUs > LONGEST_US) {
      input(replay, { kind: 'cancel', reason: 'does not end' }, replay.qemu.asOfUs);
      break;
    }
    const inputUs = inputs[next]?.atUs ?? Number.POSITIVE_INFINITY;
    const syncUs = replay.sync?.readyUs ?? Number.POSITIVE_INFINITY;
    const nowUs = Math.min(inputUs, syncUs, replay.qemu.wakeUs);
    if (nowUs === Number.POSITIVE_INFINITY) break;
    if (replay.sync !== null && syncUs === nowUs) finishSync(replay, replay.sync.result, nowUs);
    else if (replay.qemu.wakeUs === nowUs) input(replay, { kind: 'wake' }, nowUs);
    else {
      input(replay, (inputs[next] as TimedInput).input, nowUs);
      next += 1;
    }
  }
  return resultOf(replay);
}

function openReplay(kernels: Kernels, run: QemuRun, seed: number): Replay {
  const guest = recordedGuest(run);
  const config = recordedConfig(run);
  const { format } = config;
  const layout = layoutGuest({
    memoryBytes: guest.memoryBytes,
    regions: guest.regions,
    seed,
    guestKey: 1,
  });
  return {
    run,
    kernels,
    seed,
    qemu: startMigration({ ...config, setupUs: config.setupUs + clockPhaseUs(seed) }, 0),
    memory: createGuestMemory(layout, {
      tracking: tracksAtSync(run) ? 'sync-clear' : 'chunk-clear',
      shared: false,
    }),
    // A run's own content has its size after its own compressor.
    wire: wireCosts(format, 1),
    xbzrle: xbzrleCache(run),
    neverSentPages: layout.pages,
    linkBytesPerSecond:
      run.config.link_mbit === null
        ? Number.POSITIVE_INFINITY
        : (run.config.link_mbit * 1e6 * GOODPUT_SHARE) / 8,
    speed: {
      fromUs: [...guest.intensity.fromUs],
      cpuFactor: [...guest.intensity.cpuFactor],
      clockFactor: [...guest.intensity.clockFactor],
    },
    sync: null,
    lastSyncUs: 0,
    syncNumber: 0,
    throttleStepTimesMs: [],
    syncTimesMs: [],
    cancelled: false,
    ended: false,
  };
}

/**
 * QEMU's clock counts whole milliseconds, and a migration begins anywhere within one: which of two
 * syncs a second apart is "more than a second" later hangs on it. Every seed has its own phase.
 */
function clockPhaseUs(seed: number): number {
  return Math.floor(seed * GOLDEN_STEP_US) % 1000;
}

function input(replay: Replay, what: MigrationInput, nowUs: number): void {
  const actions: MigrationAction[] = [];
  handle(replay.qemu, what, nowUs, actions);
  for (const action of actions) carryOut(replay, action, nowUs);
}

function carryOut(replay: Replay, action: MigrationAction, nowUs: number): void {
  switch (action.kind) {
    case 'set-flow': {
      const bytesPerSecond = Math.min(action.capBytesPerSecond, replay.linkBytesPerSecond);
      input(replay, { kind: 'rate', bytesPerSecond }, nowUs);
      return;
    }
    case 'plan-setup':
      replay.lastSyncUs = nowUs;
      replay.syncTimesMs.push(nowUs / 1000);
      input(replay, { kind: 'setup-done', plan: planSending(replay) }, nowUs);
      return;
    case 'sync':
      replay.sync = {
        readyUs: action.readyUs,
        result: readLog(replay, nowUs, action.sentPages),
      };
      return;
    case 'guest-speed':
      setSpeed(replay, action.running ? action.cpuShare : 0, nowUs);
      return;
    case 'vcpu-share':
      // A writer of pace cpu brings its own speed: its record holds what the sleeps did to it.
      if (replay.run.config.pace === 'clock') setSpeed(replay, action.share, nowUs);
      return;
    case 'drain-storage':
      input(replay, { kind: 'storage-drained' }, nowUs);
      return;
    case 'decision':
      if (action.action.startsWith('throttle')) replay.throttleStepTimesMs.push(nowUs / 1000);
      return;
    case 'ended':
      replay.ended = true;
      replay.cancelled = action.end.kind !== 'completed';
      return;
    case 'iteration':
    case 'round-ended':
    case 'target-resumed':
      return;
    default:
      action satisfies never;
  }
}

/**
 * Pauses stop every writer. Throttling: a writer of pace cpu brings its own speed (its record holds
 * what throttling did to it); a clock-paced one is slowed only when it cannot catch up any more.
 */
function setSpeed(replay: Replay, cpuShare: number, nowUs: number): void {
  const { speed, run } = replay;
  if (cpuShare > 0 && run.config.pace === 'cpu') return;
  const before = speed.fromUs.findIndex((fromUs) => fromUs >= nowUs);
  const keep = before < 0 ? speed.fromUs.length : before;
  for (const column of [speed.fromUs, speed.cpuFactor, speed.clockFactor]) column.length = keep;
  const { spin_loops_per_ms: loops, rate_guest_clock: rate } = run.before;
  const most = loops === undefined ? Number.POSITIVE_INFINITY : loops * WRITES_PER_SPIN_LOOP_MS;
  const factor = cpuShare === 0 ? 0 : Math.min(1, (cpuShare * most) / rate);
  speed.fromUs.push(nowUs);
  speed.cpuFactor.push(factor);
  speed.clockFactor.push(factor);
}

function readLog(replay: Replay, nowUs: number, sentPages: number): RoundResult {
  // Its result is told before the next round begins, which writes over it.
  const { progress } = replay.qemu;
  replay.syncNumber += 1;
  const result = stepRound(replay.kernels, {
    memory: replay.memory,
    seed: replay.seed,
    guestKey: 1,
    fidelity: 'page',
    syncNumber: replay.syncNumber,
    previousSyncUs: replay.lastSyncUs,
    syncUs: nowUs,
    sentPages,
    progress,
    wire: replay.wire,
    intensity: replay.speed,
  });
  replay.lastSyncUs = nowUs;
  noteSent(replay, result);
  return result;
}

function finishSync(replay: Replay, result: RoundResult, nowUs: number): void {
  replay.sync = null;
  replay.syncTimesMs.push(nowUs / 1000);
  const plan = planSending(replay);
  const written = replay.qemu.dirtyLimit === null ? [] : ringWriters(replay.run);
  input(
    replay,
    { kind: 'sync-done', result: { ...result, plan, dirtyRuns: 0, touched: [], written } },
    nowUs,
  );
}

function xbzrleCache({ config }: QemuRun): XbzrleCache | null {
  const bytes = config.params['xbzrle-cache-size'] ?? XBZRLE_CACHE_BYTES;
  // Together with multifd 7.2 takes it and does nothing with it (spec/qemu.md 4).
  const encodes = config.caps.includes('xbzrle') && !config.caps.includes('multifd');
  return encodes ? openXbzrleCache(bytes, config.ws_pages) : null;
}

/** The cache takes pages from the second lap on; its hits make the next rounds' pages small. */
function noteSent(replay: Replay, result: RoundResult): void {
  const sent = result.sentNormalPages + result.sentZeroPages;
  const { xbzrle } = replay;
  const firstLap = replay.neverSentPages === replay.memory.layout.pages;
  replay.neverSentPages = Math.max(0, replay.neverSentPages - sent);
  if (xbzrle === null || firstLap) return;
  cacheSent(xbzrle, result.sentNormalPages);
  const { format } = replay.qemu.config;
  const pageBytes = PAGE_BYTES + format.pageHeaderBytes;
  replay.wire = { ...replay.wire, pageBytes: xbzrlePageBytes(xbzrle, XBZRLE_HIT_BYTES, pageBytes) };
}

/** The target's and the encoder's time for a page with content, on top of copying it. */
function contentUsPerPage(replay: Replay): number {
  const dirty = dirtyPages(replay.memory);
  // Multifd's receiving threads touch pages side by side, at the sender's pace.
  const touches = dirty > 0 && !replay.qemu.config.format.multifd;
  const firstTouch = touches ? Math.min(1, replay.neverSentPages / dirty) : 0;
  const encoded = replay.xbzrle?.cachedShare ?? 0;
  return (
    replay.qemu.config.contentUsPerPage +
    firstTouch * FIRST_TOUCH_US_PER_PAGE +
    encoded * XBZRLE_US_PER_PAGE
  );
}

function planSending(replay: Replay): SendPlan {
  return roundPlan(replay.memory, replay.wire, replay.qemu, contentUsPerPage(replay));
}

function resultOf(replay: Replay): ReplayResult {
  const { qemu, cancelled } = replay;
  const ms = (us: number | null): number | null => (us === null ? null : us / 1000);
  return {
    status: cancelled ? 'cancelled' : 'completed',
    totalTimeMs: cancelled ? null : ms(qemu.completedUs),
    transferredBytes: Math.round(qemu.transferredBytes),
    dirtySyncCount: qemu.syncCount,
    downtimeMs: cancelled ? null : ms(qemu.qemuDowntimeUs),
    stopToResumeMs: cancelled ? null : ms(qemu.downtimeUs),
    postcopy: qemu.postcopy,
    throttlePercentageMax: qemu.throttleMaxPercent,
    throttleStepTimesMs: replay.throttleStepTimesMs,
    postcopyRequests: qemu.postcopyRequests,
    syncTimesMs: replay.syncTimesMs,
  };
}

/** The source launcher calls `migrate`: the monitor starts, then the mirrors, then RAM. */

import type { StartMigration } from '../kubevirt/control-actions.js';
import { guestDataSizeGB } from '../kubevirt/data-size.js';
import { createMonitor } from '../kubevirt/monitor.js';
import { unplugSriov } from '../kubevirt/sriov-unplug.js';
import { guestKey } from '../memory/keys.js';
import { connectionLimit } from '../network/connection-limit.js';
import { roundTripTimeUs } from '../network/routes.js';
import { sizeOverZstd } from '../qemu/compression.js';
import { startMigration } from '../qemu/migration.js';
import { type MirrorAction, startMirror } from '../qemu/storage-mirror.js';
import type { ActiveMigration } from './active-migration.js';
import type { DriverContext } from './driver-context.js';
import { flowRequest } from './flow-request.js';
import { openFlow } from './flows.js';
import { carryOutMirror, startRam, tellQemu } from './migration-driver.js';
import {
  bandwidthBytesPerSecond,
  ephemeralBytes,
  hasVfio,
  migrationConfig,
  mirroredDisks,
  monitorOptions,
  tooSmallDestination,
} from './migration-setup.js';
import { wireCosts } from './round-plan.js';
import type { Run } from './run-state.js';
import { noSlowTimes } from './slow-causes.js';

/** Makes the migration and lets it begin at `run.nowUs`. */
export function beginMigration(
  run: Run,
  context: DriverContext,
  start: StartMigration,
): ActiveMigration {
  const migration = newMigration(run, start);
  run.active.set(start.migrationId, migration);
  migration.slow.backOffUs = start.readyUs - start.createdUs;
  migration.slow.queueUs = start.slotUs - start.readyUs;
  migration.slow.clusterLimitUs = start.limited.clusterUs;
  migration.slow.nodeLimitUs = start.limited.nodeUs;
  migration.slow.targetUs = run.nowUs - start.slotUs;
  if (migration.unplug === null) startCopying(run, context, migration);
  return migration;
}

/** At `unplug.untilUs`: the guest has let go of its SR-IOV interfaces, or has not. */
export function endUnplug(run: Run, context: DriverContext, migration: ActiveMigration): void {
  const { unplug } = migration;
  if (unplug === null || run.nowUs < unplug.untilUs) return;
  migration.unplug = null;
  if (unplug.failure === null) {
    const reason = 'SR-IOV host devices are detached';
    context.observer.decision(migration, run.nowUs, 'kubevirt', 'unplugged', reason);
    startCopying(run, context, migration);
    return;
  }
  const what = { kind: 'job-failed', cause: 'not-migratable', reason: unplug.failure } as const;
  tellQemu(context, migration, what, run.nowUs);
}

/** Disks first, where there are any, then RAM. */
function startCopying(run: Run, context: DriverContext, migration: ActiveMigration): void {
  const disks = mirroredDisks(migration.guest);
  if (disks.length === 0) {
    startRam(context, migration, run.nowUs);
    return;
  }
  const stream = streamBytesPerSecond(run, migration.roundTripTimeUs);
  migration.disks = disks.map((_, index) =>
    openFlow(run.flows, flowRequest(migration, index, 1, stream), run.nowUs),
  );
  const limit = bandwidthBytesPerSecond(migration.start.settings);
  const actions: MirrorAction[] = [];
  // One TCP connection a disk, each with the full limit (spec/qemu.md 7.5).
  const perDisk = Math.min(limit === 0 ? Number.POSITIVE_INFINITY : limit, stream);
  migration.mirror = startMirror(
    disks,
    perDisk,
    run.fleet.host.storageCopyMode,
    run.nowUs,
    actions,
  );
  carryOutMirror(context, migration, actions, run.nowUs);
  const tooSmall = tooSmallDestination(migration.guest);
  if (tooSmall !== null) {
    const reason = tooSmallError(tooSmall);
    tellQemu(context, migration, { kind: 'job-failed', cause: 'volume', reason }, run.nowUs);
  }
}

/** What one TCP stream can do: its thread, and its window over the round trip. */
function streamBytesPerSecond(run: Run, tripUs: number): number {
  const { channelBytesPerSecond, tcp } = run.fleet.network;
  const { socketBufferBytes } = tcp;
  const window = connectionLimit({ socketBufferBytes, roundTripTimeUs: tripUs, loss: 0 });
  return Math.min(channelBytesPerSecond, window);
}

/** The storage slice of the source's size does not fit the destination (spec/kubevirt.md 3.6, 3.7). */
function tooSmallError(volume: string): string {
  return `internal error: unable to execute QEMU command 'blockdev-add': the sum of offset and size of volume ${volume} has to be smaller or equal to the actual size of the containing file`;
}

function newMigration(run: Run, start: StartMigration): ActiveMigration {
  const { fleet, nowUs } = run;
  const guest = fleet.guests[start.guestIndex];
  if (guest === undefined) throw new Error(`no guest ${start.guestIndex}`);
  const tripUs = roundTripTimeUs(run.topology, start.sourceNode, start.targetNode);
  const stream = streamBytesPerSecond(run, tripUs);
  const config = migrationConfig(guest, start.settings, fleet.host, stream, tripUs);
  const { format } = config;
  const unplug = unplugSriov(guest.interfaces, guest.sriovUnplugUs, nowUs);
  return {
    start,
    guest,
    guestKey: guestKey(guest.namespace, guest.name),
    startedUs: nowUs,
    roundTripTimeUs: tripUs,
    wire: wireCosts(format, sizeOverZstd(format.compression)),
    qemu: startMigration(config, nowUs),
    monitor: createMonitor(
      monitorOptions(start.settings),
      { dataSizeGB: guestDataSizeGB(guest, ephemeralBytes(guest)), hasVfio: hasVfio(guest) },
      unplug?.untilUs ?? nowUs,
    ),
    unplug,
    slow: noSlowTimes(),
    monitorTurnUs: null,
    speed: { fromUs: [], cpuFactor: [], clockFactor: [] },
    memory: null,
    ramStarted: false,
    mirror: null,
    ram: null,
    disks: [],
    sync: null,
    syncNumber: 0,
    lastSyncUs: nowUs,
    pausedSinceUs: null,
    guestPauseUs: 0,
    lastRound: null,
    endedUs: null,
    hangsUntilUs: 0,
    abortUs: Number.POSITIVE_INFINITY,
  };
}

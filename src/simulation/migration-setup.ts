/** From a guest, its frozen settings and the host profile to what QEMU, libvirt and the monitor run with. */
import type { Guest, GuestVolume, HostProfile } from '../fleet/model.js';
import { bandwidthMiBps } from '../kubevirt/libvirt-parameters.js';
import type { MonitorOptions } from '../kubevirt/monitor-model.js';
import { stallDetectorOptions } from '../kubevirt/monitor-options.js';
import type { MigrationSettings } from '../kubevirt/policy.js';
import { classifyVolumes, copiedDiskTargets } from '../kubevirt/volume-classes.js';
import { AUTO_CONVERGE_DEFAULTS } from '../qemu/auto-converge.js';
import { type Compression, type Compressor, compressorUsPerPage } from '../qemu/compression.js';
import { DIRTY_LIMIT_DEFAULTS, type DirtyLimitParameters } from '../qemu/dirty-limit.js';
import type { MigrationConfig } from '../qemu/migration-state.js';
import { WAKE_LATENCY_US } from '../qemu/send-window.js';
import type { MirroredDisk } from '../qemu/storage-mirror.js';
import { parseQemuVersion, versionRules } from '../qemu/version.js';
import { PAGE_BYTES, type WireFormat, wireFormat } from '../qemu/wire-format.js';

/** QEMU's own downtime limit until somebody sets another (spec/qemu.md 1.1). */
const QEMU_DOWNTIME_LIMIT_MS = 300;
const GIB = 1024 ** 3;

/**
 * Everything that is fixed when libvirt calls `migrate`.
 * @param streamBytesPerSecond ceiling of one TCP stream between the two nodes
 * @param tripUs round trip between them
 */
export function migrationConfig(
  guest: Guest,
  settings: MigrationSettings,
  host: HostProfile,
  streamBytesPerSecond: number,
  tripUs: number,
): MigrationConfig {
  const version = parseQemuVersion(host.qemuVersion);
  if (version === null) throw new Error(`host.qemuVersion is no version: ${host.qemuVersion}`);
  const rules = versionRules(version);
  const format = wireFormat(rules, settings.multifdChannels, compression(settings, host));
  const cores = launcherCores(guest, host);
  const memoryGiB = guest.memoryBytes / GIB;
  return {
    rules,
    format,
    maxBandwidthBytesPerSecond: bandwidthBytesPerSecond(settings),
    maxPostcopyBandwidthBytesPerSecond: host.maxPostcopyBytesPerSecond,
    downtimeLimitMs: QEMU_DOWNTIME_LIMIT_MS,
    availSwitchoverBytesPerSecond: host.availSwitchoverBytesPerSecond,
    autoConverge:
      settings.allowAutoConverge && host.dirtyLimit === null ? AUTO_CONVERGE_DEFAULTS : null,
    dirtyLimit: settings.allowAutoConverge ? dirtyLimit(guest, host) : null,
    // VFIO refuses post-copy (spec/qemu.md 5.3).
    postcopyEnabled: settings.allowPostCopy && guest.vfio === null,
    channelsBytesPerSecond: Math.min(
      format.channels * channelBytesPerSecond(settings, host, streamBytesPerSecond),
      cores * streamBytesPerSecond,
    ),
    zeroUsPerPage: 1e6 / host.zeroPageScanPagesPerSecond,
    contentUsPerPage: compressionUs(host, format, cores),
    backlogBytes: host.socketBacklogBytes,
    postcopyUsPerPage: host.postcopyPlaceUs,
    postcopyPreempt: host.postcopyPreempt,
    postcopyFaultUs: host.postcopyFaultUs + tripUs,
    // Two round trips, and a bit for each page over the return path.
    postcopyRecoverUs: Math.ceil(
      2 * tripUs + (guest.memoryBytes / PAGE_BYTES / 8 / streamBytesPerSecond) * 1e6,
    ),
    postcopyQueueBytes: host.postcopyQueueBytes,
    postcopyGuest: {
      vcpus: Math.max(1, Math.ceil(guest.vcpus)),
      hostPageBytes: guest.hugepageBytes ?? PAGE_BYTES,
    },
    wakeLatencyUs: WAKE_LATENCY_US,
    setupUs: Math.round(host.setupSyncFixedUs + host.setupSyncUsPerGiB * memoryGiB),
    syncUs: Math.max(1, Math.round(host.syncFixedUs + host.syncUsPerGiB * memoryGiB)),
    syncWaitsForVcpus: host.dirtyTracking === 'dirty-ring',
    chunkClearUs: host.dirtyTracking === 'chunk-clear' ? host.chunkClearUs : 0,
    stopUs: host.stopUs,
    preSwitchoverUs: host.preSwitchoverUs,
    deviceStateBytes: host.deviceStateBytes,
    deviceStateUs: host.deviceStateUs,
    vfioStateBytes: guest.vfio?.stateBytes ?? 0,
    vfioPrecopy: rules.vfioPrecopy ? (guest.vfio?.precopy ?? null) : null,
    // libvirt turns it on by itself where both sides can (spec/qemu.md 7.2).
    switchoverAckUs: rules.vfioPrecopy ? tripUs : null,
    returnPath: true,
    finishUs: host.finishUs,
  };
}

/** Takes auto-converge's place where the hosts are set up for it (spec/qemu.md 3.5). */
function dirtyLimit(guest: Guest, host: HostProfile): DirtyLimitParameters | null {
  if (host.dirtyLimit === null) return null;
  return {
    triggerPercent: DIRTY_LIMIT_DEFAULTS.triggerPercent,
    quotaMBps: host.dirtyLimit.vcpuMBps,
    periodUs: host.dirtyLimit.periodUs,
    ringEntries: host.dirtyRingEntries,
    vcpus: Math.max(1, Math.ceil(guest.vcpus)),
  };
}

/** KubeVirt asks for zstd or nothing (spec/kubevirt.md 1.5); the hosts may have another in its place. */
function compression(settings: MigrationSettings, host: HostProfile): Compression {
  return settings.compression === 'none' ? 'none' : host.compressor;
}

/** A page's time in the channels' compressing threads, as many as there are cores for. */
function compressionUs(host: HostProfile, format: WireFormat, cores: number): number {
  if (format.compression === 'none') return 0;
  const threads = Math.min(format.channels, cores);
  return compressorUsPerPage(
    PAGE_BYTES,
    compressorBytesPerSecond(host, format.compression),
    threads,
  );
}

function compressorBytesPerSecond(host: HostProfile, compressor: Compressor): number {
  switch (compressor) {
    case 'zlib':
      return host.zlibChannelBytesPerSecond;
    case 'zstd':
      return host.zstdChannelBytesPerSecond;
    case 'qatzip':
      return host.qatzipChannelBytesPerSecond;
  }
}

/** Ceiling of one TCP connection: its sender thread, and the proxy's TLS. */
function channelBytesPerSecond(
  settings: MigrationSettings,
  host: HostProfile,
  streamBytesPerSecond: number,
): number {
  return Math.min(
    streamBytesPerSecond,
    settings.disableTLS ? Number.POSITIVE_INFINITY : host.tlsChannelBytesPerSecond,
  );
}

/** What the sender is left of a core when the guest is at its limit all the time. */
const LEAST_CORES = 0.05;

/**
 * Cores that the launcher pod leaves to QEMU's sending threads: a stream needs one. An isolated
 * emulator thread has one of its own; with dedicated CPUs and none isolated, and under a CPU
 * limit, it is what the guest's vCPUs leave. Without a limit the node has cores to spare.
 */
function launcherCores(guest: Guest, host: HostProfile): number {
  if (guest.dedicatedCpus && guest.isolateEmulatorThread) return 1;
  const limit = guest.dedicatedCpus ? guest.vcpus : (guest.resourceLimits.cpu ?? 0);
  if (limit <= 0) return Number.POSITIVE_INFINITY;
  return Math.max(LEAST_CORES, limit - guest.vcpus * host.busyVcpuShare);
}

export function monitorOptions(settings: MigrationSettings): MonitorOptions {
  return {
    completionTimeoutPerGiB: settings.completionTimeoutPerGiB,
    progressTimeout: settings.progressTimeout,
    maxDowntimeMs: settings.maxDowntimeMs,
    allowPostCopy: settings.allowPostCopy,
    allowWorkloadDisruption: settings.allowWorkloadDisruption,
    stallDetector:
      settings.stallDetector === null ? null : stallDetectorOptions(settings.stallDetector),
    downtimeTuning: settings.downtimeTuning,
    iterationEvents: true,
  };
}

/** SR-IOV interfaces, GPUs and host devices make a guest VFIO for the monitor (spec/kubevirt.md 3.2). */
export function hasVfio(guest: Guest): boolean {
  return (
    guest.vfio !== null ||
    guest.gpus.length > 0 ||
    guest.hostDevices.length > 0 ||
    guest.interfaces.some((one) => one.binding === 'sriov')
  );
}

/** libvirt's limit, which KubeVirt gives in whole MiB/s (spec/kubevirt.md 3.7); 0: none. */
export function bandwidthBytesPerSecond(settings: MigrationSettings): number {
  return (bandwidthMiBps(settings.bandwidthPerMigrationBytesPerSecond) ?? 0) * 1_048_576;
}

/** The disks that libvirt mirrors (spec/kubevirt.md 3.7): none unless it is a block migration. */
export function mirroredDisks(guest: Guest): readonly MirroredDisk[] {
  return copiedVolumes(guest).map((volume) => ({
    name: volume.name,
    bytes: volume.bytes,
    writeBytesPerSecond: volume.writeBytesPerSecond,
  }));
}

/** Name of a copied volume whose destination is too small: libvirt's job fails (spec/kubevirt.md 3.6). */
export function tooSmallDestination(guest: Guest): string | null {
  for (const volume of copiedVolumes(guest)) {
    const to = volume.migration?.destinationCapacityBytes ?? null;
    if (to !== null && to < volume.bytes) return volume.name;
  }
  return null;
}

/** The volumes that a migration copies, in the order of the guest's disks. */
export function copiedVolumes(guest: Guest): readonly GuestVolume[] {
  const migrated = new Set(
    guest.volumes.filter((volume) => volume.migration !== null).map((volume) => volume.name),
  );
  if (guest.migrationMethod !== 'BlockMigration' && migrated.size === 0) return [];
  const disks = guest.volumes.filter(
    (volume) => volume.device === 'disk' || volume.device === 'lun',
  );
  const targets = new Set(
    copiedDiskTargets(
      disks.map((volume) => ({
        alias: volume.name,
        device: volume.device,
        type: volume.claim?.volumeMode === 'Block' ? 'block' : 'file',
        readOnly: volume.readOnly,
        target: volume.name,
      })),
      classifyVolumes(guest.volumes, migrated),
    ),
  );
  return disks.filter((volume) => targets.has(volume.name));
}

/** Files in the launcher's ephemeral disk folder: copied disks that no claim backs (spec/kubevirt.md 2). */
export function ephemeralBytes(guest: Guest): number {
  const volumes = guest.volumes.filter((one) => one.claim === null);
  return mirroredDisks({ ...guest, volumes }).reduce((sum, disk) => sum + disk.bytes, 0);
}

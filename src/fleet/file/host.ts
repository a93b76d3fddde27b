/** What hosts and hypervisors cost and how they are set up, from a fleet file, with the defaults. */
import { DEFAULT_DIRTY_LIMIT, DEFAULT_HOST_PROFILE, qemuVersionOfRelease } from '../defaults.js';
import type { HostProfile } from '../model.js';
import { type ReadContext, wrongAt } from './context.js';
import type { HostField } from './schema-run.js';

/** @throws InputError for settings that exclude one another, or that the QEMU does not know */
export function readHost(
  context: ReadContext,
  field: HostField | undefined,
  release: string,
): HostProfile {
  const usual = DEFAULT_HOST_PROFILE;
  const host: HostProfile = {
    qemuVersion: field?.qemuVersion ?? defaultQemuVersion(release),
    dirtyTracking: field?.dirtyTracking ?? usual.dirtyTracking,
    syncFixedUs: field?.sync?.fixed ?? usual.syncFixedUs,
    syncUsPerGiB: field?.sync?.perGiB ?? usual.syncUsPerGiB,
    setupSyncFixedUs: field?.setupSync?.fixed ?? usual.setupSyncFixedUs,
    setupSyncUsPerGiB: field?.setupSync?.perGiB ?? usual.setupSyncUsPerGiB,
    chunkClearUs: field?.chunkClear ?? usual.chunkClearUs,
    zeroPageScanPagesPerSecond: field?.zeroPageScan ?? usual.zeroPageScanPagesPerSecond,
    tlsChannelBytesPerSecond: field?.tlsChannel ?? usual.tlsChannelBytesPerSecond,
    availSwitchoverBytesPerSecond: field?.availSwitchover ?? usual.availSwitchoverBytesPerSecond,
    storageCopyMode: field?.storageCopyMode ?? usual.storageCopyMode,
    compressor: field?.compressor ?? usual.compressor,
    zstdChannelBytesPerSecond: field?.zstdChannel ?? usual.zstdChannelBytesPerSecond,
    zlibChannelBytesPerSecond: field?.zlibChannel ?? usual.zlibChannelBytesPerSecond,
    qatzipChannelBytesPerSecond: field?.qatzipChannel ?? usual.qatzipChannelBytesPerSecond,
    stopUs: field?.stop ?? usual.stopUs,
    deviceStateBytes: field?.deviceState?.size ?? usual.deviceStateBytes,
    deviceStateUs: field?.deviceState?.time ?? usual.deviceStateUs,
    preSwitchoverUs: field?.preSwitchover ?? usual.preSwitchoverUs,
    finishUs: field?.finish ?? usual.finishUs,
    busyVcpuShare: field?.busyVcpus ?? usual.busyVcpuShare,
    socketBacklogBytes: field?.socketBacklog ?? usual.socketBacklogBytes,
    postcopyPreempt: field?.postcopy?.preempt ?? usual.postcopyPreempt,
    postcopyFaultUs: field?.postcopy?.fault ?? usual.postcopyFaultUs,
    postcopyQueueBytes: field?.postcopy?.queue ?? usual.postcopyQueueBytes,
    postcopyRecoveryUs: field?.postcopy?.recovery ?? usual.postcopyRecoveryUs,
    postcopyPlaceUs: field?.postcopy?.place ?? usual.postcopyPlaceUs,
    maxPostcopyBytesPerSecond: field?.postcopy?.bandwidth ?? usual.maxPostcopyBytesPerSecond,
    dirtyRingEntries: field?.dirtyRing ?? usual.dirtyRingEntries,
    dirtyLimit: readDirtyLimit(field?.dirtyLimit),
    dirtyRateFactorDuringMigration:
      field?.dirtyRateFactorDuringMigration ?? usual.dirtyRateFactorDuringMigration,
  };
  checkDirtyLimit(context, host);
  if (host.availSwitchoverBytesPerSecond > 0 && isOlder(host.qemuVersion, 8, 2)) {
    const problem = `QEMU ${host.qemuVersion} has no avail-switchover-bandwidth, 8.2 and later have`;
    throw wrongAt(context, ['host', 'availSwitchover'], problem);
  }
  if (host.compressor === 'qatzip' && isOlder(host.qemuVersion, 9, 2)) {
    const problem = `QEMU ${host.qemuVersion} has no qatzip, 9.2 and later have`;
    throw wrongAt(context, ['host', 'compressor'], problem);
  }
  return host;
}

function readDirtyLimit(
  field: NonNullable<HostField['dirtyLimit']> | null | undefined,
): HostProfile['dirtyLimit'] {
  if (field === undefined || field === null) return DEFAULT_HOST_PROFILE.dirtyLimit;
  return {
    vcpuMBps: field.vcpuRate ?? DEFAULT_DIRTY_LIMIT.vcpuMBps,
    periodUs: field.period ?? DEFAULT_DIRTY_LIMIT.periodUs,
  };
}

/** QEMU knows it from 8.1 on, with KVM's dirty ring (spec/qemu.md 3.5). */
function checkDirtyLimit(context: ReadContext, host: HostProfile): void {
  if (!Number.isInteger(Math.log2(host.dirtyRingEntries))) {
    const problem = `${host.dirtyRingEntries} is not a power of two, as KVM's dirty ring has to be`;
    throw wrongAt(context, ['host', 'dirtyRing'], problem);
  }
  if (host.dirtyLimit === null) return;
  if (host.dirtyTracking !== 'dirty-ring') {
    const problem = 'QEMU sets dirty-limit with host.dirtyTracking: dirty-ring only';
    throw wrongAt(context, ['host', 'dirtyLimit'], problem);
  }
  if (isOlder(host.qemuVersion, 8, 1)) {
    const problem = `QEMU ${host.qemuVersion} has no dirty-limit, 8.1 and later have`;
    throw wrongAt(context, ['host', 'dirtyLimit'], problem);
  }
}

/** False for a text that is no version. */
function isOlder(version: string, major: number, minor: number): boolean {
  const [first, second] = version.split('.').map(Number);
  if (first === undefined || second === undefined) return false;
  return first < major || (first === major && second < minor);
}

/** The QEMU that a release of KubeVirt ships, where the file names none. */
export function defaultQemuVersion(release: string): string {
  return qemuVersionOfRelease(release) ?? DEFAULT_HOST_PROFILE.qemuVersion;
}

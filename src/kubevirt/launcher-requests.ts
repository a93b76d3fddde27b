/** What a launcher pod requests of its node (spec/kubevirt.md 5.7, 5.8, 10). */
import type { Guest, KubeVirtSettings } from '../fleet/model.js';
import { hasVfio } from './monitor-options.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Monitor 25, launcher 100, virtlogd 25, virtqemud 40, QEMU 50 (spec/kubevirt.md 5.8). */
const FIXED_OVERHEAD_BYTES = 240 * MIB;
const PER_VCPU_BYTES = 8 * MIB;
const IO_THREAD_BYTES = 8 * MIB;
const GRAPHICS_BYTES = 32 * MIB;
const ARM64_BYTES = 128 * MIB;
const VFIO_BYTES = 1 * GIB;
const DOWNWARD_METRICS_BYTES = 1 * MIB;
const EXEC_PROBE_BYTES = 10 * MIB;
const ANY_EXEC_PROBE_BYTES = 100 * MIB;
const SEV_BYTES = 256 * MIB;
const TPM_BYTES = 53 * MIB;
const GUARANTEED_BYTES = 100 * MIB;

const KVM_DEVICE = 'devices.kubevirt.io/kvm';
const TUN_DEVICE = 'devices.kubevirt.io/tun';
const VHOST_NET_DEVICE = 'devices.kubevirt.io/vhost-net';

/** What a VMI's launcher pod needs beside the guest's memory, in bytes. */
export function memoryOverheadBytes(guest: Guest, kubevirt: KubeVirtSettings): number {
  const { features } = guest;
  const probes = Number(features.livenessExecProbe) + Number(features.readinessExecProbe);
  const bytes =
    pageTableBytes(guest, kubevirt) +
    FIXED_OVERHEAD_BYTES +
    PER_VCPU_BYTES * Math.max(1, guest.vcpus) +
    IO_THREAD_BYTES +
    (features.autoattachGraphicsDevice ? GRAPHICS_BYTES : 0) +
    (guest.architecture === 'arm64' ? ARM64_BYTES : 0) +
    (usesVfio(guest) ? VFIO_BYTES : 0) +
    (features.downwardMetrics ? DOWNWARD_METRICS_BYTES : 0) +
    EXEC_PROBE_BYTES * probes +
    (probes > 0 ? ANY_EXEC_PROBE_BYTES : 0) +
    (features.sev ? SEV_BYTES : 0) +
    (features.tpm ? TPM_BYTES : 0) +
    (guest.dedicatedCpus || isGuaranteed(guest) ? GUARANTEED_BYTES : 0) +
    guest.reservedOverheadBytes;
  const ratio = kubevirt.additionalGuestMemoryOverheadRatio;
  if (ratio === null) return bytes;
  return bytes + Math.trunc((bytes * ratio - bytes) / 1000) * 1000;
}

/**
 * Requests of a launcher pod by resource name, sorted: cores, bytes, counts. `pods: 1` is among
 * them, so that the node's pod limit is a resource like the others.
 */
export function launcherRequests(
  guest: Guest,
  kubevirt: KubeVirtSettings,
): ReadonlyMap<string, number> {
  const requests: [string, number][] = [
    ['cpu', cpuRequest(guest, kubevirt)],
    ['pods', 1],
    [KVM_DEVICE, 1],
    ...memoryRequests(guest, kubevirt),
    ...countDevices([...guest.gpus, ...guest.hostDevices]),
  ];
  if (guest.interfaces.some(({ binding }) => binding !== 'sriov')) {
    requests.push([TUN_DEVICE, 1], [VHOST_NET_DEVICE, 1]);
  }
  return new Map(requests.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function usesVfio({ hostDevices, gpus, interfaces }: Guest): boolean {
  const sriov = interfaces.filter(({ binding }) => binding === 'sriov');
  return hasVfio(hostDevices.length, gpus.length, sriov.length);
}

/**
 * Page tables: a 512th of what the pod requests for the guest. spec/kubevirt.md 5.8 leaves them out
 * where only memory.guest is set; the recorded pods of shared/data/cluster have them, so do we.
 */
function pageTableBytes(guest: Guest, kubevirt: KubeVirtSettings): number {
  const kilobytes = Math.ceil(guestMemoryRequest(guest, kubevirt) / 1000);
  return Math.floor((kilobytes * 1000) / 512);
}

/** The request for the guest's memory alone: explicit, or by the overcommit percentage. */
function guestMemoryRequest(guest: Guest, kubevirt: KubeVirtSettings): number {
  const explicit = guest.resourceRequests.memory;
  return explicit ?? Math.floor((guest.memoryBytes * 100) / kubevirt.memoryOvercommit);
}

/** Memory limited to its request, and the CPU, where it has a limit at all. */
function isGuaranteed(guest: Guest): boolean {
  const { cpu, memory } = guest.resourceLimits;
  const { cpu: cpuRequested, memory: memoryRequested } = guest.resourceRequests;
  if (memory === undefined || (memoryRequested ?? memory) !== memory) return false;
  return cpu === undefined || (cpuRequested ?? cpu) === cpu;
}

/** One more core is set aside for an isolated emulator thread. */
function cpuRequest(guest: Guest, kubevirt: KubeVirtSettings): number {
  if (guest.dedicatedCpus) return guest.vcpus + (guest.isolateEmulatorThread ? 1 : 0);
  const explicit = guest.resourceRequests.cpu;
  if (explicit !== undefined) return explicit;
  const shared = guest.vcpus / kubevirt.cpuAllocationRatio;
  return Math.min(shared, guest.resourceLimits.cpu ?? shared);
}

function memoryRequests(guest: Guest, kubevirt: KubeVirtSettings): [string, number][] {
  const overhead = memoryOverheadBytes(guest, kubevirt);
  const plainOverhead = guest.overcommitGuestOverhead ? 0 : overhead;
  const forGuest = guestMemoryRequest(guest, kubevirt);
  if (guest.hugepageBytes === null) return [['memory', forGuest + plainOverhead]];
  const inHugepages = Math.min(forGuest, guest.memoryBytes);
  return [
    [hugepageResource(guest.hugepageBytes), inHugepages],
    ['memory', forGuest - inHugepages + plainOverhead],
  ];
}

/** Kubernetes' name of a page size: `hugepages-2Mi`, `hugepages-1Gi`. */
function hugepageResource(bytes: number): string {
  return bytes >= GIB ? `hugepages-${bytes / GIB}Gi` : `hugepages-${bytes / MIB}Mi`;
}

function countDevices(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts];
}

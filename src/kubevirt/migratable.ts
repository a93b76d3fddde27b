/**
 * Whether a guest can be live-migrated: its LiveMigratable condition where the dump has one, else
 * virt-handler's checks in their order; the first that fails gives the reason (spec/kubevirt.md 4).
 */
import type {
  Fleet,
  FleetNode,
  Guest,
  GuestInterface,
  GuestVolume,
  KubeVirtSettings,
  LiveMigratableCondition,
} from '../fleet/model.js';
import { hasFeatureGate } from './release.js';

const ALLOW_BRIDGE_ANNOTATION = 'kubevirt.io/allow-pod-bridge-network-live-migration';
const HOST_MODEL_LABEL = 'host-model-cpu.node.kubevirt.io/';

const MIGRATABLE: LiveMigratableCondition = { status: true, reason: '', message: '' };

/** The condition LiveMigratable of a guest, with KubeVirt's reason and message when it is False. */
export function liveMigratable(fleet: Fleet, guest: Guest): LiveMigratableCondition {
  if (guest.liveMigratable !== null) return guest.liveMigratable;
  const node = fleet.nodes.find(({ name }) => name === guest.node) ?? null;
  return (
    checkInterfaces(guest, fleet.kubevirt) ??
    checkCpuMode(guest, node) ??
    checkHostDevices(guest, fleet.kubevirt) ??
    checkEncryption(guest) ??
    checkHyperV(guest) ??
    checkVolumes(guest) ??
    MIGRATABLE
  );
}

function blocked(reason: string, message: string): LiveMigratableCondition {
  return { status: false, reason, message };
}

function checkInterfaces(guest: Guest, kubevirt: KubeVirtSettings): LiveMigratableCondition | null {
  const pod = guest.interfaces.find(({ podNetwork }) => podNetwork);
  if (pod === undefined || isMigratableBinding(pod, guest, kubevirt)) return null;
  return blocked(
    'InterfaceNotLiveMigratable',
    'cannot migrate VMI which does not use masquerade or a migratable plugin to connect to the pod network',
  );
}

function isMigratableBinding(
  pod: GuestInterface,
  guest: Guest,
  kubevirt: KubeVirtSettings,
): boolean {
  switch (pod.binding) {
    case 'masquerade':
    case 'passt':
      return true;
    case 'bridge':
      return Object.hasOwn(guest.annotations, ALLOW_BRIDGE_ANNOTATION);
    case 'plugin':
      return kubevirt.migratableBindings.includes(pod.plugin);
    case 'sriov':
    case 'other':
      return false;
  }
}

/** A node without any KubeVirt label is hand-written: it says nothing about its CPU. */
function checkCpuMode(guest: Guest, node: FleetNode | null): LiveMigratableCondition | null {
  if (guest.cpuModel !== 'host-model' || node === null) return null;
  const keys = Object.keys(node.labels);
  if (!keys.some((key) => key.includes('node.kubevirt.io/'))) return null;
  if (keys.some((key) => key.startsWith(HOST_MODEL_LABEL))) return null;
  return blocked(
    'CPUModeLiveMigratable',
    `the node "${node.name}" does not allow migration with host-model`,
  );
}

function checkHostDevices(
  guest: Guest,
  kubevirt: KubeVirtSettings,
): LiveMigratableCondition | null {
  const problem = hostDeviceProblem(guest, kubevirt);
  return problem === null ? null : blocked('HostDeviceNotLiveMigratable', problem);
}

function hostDeviceProblem(guest: Guest, kubevirt: KubeVirtSettings): string | null {
  if (guest.hostDevices.length > 0) {
    return 'VMI specifies non-migratable generic PCI host device';
  }
  if (guest.gpus.length > 1) return 'VMI specifies too many GPUs';
  const [gpu] = guest.gpus;
  if (gpu === undefined) return null;
  if (!hasFeatureGate(kubevirt, 'VGPULiveMigration')) {
    return 'VMI specifies a GPU but feature gate VGPULiveMigration is not enabled';
  }
  if (!kubevirt.mediatedDevices.includes(gpu)) {
    return `VMI specifies a GPU that is not a permitted mediated device: ${gpu}`;
  }
  return null;
}

function checkEncryption(guest: Guest): LiveMigratableCondition | null {
  if (guest.features.sev) return blocked('SEVNotLiveMigratable', 'VMI uses SEV');
  if (guest.features.tdx) return blocked('TDXNotLiveMigratable', 'VMI uses TDX');
  if (guest.features.secureExecution) {
    return blocked('SecureExecutionNotLiveMigratable', 'VMI uses Secure Execution');
  }
  return null;
}

function checkHyperV(guest: Guest): LiveMigratableCondition | null {
  if (guest.features.hypervReenlightenment && !guest.features.tscFrequencyKnown) {
    return blocked(
      'NoTSCFrequencyNotLiveMigratable',
      'HyperV Reenlightenment VMIs cannot migrate when TSC Frequency is not exposed on the cluster: guest timers might be inconsistent',
    );
  }
  if (guest.features.hypervPassthrough) {
    return blocked('HypervPassthroughNotLiveMigratable', 'VMI uses hyperv passthrough');
  }
  return null;
}

function checkVolumes(guest: Guest): LiveMigratableCondition | null {
  for (const volume of guest.volumes) {
    const problem = volumeProblem(volume);
    if (problem !== null) return blocked('DisksNotLiveMigratable', problem);
  }
  return null;
}

function volumeProblem(volume: GuestVolume): string | null {
  if (volume.migration !== null) return null;
  if (volume.source === 'hostDisk') {
    return volume.hostDiskShared ? null : 'cannot migrate VMI with non-shared HostDisk';
  }
  if (volume.source !== 'persistentVolumeClaim' && volume.source !== 'dataVolume') return null;
  const mustBeShared =
    'live migration requires that all PVCs must be shared (using ReadWriteMany access mode)';
  if (volume.claim === null) {
    return `cannot migrate VMI: Unable to determine if PVC ${volume.name} is shared, ${mustBeShared}`;
  }
  if (volume.claim.accessModes.includes('ReadWriteMany')) return null;
  return `cannot migrate VMI: PVC ${volume.claim.name} is not shared, ${mustBeShared}`;
}

/**
 * What a guest of a fleet file is where the file says nothing; the reader fills these in, the
 * writer leaves them out.
 */
import type { GuestFeatures, GuestInterface, GuestVolume, VolumeClaim } from '../model.js';

export const GUEST_DEFAULTS = {
  namespace: 'default',
  vcpus: 1,
  cpuModel: '',
  machineType: 'q35',
  architecture: 'amd64',
  phase: 'Running',
} as const;

export const FEATURE_DEFAULTS: GuestFeatures = {
  tpm: false,
  sev: false,
  tdx: false,
  secureExecution: false,
  hypervPassthrough: false,
  hypervReenlightenment: false,
  tscFrequencyKnown: true,
  realtime: false,
  autoattachGraphicsDevice: true,
  autoattachMemBalloon: true,
  downwardMetrics: false,
  livenessExecProbe: false,
  readinessExecProbe: false,
};

/** KubeVirt's default network: the pod network by masquerade. */
export const INTERFACE_DEFAULTS: readonly GuestInterface[] = [
  { name: 'default', binding: 'masquerade', plugin: '', podNetwork: true },
];

export const DEFAULT_VOLUME_SOURCE = 'persistentVolumeClaim';

/** SR-IOV interfaces are never on the pod network. */
export function podNetworkDefault(binding: GuestInterface['binding']): boolean {
  return binding !== 'sriov';
}

/** A claim that lets the guest move: shared block storage of the volume's size. */
export function claimDefault(source: string, name: string, bytes: number): VolumeClaim | null {
  if (source !== 'persistentVolumeClaim' && source !== 'dataVolume') {
    return null;
  }
  const capacityBytes = bytes === 0 ? null : bytes;
  return {
    name,
    accessModes: ['ReadWriteMany'],
    capacityBytes,
    requestBytes: capacityBytes,
    volumeMode: 'Block',
  };
}

/** As KubeVirt decides it (spec/kubevirt.md 4). */
export function migrationMethodDefault(
  volumes: readonly GuestVolume[],
): 'LiveMigration' | 'BlockMigration' {
  const copied = volumes.some(
    ({ source, device, readOnly, migration }) =>
      migration !== null ||
      (!['persistentVolumeClaim', 'dataVolume', 'hostDisk'].includes(source) &&
        device !== 'filesystem' &&
        !(device === 'cdrom' && readOnly)),
  );
  return copied ? 'BlockMigration' : 'LiveMigration';
}

import { describe, expect, it } from 'vitest';
import { liveMigratable } from '../../src/kubevirt/migratable.js';
import { buildFleet, buildVolume, type FleetInput, type GuestInput } from '../fleet-builder.js';

function reasonOf(guest: Partial<GuestInput>, fleetInput: FleetInput = {}): string {
  const fleet = buildFleet({
    ...fleetInput,
    guests: [{ name: 'g', liveMigratable: null, ...guest }],
  });
  const [first] = fleet.guests;
  if (first === undefined) throw new Error('no guest');
  return liveMigratable(fleet, first).reason;
}

const pod = (binding: 'bridge' | 'plugin' | 'passt', plugin = '') => ({
  interfaces: [{ name: 'default', binding, plugin, podNetwork: true }],
});

describe('LiveMigratable by the rules of spec/kubevirt.md 4', () => {
  it('takes the condition where there is one', () => {
    const liveMigratable = { status: false, reason: 'Told', message: 'so' };
    expect(reasonOf({ liveMigratable, features: { sev: true } })).toBe('Told');
  });

  it('is true for a plain guest, also one with a cloud-init disk', () => {
    const claim = null;
    const volumes = [buildVolume({ name: 'init', source: 'cloudInitNoCloud', claim })];
    expect(reasonOf({ volumes })).toBe('');
  });

  it('asks for a migratable binding on the pod network only', () => {
    expect(reasonOf(pod('bridge'))).toBe('InterfaceNotLiveMigratable');
    const annotations = { 'kubevirt.io/allow-pod-bridge-network-live-migration': '' };
    expect(reasonOf({ ...pod('bridge'), annotations })).toBe('');
    expect(reasonOf(pod('passt'))).toBe('');
    expect(reasonOf(pod('plugin', 'l2'))).toBe('InterfaceNotLiveMigratable');
    expect(reasonOf(pod('plugin', 'l2'), { kubevirt: { migratableBindings: ['l2'] } })).toBe('');
    const secondary = { name: 'net1', binding: 'bridge', plugin: '', podNetwork: false } as const;
    expect(reasonOf({ interfaces: [secondary] })).toBe('');
  });

  it('asks a labelled node for its host model, not a hand-written one', () => {
    const labelled = [{ name: 'node-01', labels: { 'cpu-model.node.kubevirt.io/A': 'true' } }];
    const withModel = [
      { name: 'node-01', labels: { 'host-model-cpu.node.kubevirt.io/A': 'true' } },
    ];
    const guest = { cpuModel: 'host-model' };
    expect(reasonOf(guest, { nodes: labelled })).toBe('CPUModeLiveMigratable');
    expect(reasonOf(guest, { nodes: withModel })).toBe('');
    expect(reasonOf(guest)).toBe('');
    expect(reasonOf({ cpuModel: 'host-passthrough' }, { nodes: labelled })).toBe('');
  });

  it('knows GPUs and host devices, and lets SR-IOV pass', () => {
    expect(reasonOf({ hostDevices: ['x'] })).toBe('HostDeviceNotLiveMigratable');
    expect(reasonOf({ gpus: ['v', 'v'] })).toBe('HostDeviceNotLiveMigratable');
    expect(reasonOf({ gpus: ['v'] })).toBe('HostDeviceNotLiveMigratable');
    const gate = { featureGates: ['VGPULiveMigration'] };
    expect(reasonOf({ gpus: ['v'] }, { kubevirt: gate })).toBe('HostDeviceNotLiveMigratable');
    expect(reasonOf({ gpus: ['v'] }, { kubevirt: { ...gate, mediatedDevices: ['v'] } })).toBe('');
    const sriov = { name: 'fast', binding: 'sriov', plugin: '', podNetwork: false } as const;
    expect(reasonOf({ interfaces: [sriov] })).toBe('');
  });

  it('gives the first failing check in the order of KubeVirt', () => {
    const everything: Partial<GuestInput> = {
      ...pod('bridge'),
      hostDevices: ['x'],
      features: {
        sev: true,
        tdx: true,
        secureExecution: true,
        hypervReenlightenment: true,
        tscFrequencyKnown: false,
        hypervPassthrough: true,
      },
      volumes: [buildVolume({ name: 'd', claim: null })],
    };
    const steps: Partial<GuestInput>[] = [
      {},
      { interfaces: [] },
      { hostDevices: [] },
      { features: { ...everything.features, sev: false } },
      { features: { ...everything.features, sev: false, tdx: false } },
      {
        features: {
          hypervReenlightenment: true,
          tscFrequencyKnown: false,
          hypervPassthrough: true,
        },
      },
      { features: { hypervPassthrough: true } },
      { features: {} },
      { volumes: [] },
    ];
    let guest = everything;
    const reasons = steps.map((step) => {
      guest = { ...guest, ...step };
      return reasonOf(guest);
    });
    expect(reasons).toEqual([
      'InterfaceNotLiveMigratable',
      'HostDeviceNotLiveMigratable',
      'SEVNotLiveMigratable',
      'TDXNotLiveMigratable',
      'SecureExecutionNotLiveMigratable',
      'NoTSCFrequencyNotLiveMigratable',
      'HypervPassthroughNotLiveMigratable',
      'DisksNotLiveMigratable',
      '',
    ]);
  });

  it('asks for shared claims, unless the volume is migrated', () => {
    const local = buildVolume({ name: 'd' });
    const claim = { ...local.claim, accessModes: ['ReadWriteOnce'] } as typeof local.claim;
    const reasonWith = (volume: Partial<typeof local>) =>
      reasonOf({ volumes: [{ ...local, claim, ...volume }] });
    expect(reasonWith({})).toBe('DisksNotLiveMigratable');
    const migration = {
      sourceCapacityBytes: 1,
      sourceRequestBytes: 1,
      destinationCapacityBytes: 1,
    };
    expect(reasonWith({ migration })).toBe('');
    expect(reasonWith({ source: 'hostDisk' })).toBe('DisksNotLiveMigratable');
    expect(reasonWith({ source: 'hostDisk', hostDiskShared: true })).toBe('');
  });
});

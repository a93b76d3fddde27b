import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { launcherRequests, memoryOverheadBytes } from '../../src/kubevirt/launcher-requests.js';
import { buildFleet, buildGuest, GIB, type GuestInput } from '../fleet-builder.js';
import { sharedData } from '../shared-data.js';

const MIB = 2 ** 20;
const { kubevirt } = buildFleet();
const overhead = (guest: Partial<GuestInput>) =>
  memoryOverheadBytes(buildGuest({ name: 'g', ...guest }), kubevirt);
const requests = (guest: Partial<GuestInput>) =>
  Object.fromEntries(launcherRequests(buildGuest({ name: 'g', ...guest }), kubevirt));

describe('memory overhead (spec/kubevirt.md 5.8)', () => {
  const plain = overhead({});

  it('adds up its parts', () => {
    // 8 GiB in kilobytes rounded up, over 512; 240 + 2 · 8 + 8 + 32 MiB.
    expect(plain).toBe(Math.floor(8_589_935_000 / 512) + 296 * MIB);
  });

  it.each<[string, Partial<GuestInput>, number]>([
    ['vCPUs', { vcpus: 4 }, 16],
    ['no graphics', { features: { autoattachGraphicsDevice: false } }, -32],
    ['arm64', { architecture: 'arm64' }, 128],
    ['VFIO', { gpus: ['v'] }, 1024],
    ['downward metrics', { features: { downwardMetrics: true } }, 1],
    ['one exec probe', { features: { livenessExecProbe: true } }, 110],
    ['two exec probes', { features: { livenessExecProbe: true, readinessExecProbe: true } }, 120],
    ['SEV', { features: { sev: true } }, 256],
    ['TPM', { features: { tpm: true } }, 53],
    ['dedicated CPUs', { dedicatedCpus: true }, 100],
    ['a reserved part', { reservedOverheadBytes: 5 * MIB }, 5],
  ])('knows %s', (_, guest, mebibytes) => {
    expect(overhead(guest) - plain).toBe(mebibytes * MIB);
  });

  it('multiplies by the ratio, the extra part in whole kilobytes', () => {
    const guest = buildGuest({ name: 'g' });
    const more = { ...kubevirt, additionalGuestMemoryOverheadRatio: 1.25 };
    const extra = memoryOverheadBytes(guest, more) - plain;
    expect(extra % 1000).toBe(0);
    expect(extra).toBeLessThanOrEqual(plain / 4);
    expect(extra).toBeGreaterThan(plain / 4 - 1000);
  });
});

describe('launcher requests', () => {
  it('takes vCPUs over the allocation ratio, or the explicit request, or whole dedicated CPUs', () => {
    expect(requests({ vcpus: 4 }).cpu).toBe(0.4);
    expect(requests({ vcpus: 4, resourceRequests: { cpu: 3 } }).cpu).toBe(3);
    expect(requests({ vcpus: 4, dedicatedCpus: true }).cpu).toBe(4);
    expect(requests({ vcpus: 4, dedicatedCpus: true, isolateEmulatorThread: true }).cpu).toBe(5);
  });

  it('takes hugepages for the guest and plain memory for the overhead and the rest', () => {
    const hugepages = { hugepageBytes: GIB, resourceRequests: { memory: 9 * GIB } };
    const result = requests(hugepages);
    expect(result['hugepages-1Gi']).toBe(8 * GIB);
    expect(result.memory).toBe(GIB + overhead(hugepages));
    expect(requests({ hugepageBytes: 2 * MIB })['hugepages-2Mi']).toBe(8 * GIB);
  });

  it('leaves out the overhead when it is overcommitted', () => {
    expect(requests({ overcommitGuestOverhead: true }).memory).toBe(8 * GIB);
  });

  it('asks for devices, counted', () => {
    expect(requests({ gpus: ['g', 'g'], hostDevices: ['h'] })).toMatchObject({
      g: 2,
      h: 1,
      'devices.kubevirt.io/kvm': 1,
      'devices.kubevirt.io/vhost-net': 1,
      pods: 1,
    });
  });
});

const folder = sharedData('cluster');

describe.skipIf(folder === null)('shared/data/cluster (skipped when absent)', () => {
  it("requests what the dump's launcher pods request, to two bytes", () => {
    const { compared, different } = compareWithPods(folder ?? '');
    expect(compared).toBe(329);
    // The dump's page tables follow the guest's memory where the request is less (spec 5.8 takes the
    // request), and its SEV guest lacks the 256 MiB that KubeVirt adds for SEV.
    expect(different.sort()).toEqual([
      'dev-7tjpl: memory 4194304',
      'dev-865gf: memory 2097152',
      'dev-fwg7j: memory 4194304',
      'dev-qb4r4: memory 4194304',
      'dev-qbcc8: memory 2097152',
      'erp-app-03: memory -268435456',
    ]);
  });
});

interface Vmi {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly domain: VmiDomain };
}

interface VmiDomain {
  readonly cpu: Record<string, number> & { dedicatedCpuPlacement?: boolean };
  readonly devices: {
    readonly tpm?: object;
    readonly gpus?: { readonly deviceName: string }[];
    readonly hostDevices?: { readonly deviceName: string }[];
    readonly interfaces?: { readonly sriov?: object }[];
  };
  readonly launchSecurity?: object;
  readonly memory: { readonly guest: string; readonly hugepages?: { readonly pageSize: string } };
  readonly resources?: {
    readonly requests?: Record<string, string>;
    readonly limits?: Record<string, string>;
  };
}

interface Pod {
  readonly metadata: { readonly ownerReferences?: { readonly uid: string }[] };
  readonly spec: { readonly containers: { resources: { requests: Record<string, string> } }[] };
}

function compareWithPods(path: string): { compared: number; different: string[] } {
  const cluster = JSON.parse(readFileSync(`${path}/cluster.json`, 'utf8')) as { items: Vmi[] };
  const text = gunzipSync(readFileSync(`${path}/pods.json.gz`)).toString();
  const pods = JSON.parse(text) as { items: Pod[] };
  const podOf = new Map(
    pods.items.flatMap((pod) =>
      (pod.metadata.ownerReferences ?? []).map(({ uid }) => [uid, pod] as const),
    ),
  );
  const vmis = cluster.items.filter(({ kind }) => kind === 'VirtualMachineInstance');
  const different: string[] = [];
  for (const vmi of vmis) {
    const pod = podOf.get(vmi.metadata.uid)?.spec.containers[0]?.resources.requests ?? {};
    const ours = launcherRequests(guestOf(vmi), kubevirt);
    for (const [name, value] of Object.entries(pod)) {
      if (name === 'ephemeral-storage') continue;
      const difference = quantity(value) - (ours.get(name) ?? 0);
      const small = name === 'memory' ? 2 : 1e-9;
      if (Math.abs(difference) > small) {
        different.push(`${vmi.metadata.name}: ${name} ${Math.round(difference / MIB) * MIB}`);
      }
    }
  }
  return { compared: vmis.length, different };
}

function guestOf({ metadata, spec: { domain } }: Vmi) {
  const { cpu, devices, memory, resources } = domain;
  const numbers = (map: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(map).map(([name, value]) => [name, quantity(value)]));
  return buildGuest({
    name: metadata.name,
    memoryBytes: quantity(memory.guest),
    vcpus: (cpu.cores ?? 1) * (cpu.sockets ?? 1) * (cpu.threads ?? 1),
    dedicatedCpus: cpu.dedicatedCpuPlacement ?? false,
    hugepageBytes: memory.hugepages === undefined ? null : quantity(memory.hugepages.pageSize),
    gpus: (devices.gpus ?? []).map(({ deviceName }) => deviceName),
    hostDevices: (devices.hostDevices ?? []).map(({ deviceName }) => deviceName),
    interfaces: (devices.interfaces ?? []).map(({ sriov }) => ({
      name: 'x',
      binding: sriov === undefined ? ('masquerade' as const) : ('sriov' as const),
      plugin: '',
      podNetwork: sriov === undefined,
    })),
    features: { tpm: devices.tpm !== undefined, sev: domain.launchSecurity !== undefined },
    resourceRequests: numbers(resources?.requests),
    resourceLimits: numbers(resources?.limits),
  });
}

function quantity(text: string): number {
  const [, digits = '', unit = ''] = /^([\d.]+)(\w*)$/.exec(text) ?? [];
  const factors: Record<string, number> = {
    '': 1,
    m: 1e-3,
    k: 1e3,
    M: 1e6,
    Ki: 2 ** 10,
    Mi: MIB,
    Gi: GIB,
    Ti: 2 ** 40,
  };
  const factor = factors[unit];
  if (factor === undefined) throw new Error(`unknown unit in ${text}`);
  return Number(digits) * factor;
}

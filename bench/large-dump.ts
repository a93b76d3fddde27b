/**
 * What `kubectl get nodes,vmi,pvc,kubevirt -A -o json` prints of a large cluster: 400 nodes in 20
 * racks, 5,000 VMIs with two volumes each, some 40 MB. The same bytes for the same seed.
 */

export interface DumpSize {
  readonly nodes: number;
  readonly guests: number;
}

/** 400 nodes and 5,000 VMIs. */
export const LARGE: DumpSize = { nodes: 400, guests: 5000 };
const NODES_PER_RACK = 20;
const KINDS = [
  { app: 'web', cores: 4, memory: '8Gi' },
  { app: 'orders', cores: 8, memory: '16Gi' },
  { app: 'cache', cores: 8, memory: '32Gi' },
  { app: 'desktop', cores: 4, memory: '12Gi' },
  { app: 'analytics', cores: 16, memory: '64Gi' },
] as const;
const CREATED = '2026-03-02T08:00:00Z';

type Json = Readonly<Record<string, unknown>>;

/** The text, indented by four as kubectl does. */
export function largeDump(size: DumpSize, seed: number): string {
  const random = randomFrom(seed);
  const items: Json[] = [kubevirtObject(random)];
  for (let i = 0; i < size.nodes; i += 1) items.push(nodeObject(i, random));
  for (let i = 0; i < size.guests; i += 1) {
    const kind = KINDS[Math.floor(random() * KINDS.length)] ?? KINDS[0];
    const name = `${kind.app}-${String(i).padStart(5, '0')}`;
    const node = nodeName(Math.floor(random() * size.nodes));
    items.push(vmiObject(name, kind, node, random));
    items.push(claimObject(`${name}-root`, 40, random), claimObject(`${name}-data`, 200, random));
  }
  const list = { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } };
  return `${JSON.stringify(list, null, 4)}\n`;
}

/** Nodes of a rack, to drain them. */
export function rackNodes(rack: number): readonly string[] {
  return Array.from({ length: NODES_PER_RACK }, (_, i) => nodeName(rack * NODES_PER_RACK + i));
}

function nodeName(index: number): string {
  return `worker-${String(index).padStart(3, '0')}`;
}

function kubevirtObject(random: () => number): Json {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata: { name: 'kubevirt', namespace: 'kubevirt', uid: uid(random) },
    spec: {
      configuration: {
        evictionStrategy: 'LiveMigrate',
        migrations: { parallelMigrationsPerCluster: 20, parallelOutboundMigrationsPerNode: 2 },
      },
    },
    status: { observedKubeVirtVersion: 'v1.9.0', phase: 'Deployed' },
  };
}

function nodeObject(index: number, random: () => number): Json {
  const name = nodeName(index);
  const features = [
    'aes',
    'avx',
    'avx2',
    'avx512f',
    'bmi1',
    'bmi2',
    'erms',
    'fma',
    'movbe',
    'vaes',
  ];
  const models = ['Cascadelake-Server', 'Haswell-noTSX', 'Icelake-Server', 'Skylake-Server'];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      annotations: { 'kubevirt.io/heartbeat': '2026-09-14T09:29:44Z' },
      creationTimestamp: CREATED,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubevirt.io/schedulable': 'true',
        'cpu-vendor.node.kubevirt.io/Intel': 'true',
        'host-model-cpu.node.kubevirt.io/Icelake-Server': 'true',
        'topology.kubernetes.io/zone': `rack-${Math.floor(index / NODES_PER_RACK)}`,
        ...trueLabels('cpu-feature.node.kubevirt.io', features),
        ...trueLabels('cpu-model.node.kubevirt.io', models),
        ...trueLabels('cpu-model-migration.node.kubevirt.io', models),
        ...trueLabels('machine-type.node.kubevirt.io', ['pc-q35-rhel9.6.0', 'q35']),
      },
      name,
      uid: uid(random),
    },
    spec: { podCIDR: `10.${index % 250}.0.0/23` },
    status: {
      addresses: [{ address: name, type: 'Hostname' }],
      allocatable: resources('127500m', '1010Gi'),
      capacity: resources('128', '1024Gi'),
      conditions: [{ reason: 'KubeletReady', status: 'True', type: 'Ready' }],
    },
  };
}

function trueLabels(prefix: string, names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [`${prefix}/${name}`, 'true']));
}

function resources(cpu: string, memory: string): Json {
  return { cpu, 'devices.kubevirt.io/kvm': '1k', memory, pods: '250' };
}

function vmiObject(
  name: string,
  kind: (typeof KINDS)[number],
  node: string,
  random: () => number,
): Json {
  const topology = { cores: 1, sockets: kind.cores, threads: 1 };
  const virtio = { disk: { bus: 'virtio' }, cache: 'none' };
  const labels = { 'kubevirt.io/nodeName': node, 'kubevirt.io/vm': name, workload: kind.app };
  const condition = (type: string): Json => ({
    lastProbeTime: null,
    lastTransitionTime: CREATED,
    status: 'True',
    type,
  });
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { creationTimestamp: CREATED, labels, name, namespace: 'tenants', uid: uid(random) },
    spec: {
      architecture: 'amd64',
      domain: {
        cpu: { ...topology, model: 'host-model' },
        devices: {
          disks: [
            { ...virtio, bootOrder: 1, name: 'root' },
            { ...virtio, name: 'data' },
          ],
          interfaces: [{ masquerade: {}, model: 'virtio', name: 'default' }],
        },
        firmware: { uuid: uid(random) },
        machine: { type: 'pc-q35-rhel9.6.0' },
        memory: { guest: kind.memory },
        resources: { requests: { cpu: `${kind.cores * 100}m`, memory: kind.memory } },
      },
      evictionStrategy: 'LiveMigrate',
      networks: [{ name: 'default', pod: {} }],
      volumes: ['root', 'data'].map((volume) => ({
        name: volume,
        persistentVolumeClaim: { claimName: `${name}-${volume}` },
      })),
    },
    status: {
      activePods: { [uid(random)]: node },
      conditions: [condition('Ready'), condition('LiveMigratable'), condition('AgentConnected')],
      currentCPUTopology: topology,
      guestOSInfo: { id: 'almalinux', kernelRelease: '5.14.0-570.el9.x86_64', version: '9.6' },
      memory: { guestAtBoot: kind.memory, guestCurrent: kind.memory, guestRequested: kind.memory },
      migrationMethod: 'LiveMigration',
      nodeName: node,
      phase: 'Running',
      qosClass: 'Burstable',
      volumeStatus: ['root', 'data'].map((volume) => ({
        name: volume,
        persistentVolumeClaimInfo: {
          accessModes: ['ReadWriteMany'],
          capacity: { storage: volume === 'root' ? '40Gi' : '200Gi' },
          claimName: `${name}-${volume}`,
          volumeMode: 'Block',
        },
      })),
    },
  };
}

function claimObject(name: string, gib: number, random: () => number): Json {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { creationTimestamp: CREATED, name, namespace: 'tenants', uid: uid(random) },
    spec: {
      accessModes: ['ReadWriteMany'],
      resources: { requests: { storage: `${gib}Gi` } },
      storageClassName: 'block',
      volumeMode: 'Block',
      volumeName: `pvc-${uid(random)}`,
    },
    status: {
      accessModes: ['ReadWriteMany'],
      capacity: { storage: `${gib}Gi` },
      phase: 'Bound',
    },
  };
}

function uid(random: () => number): string {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
  return [8, 4, 4, 4, 12].map(digits).join('-');
}

/** The generator of Park and Miller. */
function randomFrom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

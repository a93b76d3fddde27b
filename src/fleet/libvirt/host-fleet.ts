/**
 * A plain libvirt host (`virsh dumpxml` of its domains, `virsh domstats`) to a fleet file: the host,
 * others equal to it, and the drain of the one to the others. What virsh cannot say is told.
 */
import { InputError } from '../input-error.js';
import type { SourceDocument } from '../source-document.js';
import { quoteShort } from '../source-document.js';
import type { InputWarning } from '../warnings.js';
import type { Domain } from './domain.js';
import type { DomainStats } from './domstats.js';
import { type GuestName, guestNames, kubernetesName } from './guest-names.js';
import { hostNotes } from './host-notes.js';
import { hugepageBytes, typicalRate, workloadOf } from './host-workload.js';
import { xmlError } from './xml-tree.js';

export interface HostOptions {
  /** The host's name; undefined: the file's, or `host`. */
  readonly host?: string | undefined;
  /** How many hosts like it the guests may go to; undefined: one. */
  readonly targetHosts?: number | undefined;
}

export interface LibvirtHost {
  /** A fleet file; paths in it lead back to domains. */
  readonly document: SourceDocument;
  readonly notes: readonly InputWarning[];
}

/** What was found in the files of one host. */
export interface HostInputs {
  readonly domains: readonly Domain[];
  readonly stats: readonly DomainStats[];
}

/** @throws InputError for no domain, a domain twice, statistics of one domain in two files */
export function libvirtHost(inputs: HostInputs, options: HostOptions): LibvirtHost {
  const stats = statsByName(inputs.stats);
  refuseTwice(inputs.domains);
  const running = inputs.domains.filter(({ name }) => stats.get(name)?.isShutOff !== true);
  const [first] = running;
  if (first === undefined) {
    const file = (inputs.domains[0]?.element ?? inputs.stats[0])?.file ?? 'sluice';
    const problem =
      inputs.domains.length === 0
        ? 'domstats without domains; give the output of virsh dumpxml too'
        : 'no domain is running';
    throw new InputError(file, '', problem);
  }
  const host = options.host ?? hostOf(inputs.domains);
  const targets = options.targetHosts ?? 1;
  const names = guestNames(running);
  const value = {
    sluice: 1,
    name: host,
    kubevirt: { evictionStrategy: 'LiveMigrate' },
    nodes: [host, ...targetNames(host, targets)].map((name) => ({ name, allocatable: ROOM })),
    guests: running.map((domain) => ({
      ...guestOf(domain, names.get(domain), stats.get(domain.name)),
      node: host,
      workload: workloadOf(domain, stats.get(domain.name), typicalRate(inputs.stats)),
    })),
    drain: { nodes: [host] },
  };
  const position: SourceDocument['position'] = ([key, i]) =>
    key === 'guests' && typeof i === 'number' ? (running[i]?.element.position ?? null) : null;
  const notes = hostNotes({ running, all: inputs, stats, names, options, host, targets });
  return { document: { file: first.element.file, value, position }, notes };
}

function statsByName(all: readonly DomainStats[]): ReadonlyMap<string, DomainStats> {
  const byName = new Map<string, DomainStats>();
  for (const stats of all) {
    const before = byName.get(stats.name);
    if (before !== undefined) {
      const problem = `statistics of ${quoteShort(stats.name)} are in ${before.file} already`;
      throw new InputError(stats.file, '', problem);
    }
    byName.set(stats.name, stats);
  }
  return byName;
}

function refuseTwice(domains: readonly Domain[]): void {
  const byName = new Map<string, Domain>();
  for (const domain of domains) {
    const before = byName.get(domain.name)?.element;
    if (before !== undefined) {
      const { file, position } = before;
      const problem = `${quoteShort(domain.name)} is already at ${file} (${position.line}:${position.column})`;
      throw xmlError(domain.element, problem);
    }
    byName.set(domain.name, domain);
  }
}

/** All domains in one file: the file is named after their host, unless after its only domain. */
function hostOf(domains: readonly Domain[]): string {
  const files = new Set(domains.map(({ element }) => element.file));
  const [file = ''] = files;
  const base = file.split(/[\\/]/).at(-1) ?? '';
  const stem = base.replace(/\.gz$/, '').replace(/\.xml$/, '');
  const isDomains = domains.some(({ name }) => name === stem);
  return files.size > 1 || isDomains ? 'host' : kubernetesName(stem, 'host');
}

function targetNames(host: string, targets: number): readonly string[] {
  return Array.from({ length: targets }, (_, i) => `${host}-target-${i + 1}`);
}

/** More than any guests ask for: virsh does not say here what hosts can take. */
const ROOM = {
  cpu: 100_000,
  memory: '1Pi',
  pods: 100_000,
  'hugepages-2Mi': '1Pi',
  'hugepages-1Gi': '1Pi',
} as const;

function guestOf(domain: Domain, name: GuestName | undefined, stats: DomainStats | undefined) {
  const { devices } = domain;
  const hugepages = hugepageBytes(domain);
  return {
    ...name,
    ...(name?.name === domain.name ? {} : { annotations: { 'libvirt.org/domain': domain.name } }),
    memory: domain.memoryBytes,
    vcpus: Math.max(1, stats?.vcpus ?? domain.vcpus),
    ...(domain.cpuModel === null ? {} : { cpuModel: domain.cpuModel }),
    ...(domain.cpuFeatures.length === 0 ? {} : { cpuFeatures: domain.cpuFeatures }),
    ...(domain.machineType === null ? {} : { machineType: domain.machineType }),
    ...(domain.architecture === null ? {} : { architecture: domain.architecture }),
    ...(hugepages === null ? {} : { hugepages }),
    ...(Object.keys(domain.features).length === 0 ? {} : { features: domain.features }),
    ...(devices.hostDevices.length === 0 ? {} : { hostDevices: devices.hostDevices }),
    ...(devices.unpluggedDevices === 0 ? {} : { interfaces: interfacesOf(domain) }),
    volumes: volumesOf(domain, stats),
  };
}

/** The other half of each pair stays plugged, as KubeVirt's usual network does. */
function interfacesOf({ devices }: Domain) {
  const unplugged = Array.from({ length: devices.unpluggedDevices }, (_, i) => ({
    name: `unplugged-${i + 1}`,
    binding: 'sriov',
  }));
  return [{ name: 'default', binding: 'masquerade' }, ...unplugged];
}

function volumesOf({ devices }: Domain, stats: DomainStats | undefined) {
  const disks = devices.disks.map(({ name, device, readOnly, persistentReservation }) => ({
    name,
    size: stats?.diskBytes.get(name) ?? 0,
    device,
    ...(readOnly ? { readOnly } : {}),
    ...(persistentReservation ? { persistentReservation } : {}),
  }));
  const filesystems = Array.from({ length: devices.filesystems }, (_, i) => ({
    name: `filesystem-${i + 1}`,
    device: 'filesystem',
  }));
  return [...disks, ...filesystems];
}

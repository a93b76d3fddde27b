/** A domain as `virsh dumpxml` describes it: what decides about its migration. */
import { quoteShort } from '../source-document.js';
import { bytesOf, wholeOf } from './amounts.js';
import { type DomainDevices, readDevices } from './domain-devices.js';
import { child, childrenNamed, type XmlElement, xmlError } from './xml-tree.js';

export interface Domain {
  readonly element: XmlElement;
  readonly name: string;
  readonly memoryBytes: number;
  readonly vcpus: number;
  /** `host-model`, `host-passthrough` or a named model; null: QEMU's own default. */
  readonly cpuModel: string | null;
  readonly cpuFeatures: readonly { readonly name: string; readonly policy: string }[];
  readonly machineType: string | null;
  readonly architecture: string | null;
  /** Bytes of a huge page; 'unsaid': huge pages, of the host's usual size. */
  readonly hugepages: number | 'unsaid' | null;
  readonly hasPinnedVcpus: boolean;
  /** Flags of a fleet file's `features`. */
  readonly features: Readonly<Record<string, boolean>>;
  readonly devices: DomainDevices;
  /** Made by KubeVirt, which calls a domain NAMESPACE_NAME. */
  readonly isKubeVirts: boolean;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** All domains among these elements, also inside `<domains>`. @throws InputError for any other */
export function readDomains(roots: readonly XmlElement[]): readonly Domain[] {
  return roots.flatMap((root) =>
    root.name === 'domains' ? root.children.map(readDomain) : [readDomain(root)],
  );
}

function readDomain(element: XmlElement): Domain {
  if (element.name !== 'domain') {
    throw xmlError(element, `<${quoteShort(element.name).slice(1, -1)}> is no <domain>`);
  }
  const { type } = element.attributes;
  if (type !== 'kvm' && type !== 'qemu') {
    const found = type === undefined ? 'no type' : `type ${quoteShort(type)}`;
    throw xmlError(element, `a domain of ${found}; only kvm and qemu migrate as QEMU does`);
  }
  const memory = required(element, 'memory');
  const vcpu = child(element, 'vcpu');
  const cpu = child(element, 'cpu');
  const type_ = child(element, 'os', 'type')?.attributes;
  const arch = type_?.arch;
  return {
    element,
    name: required(element, 'name').text.trim(),
    memoryBytes: bytesOf(memory, memory.text),
    vcpus: vcpu === undefined ? 1 : wholeOf(vcpu, vcpu.attributes.current ?? vcpu.text),
    cpuModel: cpuModelOf(cpu),
    cpuFeatures: childrenNamed(cpu, 'feature').map(({ attributes }) => ({
      name: attributes.name ?? '',
      policy: attributes.policy ?? 'require',
    })),
    machineType: type_?.machine ?? null,
    architecture: arch === undefined ? null : (ARCHITECTURES[arch] ?? arch),
    hugepages: hugepagesOf(element),
    hasPinnedVcpus: child(element, 'cputune', 'vcpupin') !== undefined,
    features: featuresOf(element),
    devices: readDevices(child(element, 'devices')),
    isKubeVirts: (child(element, 'metadata')?.children ?? []).some(({ name }) =>
      /^(.*:)?kubevirt$/.test(name),
    ),
  };
}

function required(element: XmlElement, name: string): XmlElement {
  const found = child(element, name);
  if (found === undefined) throw xmlError(element, `no <${name}>`);
  if (found.text.trim() === '') throw xmlError(found, 'is empty');
  return found;
}

/** Without a mode it is `custom`; that without a model is QEMU's default. */
function cpuModelOf(cpu: XmlElement | undefined): string | null {
  const mode = cpu?.attributes.mode ?? 'custom';
  if (mode === 'host-model' || mode === 'host-passthrough') return mode;
  // `maximum` is all that the host can: it moves where host-passthrough does.
  if (mode === 'maximum') return 'host-passthrough';
  const model = cpu === undefined ? undefined : child(cpu, 'model')?.text.trim();
  return model === undefined || model === '' ? null : model;
}

function hugepagesOf(element: XmlElement): Domain['hugepages'] {
  const hugepages = child(element, 'memoryBacking', 'hugepages');
  if (hugepages === undefined) return null;
  const page = child(hugepages, 'page');
  const size = page?.attributes.size;
  return page === undefined || size === undefined ? 'unsaid' : bytesOf(page, size);
}

function featuresOf(element: XmlElement): Readonly<Record<string, boolean>> {
  const security = child(element, 'launchSecurity')?.attributes.type ?? '';
  const hyperv = child(element, 'features', 'hyperv');
  const reenlightenment = hyperv && child(hyperv, 'reenlightenment')?.attributes.state === 'on';
  const timers = childrenNamed(child(element, 'clock'), 'timer');
  const hasTscFrequency = timers.some(
    ({ attributes }) => attributes.name === 'tsc' && attributes.frequency !== undefined,
  );
  const flags: readonly (readonly [string, boolean])[] = [
    ['tpm', child(element, 'devices', 'tpm') !== undefined],
    ['sev', security === 'sev' || security === 'sev-snp'],
    ['tdx', security === 'tdx'],
    ['secureExecution', security === 's390-pv'],
    ['hypervPassthrough', hyperv?.attributes.mode === 'passthrough'],
    ['hypervReenlightenment', reenlightenment === true],
  ];
  const set = Object.fromEntries(flags.filter(([, isOn]) => isOn));
  return reenlightenment === true ? { ...set, tscFrequencyKnown: hasTscFrequency } : set;
}

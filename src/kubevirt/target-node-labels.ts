/**
 * The node labels that KubeVirt requires for a target pod (spec/kubevirt.md 5.7). Hand-written
 * fleets carry few of them or none, so a family of labels is asked for only where some node of
 * the fleet has it.
 */
import type { FleetNode, Guest, LabelRequirement, Labels } from '../fleet/model.js';

const SCHEDULABLE = 'kubevirt.io/schedulable';
const ARCH = 'kubernetes.io/arch';
const CPU_MANAGER = 'kubevirt.io/cpumanager';
const REALTIME = 'kubevirt.io/realtime';
const MACHINE_TYPE = 'machine-type.node.kubevirt.io/';
const CPU_MODEL = 'cpu-model.node.kubevirt.io/';
const CPU_MODEL_MIGRATION = 'cpu-model-migration.node.kubevirt.io/';
const CPU_FEATURE = 'cpu-feature.node.kubevirt.io/';
const CPU_VENDOR = 'cpu-vendor.node.kubevirt.io/';
const HOST_MODEL = 'host-model-cpu.node.kubevirt.io/';
const HOST_MODEL_FEATURE = 'host-model-required-features.node.kubevirt.io/';
const OBSOLETE_HOST_MODEL = 'node-labeller.kubevirt.io/obsolete-host-model';

/** Label keys of the whole fleet, and the families (up to the slash) that they belong to. */
export interface KnownLabels {
  readonly keys: ReadonlySet<string>;
  readonly families: ReadonlySet<string>;
}

export function knownLabels(nodes: readonly FleetNode[]): KnownLabels {
  const keys = new Set(nodes.flatMap(({ labels }) => Object.keys(labels)));
  const families = new Set([...keys].map((key) => key.slice(0, key.indexOf('/') + 1)));
  return { keys, families };
}

/**
 * Requirements on the target node's labels, beside the guest's own node affinity. `hostModelNode`
 * is the node on which the guest started: its host model stays the guest's, also after a move.
 */
export function targetNodeRequirements(
  guest: Guest,
  hostModelNode: FleetNode | null,
  clusterSelectors: Labels,
  known: KnownLabels,
): readonly LabelRequirement[] {
  const wanted: LabelRequirement[] = [];
  const want = (key: string, value: string) =>
    wanted.push({ key, operator: 'In', values: [value] });
  if (known.keys.has(SCHEDULABLE)) want(SCHEDULABLE, 'true');
  if (known.keys.has(ARCH) && guest.architecture !== '') want(ARCH, guest.architecture);
  if (known.families.has(MACHINE_TYPE) && guest.machineType !== '') {
    want(`${MACHINE_TYPE}${guest.machineType}`, 'true');
  }
  if (known.keys.has(CPU_MANAGER) && guest.dedicatedCpus) want(CPU_MANAGER, 'true');
  if (known.keys.has(REALTIME) && guest.features.realtime) want(REALTIME, '');
  wanted.push(...cpuRequirements(guest, hostModelNode, known));
  for (const [key, value] of Object.entries({ ...clusterSelectors, ...guest.nodeSelector })) {
    want(key, value);
  }
  return wanted;
}

function cpuRequirements(
  guest: Guest,
  hostModelNode: FleetNode | null,
  known: KnownLabels,
): readonly LabelRequirement[] {
  const keys: string[] = [];
  const isHostModel = guest.cpuModel === '' || guest.cpuModel === 'host-model';
  const requirements: LabelRequirement[] = [];
  if (isHostModel) {
    keys.push(...hostModelKeys(hostModelNode, known));
    requirements.push({ key: OBSOLETE_HOST_MODEL, operator: 'DoesNotExist', values: [] });
  } else if (guest.cpuModel !== 'host-passthrough' && known.families.has(CPU_MODEL)) {
    keys.push(`${CPU_MODEL}${guest.cpuModel}`);
  }
  if (known.families.has(CPU_FEATURE)) {
    for (const { name, policy } of guest.cpuFeatures) {
      if (policy === 'forbid') {
        requirements.push({ key: CPU_FEATURE + name, operator: 'DoesNotExist', values: [] });
      } else if (guest.cpuModel !== '' && (policy === 'require' || policy === '')) {
        keys.push(CPU_FEATURE + name);
      }
    }
  }
  const vendor = labelSuffixes(hostModelNode, CPU_VENDOR);
  keys.push(...vendor.map((name) => CPU_VENDOR + name));
  requirements.push(
    ...keys.map((key): LabelRequirement => ({ key, operator: 'Exists', values: [] })),
  );
  return requirements;
}

/**
 * The source's host model must be one that the target can run. Its required features are asked for
 * where any node of the fleet is labelled with them (dumps often leave some out).
 */
function hostModelKeys(node: FleetNode | null, known: KnownLabels): readonly string[] {
  if (!known.families.has(CPU_MODEL_MIGRATION)) return [];
  const models = labelSuffixes(node, HOST_MODEL).map((model) => CPU_MODEL_MIGRATION + model);
  const features = labelSuffixes(node, HOST_MODEL_FEATURE).map((name) => CPU_FEATURE + name);
  return [...models, ...features.filter((key) => known.keys.has(key))];
}

function labelSuffixes(node: FleetNode | null, prefix: string): readonly string[] {
  if (node === null) return [];
  return Object.keys(node.labels)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .sort();
}

/** Kubernetes' rules of placement, from their YAML to the model and back. */
import { NO_AFFINITY } from '../defaults.js';
import type {
  Affinity,
  LabelRequirement,
  LabelSelector,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '../model.js';
import type {
  AffinityField,
  LabelSelectorField,
  NodeSelectorTermField,
  PodAffinityField,
  PodAffinityTermField,
  TolerationField,
  TopologySpreadField,
} from './schema-kubernetes.js';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function readAffinity(field: AffinityField | undefined): Affinity {
  if (field === undefined) {
    return NO_AFFINITY;
  }
  const node = field.nodeAffinity;
  const pods = readPodAffinity(field.podAffinity);
  const antiPods = readPodAffinity(field.podAntiAffinity);
  return {
    nodeRequired: (node?.[REQUIRED]?.nodeSelectorTerms ?? []).map(readRequirements),
    nodePreferred: (node?.[PREFERRED] ?? []).map(({ weight, preference }) => ({
      weight,
      requirements: readRequirements(preference),
    })),
    podRequired: pods.required,
    podPreferred: pods.preferred,
    podAntiRequired: antiPods.required,
    podAntiPreferred: antiPods.preferred,
  };
}

function readPodAffinity(field: PodAffinityField | undefined) {
  return {
    required: (field?.[REQUIRED] ?? []).map(readTerm),
    preferred: (field?.[PREFERRED] ?? []).map(({ weight, podAffinityTerm }) => ({
      weight,
      term: readTerm(podAffinityTerm),
    })),
  };
}

function readTerm(field: PodAffinityTermField): PodAffinityTerm {
  return {
    topologyKey: field.topologyKey,
    selector: readSelector(field.labelSelector),
    namespaces: field.namespaces ?? [],
  };
}

function readSelector(field: LabelSelectorField | undefined): LabelSelector {
  return {
    matchLabels: field?.matchLabels ?? {},
    matchExpressions: field === undefined ? [] : readRequirements(field),
  };
}

function readRequirements(field: NodeSelectorTermField): LabelRequirement[] {
  return (field.matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    operator,
    values: values ?? [],
  }));
}

export function readToleration(field: TolerationField): Toleration {
  return {
    key: field.key ?? '',
    operator: field.operator ?? 'Equal',
    value: field.value ?? '',
    effect: field.effect ?? '',
  };
}

export function readTopologySpread(field: TopologySpreadField): TopologySpreadConstraint {
  return {
    maxSkew: field.maxSkew,
    topologyKey: field.topologyKey,
    whenUnsatisfiable: field.whenUnsatisfiable,
    selector: readSelector(field.labelSelector),
  };
}

/** Kubernetes' YAML of an affinity; undefined when there are no rules. */
export function writeAffinity(affinity: Affinity): object | undefined {
  const nodeAffinity = withoutEmpty({
    [REQUIRED]:
      affinity.nodeRequired.length === 0
        ? undefined
        : { nodeSelectorTerms: affinity.nodeRequired.map(writeNodeTerm) },
    [PREFERRED]: listOrNothing(
      affinity.nodePreferred.map(({ weight, requirements }) => ({
        weight,
        preference: writeNodeTerm(requirements),
      })),
    ),
  });
  return withoutEmpty({
    nodeAffinity,
    podAffinity: writePodAffinity(affinity.podRequired, affinity.podPreferred),
    podAntiAffinity: writePodAffinity(affinity.podAntiRequired, affinity.podAntiPreferred),
  });
}

function writePodAffinity(
  required: Affinity['podRequired'],
  preferred: Affinity['podPreferred'],
): object | undefined {
  return withoutEmpty({
    [REQUIRED]: listOrNothing(required.map(writeTerm)),
    [PREFERRED]: listOrNothing(
      preferred.map(({ weight, term }) => ({ weight, podAffinityTerm: writeTerm(term) })),
    ),
  });
}

function writeTerm(term: PodAffinityTerm): object {
  const { topologyKey, selector, namespaces } = term;
  return {
    topologyKey,
    labelSelector: writeSelector(selector),
    ...(namespaces.length === 0 ? {} : { namespaces }),
  };
}

function writeSelector(selector: LabelSelector): object {
  const { matchLabels, matchExpressions } = selector;
  return {
    ...(Object.keys(matchLabels).length === 0 ? {} : { matchLabels }),
    ...(matchExpressions.length === 0 ? {} : writeNodeTerm(matchExpressions)),
  };
}

function writeNodeTerm(requirements: readonly LabelRequirement[]): object {
  return {
    matchExpressions: requirements.map(({ key, operator, values }) =>
      values.length === 0 ? { key, operator } : { key, operator, values },
    ),
  };
}

export function writeToleration(toleration: Toleration): object {
  const { key, operator, value, effect } = toleration;
  return {
    ...(key === '' ? {} : { key }),
    operator,
    ...(value === '' ? {} : { value }),
    ...(effect === '' ? {} : { effect }),
  };
}

export function writeTopologySpread(constraint: TopologySpreadConstraint): object {
  const { maxSkew, topologyKey, whenUnsatisfiable, selector } = constraint;
  return { maxSkew, topologyKey, whenUnsatisfiable, labelSelector: writeSelector(selector) };
}

function listOrNothing(list: readonly object[]): readonly object[] | undefined {
  return list.length === 0 ? undefined : list;
}

function withoutEmpty(fields: Record<string, unknown>): object | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

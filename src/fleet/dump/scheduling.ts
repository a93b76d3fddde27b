/** Kubernetes' own scheduling fields of a VMI: affinity, tolerations, topology spread. */
import { NO_AFFINITY } from '../defaults.js';
import type {
  Affinity,
  LabelRequirement,
  LabelSelector,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '../model.js';
import {
  at,
  elements,
  entries,
  type Field,
  integerOr,
  isSet,
  oneOf,
  requiredText,
  textList,
  textMap,
  textOr,
} from './field.js';
import { passOver, passOverUnknownKeys, type WarningLog } from './warning-log.js';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] as const;

/** @throws InputError with the path of the wrong field */
export function readAffinity(field: Field, log: WarningLog): Affinity {
  if (!isSet(field)) return NO_AFFINITY;
  const node = at(field, 'nodeAffinity');
  const pod = at(field, 'podAffinity');
  const anti = at(field, 'podAntiAffinity');
  return {
    nodeRequired: elements(at(node, REQUIRED, 'nodeSelectorTerms')).map((t) => nodeTerm(t, log)),
    nodePreferred: elements(at(node, PREFERRED)).map((item) => ({
      weight: integerOr(at(item, 'weight'), 1),
      requirements: nodeTerm(at(item, 'preference'), log),
    })),
    podRequired: elements(at(pod, REQUIRED)).map((item) => podTerm(item, log)),
    podPreferred: elements(at(pod, PREFERRED)).map((item) => weightedTerm(item, log)),
    podAntiRequired: elements(at(anti, REQUIRED)).map((item) => podTerm(item, log)),
    podAntiPreferred: elements(at(anti, PREFERRED)).map((item) => weightedTerm(item, log)),
  };
}

function nodeTerm(field: Field, log: WarningLog): readonly LabelRequirement[] {
  if (isSet(at(field, 'matchFields'))) passOver(log, 'affinity field matchFields');
  return elements(at(field, 'matchExpressions')).map(readRequirement);
}

function weightedTerm(item: Field, log: WarningLog): { weight: number; term: PodAffinityTerm } {
  return {
    weight: integerOr(at(item, 'weight'), 1),
    term: podTerm(at(item, 'podAffinityTerm'), log),
  };
}

function podTerm(field: Field, log: WarningLog): PodAffinityTerm {
  passOverUnknownKeys(log, 'affinity', entries(field), [
    'topologyKey',
    'labelSelector',
    'namespaces',
  ]);
  return {
    topologyKey: requiredText(at(field, 'topologyKey')),
    selector: readSelector(at(field, 'labelSelector')),
    namespaces: textList(at(field, 'namespaces')),
  };
}

/** A metav1.LabelSelector; empty when unset. */
function readSelector(field: Field): LabelSelector {
  return {
    matchLabels: textMap(at(field, 'matchLabels')),
    matchExpressions: elements(at(field, 'matchExpressions')).map(readRequirement),
  };
}

function readRequirement(field: Field): LabelRequirement {
  return {
    key: requiredText(at(field, 'key')),
    operator: oneOf(at(field, 'operator'), OPERATORS, 'In'),
    values: textList(at(field, 'values')),
  };
}

/** @throws InputError with the path of the wrong field */
export function readTolerations(field: Field): readonly Toleration[] {
  return elements(field).map((item) => ({
    key: textOr(at(item, 'key'), ''),
    operator: oneOf(at(item, 'operator'), ['Equal', 'Exists'] as const, 'Equal'),
    value: textOr(at(item, 'value'), ''),
    effect: textOr(at(item, 'effect'), ''),
  }));
}

/** @throws InputError with the path of the wrong field */
export function readTopologySpread(field: Field): readonly TopologySpreadConstraint[] {
  return elements(field).map((item) => ({
    maxSkew: integerOr(at(item, 'maxSkew'), 1),
    topologyKey: requiredText(at(item, 'topologyKey')),
    whenUnsatisfiable: oneOf(
      at(item, 'whenUnsatisfiable'),
      ['DoNotSchedule', 'ScheduleAnyway'] as const,
      'DoNotSchedule',
    ),
    selector: readSelector(at(item, 'labelSelector')),
  }));
}

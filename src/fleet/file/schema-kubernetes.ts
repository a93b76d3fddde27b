/**
 * Parts of Kubernetes' own API, pasted into fleet files as they are. Fields that cannot matter to
 * a drain are known, so that pasting works, and passed over.
 */
import { z } from 'zod';
import { labels, noun, whole } from './fields.js';

const ignored = () => z.unknown().optional();

export const taint = noun({
  key: z.string(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
  timeAdded: ignored(),
});

export const toleration = noun({
  key: z.string().optional(),
  operator: z.enum(['Equal', 'Exists']).optional(),
  value: z.string().optional(),
  effect: z.enum(['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: ignored(),
});

const nodeRequirement = noun({
  key: z.string(),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
  values: z.array(z.string()).optional(),
});

const nodeSelectorTerm = noun({ matchExpressions: z.array(nodeRequirement).optional() });

const labelSelector = noun({
  matchLabels: labels().optional(),
  matchExpressions: z.array(nodeRequirement).optional(),
});

const podAffinityTerm = noun({
  topologyKey: z.string(),
  labelSelector,
  namespaces: z.array(z.string()).optional(),
  matchLabelKeys: ignored(),
  mismatchLabelKeys: ignored(),
});

const podAffinity = noun({
  requiredDuringSchedulingIgnoredDuringExecution: z.array(podAffinityTerm).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z
    .array(noun({ weight: whole(1, 100), podAffinityTerm }))
    .optional(),
});

const affinityFields = {
  nodeAffinity: noun({
    requiredDuringSchedulingIgnoredDuringExecution: noun({
      nodeSelectorTerms: z.array(nodeSelectorTerm),
    }).optional(),
    preferredDuringSchedulingIgnoredDuringExecution: z
      .array(noun({ weight: whole(1, 100), preference: nodeSelectorTerm }))
      .optional(),
  }).optional(),
  podAffinity: podAffinity.optional(),
  podAntiAffinity: podAffinity.optional(),
};

export const affinity = noun(affinityFields).meta({ id: 'affinity' });

export const topologySpreadConstraint = noun({
  maxSkew: whole(1),
  topologyKey: z.string(),
  whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
  labelSelector: labelSelector.optional(),
  minDomains: ignored(),
  nodeAffinityPolicy: ignored(),
  nodeTaintsPolicy: ignored(),
  matchLabelKeys: ignored(),
});

export type AffinityField = z.output<typeof affinity>;
export type LabelSelectorField = z.output<typeof labelSelector>;
export type NodeSelectorTermField = z.output<typeof nodeSelectorTerm>;
export type PodAffinityField = z.output<typeof podAffinity>;
export type PodAffinityTermField = z.output<typeof podAffinityTerm>;
export type TolerationField = z.output<typeof toleration>;
export type TopologySpreadField = z.output<typeof topologySpreadConstraint>;

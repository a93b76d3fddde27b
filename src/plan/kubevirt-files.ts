/**
 * The plan as KubeVirt's API takes it (spec/kubevirt.md 1.1, 1.2): a merge patch of the KubeVirt CR
 * and whole MigrationPolicies, and only what differs from today.
 */
import { stringify } from 'yaml';
import { equalValues, type Plain } from '../fleet/file/plain.js';
import { writePolicy } from '../fleet/file/write-cluster.js';
import type { Fleet } from '../fleet/model.js';
import { bandwidthText } from './cluster-knobs.js';

export const PATCH_COMMAND =
  'kubectl patch kubevirt kubevirt -n kubevirt --type merge --patch-file kubevirt-patch.yaml';
export const APPLY_COMMAND = 'kubectl apply -f migration-policies.yaml';

const OPERATOR_NOTE = `# Where the Hyperconverged Cluster Operator owns this object, set the same in its own resource:
# it undoes what is changed here.
`;

/** null: the CR stays as it is. */
export function kubevirtPatch(today: Fleet, planned: Fleet): string | null {
  const migrations = changedMigrations(today, planned);
  const gates = planned.kubevirt.featureGates;
  const newGates = !equalValues(today.kubevirt.featureGates, gates);
  if (Object.keys(migrations).length === 0 && !newGates) return null;
  const configuration = {
    // A merge patch replaces a list as a whole: those that are on today stand in it, too.
    ...(newGates ? { developerConfiguration: { featureGates: gates } } : {}),
    ...(Object.keys(migrations).length > 0 ? { migrations } : {}),
  };
  return `# ${PATCH_COMMAND}\n${OPERATOR_NOTE}${stringify({ spec: { configuration } })}`;
}

function changedMigrations(today: Fleet, planned: Fleet): Plain {
  const before = today.kubevirt.migrations;
  const { bandwidthPerMigrationBytesPerSecond: bandwidth, ...after } = planned.kubevirt.migrations;
  const changed = Object.entries(after).filter(
    ([field, value]) => before[field as keyof typeof after] !== value,
  );
  const { allowPostCopy, allowWorkloadDisruption } = after;
  const late =
    before.allowPostCopy !== allowPostCopy ||
    before.allowWorkloadDisruption !== allowWorkloadDisruption;
  return {
    ...Object.fromEntries(changed),
    // Unset, the one takes the other's value: both are said (spec/kubevirt.md 1.1).
    ...(late ? { allowPostCopy, allowWorkloadDisruption } : {}),
    ...(before.bandwidthPerMigrationBytesPerSecond === bandwidth
      ? {}
      : { bandwidthPerMigration: bandwidthText(bandwidth) }),
  };
}

/** null: the policies stay as they are. */
export function migrationPolicies(today: Fleet, planned: Fleet): string | null {
  const objects = planned.policies.flatMap((policy) => {
    const before = today.policies.find(({ name }) => name === policy.name);
    if (equalValues(before, policy)) return [];
    const after = writePolicy(policy);
    return {
      apiVersion: 'migrations.kubevirt.io/v1alpha1',
      kind: 'MigrationPolicy',
      ...(before === undefined ? after : withNulls(writePolicy(before), after)),
    };
  });
  if (objects.length === 0) return null;
  return `# ${APPLY_COMMAND}\n${objects.map((one) => stringify(one)).join('---\n')}`;
}

/**
 * A field that is to go is null. One that is only left out stays where it is, unless an earlier
 * `kubectl apply` wrote it: that command takes away only what it has put there itself.
 */
function withNulls(before: Plain, after: Plain): Plain {
  const gone = Object.keys(before).filter((field) => !(field in after));
  const kept = Object.entries(after).map(([field, value]) => {
    const own = before[field];
    return [field, isPlain(own) && isPlain(value) ? withNulls(own, value) : value] as const;
  });
  return { ...Object.fromEntries(kept), ...Object.fromEntries(gone.map((field) => [field, null])) };
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Knobs of the KubeVirt CR: spec.configuration.migrations and feature gates (spec/kubevirt.md 1.1). */
import { DEFAULT_MIGRATIONS } from '../fleet/defaults.js';
import type { Goal, PlannableGate } from '../fleet/goal-model.js';
import type { ClusterMigrationConfiguration, Fleet } from '../fleet/model.js';
import { formatSize } from '../fleet/units.js';
import { type Knob, knobOf } from './knob.js';

const MIB = 2 ** 20;

export const GATE_KNOB = 'featureGate';

/** Whether downtime limits can be set at all: on today, or a plan may turn a gate on (spec 1.1). */
export function tunableGates(today: Fleet, goal: Goal): readonly PlannableGate[] {
  const gates: readonly PlannableGate[] = ['MigrationStallDetection', 'MigrationDowntimeTuning'];
  return gates.filter(
    (gate) => today.kubevirt.featureGates.includes(gate) || goal.search.featureGates.includes(gate),
  );
}

export function clusterKnobs(today: Fleet, goal: Goal): readonly Knob[] {
  const { migrations } = today.kubevirt;
  const number = (
    field:
      | 'parallelMigrationsPerCluster'
      | 'parallelOutboundMigrationsPerNode'
      | 'completionTimeoutPerGiB'
      | 'progressTimeout'
      | 'maxDowntimeMs',
    values: readonly number[],
  ): Knob =>
    knobOf(
      field,
      migrations[field],
      [DEFAULT_MIGRATIONS[field], ...values],
      String,
      (fleet, value) => withMigrations(fleet, { [field]: value }),
    );
  return [
    ...gateKnobs(today, goal),
    number('parallelMigrationsPerCluster', [1, 2, 3, 8, 12, 16, 24, 32]),
    number('parallelOutboundMigrationsPerNode', [1, 3, 4, 6, 8]),
    knobOf(
      'bandwidthPerMigration',
      migrations.bandwidthPerMigrationBytesPerSecond,
      [0, ...bandwidthsOf(today)],
      bandwidthText,
      (fleet, value) => withMigrations(fleet, { bandwidthPerMigrationBytesPerSecond: value }),
    ),
    number('completionTimeoutPerGiB', [3, 10, 20, 50, 400]),
    number('progressTimeout', [60, 400]),
    knobOf(
      'allowAutoConverge',
      migrations.allowAutoConverge,
      [false, true],
      String,
      (fleet, value) => withMigrations(fleet, { allowAutoConverge: value }),
    ),
    knobOf(
      'whenLate',
      whenLateOf(migrations),
      lateChoices(goal),
      (late) => late,
      (fleet, late) => withMigrations(fleet, whenLateFields(late)),
    ),
    ...(tunableGates(today, goal).length > 0
      ? [number('maxDowntimeMs', [100, 200, 300, 500, 2000])]
      : []),
  ];
}

function gateKnobs(today: Fleet, goal: Goal): readonly Knob[] {
  const offered = goal.search.featureGates.filter(
    (gate) => !today.kubevirt.featureGates.includes(gate),
  );
  if (offered.length === 0) return [];
  return [
    knobOf<string>(GATE_KNOB, 'as today', offered, String, (fleet, gate) => ({
      ...fleet,
      kubevirt: { ...fleet.kubevirt, featureGates: [...fleet.kubevirt.featureGates, gate] },
    })),
  ];
}

/** What happens to a migration that is late: `allowPostCopy` and `allowWorkloadDisruption` as one. */
export type WhenLate = 'abort' | 'pause' | 'post-copy';

export function whenLateFields(late: WhenLate) {
  return { allowPostCopy: late === 'post-copy', allowWorkloadDisruption: late !== 'abort' };
}

/** allowPostCopy without allowWorkloadDisruption does nothing (spec/kubevirt.md 3.2). */
function whenLateOf(migrations: ClusterMigrationConfiguration): WhenLate {
  if (!migrations.allowWorkloadDisruption) return 'abort';
  return migrations.allowPostCopy ? 'post-copy' : 'pause';
}

/** Post-copy is not even tried where no guest may be in it. */
export function lateChoices(goal: Goal): readonly WhenLate[] {
  const never = goal.limits.some(
    (limit) =>
      limit.kind === 'no-post-copy' &&
      limit.guests.namespace === '*' &&
      Object.keys(limit.guests.labels).length === 0,
  );
  return never ? ['abort', 'pause'] : ['abort', 'pause', 'post-copy'];
}

/** Shares of the usual NIC, in whole 64 MiB. */
export function bandwidthsOf(today: Fleet): readonly number[] {
  const rates = today.network.nics
    .map(({ bytesPerSecond }) => bytesPerSecond)
    .sort((a, b) => a - b);
  const usual = rates[Math.floor(rates.length / 2)] ?? 0;
  const step = 64 * MIB;
  const shares = [0.05, 0.1, 0.2, 0.35, 0.5];
  return [
    ...new Set(shares.map((share) => Math.max(1, Math.round((usual * share) / step)) * step)),
  ];
}

export function bandwidthText(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? '0' : String(formatSize(bytesPerSecond));
}

function withMigrations(fleet: Fleet, changed: Partial<ClusterMigrationConfiguration>): Fleet {
  const migrations = { ...fleet.kubevirt.migrations, ...changed };
  return { ...fleet, kubevirt: { ...fleet.kubevirt, migrations } };
}

/**
 * Migrations of the past as fleets to simulate. Those that overlapped, in the queue or on the
 * links, belong to one episode; each migration is a guest of its own (a guest that was moved twice
 * stands there twice), on the node it was on, with the settings that were in force.
 */
import { NO_AFFINITY } from '../fleet/defaults.js';
import type { PastMigration } from '../fleet/dump/past-migrations.js';
import type { Fleet, Guest, MigrationPolicy, UserMigration } from '../fleet/model.js';
import { settingsFor } from '../kubevirt/policy.js';
import { type Corrections, correctedBandwidth, correctedFleet } from './backtest-corrections.js';

/** What is predicted: a migration of a guest that the dump still has. */
export interface KnownMigration {
  /** Position in the history. */
  readonly index: number;
  readonly past: PastMigration;
  readonly guest: Guest;
  readonly sourceNode: string;
}

/** By time; none of a later one began before all of an earlier one had ended. */
export function episodesOf(
  migrations: readonly KnownMigration[],
): readonly (readonly KnownMigration[])[] {
  const episodes: KnownMigration[][] = [];
  let endUs = Number.NEGATIVE_INFINITY;
  for (const one of migrations) {
    const { createdUs, endedUs } = one.past;
    const current = episodes.at(-1);
    if (current === undefined || createdUs > endUs) episodes.push([one]);
    else current.push(one);
    endUs = Math.max(endUs, endedUs ?? createdUs);
  }
  return episodes;
}

/**
 * What has not ended after so many times the episode's own length is called unfinished: a guest of
 * terabytes that would take a day in the model costs minutes of computing to be told so.
 */
const LONGEST_FACTOR = 3;
const LONGEST_LEAST_US = 600_000_000;

/** Marks the guest of one migration for the policy that holds what was in force. */
const LABEL = 'sluice/backtest';

/**
 * The fleet of one episode: the nodes of now, the episode's guests and nobody else (their targets
 * are known, so nothing needs to be placed), and a VMIM for each as its creation time says.
 * @param guestOf a migration's guest with the workload of this replica
 */
export function fleetOfEpisode(
  given: Fleet,
  episode: readonly KnownMigration[],
  guestOf: (migration: KnownMigration) => Guest,
  corrections: Corrections,
): Fleet {
  const fleet = correctedFleet(given, corrections);
  const startUs = episode[0]?.past.createdUs ?? 0;
  const targets = new Set(episode.map(({ past }) => past.targetNode));
  const cluster = episode.find(({ past }) => past.configuration !== null)?.past.configuration;
  const endUs = Math.max(...episode.map(({ past }) => past.endedUs ?? past.createdUs));
  const timeoutUs = LONGEST_LEAST_US + LONGEST_FACTOR * (endUs - startUs);
  const guests = episode.map((one) => standIn(one, guestOf(one)));
  return {
    ...fleet,
    // What was cordoned then is not known; a node that did take a guest was not.
    nodes: fleet.nodes.map((node) =>
      targets.has(node.name) ? { ...node, cordoned: false, ready: true, taints: [] } : node,
    ),
    guests: guests.sort(
      (a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name),
    ),
    kubevirt: { ...fleet.kubevirt, migrations: cluster ?? fleet.kubevirt.migrations },
    policies: episode
      .map((one) => policyOf(fleet, one, corrections))
      .sort((a, b) => compareText(a.name, b.name)),
    otherPods: [],
    disruptionBudgets: [],
    namespaces: fleet.namespaces.map((namespace) => ({ ...namespace, quota: {} })),
    drain: { ...fleet.drain, nodes: [], startUs: 0, timeoutUs },
    events: [],
    userMigrations: episode.map((one) => requestOf(one, startUs)),
  };
}

/** Name of the guest that stands for one migration; a slash cannot be in a name. */
export function standInName({ index, past }: KnownMigration): string {
  return `${past.name}/${index}`;
}

function standIn(one: KnownMigration, guest: Guest): Guest {
  const { past, sourceNode, index } = one;
  const placed = past.targetNode === null ? {} : ANYWHERE;
  return {
    ...guest,
    ...placed,
    name: standInName(one),
    labels: { ...guest.labels, [LABEL]: String(index) },
    node: sourceNode,
    evacuationNodeName: null,
    migrating: false,
    phase: 'Running',
    liveMigratable: { status: true, reason: '', message: '' },
  };
}

/**
 * The scheduler's choice of then is known: what led to it must not be asked of the nodes of now.
 * (A host-model guest keeps the model of the node that it was started on, which no dump tells.)
 */
const ANYWHERE = {
  cpuModel: 'host-passthrough',
  cpuFeatures: [],
  nodeSelector: {},
  affinity: NO_AFFINITY,
  topologySpread: [],
  tolerations: [{ key: '', operator: 'Exists', value: '', effect: '' }],
} as const;

/** What was in force; for a migration that never got that far, what would be today. */
function policyOf(
  fleet: Fleet,
  { index, past, guest, sourceNode }: KnownMigration,
  corrections: Corrections,
): MigrationPolicy {
  const settings = past.configuration ?? settingsFor(fleet, guest);
  return {
    name: `${LABEL}-${index}`,
    selectors: { namespace: null, virtualMachineInstance: { [LABEL]: String(index) } },
    allowAutoConverge: settings.allowAutoConverge,
    bandwidthPerMigrationBytesPerSecond: correctedBandwidth(
      corrections,
      settings.bandwidthPerMigrationBytesPerSecond,
      [sourceNode, past.targetNode],
    ),
    completionTimeoutPerGiB: settings.completionTimeoutPerGiB,
    maxDowntimeMs: settings.maxDowntimeMs,
    allowPostCopy: settings.allowPostCopy,
    allowWorkloadDisruption: settings.allowWorkloadDisruption,
    stallDetector: null,
    downtimeTuning: null,
    compression: null,
  };
}

function requestOf(one: KnownMigration, startUs: number): UserMigration {
  const { past } = one;
  return {
    action: 'create',
    atUs: past.createdUs - startUs,
    namespace: past.namespace,
    name: standInName(one),
    annotations: {},
    addedNodeSelector:
      past.targetNode === null ? {} : { 'kubernetes.io/hostname': past.targetNode },
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

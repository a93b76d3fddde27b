/**
 * How long a drain under way still takes: the dump's state carried on. What runs is begun again
 * when it really began, on its way to its real target; what waits, and what a drain has
 * still to ask, follow from now on (KubeVirt makes a migration for each in one pass: spec/kubevirt.md 6).
 * What fails is not tried again.
 */
import type { PastMigration } from '../fleet/dump/past-migrations.js';
import { InputError } from '../fleet/input-error.js';
import type { ControlPlaneTimings, Fleet, UserMigration } from '../fleet/model.js';
import type { GuestRecord, RunResult } from '../simulation/result.js';
import { modelError, withError } from './model-error.js';
import { weightedQuantile } from './weighted.js';

export interface DrainEtaRequest {
  readonly fleet: Fleet;
  readonly migrations: readonly PastMigration[];
  /** Since 1970. */
  readonly nowUs: number;
  readonly replicas: number;
  readonly seed: number;
  readonly simulate: (fleet: Fleet, seed: number) => Promise<RunResult>;
}

export interface DrainEta {
  readonly nowUs: number;
  readonly nodes: readonly string[];
  readonly running: number;
  readonly waiting: number;
  /** Guests that the drain has still to deal with, those under way among them. */
  readonly guests: number;
  readonly toGoUs: { readonly p5: number; readonly p50: number; readonly p95: number };
  /** Guests by how they end, of the median replica. */
  readonly outcomes: readonly { readonly outcome: string; readonly guests: number }[];
  /** Of the guests that a replica ends with in another way than moved. */
  readonly stay: readonly {
    readonly guest: string;
    readonly reason: string;
    readonly share: number;
  }[];
}

/** The last time that any object tells; a dump itself has none. */
export function latestTimeUs(migrations: readonly PastMigration[]): number {
  const times = migrations.flatMap((one) => [
    one.createdUs,
    one.slotUs ?? 0,
    one.startedUs ?? 0,
    one.endedUs ?? 0,
  ]);
  return Math.max(0, ...times);
}

/** @throws InputError when nothing is under way */
export async function drainEta(request: DrainEtaRequest): Promise<DrainEta> {
  const { nowUs, replicas, seed, simulate } = request;
  const open = request.migrations.filter(({ outcome }) => outcome === 'open');
  const nodes = drainedNodes(request.fleet, open);
  if (open.length === 0 && nodes.length === 0) {
    throw new InputError('sluice eta', '', 'no migration and no drain is under way in this dump');
  }
  const { fleet, nowOfRunUs } = carriedOn(request.fleet, open, nodes, nowUs);
  const runs: { result: RunResult; toGoUs: number }[] = [];
  for (let replica = 0; replica < replicas; replica += 1) {
    const result = await simulate(fleet, seed + replica);
    const toGoUs = withError(modelError(seed, replica), result.endUs - nowOfRunUs);
    runs.push({ result, toGoUs });
  }
  const times = runs.map(({ toGoUs }) => ({ value: toGoUs, weight: 1 }));
  const at = (share: number): number => Math.round(weightedQuantile(times, share));
  const median = runs.find(({ toGoUs }) => Math.round(toGoUs) === at(0.5))?.result;
  return {
    nowUs,
    nodes,
    running: open.filter(({ startedUs }) => startedUs !== null).length,
    waiting: open.filter(({ startedUs }) => startedUs === null).length,
    guests: median?.guests.length ?? 0,
    toGoUs: { p5: at(0.05), p50: at(0.5), p95: at(0.95) },
    outcomes: outcomesOf(median?.guests ?? []),
    stay: stayers(runs.map(({ result }) => result)),
  };
}

/** Nodes that migrations were made to empty, and those that guests are marked to leave. */
function drainedNodes(fleet: Fleet, open: readonly PastMigration[]): readonly string[] {
  const names = [
    ...open.map(({ evacuatedNode }) => evacuatedNode),
    ...fleet.guests.map(({ evacuationNodeName, node }) =>
      evacuationNodeName === node ? node : null,
    ),
  ];
  const known = new Set(fleet.nodes.map(({ name }) => name));
  return [...new Set(names.filter((name) => name !== null && known.has(name)))].sort() as string[];
}

function carriedOn(
  fleet: Fleet,
  open: readonly PastMigration[],
  nodes: readonly string[],
  nowUs: number,
): { readonly fleet: Fleet; readonly nowOfRunUs: number } {
  const leadUs = leadOf(fleet.timings);
  // What has a target pod is on its way; QEMU starts when the lead is over.
  const beganUs = ({ startedUs, slotUs }: PastMigration): number =>
    Math.min(startedUs === null ? (slotUs ?? nowUs) : startedUs - leadUs, nowUs);
  const zeroUs = Math.min(nowUs, ...open.map(beganUs));
  const nowOfRunUs = nowUs - zeroUs;
  const underway = open.map((one) => requestOf(one, beganUs(one) - zeroUs, one.targetNode));
  const asked = new Set(open.map(nameOf));
  const leaving = new Set(nodes);
  // kubectl drain asks all of them; a dump may stand between the first and the last.
  const marked = fleet.guests.filter((guest) => {
    const strategy = guest.evictionStrategy ?? fleet.kubevirt.evictionStrategy;
    const migrates = strategy === 'LiveMigrate' || strategy === 'LiveMigrateIfPossible';
    return migrates && leaving.has(guest.node ?? '') && !asked.has(nameOf(guest));
  });
  const requests = [...underway, ...marked.map((guest) => requestOf(guest, nowOfRunUs, null))];
  return {
    fleet: {
      ...fleet,
      nodes: fleet.nodes.map((node) =>
        leaving.has(node.name) ? { ...node, cordoned: true } : node,
      ),
      guests: fleet.guests.map((guest) => ({
        ...guest,
        migrating: false,
        evacuationNodeName: null,
      })),
      userMigrations: requests.sort((a, b) => a.atUs - b.atUs),
      drain: { ...fleet.drain, nodes: [], startUs: 0 },
    },
    nowOfRunUs,
  };
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

function nameOf({ namespace, name }: Named): string {
  return `${namespace}/${name}`;
}

function requestOf({ namespace, name }: Named, atUs: number, target: string | null): UserMigration {
  const addedNodeSelector = target === null ? {} : { 'kubernetes.io/hostname': target };
  return { action: 'create', atUs, namespace, name, annotations: {}, addedNodeSelector };
}

function leadOf(timings: ControlPlaneTimings): number {
  const { schedulingUs, podStartUs, handOffUs, targetPreparationUs, migrateCallUs } = timings;
  return schedulingUs + podStartUs + handOffUs + targetPreparationUs + migrateCallUs;
}

function outcomesOf(guests: readonly GuestRecord[]): DrainEta['outcomes'] {
  const counts = new Map<string, number>();
  for (const { outcome } of guests) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts]
    .map(([outcome, count]) => ({ outcome, guests: count }))
    .sort((a, b) => b.guests - a.guests);
}

function stayers(results: readonly RunResult[]): DrainEta['stay'] {
  const found = new Map<string, { reason: string; count: number }>();
  for (const { guests } of results) {
    for (const { namespace, name, outcome, reason } of guests) {
      if (outcome === 'moved') continue;
      const guest = `${namespace}/${name}`;
      const told = reason === '' ? outcome : `${outcome}: ${reason}`;
      found.set(guest, { reason: told, count: (found.get(guest)?.count ?? 0) + 1 });
    }
  }
  return [...found]
    .map(([guest, { reason, count }]) => ({ guest, reason, share: count / results.length }))
    .sort((a, b) => b.share - a.share || (a.guest < b.guest ? -1 : 1));
}

/**
 * A fleet of one guest that is to migrate as the counters show it: its memory, the pace of its
 * path, and how much it writes. What the counters leave open differs from likeness to likeness.
 */
import { DEFAULT_NIC_BYTES_PER_SECOND, NO_AFFINITY } from '../fleet/defaults.js';
import type { Fleet, FleetNode, Guest } from '../fleet/model.js';
import { seededUnit } from '../fleet/seeded.js';
/** What counters say of one migration, apart from the instant they stand at. */
import { nodeLabels } from '../fleet/usual-labels.js';
import { settingsFor } from '../kubevirt/policy.js';
import type { CounterSeries, Counters } from './counters.js';
import { likelyWorkload } from './likely-workload.js';
import { normal } from './model-error.js';
export interface Sketch {
  readonly guest: Guest;
  readonly last: Counters;
  /** Bytes a second of the last samples, and how much they vary (a share of it). */
  readonly bandwidth: number;
  readonly bandwidthSpread: number;
  /** Seconds and distinct bytes a second of QEMU's periods; none in the first pass. */
  readonly periods: readonly Period[];
}

export interface Period {
  readonly windowSeconds: number;
  readonly bytesPerSecond: number;
}

/** Samples that tell the pace of now. */
const RECENT = 8;
/** No path is steadier than this for minutes. */
const LEAST_SPREAD = 0.03;

/** @param fleet whose links and limit tell the pace where no counter does yet */
export function sketchOf(fleet: Fleet, series: CounterSeries, guest: Guest): Sketch {
  const { samples } = series;
  const last = samples.at(-1) ?? samples[0];
  const recent = samples.slice(-RECENT);
  const memory = recent.flatMap(({ memBps }) => (memBps > 0 ? [memBps] : []));
  // Disks go the same way before any memory does.
  const paces =
    memory.length > 0 ? memory : recent.flatMap(({ diskBps }) => (diskBps > 0 ? [diskBps] : []));
  const elapsedMs = last.elapsedMs ?? 0;
  const overall = elapsedMs > 0 ? (last.memProcessed * 1000) / elapsedMs : 0;
  const bandwidth = paces.length > 0 ? mean(paces) : overall > 0 ? overall : paceOf(fleet, guest);
  const spread = Math.sqrt(mean(paces.map((one) => (one / bandwidth - 1) ** 2)));
  return {
    guest,
    last,
    bandwidth,
    bandwidthSpread: Math.max(LEAST_SPREAD, Number.isFinite(spread) ? spread : 0),
    periods: periodsOf(samples),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function paceOf(fleet: Fleet, guest: Guest): number {
  const { bandwidthPerMigrationBytesPerSecond: limit } = settingsFor(fleet, guest);
  const link = linkOf(fleet, guest);
  return limit > 0 ? Math.min(limit, link) : link;
}

/** Shorter rounds than this are not told apart from the rest of a sync. */
const LEAST_ROUND_SECONDS = 0.02;
/** Periods nearer than this factor to each other tell of one point of the curve. */
const APART = 1.5;

/**
 * QEMU adds up what its syncs found over a second or more (spec/qemu.md 2.1): the rate is that of
 * one round, D(round) over its length, however many of them fell into that second. What the last
 * one dirtied gives the length.
 */
function periodsOf(samples: readonly Counters[]): readonly Period[] {
  const byRound = new Map<string, Period>();
  for (const one of samples) {
    const rate = one.dirtyBytesPerSecond / (1 - Math.min(0.99, one.throttlePercent / 100));
    if (rate <= 0 || one.isDone) continue;
    const key = `${one.iteration} ${one.dirtyBytesPerSecond}`;
    const known = byRound.get(key)?.windowSeconds ?? LEAST_ROUND_SECONDS;
    const windowSeconds = Math.max(known, dirtiedBytes(one) / one.dirtyBytesPerSecond);
    byRound.set(key, { windowSeconds, bytesPerSecond: rate });
  }
  const groups: Period[][] = [];
  for (const period of [...byRound.values()].sort((a, b) => a.windowSeconds - b.windowSeconds)) {
    const group = groups.at(-1);
    const near = (group?.[0]?.windowSeconds ?? 0) * APART;
    if (group !== undefined && period.windowSeconds <= near) group.push(period);
    else groups.push([period]);
  }
  return groups.map((group) => ({
    windowSeconds: mean(group.map((one) => one.windowSeconds)),
    bytesPerSecond: mean(group.map((one) => one.bytesPerSecond)),
  }));
}

/**
 * What the last sync found, at least: all that is left of the round came of it, where no expected
 * downtime tells more (metrics have none); not more than was dirtied since the migration began.
 */
function dirtiedBytes(one: Counters): number {
  const expected = ((one.expectedDowntimeMs ?? 0) / 1000) * one.memBps;
  const most = ((one.elapsedMs ?? 0) / 1000) * one.dirtyBytesPerSecond;
  return Math.max(expected, Math.min(one.memRemaining, most));
}

/** Of the rates, beside their sampling: a workload is not the same from minute to minute. */
const RATE_SPREAD = 0.1;

/**
 * @param fleet whose settings hold; its host and KubeVirt are taken, its links are not: what the
 *   path carries is what the counters say
 */
export function likenessOf(fleet: Fleet, sketch: Sketch, seed: number, index: number): Fleet {
  const { guest, bandwidth, bandwidthSpread } = sketch;
  const drawn = bandwidth * Math.exp(bandwidthSpread * normal(seed, 'pace', index));
  const pace = isAtItsLimit(fleet, sketch) ? linkOf(fleet, guest) : drawn;
  const isMeasured = sketch.periods.length > 0;
  const unit = (what: string): number => seededUnit(seed, 'eta', what, index);
  const unknowns = {
    slope: unit('slope'),
    growth: unit('growth'),
    rate: unit('unmeasured'),
    filled: normal(seed, 'filled', index),
  };
  const likeness: Guest = {
    ...guest,
    node: SOURCE,
    evictionStrategy: 'LiveMigrate',
    liveMigratable: { status: true, reason: '', message: '' },
    cpuModel: 'host-passthrough',
    cpuFeatures: [],
    nodeSelector: {},
    affinity: NO_AFFINITY,
    topologySpread: [],
    tolerations: [],
    evacuationNodeName: null,
    migrating: false,
    phase: 'Running',
    // Disks that are still to be copied are counted apart.
    volumes: [],
    migrationMethod: 'LiveMigration',
    workload: likelyWorkload(sketch, Math.exp(RATE_SPREAD * normal(seed, 'rate', index)), unknowns),
  };
  return {
    ...fleet,
    nodes: [node(SOURCE), node(TARGET)],
    guests: [likeness],
    network: {
      ...fleet.network,
      nics: [nic(SOURCE, pace), nic(TARGET, pace)],
      racks: [],
      zones: [],
      wans: [],
      spineBytesPerSecond: null,
      proxyBytesPerSecond: 100 * pace,
      background: [],
    },
    otherPods: [],
    disruptionBudgets: [],
    namespaces: fleet.namespaces.map((namespace) => ({ ...namespace, quota: {} })),
    host: {
      ...fleet.host,
      // Rates of a migration under way need no factor; how much those before it grow is not known.
      dirtyRateFactorDuringMigration: isMeasured
        ? 1
        : fleet.host.dirtyRateFactorDuringMigration ** unknowns.growth,
    },
    // Asked for once: an eviction would ask again after an abort.
    drain: { ...fleet.drain, nodes: [], startUs: 0 },
    events: [],
    userMigrations: [
      {
        action: 'create',
        atUs: 0,
        namespace: guest.namespace,
        name: guest.name,
        annotations: {},
        addedNodeSelector: {},
      },
    ],
  };
}

/** Rounding of logs, and protocol overhead. */
const AT_LIMIT = 0.93;

/** KubeVirt's bandwidth limit holds it, not the path: QEMU drops the limit for the last pages. */
function isAtItsLimit(fleet: Fleet, { guest, bandwidth }: Sketch): boolean {
  const { bandwidthPerMigrationBytesPerSecond: limit } = settingsFor(fleet, guest);
  return limit > 0 && bandwidth >= AT_LIMIT * limit;
}

/** Of its node; the fleet's smallest where that is not known. */
function linkOf({ network }: Fleet, { node: of }: Guest): number {
  const own = network.nics.filter((one) => one.node === of);
  const paces = (own.length > 0 ? own : network.nics).map((one) => one.bytesPerSecond);
  return paces.length > 0 ? Math.min(...paces) : DEFAULT_NIC_BYTES_PER_SECOND;
}

const SOURCE = 'source';
const TARGET = 'target';

function node(name: string): FleetNode {
  const amounts = ['cpu', 'memory', 'pods', 'hugepages-2Mi', 'hugepages-1Gi', 'ephemeral-storage'];
  return {
    name,
    labels: nodeLabels(name, { 'kubevirt.io/schedulable': 'true' }),
    taints: [],
    cordoned: false,
    ready: true,
    allocatable: Object.fromEntries(amounts.map((amount) => [amount, 2 ** 52])),
    known: true,
  };
}

function nic(of: string, bytesPerSecond: number): Fleet['network']['nics'][number] {
  return {
    node: of,
    name: '',
    bytesPerSecond: Math.max(1, Math.round(bytesPerSecond)),
    members: 1,
    hashing: 'balanced',
    carries: 'any',
    rack: null,
  };
}

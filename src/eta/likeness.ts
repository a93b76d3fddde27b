/**
 * A fleet of one guest that is to migrate as the counters show it: its memory, the pace of its
 * path, and how much it writes. What the counters leave open differs from likeness to likeness.
 */
import {
  DEFAULT_COMPRESSED_SHARE,
  DEFAULT_NIC_BYTES_PER_SECOND,
  NO_AFFINITY,
} from '../fleet/defaults.js';
import type { Fleet, FleetNode, Guest } from '../fleet/model.js';
import { seededUnit } from '../fleet/seeded.js';
import type { ObservedWorkload } from '../fleet/workload.js';
import { settingsFor } from '../kubevirt/policy.js';
import type { CounterSeries, Counters } from './counters.js';
import { normal } from './model-error.js';

const PAGE_BYTES = 4096;

/** What counters say of one migration, apart from the instant they stand at. */
export interface Sketch {
  readonly guest: Guest;
  readonly last: Counters;
  /** Bytes a second of the last samples, and how much they vary (a share of it). */
  readonly bandwidth: number;
  readonly bandwidthSpread: number;
  /** Seconds and distinct bytes a second of QEMU's periods; none in the first pass. */
  readonly periods: readonly Period[];
}

interface Period {
  readonly windowSeconds: number;
  readonly bytesPerSecond: number;
}

/** Samples that tell the pace of now. */
const RECENT = 8;
/** No path is steadier than this for minutes. */
const LEAST_SPREAD = 0.03;

export function sketchOf(series: CounterSeries, guest: Guest): Sketch {
  const { samples } = series;
  const last = samples.at(-1) ?? samples[0];
  const paces = samples.slice(-RECENT).flatMap((one) => (one.memBps > 0 ? [one.memBps] : []));
  const meanMs = last.elapsedMs ?? 0;
  const overall = meanMs > 0 ? (last.memProcessed * 1000) / meanMs : 0;
  const bandwidth = paces.length > 0 ? mean(paces) : Math.max(overall, 1);
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

/** QEMU takes a rate over a second or more (spec/qemu.md 2.1). */
const LEAST_PERIOD_SECONDS = 1;
/** Periods nearer than this factor to each other tell of one point of the curve. */
const APART = 1.5;

/**
 * QEMU gives the rate, not the period. After a pass over everything dirty, what is dirty is what
 * the period dirtied; bandwidth × expected downtime is just that.
 */
function periodsOf(samples: readonly Counters[]): readonly Period[] {
  const byRound = new Map<string, Period>();
  for (const one of samples) {
    const rate = one.dirtyBytesPerSecond / (1 - Math.min(0.99, one.throttlePercent / 100));
    if (rate <= 0 || one.isDone) continue;
    const dirtied = ((one.expectedDowntimeMs ?? 0) / 1000) * one.memBps;
    const windowSeconds = Math.max(LEAST_PERIOD_SECONDS, dirtied / one.dirtyBytesPerSecond);
    byRound.set(`${one.iteration} ${one.dirtyBytesPerSecond}`, {
      windowSeconds,
      bytesPerSecond: rate,
    });
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
    volumes: guest.volumes.map((volume) => ({ ...volume, migration: null })),
    migrationMethod: 'LiveMigration',
    workload: workloadOf(sketch, Math.exp(RATE_SPREAD * normal(seed, 'rate', index)), {
      slope: seededUnit(seed, 'eta', 'slope', index),
      growth: seededUnit(seed, 'eta', 'growth', index),
    }),
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
    // Rates of a migration under way need no factor.
    host: { ...fleet.host, ...(isMeasured ? { dirtyRateFactorDuringMigration: 1 } : {}) },
    drain: { ...fleet.drain, nodes: [SOURCE], method: 'evict', startUs: 0 },
    events: [],
    userMigrations: [],
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
    labels: { 'kubernetes.io/hostname': name, 'kubevirt.io/schedulable': 'true' },
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

/** Uniform in [0, 1): what no counter tells. */
interface Unknowns {
  readonly slope: number;
  readonly growth: number;
}

function workloadOf(
  { guest, last, periods }: Sketch,
  factor: number,
  unknowns: Unknowns,
): Guest['workload'] {
  if (periods.length === 0 && guest.workload.kind === 'regions') return guest.workload;
  const filledBytes = filledOf(guest, last);
  const known = guest.workload.kind === 'observed' ? guest.workload : null;
  const before = known?.dirtyRates ?? [];
  const rates = periods.length > 0 ? withShortWindow(periods, before, unknowns) : before;
  const dirtyRates = rates.map(({ windowSeconds, bytesPerSecond }) => ({
    windowSeconds,
    bytesPerSecond: Math.min(bytesPerSecond * factor, filledBytes / windowSeconds),
  }));
  const compressedShare = known?.compressedShare ?? DEFAULT_COMPRESSED_SHARE;
  return { kind: 'observed', filledBytes, dirtyRates, compressedShare } satisfies ObservedWorkload;
}

/** Periods up to here tell of the short rounds at the end themselves. */
const SHORT_SECONDS = 2;
/**
 * D(t) grows like t to a power from here (a working set rewritten all the time) to 1 (no page
 * twice); the larger ones are the usual.
 */
const LEAST_SLOPE = 0.05;
/** Rates of a migration over those before it (VEP 246: 2 to 3; often no more). */
const GROWTH = { least: 1, most: 2.5 } as const;

/**
 * The first pass lasts long, and what it dirtied says little about a second: a small hot set and a
 * large cold one look alike. The metric of before (D in one second) tells, where there is one.
 */
function withShortWindow(
  periods: readonly Period[],
  before: readonly Period[],
  { slope, growth }: Unknowns,
): readonly Period[] {
  const [shortest] = periods;
  if (shortest === undefined || shortest.windowSeconds <= SHORT_SECONDS) return periods;
  const dirtied = shortest.windowSeconds * shortest.bytesPerSecond;
  const power = LEAST_SLOPE + (1 - LEAST_SLOPE) * Math.sqrt(slope);
  const guessed = dirtied * shortest.windowSeconds ** -power;
  const measured = before.find(({ windowSeconds }) => windowSeconds <= SHORT_SECONDS);
  const grown = GROWTH.least * (GROWTH.most / GROWTH.least) ** growth;
  const bytesPerSecond =
    measured === undefined ? guessed : measured.bytesPerSecond * measured.windowSeconds * grown;
  const most = Math.min(dirtied, Math.max(bytesPerSecond, shortest.bytesPerSecond));
  return [{ windowSeconds: 1, bytesPerSecond: most }, ...periods];
}

/** Zero pages cost a header only; how many there are shows from the first pass on. */
function filledOf(guest: Guest, last: Counters): number {
  const { constantPages, normalPages } = last;
  const isFirstPass = (last.iteration ?? 0) <= 1;
  const zero = constantPages ?? 0;
  const seen = isFirstPass ? zero + (normalPages ?? 0) : last.memTotal / PAGE_BYTES;
  const least = last.memTotal / 64;
  if (constantPages !== null && seen * PAGE_BYTES > least) {
    const share = Math.max(0.01, 1 - zero / seen);
    return Math.round((share * guest.memoryBytes) / PAGE_BYTES) * PAGE_BYTES;
  }
  return guest.workload.kind === 'observed' ? guest.workload.filledBytes : guest.memoryBytes;
}

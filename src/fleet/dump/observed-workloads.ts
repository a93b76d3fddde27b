/** Dirty rates and memory metrics to guests' workloads (spec/kubevirt.md 10). */
import { DEFAULT_COMPRESSED_SHARE, DEFAULT_DIRTY_RATE_BYTES_PER_SECOND } from '../defaults.js';
import type { Guest } from '../model.js';
import type { SourceDocument } from '../source-document.js';
import type { ObservedWorkload } from '../workload.js';
import { type Field, rootField } from './field.js';
import type { GuestWithoutWorkload } from './guests.js';
import { MISSING_INPUTS } from './missing-inputs.js';
import { guestOfSeries, readPrometheus, resultField, type Series } from './prometheus.js';
import { newWarningLog, tally, type WarningLog, warn } from './warning-log.js';

const DIRTY_RATE_METRIC = 'kubevirt_vmi_dirty_rate_bytes_per_second';
const RESIDENT_METRIC = 'kubevirt_vmi_memory_resident_bytes';
const DOMAIN_METRIC = 'kubevirt_vmi_memory_domain_bytes';
const MEMORY_METRICS = [
  RESIDENT_METRIC,
  DOMAIN_METRIC,
  'kubevirt_vmi_memory_available_bytes',
  'kubevirt_vmi_memory_usable_bytes',
  'kubevirt_vmi_memory_unused_bytes',
  'kubevirt_vmi_memory_used_bytes',
  'vmi:kubevirt_vmi_memory_used_bytes:sum',
] as const;

/** KubeVirt's metric is libvirt's calculation over one second (spec 10). */
const WINDOW_SECONDS = 1;
const PAGE_BYTES = 4096;

/** A guest and the object that it was read from. */
export interface ReadGuest {
  readonly guest: GuestWithoutWorkload;
  readonly field: Field;
}

/** Gives every guest its workload. @throws InputError for metrics files that are none */
export function withWorkloads(
  guests: readonly ReadGuest[],
  dirtyRates: SourceDocument | undefined,
  memory: SourceDocument | undefined,
  log: WarningLog,
): readonly Guest[] {
  const [first] = guests;
  // One warning in place of one a guest where no metrics were given at all.
  if (first !== undefined && dirtyRates === undefined) {
    warn(log, fileOf(first), MISSING_INPUTS.dirtyRates);
  }
  if (first !== undefined && memory === undefined) {
    warn(log, fileOf(first), MISSING_INPUTS.memory);
  }
  const names = new Set(guests.map(({ guest }) => `${guest.namespace}/${guest.name}`));
  const rates = dirtyRates === undefined ? null : readRates(dirtyRates, names, log);
  const shares = memory === undefined ? null : readFilledShares(memory, names, log);
  const typical = typicalRates(guests, rates ?? new Map());
  return guests.map((read) => {
    const { guest } = read;
    const filledBytes = filledBytesOf(read, shares, log);
    const rate = rateOf(read, rates, typical, log);
    const workload: ObservedWorkload = {
      kind: 'observed',
      filledBytes,
      dirtyRates: [{ windowSeconds: WINDOW_SECONDS, bytesPerSecond: Math.min(rate, filledBytes) }],
      compressedShare: DEFAULT_COMPRESSED_SHARE,
    };
    return { ...guest, workload };
  });
}

function fileOf({ field }: ReadGuest): Field {
  return rootField(field.document);
}

/** Samples of one guest's dirty rate: bytes a second, and when, in seconds since 1970. */
export interface DirtyRateSamples {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/**
 * All samples by NAMESPACE/NAME, for who asks about a moment rather than about what is typical.
 * @throws InputError for what is no answer about dirty rates
 */
export function dirtyRateSamples(
  document: SourceDocument,
  names: ReadonlySet<string>,
): ReadonlyMap<string, DirtyRateSamples> {
  return readSamples(document, names, newWarningLog());
}

/**
 * Median of each guest's samples. Every sample is one point D(1 s): the median is the typical one,
 * where a mean would follow the few bursts and the last sample would be luck.
 */
function readRates(
  document: SourceDocument,
  names: ReadonlySet<string>,
  log: WarningLog,
): ReadonlyMap<string, number> {
  const measured = [...readSamples(document, names, log)].filter(
    ([, { values }]) => values.length > 0,
  );
  return new Map(measured.map(([name, { values }]) => [name, median(values)]));
}

function readSamples(
  document: SourceDocument,
  names: ReadonlySet<string>,
  log: WarningLog,
): ReadonlyMap<string, DirtyRateSamples> {
  const samples = new Map<string, DirtyRateSamples>();
  for (const series of readPrometheus(document, [DIRTY_RATE_METRIC], log)) {
    const name = matchGuest(document, series, names, log);
    if (name === null) continue;
    // A guest that moved within the range has one series for each node it was on.
    const known = samples.get(name);
    samples.set(name, {
      times: [...(known?.times ?? []), ...series.times],
      values: [...(known?.values ?? []), ...series.values],
    });
  }
  return samples;
}

/** Latest samples of a guest on one node. */
interface NodeMemory {
  resident?: TimedValue | undefined;
  domain?: TimedValue | undefined;
}

interface TimedValue {
  readonly time: number;
  readonly value: number;
}

/**
 * Resident over domain memory, 0 to 1, of guests that have both. A guest that moved has series of
 * several nodes, in any order: the node counts whose resident memory was seen last.
 */
function readFilledShares(
  document: SourceDocument,
  names: ReadonlySet<string>,
  log: WarningLog,
): ReadonlyMap<string, number> {
  const guests = new Map<string, Map<string, NodeMemory>>();
  for (const series of readPrometheus(document, MEMORY_METRICS, log)) {
    const name = matchGuest(document, series, names, log);
    if (name === null) continue;
    const nodes = guests.get(name) ?? new Map<string, NodeMemory>();
    guests.set(name, nodes);
    const node = series.labels.node ?? '';
    const memory = nodes.get(node) ?? {};
    nodes.set(node, memory);
    if (series.metric === RESIDENT_METRIC) memory.resident = latest(memory.resident, series);
    if (series.metric === DOMAIN_METRIC) memory.domain = latest(memory.domain, series);
  }
  const shares = new Map<string, number>();
  for (const [name, nodes] of guests) {
    let lastSeen = -Infinity;
    for (const { resident, domain } of nodes.values()) {
      if (resident === undefined || domain === undefined || domain.value === 0) continue;
      if (resident.time < lastSeen) continue;
      lastSeen = resident.time;
      shares.set(name, Math.min(1, resident.value / domain.value));
    }
  }
  return shares;
}

function latest(known: TimedValue | undefined, { times, values }: Series): TimedValue | undefined {
  let found = known;
  for (const [i, value] of values.entries()) {
    const time = times[i] ?? -Infinity;
    if (found === undefined || time >= found.time) found = { time, value };
  }
  return found;
}

function matchGuest(
  document: SourceDocument,
  series: Series,
  names: ReadonlySet<string>,
  log: WarningLog,
): string | null {
  const name = guestOfSeries(series.labels);
  if (name !== null && names.has(name)) return name;
  const shown = name ?? JSON.stringify(series.labels).slice(0, 80);
  tally(log, 'series is about no guest of the dump', resultField(document), shown);
  return null;
}

function filledBytesOf(
  { guest, field }: ReadGuest,
  shares: ReadonlyMap<string, number> | null,
  log: WarningLog,
): number {
  const name = `${guest.namespace}/${guest.name}`;
  const share = shares?.get(name);
  // Resident memory does not contain hugepages (spec 10).
  if (guest.hugepageBytes !== null) return guest.memoryBytes;
  if (shares === null) return guest.memoryBytes;
  if (share === undefined) {
    tally(log, 'guest has no memory metrics; all its memory is taken as filled', field, name);
    return guest.memoryBytes;
  }
  return Math.round((share * guest.memoryBytes) / PAGE_BYTES) * PAGE_BYTES;
}

interface TypicalRates {
  /** Median rate by value of the label `workload`. */
  readonly byWorkload: ReadonlyMap<string, number>;
  readonly all: number | null;
}

function typicalRates(
  guests: readonly ReadGuest[],
  rates: ReadonlyMap<string, number>,
): TypicalRates {
  const groups = new Map<string, number[]>();
  for (const { guest } of guests) {
    const rate = rates.get(`${guest.namespace}/${guest.name}`);
    const workload = guest.labels.workload;
    if (rate === undefined || workload === undefined) continue;
    groups.set(workload, [...(groups.get(workload) ?? []), rate]);
  }
  return {
    byWorkload: new Map([...groups].map(([workload, group]) => [workload, median(group)])),
    all: rates.size === 0 ? null : median([...rates.values()]),
  };
}

function rateOf(
  { guest, field }: ReadGuest,
  rates: ReadonlyMap<string, number> | null,
  typical: TypicalRates,
  log: WarningLog,
): number {
  const name = `${guest.namespace}/${guest.name}`;
  const rate = rates?.get(name);
  if (rate !== undefined) return rate;
  if (rates === null) return DEFAULT_DIRTY_RATE_BYTES_PER_SECOND;
  const alike = typical.byWorkload.get(guest.labels.workload ?? '');
  if (alike !== undefined) {
    tally(log, 'guest has no dirty rate; the median of its workload label is taken', field, name);
    return alike;
  }
  if (typical.all !== null) {
    tally(log, 'guest has no dirty rate; the median of all guests is taken', field, name);
    return typical.all;
  }
  tally(log, 'guest has no dirty rate; 8 MiB/s is taken', field, name);
  return DEFAULT_DIRTY_RATE_BYTES_PER_SECOND;
}

/** Lower median: always a value that was seen. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}

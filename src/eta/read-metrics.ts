/** kubevirt_vmi_migration_* from Prometheus (spec/kubevirt.md 9), vector or matrix. */
import { guestOfSeries, readPrometheus } from '../fleet/dump/prometheus.js';
import { newWarningLog } from '../fleet/dump/warning-log.js';
import { InputError } from '../fleet/input-error.js';
import type { SourceDocument } from '../fleet/source-document.js';
import { addSample, type CounterSeries, type Counters, seriesList } from './counters.js';

const REMAINING = 'kubevirt_vmi_migration_data_remaining_bytes';
const PROCESSED = 'kubevirt_vmi_migration_data_processed_bytes';
const TOTAL = 'kubevirt_vmi_migration_data_bytes_total';
const TOTAL_BEFORE = 'kubevirt_vmi_migration_data_total_bytes';
/** Named for bytes; it is libvirt's value, in pages a second. */
const DIRTY_RATE = 'kubevirt_vmi_migration_dirty_memory_rate_bytes';
const TRANSFER_RATE = 'kubevirt_vmi_migration_memory_transfer_rate_bytes';
const START = 'kubevirt_vmi_migration_start_time_seconds';
const METRICS = [
  REMAINING,
  PROCESSED,
  TOTAL,
  TOTAL_BEFORE,
  DIRTY_RATE,
  TRANSFER_RATE,
  START,
] as const;

const PAGE_BYTES = 4096;

/** @throws InputError for what is no answer about migrations */
export function readMigrationMetrics(document: SourceDocument): readonly CounterSeries[] {
  const guests = new Map<string, Map<number, Map<string, number>>>();
  const starts = new Map<string, number>();
  for (const { metric, labels, times, values } of readPrometheus(
    document,
    [...METRICS],
    newWarningLog(),
  )) {
    const named = { ...labels, name: labels.name ?? labels.vmi ?? '' };
    const guest = guestOfSeries(named);
    if (guest === null) continue;
    if (metric === START) {
      starts.set(guest, values.at(-1) ?? 0);
      continue;
    }
    const instants = guests.get(guest) ?? new Map<number, Map<string, number>>();
    guests.set(guest, instants);
    times.forEach((time, i) => {
      const instant = instants.get(time) ?? new Map<string, number>();
      instants.set(time, instant.set(metric, values[i] ?? 0));
    });
  }
  const series = new Map<string, Counters[]>();
  for (const [guest, instants] of guests) {
    for (const [time, instant] of [...instants].sort(([a], [b]) => a - b)) {
      const start = starts.get(guest) ?? null;
      const sample = countersOf(instant, start === null ? null : (time - start) * 1000);
      if (sample !== null) addSample(series, guest, sample);
    }
  }
  const list = seriesList(series);
  if (list.length === 0) {
    throw new InputError(document.file, 'data.result', `no ${REMAINING} of a guest with a total`);
  }
  return list;
}

/** null without what has to be sent, of what. */
function countersOf(
  values: ReadonlyMap<string, number>,
  elapsedMs: number | null,
): Counters | null {
  const remaining = values.get(REMAINING);
  const total = values.get(TOTAL) ?? values.get(TOTAL_BEFORE);
  if (remaining === undefined || total === undefined || total <= 0) return null;
  return {
    elapsedMs: elapsedMs === null || elapsedMs < 0 ? null : elapsedMs,
    memTotal: total,
    memProcessed: values.get(PROCESSED) ?? total - remaining,
    memRemaining: remaining,
    diskRemaining: 0,
    memBps: values.get(TRANSFER_RATE) ?? 0,
    diskBps: 0,
    dirtyBytesPerSecond: (values.get(DIRTY_RATE) ?? 0) * PAGE_BYTES,
    iteration: null,
    postcopyRequests: 0,
    constantPages: null,
    normalPages: null,
    expectedDowntimeMs: null,
    throttlePercent: 0,
    isDone: false,
  };
}

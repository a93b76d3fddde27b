/** What a run file recorded of its own outcome, in the words of the replay's result. */
import { z } from 'zod';
import type { QemuOutcome } from './qemu-scenario.js';

const cell = z.union([z.number(), z.string(), z.null()]);

/** Results are optional: a file of inputs alone has none of them. */
const results = z.object({
  final: z.object({
    status: z.string(),
    'total-time': z.number().optional(),
    downtime: z.number().optional(),
    ram: z
      .object({
        transferred: z.number(),
        'dirty-sync-count': z.number(),
        'postcopy-requests': z.number().default(0),
      })
      .optional(),
  }),
  downtime_events_ms: z.number().nullable().optional(),
  events: z.array(z.tuple([z.number(), z.string(), z.string(), z.unknown()])).default([]),
  trace: z.object({ columns: z.array(z.string()), rows: z.array(z.array(cell)) }).optional(),
});

type Results = z.infer<typeof results>;

/** Null for a file that holds inputs only. */
export function measuredOutcome(source: unknown): QemuOutcome | null {
  const parsed = results.safeParse(source);
  if (!parsed.success) return null;
  const { final, events } = parsed.data;
  const throttle = throttleSteps(parsed.data);
  return {
    status: final.status,
    totalTimeMs: final['total-time'] ?? null,
    transferredBytes: final.ram?.transferred ?? null,
    dirtySyncCount: final.ram?.['dirty-sync-count'] ?? null,
    downtimeMs: final.downtime ?? null,
    stopToResumeMs: parsed.data.downtime_events_ms ?? null,
    postcopy: events.some(([, , name, data]) => name === 'MIGRATION' && isPostcopy(data)),
    throttlePercentageMax: throttle.max,
    throttleStepTimesMs: throttle.timesMs,
    postcopyRequests: final.ram?.['postcopy-requests'] ?? null,
    syncTimesMs: events.filter(([, , name]) => name === 'MIGRATION_PASS').map(([t]) => t * 1000),
  };
}

function isPostcopy(data: unknown): boolean {
  const status = typeof data === 'object' && data !== null ? Reflect.get(data, 'status') : null;
  return status === 'postcopy-active';
}

/** Steps as the trace shows them: at its first row with a higher throttle (rows lie 50 ms apart). */
function throttleSteps({ trace }: Results): { max: number; timesMs: readonly number[] } {
  const timesMs: number[] = [];
  let max = 0;
  const time = trace?.columns.indexOf('t') ?? -1;
  const throttle = trace?.columns.indexOf('throttle') ?? -1;
  for (const row of trace?.rows ?? []) {
    const percent = row[throttle];
    const t = row[time];
    if (typeof percent !== 'number' || typeof t !== 'number' || percent <= max) continue;
    max = percent;
    timesMs.push(Math.round(t * 1000));
  }
  return { max, timesMs };
}

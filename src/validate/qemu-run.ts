/** A recorded QEMU migration: the shape of a run file, of which only the inputs are asked for. */
import { z } from 'zod';
import { InputError } from '../fleet/input-error.js';
import { COMPRESSORS } from '../qemu/compression.js';
import { checkPossible } from './qemu-refusals.js';

const pageRange = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);

/** Capabilities whose rules the replay knows; the others change a migration in ways it would miss. */
const CAPABILITIES = [
  'auto-converge',
  'dirty-limit',
  'events',
  'late-block-activate',
  'multifd',
  'postcopy-preempt',
  'postcopy-ram',
  'return-path',
  'switchover-ack',
  'xbzrle',
] as const;

/** Parameters (QMP names) that the replay follows at the start. */
const parameters = z.strictObject({
  'avail-switchover-bandwidth': z.number().nonnegative().optional(),
  'cpu-throttle-increment': z.number().optional(),
  'cpu-throttle-initial': z.number().optional(),
  'cpu-throttle-tailslow': z.boolean().optional(),
  'downtime-limit': z.number().nonnegative().optional(),
  'max-bandwidth': z.number().nonnegative().optional(),
  'max-cpu-throttle': z.number().optional(),
  'max-postcopy-bandwidth': z.number().nonnegative().optional(),
  'multifd-channels': z.int().positive().optional(),
  'multifd-compression': z.enum(['none', ...COMPRESSORS]).optional(),
  'throttle-trigger-threshold': z.number().optional(),
  'vcpu-dirty-limit': z.number().positive().optional(),
  'x-vcpu-dirty-limit-period': z.number().positive().optional(),
  'xbzrle-cache-size': z.int().positive().optional(),
});

/** Those that it follows in mid-run: QEMU reads the others when the migration begins. */
const changedParameters = parameters.pick({
  'avail-switchover-bandwidth': true,
  'cpu-throttle-increment': true,
  'cpu-throttle-initial': true,
  'cpu-throttle-tailslow': true,
  'downtime-limit': true,
  'max-bandwidth': true,
  'max-cpu-throttle': true,
  'max-postcopy-bandwidth': true,
  'throttle-trigger-threshold': true,
});

const config = z.object({
  name: z.string().min(1),
  scenario: z.string().optional(),
  accel: z.string(),
  accel_opts: z.string().default(''),
  ram_mib: z.int().positive(),
  fill_base_page: z.int().nonnegative(),
  fill_pages: z.int().nonnegative(),
  fill2_base_page: z.int().nonnegative().default(0),
  fill2_pages: z.int().nonnegative().default(0),
  fillmode: z.union([z.literal(0), z.literal(1)]),
  memory: z.object({ fill_ranges: z.array(pageRange).optional() }).optional(),
  pattern: z.enum(['idle', 'seq', 'rand', 'hotcold']),
  ws_base_page: z.int().nonnegative(),
  ws_pages: z.int().nonnegative(),
  hot_pages: z.int().nonnegative().default(0),
  hot_permille: z.number().min(0).max(1000).default(900),
  pace: z.enum(['clock', 'cpu']),
  rate: z.number().nonnegative(),
  wbytes: z.int().positive(),
  maxbw: z.number().nonnegative(),
  downtime_limit: z.number().nonnegative(),
  caps: z.array(z.enum(CAPABILITIES)),
  params: parameters,
  link_mbit: z.number().positive().nullable(),
});

/** What QEMU answered; an action that it refused did not happen. */
const applied = { at: z.number().nonnegative(), result: z.unknown().optional() };
const writerWord = z
  .string()
  .regex(
    /^[rw]\d+$/,
    'expected rN (pages/s) or wN (pages); a change of the pattern is not followed',
  );
const action = z.discriminatedUnion('do', [
  z.object({ do: z.literal('postcopy'), ...applied }),
  z.object({ do: z.literal('params'), ...applied, params: changedParameters }),
  z.object({ do: z.literal('stop'), ...applied }),
  z.object({ do: z.literal('serial'), ...applied, text: writerWord }),
  z.object({ do: z.literal('cancel'), ...applied }),
]);

const run = z.object({
  config,
  qemu: z.string().optional(),
  before: z.object({
    rate_guest_clock: z.number().nonnegative(),
    spin_loops_per_ms: z.number().positive().optional(),
  }),
  actions_applied: z.array(action),
  guest_writes_at_start: z.number().nonnegative(),
  trace: z
    .object({
      columns: z.array(z.string()),
      rows: z.array(z.array(z.union([z.number(), z.string(), z.null()]))),
    })
    .optional(),
});

export type QemuRun = z.infer<typeof run>;
export type RecordedAction = QemuRun['actions_applied'][number];

/**
 * Reads the inputs of a run file.
 * @throws InputError for bad JSON, a missing input, an unknown capability or action, and for what
 *   QEMU would refuse or the replay cannot follow
 */
export function parseQemuRun(file: string, text: string): { run: QemuRun; source: unknown } {
  let source: unknown;
  try {
    source = JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new InputError(file, '', `not JSON: ${problem}`);
  }
  const parsed = run.safeParse(source);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = issue?.path.map(String).join('.') ?? '';
    throw new InputError(file, path, problemOf(source, issue?.path ?? [], issue?.message));
  }
  checkPossible(file, parsed.data);
  return { run: parsed.data, source };
}

function problemOf(source: unknown, path: readonly PropertyKey[], message?: string): string {
  let value: unknown = source;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  if (value === undefined) return 'missing: the replay needs this input';
  return `${JSON.stringify(value).slice(0, 80)}: ${message ?? 'not what a run file holds'}`;
}
